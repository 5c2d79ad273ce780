//! Conditional Access policies: who gets in, from where, and what is asked for.
//!
//! Surprises: names are not unique; what a policy is about stands inside `conditions`, which every write carries whole
//! and without nulls; an application goes by its application id; a strength is written by its id and shown whole; with
//! one control alone the service says `OR`, whatever was written.

mod conditions;
mod controls;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::conditions::{
    APPLICATIONS, CLIENT_APPLICATIONS, DEVICES, EXTERNAL_TENANTS, LOCATIONS, PLATFORMS, USERS, condition,
    risk_levels,
};
use self::controls::{
    BUILT_IN, EVERY_TIME, FREQUENCY, GRANTS, INTERVAL, IS_ENABLED, OPERATOR, SESSIONS, STRENGTH,
};
use super::attribute::{Attribute, Type, anything, text};
use super::{Creation, Kind, Lookup, Shape, Side, Wanted, drop_nulls};
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
