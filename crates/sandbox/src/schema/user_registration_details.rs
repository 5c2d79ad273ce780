//! `userRegistrationDetails`: which methods of authentication somebody has registered.
//! <https://learn.microsoft.com/graph/api/resources/userregistrationdetails>

use super::property::{boolean, date, text, texts};
use super::{EntityType, FilterClass, OrderClass, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "userRegistrationDetails",
    collection: "reports/authenticationMethods/userRegistrationDetails",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::user_registration_details::BEHAVIOR,
    extra_keys: no_extra_keys,
};

/// What somebody can be asked for besides the password.
const PREFERRED: &[&str] =
    &["push", "oath", "voiceMobile", "voiceAlternateMobile", "voiceOffice", "sms", "none"];

static PROPERTIES: &[Property] = &[
    boolean("isAdmin").default_set().read_only(),
    boolean("isMfaCapable").default_set().not_null().read_only(),
    boolean("isMfaRegistered").default_set().not_null().read_only(),
    boolean("isPasswordlessCapable").default_set().not_null().read_only(),
    boolean("isSsprCapable").default_set().not_null().read_only(),
    boolean("isSsprEnabled").default_set().not_null().read_only(),
    boolean("isSsprRegistered").default_set().not_null().read_only(),
    boolean("isSystemPreferredAuthenticationMethodEnabled").default_set().read_only(),
    date("lastUpdatedDateTime").default_set().not_null().read_only(),
    texts("methodsRegistered").default_set().read_only().filter(FilterClass::Collection),
    texts("systemPreferredAuthenticationMethods").default_set().read_only().filter(FilterClass::Collection),
    text("userDisplayName")
        .default_set()
        .not_null()
        .read_only()
        .filter(FilterClass::Plain)
        .order(OrderClass::Default),
    text("userPreferredMethodForSecondaryAuthentication").default_set().read_only().one_of(PREFERRED),
    text("userPrincipalName")
        .default_set()
        .not_null()
        .read_only()
        .filter(FilterClass::Plain)
        .order(OrderClass::Default),
    text("userType").default_set().read_only().one_of(&["member", "guest"]).filter(FilterClass::Flag),
];
