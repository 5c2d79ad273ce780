//! Conditional Access policies: who gets in, from where, and what is asked for.
//!
//! Surprises: names are not unique; what a policy is about stands inside `conditions`, which every write carries whole
//! and without nulls; an application goes by its application id; a strength is written by its id and shown whole; with
//! one control alone the service says `OR`, whatever was written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{Attribute, Named, Type, Word, anything, text};
use super::{Creation, Default, Kind, Lookup, Shape, Side, Wanted, drop_nulls};
use crate::address::ObjectId;
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::TenantFacts;

/// Source: "conditionalAccessPolicy resource type",
/// <https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy>.
pub(super) static KIND: Kind = Kind {
    name: "policy",
    table: "conditional_access",
    entity: "conditionalAccessPolicy",
    path: "/identity/conditionalAccess/policies",
    shape: Shape::Collection,
    whole: true,
    refuses_nulls: true,
    summary: "Conditional Access policies: whom and what they are about, and what they ask for.",
    documentation: "https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1; for risk levels, Microsoft Entra ID P2; for workload identities, Workload Identities \
              Premium",
    plan_permissions: &["Policy.Read.All"],
    apply_permissions: &["Policy.ReadWrite.ConditionalAccess", "Policy.Read.All", "Application.Read.All"],
    keys: &[super::BY_DISPLAY_NAME],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "state", "conditions", "grantControls", "sessionControls"],
    check,
    settle,
    creation,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[conditional_access."CA001 Strong sign-in for administrators"]
state = "enabled_for_reporting_but_not_enforced"
users = { include_roles = ["role:Global Administrator"], exclude_groups = ["group:Emergency access"] }
applications = { include = ["all"] }
grant = { authentication_strength = "Phishing-resistant MFA" }

[conditional_access."CA002 Nobody from elsewhere"]
users = { include_users = ["all"], exclude_groups = ["group:Emergency access"] }
applications = { include = ["office365", "app:Payroll"] }
locations = { include = ["all"], exclude = ["all_trusted", "location:Where we sell"] }
grant = { built_in_controls = ["block"] }
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the policy; the table's key unless given.")
        .not_clearable(),
    Attribute::new(
        "state",
        "state",
        Type::Enumeration(&["enabled", "disabled", REPORT_ONLY]),
        "Whether the policy is in force, not in force, or only logged. A new policy that does not say is only logged.",
    )
    .not_clearable(),
    condition("users", "conditions.users", Type::Record(USERS), "People the policy is about.").not_clearable(),
    condition(
        "client_applications",
        "conditions.clientApplications",
        Type::Record(CLIENT_APPLICATIONS),
        "Workload identities the policy is about, instead of people.",
    ),
    condition(
        "applications",
        "conditions.applications",
        Type::Record(APPLICATIONS),
        "What is signed in to: applications, actions of users, or authentication contexts.",
    )
    .not_clearable(),
    condition(
        "client_app_types",
        "conditions.clientAppTypes",
        Type::Texts {
            max_items: 6,
            max: 64,
            check: anything,
            members: &["all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "easSupported", "other"],
        },
        "Clients that are used; all of them unless given.",
    )
    .not_clearable(),
    condition("platforms", "conditions.platforms", Type::Record(PLATFORMS), "Operating systems, as clients tell them."),
    condition("locations", "conditions.locations", Type::Record(LOCATIONS), "Where the sign-in comes from."),
    condition("devices", "conditions.devices", Type::Record(DEVICES), "Devices the sign-in comes from."),
    risk_levels("user_risk_levels", "conditions.userRiskLevels", "Levels of the person's risk."),
    risk_levels("sign_in_risk_levels", "conditions.signInRiskLevels", "Levels of the sign-in's risk."),
    risk_levels(
        "service_principal_risk_levels",
        "conditions.servicePrincipalRiskLevels",
        "Levels of the workload identity's risk.",
    ),
    condition(
        INSIDER_RISK,
        "conditions.insiderRiskLevels",
        Type::Flags(&["minor", "moderate", "elevated"]),
        "Levels of insider risk, which Microsoft Purview tells.",
    ),
    condition(
        "authentication_flows",
        "conditions.authenticationFlows",
        Type::Record(&[Attribute::new(
            "transfer_methods",
            "transferMethods",
            Type::Flags(&["deviceCodeFlow", "authenticationTransfer"]),
            "Flows that bring the sign-in to another device.",
        )
        .not_clearable()]),
        "Ways in which the sign-in reaches the device.",
    ),
    Attribute::new(GRANT, "grantControls", Type::Record(GRANTS), "What is asked for, or that nobody gets in."),
    Attribute::new(SESSION, "sessionControls", Type::Record(SESSIONS), "How what follows is limited."),
];

