//! Settings of the template Consent Policy Settings: consent of group owners, risky applications, requests to
//! administrators.
//!
//! Surprises: what group owners may consent to is moving to the policies of the authorization policy; the service may
//! take those two values and not act on them, and what they are by default depends on the tenant.

use super::attribute::{Attribute, Type};
use super::settings::OF_TENANT;
use super::{Default, Kind, Shape, Template};

pub(super) static KIND: Kind = Kind {
    name: "consent_policy_settings",
    table: "consent_policy_settings",
    shape: Shape::Settings(Template { id: "dffd5d46-495d-40a9-8e21-954ff55e198a", separator: ',' }),
    summary: "Consent of group owners and to risky applications, and requests to administrators (template Consent \
         Policy Settings); `absent = true` goes back to the template's defaults.",
    example: EXAMPLE,
    attributes: ATTRIBUTES,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[consent_policy_settings]
block_user_consent_for_risky_apps = true
enable_admin_consent_requests = true
"#;

/// Values that the service may take without acting on them.
pub(crate) const ADVISORY: &[&str] =
    &["enable_group_specific_consent", "constrain_group_specific_consent_to_members_of_group"];

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "enable_group_specific_consent",
        "EnableGroupSpecificConsent",
        Type::Boolean,
        "Advisory: whether group owners may consent to applications that reach into their groups.",
    )
    .not_clearable(),
    Attribute::new(
        "constrain_group_specific_consent_to_members_of_group",
        "ConstrainGroupSpecificConsentToMembersOfGroupId",
        Type::Reference(&["group"]),
        "Advisory: the group whose members, among group owners, may do so.",
    ),
    Attribute::new(
        "block_user_consent_for_risky_apps",
        "BlockUserConsentForRiskyApps",
        Type::Boolean,
        "Whether nobody but administrators may consent to applications that Microsoft finds risky.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute::new(
        "enable_admin_consent_requests",
        "EnableAdminConsentRequests",
        Type::Boolean,
        "Whether people who may not consent can ask an administrator to.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false)),
];
