//! Conditional Access policies: who gets in, from where, and what is asked for.
//!
//! Surprises: names are not unique; what a policy is about stands inside `conditions`, which every write carries whole
//! and without nulls; an application goes by its application id; a strength is written by its id and shown whole; with
//! one control alone the service says `OR`, whatever was written.

mod conditions;
mod contradictions;
mod controls;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::conditions::{
    APPLICATIONS, CLIENT_APPLICATIONS, DEVICES, EXTERNAL_TENANTS, LOCATIONS, PLATFORMS, USERS, condition,
    risk_levels,
};
use self::contradictions::Policy;
use self::controls::{
    BUILT_IN, EVERY_TIME, FREQUENCY, GRANTS, INTERVAL, IS_ENABLED, NOT_EVERY_TIME, OPERATOR, SESSIONS,
    STRENGTH,
};
use super::attribute::{Attribute, Type, anything, text};
use super::comparison::merged;
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
    accepts_link,
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

[conditional_access."CA003 Managed devices for what matters"]
users = { include_users = ["all"], exclude_groups = ["group:Emergency access"] }
applications = { include = ["all"], filter = { mode = "include", rule = 'CustomSecurityAttribute.Apps_Tier -eq "0"' } }
devices = { filter = { mode = "exclude", rule = "device.isCompliant -eq True" } }
grant = { built_in_controls = ["block"] }

[conditional_access."CA004 Workload identities keep to the office"]
users = { include_users = ["none"] }
client_applications = { include = ["service_principals_in_my_tenant"], filter = { mode = "exclude", rule = 'CustomSecurityAttribute.Apps_Where -eq "cloud"' } }
applications = { include = ["all"] }
locations = { include = ["all"], exclude = ["all_trusted"] }
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
    contradictions::check(&Policy::declared(policy), diagnostics);
    if policy.value("client_app_types").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        let message = "`client_app_types` cannot be cleared";
        let place = policy.place_of("client_app_types");
        let label = "write [\"all\"] for all of them";
        diagnostics.push(Diagnostic::error("not-clearable", message, place, label));
    }
    if policy.address.key.chars().count() > 256 && !policy.declares("display_name") {
        let message = "a policy's display name has at most 256 characters";
        diagnostics.push(Diagnostic::error("too-long", message, &policy.place, "this key is longer"));
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
        every_time_alone(session, side.live.map_or(&Value::Null, |live| live.property("sessionControls")));
    }
    if side.live.is_none() {
        values.entry("state".to_owned()).or_insert_with(|| json!(REPORT_ONLY));
        values.entry("client_app_types".to_owned()).or_insert_with(|| json!(["all"]));
        incomplete(policy, diagnostics);
    }
    contradictions::check(&Policy::settled(policy, &wanted.values, side.live), diagnostics);
}

/// A policy looks at built-in roles only.
fn accepts_link(_: &Side<'_>, _: &Attribute, target: &Side<'_>) -> Result<(), String> {
    match target.live.map(|role| role.property("isBuiltIn")) {
        Some(Value::Bool(false)) => Err("a policy looks at built-in roles only".to_owned()),
        _ => Ok(()),
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

/// Beside a sign-in every time, the service does not take that these are off: they have to be missing.
fn every_time_alone(session: &mut Map<String, Value>, live: &Value) {
    let whole = merged(&Type::Record(SESSIONS), &Value::Object(session.clone()), live);
    if whole.get(FREQUENCY).and_then(|frequency| frequency.get(INTERVAL)) != Some(&json!(EVERY_TIME)) {
        return;
    }
    for name in NOT_EVERY_TIME {
        let is_off = |control: &Value| *control == false || control.get(IS_ENABLED) == Some(&json!(false));
        if whole.get(name).is_some_and(is_off) {
            session.insert(name.to_owned(), Value::Null);
        }
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