const REPORT_ONLY: &str = "enabledForReportingButNotEnforced";
const INSIDER_RISK: &str = "insider_risk_levels";
const GRANT: &str = "grant";
const SESSION: &str = "session";

const fn condition(name: &'static str, graph: &'static str, value: Type, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, value, summary)
}

const fn risk_levels(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    let members = &["low", "medium", "high", "none", "hidden"];
    let mut attribute =
        condition(name, graph, Type::Texts { max_items: 5, max: 16, check: anything, members }, summary);
    attribute.clear = super::Clear::Empty;
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
    attribute.clear = super::Clear::Empty;
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
    attribute.clear = super::Clear::Empty;
    attribute
}

const fn word(name: &'static str, graph: &'static [&'static str]) -> Word {
    Word { name, graph }
}

const ALL: Word = word("all", &["All"]);
const NONE: Word = word("none", &["None"]);
const GUESTS: Word = word("guests_or_external_users", &["GuestsOrExternalUsers"]);
const OFFICE_365: Word = word("office365", &["Office365"]);
const ADMIN_PORTALS: Word = word("microsoft_admin_portals", &["MicrosoftAdminPortals"]);
const ALL_TRUSTED: Word = word("all_trusted", &["AllTrusted"]);
const MFA_TRUSTED: Word = word("mfa_trusted_ips", &["00000000-0000-0000-0000-000000000000"]);

const USERS: &[Attribute] = &[
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

const EXTERNAL_TENANTS: &str = "externalTenants";

const TENANTS: &[Attribute] = &[
    Attribute::new(
        "membership_kind",
        "membershipKind",
        Type::Enumeration(&["all", "enumerated"]),
        "All tenants, or those in `members`.",
    )
    .not_clearable(),
    ids("members", "members", "Ids of tenants."),
];

const fn ids(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    let mut attribute = Attribute::new(
        name,
        graph,
        Type::Texts { max_items: 100, max: 36, check: guid, members: &[] },
        summary,
    );
    attribute.clear = super::Clear::Empty;
    attribute
}

fn guid(text: &str) -> Result<(), String> {
    ObjectId::parse(text).map(|_| ()).ok_or_else(|| "an id is a GUID".to_owned())
}

const CLIENT_APPLICATIONS: &[Attribute] = &[
    list(
        "include",
        "includeServicePrincipals",
        &[word("service_principals_in_my_tenant", &["ServicePrincipalsInMyTenant"])],
        &["app"],
        "Applications that sign in.",
    ),
    list("exclude", "excludeServicePrincipals", &[], &["app"], "Applications it is not about."),
    filter("filter", "servicePrincipalFilter", "Applications by their custom security attributes."),
];

const fn filter(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, Type::Record(FILTER), summary)
}

const FILTER: &[Attribute] = &[
    Attribute::new(
        "mode",
        "mode",
        Type::Enumeration(&["include", "exclude"]),
        "What it does with what the rule matches.",
    )
    .not_clearable(),
    Attribute::new("rule", "rule", text(3072), "The rule, such as `device.isCompliant -eq True`.")
        .not_clearable(),
];

const APPLICATIONS: &[Attribute] = &[
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
    filter("filter", "applicationFilter", "Applications by their custom security attributes."),
];

const PLATFORM: &[&str] = &["android", "iOS", "windows", "windowsPhone", "macOS", "linux", "all"];

const PLATFORMS: &[Attribute] = &[
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
    attribute.clear = super::Clear::Empty;
    attribute
}

const LOCATIONS: &[Attribute] = &[
    list("include", "includeLocations", &[ALL, ALL_TRUSTED, MFA_TRUSTED], &["location"], "Named locations."),
    list(
        "exclude",
        "excludeLocations",
        &[ALL_TRUSTED, MFA_TRUSTED],
        &["location"],
        "Named locations it is not about.",
    ),
];

const DEVICES: &[Attribute] = &[filter("filter", "deviceFilter", "Devices by their attributes.")];

const GRANTS: &[Attribute] = &[
    Attribute::new(
        OPERATOR,
        OPERATOR,
        Type::Enumeration(&["AND", "OR"]),
        "Whether all controls are needed (`and`) or one of them (`or`); of no importance where there is one.",
    )
    .not_clearable(),
    controls(
        "built_in_controls",
        BUILT_IN,
        &[
            "block",
            "mfa",
            "compliantDevice",
            "domainJoinedDevice",
            "approvedApplication",
            "compliantApplication",
            "passwordChange",
            "riskRemediation",
        ],
        "Controls of the service.",
    ),
    Attribute::new(
        "authentication_strength",
        STRENGTH,
        Type::Member(&Attribute::new(
            "authentication_strength",
            "id",
            Type::Named(Named {
                words: &[
                    word("Multifactor authentication", &["00000000-0000-0000-0000-000000000002"]),
                    word("Passwordless MFA", &["00000000-0000-0000-0000-000000000003"]),
                    word("Phishing-resistant MFA", &["00000000-0000-0000-0000-000000000004"]),
                ],
                targets: &["strength"],
                by: None,
                single: true,
            }),
            "A strength.",
        )),
        "Methods that are enough: a built-in strength by its name, or a custom one as `strength:…`.",
    ),
    ids("terms_of_use", "termsOfUse", "Ids of terms of use that have to be accepted."),
    controls("custom_authentication_factors", "customAuthenticationFactors", &[], "Ids of custom controls."),
];

const OPERATOR: &str = "operator";
const BUILT_IN: &str = "builtInControls";
const STRENGTH: &str = "authenticationStrength";

const fn controls(
    name: &'static str,
    graph: &'static str,
    members: &'static [&'static str],
    summary: &'static str,
) -> Attribute {
    let mut attribute = Attribute::new(
        name,
        graph,
        Type::Texts { max_items: 20, max: 128, check: anything, members },
        summary,
    );
    attribute.clear = super::Clear::Empty;
    attribute
}

