//! Whom and what a policy is about.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccessconditionset>

use super::super::attribute::{Attribute, Named, Type, Word, anything, checked};
use crate::address::ObjectId;
use crate::rule::{Language, Rule, RuleError};

pub(super) const fn condition(
    name: &'static str,
    graph: &'static str,
    value: Type,
    summary: &'static str,
) -> Attribute {
    Attribute::new(name, graph, value, summary)
}

pub(super) const fn risk_levels(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    let members = &["low", "medium", "high", "none", "hidden"];
    let mut attribute =
        condition(name, graph, Type::Texts { max_items: 5, max: 16, check: anything, members }, summary);
    attribute.clear = super::super::Clear::Empty;
    attribute
}

/// A list of what is meant.
const fn list(
    name: &'static str,
    graph: &'static str,
    words: &'static [Word],
    targets: &'static [&'static str],
    summary: &'static str,
) -> Attribute {
    let mut attribute =
        Attribute::new(name, graph, Type::Named(Named { words, targets, by: None, single: false }), summary);
    attribute.clear = super::super::Clear::Empty;
    attribute
}

/// A list of applications, by their application ids.
const fn applications(
    name: &'static str,
    graph: &'static str,
    words: &'static [Word],
    summary: &'static str,
) -> Attribute {
    let named = Named { words, targets: &["app"], by: Some("appId"), single: false };
    let mut attribute = Attribute::new(name, graph, Type::Named(named), summary);
    attribute.clear = super::super::Clear::Empty;
    attribute
}

