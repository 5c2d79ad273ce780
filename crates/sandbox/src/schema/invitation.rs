//! `invitation`: created to bring in a guest, never kept.
//! <https://learn.microsoft.com/graph/api/resources/invitation>

use super::property::{boolean, structure, text};
use super::user::OPAQUE;
use super::{DIRECTORY_PAGE, EntityType, Navigation, Property, links, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "invitation",
    collection: "invitations",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::invitation::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("invitedUserDisplayName").default_set().longest(256),
    text("invitedUserEmailAddress").default_set().required(),
    structure("invitedUserMessageInfo", &OPAQUE).default_set(),
    text("invitedUserType").default_set().one_of(&["Guest", "Member"]),
    text("inviteRedeemUrl").default_set().read_only(),
    text("inviteRedirectUrl").default_set().required(),
    boolean("resetRedemption").default_set(),
    boolean("sendInvitationMessage").default_set(),
    text("status").default_set().read_only(),
];

static NAVIGATIONS: &[Navigation] = &[links("invitedUserSponsors", &["user", "group"])];