const ENABLED: Attribute = Attribute::new(
    "is_enabled",
    IS_ENABLED,
    Type::Boolean,
    "Whether the control is in force; `true` unless given.",
)
.not_clearable();
const IS_ENABLED: &str = "isEnabled";

const SESSIONS: &[Attribute] = &[
    Attribute::new(
        "sign_in_frequency",
        FREQUENCY,
        Type::Record(&[
            ENABLED,
            Attribute::new(
                "value",
                "value",
                Type::Integer { min: 1, max: 365 },
                "How many hours (1 to 23) or days.",
            ),
            Attribute::new("type", "type", Type::Enumeration(&["hours", "days"]), "Hours or days."),
            Attribute::new(
                "frequency_interval",
                INTERVAL,
                Type::Enumeration(&["timeBased", EVERY_TIME]),
                "After that time, or every time.",
            )
            .unless_set(Default::Text("timeBased"))
            .not_clearable(),
            Attribute::new(
                "authentication_type",
                "authenticationType",
                Type::Enumeration(&["primaryAndSecondaryAuthentication", "secondaryAuthentication"]),
                "What has to be repeated.",
            )
            .not_clearable(),
        ]),
        "How often people sign in again.",
    ),
    Attribute::new(
        "persistent_browser",
        "persistentBrowser",
        Type::Record(&[
            ENABLED,
            Attribute::new(
                "mode",
                "mode",
                Type::Enumeration(&["always", "never"]),
                "Whether a browser stays signed in.",
            )
            .not_clearable(),
        ]),
        "Whether people stay signed in when they close the browser.",
    ),
    Attribute::new(
        "cloud_app_security",
        "cloudAppSecurity",
        Type::Record(&[
            ENABLED,
            Attribute::new(
                "cloud_app_security_type",
                "cloudAppSecurityType",
                Type::Enumeration(&["mcasConfigured", "monitorOnly", "blockDownloads"]),
                "What Defender for Cloud Apps does.",
            )
            .not_clearable(),
        ]),
        "Control by Microsoft Defender for Cloud Apps.",
    ),
    Attribute::new(
        "application_enforced_restrictions",
        "applicationEnforcedRestrictions",
        Type::Record(&[ENABLED]),
        "Restrictions that Exchange and SharePoint enforce themselves.",
    ),
    Attribute::new(
        "disable_resilience_defaults",
        "disableResilienceDefaults",
        Type::Boolean,
        "Whether sessions end in an outage too, when conditions cannot be judged again.",
    )
    .not_clearable(),
    Attribute::new(
        "secure_sign_in_session",
        "secureSignInSession",
        Type::Record(&[ENABLED]),
        "Token protection.",
    ),
];