pub(super) const fn word(name: &'static str, graph: &'static [&'static str]) -> Word {
    Word { name, graph }
}

const ALL: Word = word("all", &["All"]);
const NONE: Word = word("none", &["None"]);
const GUESTS: Word = word("guests_or_external_users", &["GuestsOrExternalUsers"]);
const OFFICE_365: Word = word("office365", &["Office365"]);
const ADMIN_PORTALS: Word = word("microsoft_admin_portals", &["MicrosoftAdminPortals"]);
const ALL_TRUSTED: Word = word("all_trusted", &["AllTrusted"]);
const MFA_TRUSTED: Word = word("mfa_trusted_ips", &["00000000-0000-0000-0000-000000000000"]);

pub(super) const USERS: &[Attribute] = &[
    list("include_users", "includeUsers", &[ALL, NONE, GUESTS], &["user"], "People."),
    list("exclude_users", "excludeUsers", &[GUESTS], &["user"], "People it is not about."),
    list("include_groups", "includeGroups", &[], &["group"], "Groups, nested ones too."),
    list("exclude_groups", "excludeGroups", &[], &["group"], "Groups it is not about."),
    list(
        "include_roles",
        "includeRoles",
        &[],
        &["role"],
        "Active holders of built-in roles in the whole tenant.",
    ),
    list("exclude_roles", "excludeRoles", &[], &["role"], "Active holders of roles it is not about."),
    Attribute::new(
        "include_guests_or_external_users",
        "includeGuestsOrExternalUsers",
        Type::Record(EXTERNAL),
        "Types of guests and external users.",
    ),
    Attribute::new(
        "exclude_guests_or_external_users",
        "excludeGuestsOrExternalUsers",
        Type::Record(EXTERNAL),
        "Types of guests and external users it is not about.",
    ),
];

const EXTERNAL: &[Attribute] = &[
    Attribute::new(
        "types",
        "guestOrExternalUserTypes",
        Type::Flags(&[
            "internalGuest",
            "b2bCollaborationGuest",
            "b2bCollaborationMember",
            "b2bDirectConnectUser",
            "otherExternalUser",
            "serviceProvider",
        ]),
        "Types of guests and external users.",
    )
    .not_clearable(),
    Attribute::new(
        "external_tenants",
        EXTERNAL_TENANTS,
        Type::Record(TENANTS),
        "Whose external users; all tenants' unless given.",
    ),
];

pub(super) const EXTERNAL_TENANTS: &str = "externalTenants";

const TENANTS: &[Attribute] = &[
    Attribute::new(
        "membership_kind",
        "membershipKind",
        Type::Enumeration(&["enumerated", "all"]),
        "All tenants, or those in `members`.",
    )
    .not_clearable(),
    ids("members", "members", "Ids of tenants."),
];

pub(super) const fn ids(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    let mut attribute = Attribute::new(
        name,
        graph,
        Type::Texts { max_items: 100, max: 36, check: guid, members: &[] },
        summary,
    );
    attribute.clear = super::super::Clear::Empty;
    attribute
}

fn guid(text: &str) -> Result<(), String> {
    ObjectId::parse(text).map(|_| ()).ok_or_else(|| "an id is a GUID".to_owned())
}

pub(super) const CLIENT_APPLICATIONS: &[Attribute] = &[
    list(
        "include",
        "includeServicePrincipals",
        &[word("service_principals_in_my_tenant", &["ServicePrincipalsInMyTenant"])],
        &["app"],
        "Applications that sign in.",
    ),
    list("exclude", "excludeServicePrincipals", &[], &["app"], "Applications it is not about."),
    filter(
        "filter",
        "servicePrincipalFilter",
        ATTRIBUTE_FILTER,
        "Applications by their custom security attributes.",
    ),
];

const fn filter(
    name: &'static str,
    graph: &'static str,
    members: &'static [Attribute],
    summary: &'static str,
) -> Attribute {
    Attribute::new(name, graph, Type::Record(members), summary)
}

const ATTRIBUTE_FILTER: &[Attribute] = &[MODE, rule(attribute_rule)];
const DEVICE_FILTER: &[Attribute] = &[MODE, rule(device_rule)];

const MODE: Attribute = Attribute::new(
    "mode",
    "mode",
    Type::Enumeration(&["include", "exclude"]),
    "What it does with what the rule matches.",
)
.not_clearable();

const fn rule(check: fn(&str) -> Result<(), String>) -> Attribute {
    let summary =
        "The rule, such as `device.isCompliant -eq True` or `CustomSecurityAttribute.Set_Name -eq \"x\"`.";
    Attribute::new("rule", "rule", checked(3072, check), summary).not_clearable()
}

fn device_rule(text: &str) -> Result<(), String> {
    is_rule(Language::DeviceFilter, text)
}

fn attribute_rule(text: &str) -> Result<(), String> {
    is_rule(Language::ApplicationFilter, text)
}

fn is_rule(language: Language, text: &str) -> Result<(), String> {
    let refused = |error: RuleError| format!("{} (at character {})", error.message, error.offset + 1);
    Rule::parse_as(language, text).map(|_| ()).map_err(refused)
}

pub(super) const APPLICATIONS: &[Attribute] = &[
    applications(
        "include",
        "includeApplications",
        &[ALL, NONE, OFFICE_365, ADMIN_PORTALS],
        "Applications and suites of them.",
    ),
    applications(
        "exclude",
        "excludeApplications",
        &[OFFICE_365, ADMIN_PORTALS],
        "Applications it is not about.",
    ),
    list(
        "user_actions",
        "includeUserActions",
        &[
            word("register_security_info", &["urn:user:registersecurityinfo"]),
            word("register_device", &["urn:user:registerdevice"]),
            word("account_recovery", &["urn:user:accountrecovery"]),
        ],
        &[],
        "What people do with their own account.",
    ),
    list(
        "authentication_contexts",
        "includeAuthenticationContextClassReferences",
        &[],
        &["authentication_context"],
        "What applications ask for by an authentication context.",
    ),
    filter(
        "filter",
        "applicationFilter",
        ATTRIBUTE_FILTER,
        "Applications by their custom security attributes.",
    ),
];

const PLATFORM: &[&str] = &["android", "iOS", "windows", "windowsPhone", "macOS", "linux", "all"];

pub(super) const PLATFORMS: &[Attribute] = &[
    platforms("include", "includePlatforms", "Operating systems, or `all`."),
    platforms("exclude", "excludePlatforms", "Operating systems it is not about."),
];

const fn platforms(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    let mut attribute = Attribute::new(
        name,
        graph,
        Type::Texts { max_items: 7, max: 16, check: anything, members: PLATFORM },
        summary,
    );
    attribute.clear = super::super::Clear::Empty;
    attribute
}

pub(super) const LOCATIONS: &[Attribute] = &[
    list("include", "includeLocations", &[ALL, ALL_TRUSTED, MFA_TRUSTED], &["location"], "Named locations."),
    list(
        "exclude",
        "excludeLocations",
        &[ALL_TRUSTED, MFA_TRUSTED],
        &["location"],
        "Named locations it is not about.",
    ),
];

pub(super) const DEVICES: &[Attribute] =
    &[filter("filter", "deviceFilter", DEVICE_FILTER, "Devices by their attributes.")];