const FREQUENCY: &str = "signInFrequency";
const INTERVAL: &str = "frequencyInterval";
const EVERY_TIME: &str = "everyTime";

/// The controls that a grant asks for.
fn controls_of(grant: &Value) -> Vec<&Value> {
    let lists = [BUILT_IN, "termsOfUse", "customAuthenticationFactors"];
    let listed = lists.iter().filter_map(|name| grant.get(*name)?.as_array()).flatten();
    listed.chain(grant.get(STRENGTH).filter(|strength| !strength.is_null())).collect()
}

fn check(policy: &Declared, diagnostics: &mut Diagnostics) {
    check_grant(policy, diagnostics);
    let mut refuse = |code: &'static str, message: &str, attribute: &str, label: &str| {
        diagnostics.push(Diagnostic::error(code, message, policy.place_of(attribute), label));
    };
    if policy.value("client_app_types").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        refuse(
            "not-clearable",
            "`client_app_types` cannot be cleared",
            "client_app_types",
            "write [\"all\"] for all of them",
        );
    }
    let applications = policy.value("applications");
    let lists = |name: &str| {
        let listed = applications.and_then(|applications| applications.get(name)?.as_array());
        listed.is_some_and(|listed| !listed.is_empty())
    };
    let ways = ["includeApplications", "includeUserActions", "includeAuthenticationContextClassReferences"];
    if ways.into_iter().filter(|name| lists(name)).count() > 1 {
        let message = "a policy is about applications, actions of users or authentication contexts, not several of these";
        refuse("contradiction", message, "applications", "names more than one of them");
    }
    let frequency = policy.value(SESSION).and_then(|session| session.get(FREQUENCY));
    if let Some(frequency) = frequency {
        let is_set = |name: &str| frequency.get(name).is_some_and(|value| !value.is_null());
        if frequency.get(INTERVAL) == Some(&json!(EVERY_TIME)) && (is_set("value") || is_set("type")) {
            let message = "a sign-in frequency is every time or after some hours or days, not both";
            refuse("contradiction", message, SESSION, "`value` and `type` go without `every_time`");
        }
    }
    if policy.address.key.chars().count() > 256 && !policy.declares("display_name") {
        let message = "a policy's display name has at most 256 characters";
        diagnostics.push(Diagnostic::error("too-long", message, &policy.place, "this key is longer"));
    }
}

/// Controls that exclude each other.
fn check_grant(policy: &Declared, diagnostics: &mut Diagnostics) {
    let Some(grant) = policy.value(GRANT) else { return };
    let has = |control: &str| controls_of(grant).contains(&&json!(control));
    let mut refuse = |message: &str, label: &str| {
        diagnostics.push(Diagnostic::error("contradiction", message, policy.place_of(GRANT), label));
    };
    let count = controls_of(grant).len();
    if has("block") && count > 1 {
        refuse("`block` stands alone", "nobody gets in, so nothing else can be asked for");
    }
    if has("mfa") && grant.get(STRENGTH).is_some_and(|strength| !strength.is_null()) {
        refuse("`mfa` and an authentication strength exclude each other", "keep one of them");
    }
    if count > 1 && grant.get(OPERATOR).is_none() && !has("block") {
        refuse(
            "more than one control takes an `operator`",
            "add `operator = \"and\"` or `operator = \"or\"`",
        );
    }
    if has("passwordChange") {
        let is_and = grant.get(OPERATOR) == Some(&json!("AND"));
        let risk = policy.value("user_risk_levels").and_then(Value::as_array);
        if !has("mfa") || !is_and || risk.is_none_or(Vec::is_empty) {
            let label = "needs `mfa` beside it, `operator = \"and\"`, and `user_risk_levels`";
            refuse("a password change is asked for with MFA, of people at risk", label);
        }
    }
}

fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(policy) = side.declared else { return };
    let name = policy.text("display_name").unwrap_or(&policy.address.key);
    let values = &mut wanted.values;
    values.entry("display_name".to_owned()).or_insert_with(|| json!(name));
    if values.get(INSIDER_RISK) == Some(&json!("None")) {
        values.insert(INSIDER_RISK.to_owned(), Value::Null);
    }
    if let Some(users) = values.get_mut("users").and_then(Value::as_object_mut) {
        users.values_mut().for_each(name_tenants);
    }
    if let Some(grant) = values.get_mut(GRANT) {
        one_control_is_or(grant, side.live.map_or(&Value::Null, |live| live.property("grantControls")));
    }
    if let Some(session) = values.get_mut(SESSION).and_then(Value::as_object_mut) {
        session.values_mut().for_each(in_force);
    }
    if side.live.is_none() {
        values.entry("state".to_owned()).or_insert_with(|| json!(REPORT_ONLY));
        values.entry("client_app_types".to_owned()).or_insert_with(|| json!(["all"]));
        incomplete(policy, diagnostics);
    }
}

/// Graph tells all tenants from some by the type of the value.
fn name_tenants(guests: &mut Value) {
    let Some(tenants) = guests.get_mut(EXTERNAL_TENANTS).and_then(Value::as_object_mut) else { return };
    let listed = tenants.get("members").and_then(Value::as_array).is_some_and(|members| !members.is_empty());
    let kind =
        tenants.entry("membershipKind").or_insert_with(|| json!(if listed { "enumerated" } else { "all" }));
    let of_type = if kind == "enumerated" { "Enumerated" } else { "All" };
    if of_type == "All" {
        // That type has no members, not even none.
        tenants.insert("members".to_owned(), Value::Null);
    }
    let of_type = format!("#microsoft.graph.conditionalAccess{of_type}ExternalTenants");
    tenants.insert("@odata.type".to_owned(), json!(of_type));
}

/// One control is one of one control.
fn one_control_is_or(grant: &mut Value, live: &Value) {
    let mut whole = live.as_object().cloned().unwrap_or_default();
    let Some(members) = grant.as_object_mut() else { return };
    whole.extend(members.clone());
    if controls_of(&Value::Object(whole)).len() == 1 {
        members.insert(OPERATOR.to_owned(), json!("OR"));
    }
}

/// What is declared of a session control is in force unless it says otherwise.
fn in_force(control: &mut Value) {
    let Some(members) = control.as_object_mut() else { return };
    members.entry(IS_ENABLED).or_insert(Value::Bool(true));
    if members.get(INTERVAL) == Some(&json!(EVERY_TIME)) {
        members.insert("value".to_owned(), Value::Null);
        members.insert("type".to_owned(), Value::Null);
    }
}

/// What a new policy cannot do without.
fn incomplete(policy: &Declared, diagnostics: &mut Diagnostics) {
    let missing = [
        (["users", "client_applications"], "`users = { include_users = [\"all\"] }`"),
        (["applications", "applications"], "`applications = { include = [\"all\"] }`"),
        ([GRANT, SESSION], "`grant = { built_in_controls = [\"mfa\"] }`"),
    ];
    for (either, example) in missing {
        if either.iter().any(|name| policy.declares(name)) {
            continue;
        }
        let message = format!("{} does not exist, and a new policy needs {}", policy.address, either[0]);
        let label = format!("add {example}");
        diagnostics.push(Diagnostic::error("missing-attribute", message, &policy.place, label));
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let mut body = Map::new();
    for (name, value) in values {
        KIND.put(&mut body, name, value.clone());
    }
    drop_nulls(&mut body);
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    Creation {
        path: KIND.path,
        body,
        identified_by: ("displayName", Lookup::Filter, name),
        ..(super::SINGLE.creation)(values)
    }
}
