//! What the service refuses of a policy, found before anything is sent: first in what is declared, then, with the policy at
//! hand, in what it would be.
//! <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant>

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::controls::{
    BUILT_IN, EVERY_TIME, FREQUENCY, INTERVAL, IS_ENABLED, NOT_EVERY_TIME, OPERATOR, STRENGTH,
};
use super::{GRANT, INSIDER_RISK, KIND, SESSION, controls_of};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::comparison::{is_nothing, merged};
use crate::snapshot::Observed;

const USERS: &str = "users";
const WORKLOADS: &str = "client_applications";
const APPLICATIONS: &str = "applications";
const CLIENTS: &str = "client_app_types";
const DEVICES: &str = "devices";

/// A policy as far as it is known.
pub(super) struct Policy<'a> {
    declared: &'a Declared,
    /// What it would be, by attribute; as declared where there is no telling yet.
    values: BTreeMap<&'static str, Cow<'a, Value>>,
    /// Whether that is all of it: what has no value there is not set.
    whole: bool,
}

impl<'a> Policy<'a> {
    /// What is declared, whatever else the policy has.
    pub(super) fn declared(declared: &'a Declared) -> Self {
        let values = KIND
            .attributes
            .iter()
            .filter_map(|attribute| Some((attribute.name, Cow::Borrowed(declared.value(attribute.name)?))));
        Self { declared, values: values.collect(), whole: false }
    }

    /// What the policy would be.
    pub(super) fn settled(
        declared: &'a Declared,
        wanted: &'a BTreeMap<String, Value>,
        live: Option<&'a Observed>,
    ) -> Self {
        let values = KIND.attributes.iter().map(|attribute| {
            let live = live.map_or(&Value::Null, |live| live.property(attribute.graph));
            let value = match wanted.get(attribute.name) {
                Some(wanted) => Cow::Owned(merged(&attribute.value, wanted, live)),
                None => Cow::Borrowed(live),
            };
            (attribute.name, value)
        });
        Self { declared, values: values.collect(), whole: true }
    }

    /// A value; `None` when it is not known.
    fn value(&self, attribute: &str) -> Option<&Value> {
        self.values.get(attribute).map(AsRef::as_ref)
    }

    /// What a list inside a value holds; `None` when it is not known.
    fn list(&self, attribute: &str, member: &str) -> Option<&[Value]> {
        let inside = self.value(attribute)?.get(member);
        let list = inside.map(|list| list.as_array().map_or(&[][..], Vec::as_slice));
        list.or(self.whole.then_some(&[]))
    }

    /// Whether a value is known to be set.
    fn has(&self, attribute: &str) -> bool {
        // Graph says so of no flag.
        self.value(attribute).is_some_and(|value| !is_nothing(value) && *value != "None")
    }

    fn has_in(&self, attribute: &str, member: &str) -> bool {
        let inside = self.value(attribute).and_then(|value| value.get(member));
        inside.is_some_and(|value| !is_nothing(value))
    }

    fn controls(&self) -> Vec<&Value> {
        self.value(GRANT).map(controls_of).unwrap_or_default()
    }

    fn asks_for(&self, control: &str) -> bool {
        self.list(GRANT, BUILT_IN).is_some_and(|controls| controls.contains(&json!(control)))
    }

    fn control(&self, name: &str) -> Option<&Value> {
        self.value(SESSION)?.get(name).filter(|control| !control.is_null())
    }

    fn is_on(&self, control: &str) -> bool {
        self.control(control)
            .is_some_and(|control| *control == true || control.get(IS_ENABLED) == Some(&json!(true)))
    }

    /// A contradiction between these attributes, at the first that is declared; what stands in the tenant alone is no
    /// mistake of the configuration.
    fn refuse(&self, attributes: &[&str], message: &str, label: &str, diagnostics: &mut Diagnostics) {
        if let Some(declared) = attributes.iter().find(|attribute| self.declared.declares(attribute)) {
            let place = self.declared.place_of(declared);
            diagnostics.push(Diagnostic::error("contradiction", message, place, label));
        }
    }
}

/// Finds every contradiction.
pub(super) fn check(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    for check in [
        check_applications,
        check_words,
        check_people,
        check_workloads,
        check_clients,
        check_grant,
        check_password_change,
        check_registration,
        check_session,
        check_frequency,
    ] {
        check(policy, diagnostics);
    }
}

fn check_applications(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let has = |name: &str| policy.has_in(APPLICATIONS, name);
    let ways = [
        has("includeApplications") || has("applicationFilter"),
        has("includeUserActions"),
        has("includeAuthenticationContextClassReferences"),
    ];
    match ways.into_iter().filter(|way| *way).count() {
        0 if policy.whole => {
            let message = "a policy is about applications, actions of users or authentication contexts";
            policy.refuse(&[APPLICATIONS], message, "names none of them", diagnostics);
        }
        0 | 1 => {}
        _ => {
            let message = "a policy is about applications, actions of users or authentication contexts, not several of these";
            policy.refuse(&[APPLICATIONS], message, "names more than one of them", diagnostics);
        }
    }
}

/// Words that leave no room for anything else.
fn check_words(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    for (attribute, member) in [(USERS, "includeUsers"), (APPLICATIONS, "includeApplications")] {
        let Some(list) = policy.list(attribute, member).filter(|list| list.len() > 1) else { continue };
        for word in ["All", "None"].into_iter().filter(|word| list.contains(&json!(word))) {
            let message = format!("`{}` in `{attribute}` stands alone", word.to_lowercase());
            policy.refuse(&[attribute], &message, "it leaves nothing for the others to add", diagnostics);
        }
    }
}

fn check_people(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    for member in ["includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"] {
        let guests = policy.value(USERS).and_then(|users| users.get(member));
        let tenants = guests.and_then(|guests| guests.get("externalTenants"));
        let Some(tenants) = tenants.filter(|tenants| tenants.is_object()) else { continue };
        let kind = tenants.get("membershipKind").and_then(Value::as_str);
        let lists = tenants.get("members").is_some_and(|members| !is_nothing(members));
        if (kind == Some("all") && lists) || (kind == Some("enumerated") && !lists && policy.whole) {
            let message = "external tenants are all of them, or those in `members`";
            let label = "`enumerated` takes `members`, `all` takes none";
            policy.refuse(&[USERS], message, label, diagnostics);
        }
    }
    let including = ["includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers"];
    let includes = including.iter().any(|member| policy.has_in(USERS, member));
    if policy.whole && !includes && !policy.has(WORKLOADS) {
        let message = "a policy includes users, groups, roles, guests or workload identities";
        policy.refuse(&[USERS, WORKLOADS], message, "includes nobody", diagnostics);
    }
}

fn check_workloads(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    if !policy.has(WORKLOADS) {
        return;
    }
    let none = [json!("None")];
    if policy.list(USERS, "includeUsers").is_some_and(|users| users != none) {
        let message = "a policy about workload identities includes none of the people";
        let label = "write `users = { include_users = [\"none\"] }`";
        policy.refuse(&[USERS, WORKLOADS], message, label, diagnostics);
    }
    let only_blocks = policy.controls() == [&json!("block")];
    if policy.value(GRANT).is_some() && !only_blocks {
        let message = "a policy about workload identities can only block";
        let label = "write `grant = { built_in_controls = [\"block\"] }`";
        policy.refuse(&[GRANT, WORKLOADS], message, label, diagnostics);
    }
}

/// Exchange ActiveSync leads to Exchange Online alone.
fn check_clients(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let clients = policy.value(CLIENTS).and_then(Value::as_array);
    if clients.is_none_or(|clients| *clients != [json!("exchangeActiveSync")]) {
        return;
    }
    let Some(applications) = policy.list(APPLICATIONS, "includeApplications") else { return };
    let words = ["All", "None", "Office365", "MicrosoftAdminPortals"].map(Value::from);
    if applications.len() != 1 || applications.iter().any(|application| words.contains(application)) {
        let message = "Exchange ActiveSync alone is about Exchange Online alone";
        let label = "needs `applications = { include = [\"app:Office 365 Exchange Online\"] }`";
        policy.refuse(&[CLIENTS, APPLICATIONS], message, label, diagnostics);
    }
}

fn check_grant(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let Some(grant) = policy.value(GRANT).filter(|grant| grant.is_object()) else { return };
    let count = policy.controls().len();
    if count == 0 && policy.whole {
        let label = "name one, or write `grant = \"\"` where session controls are enough";
        policy.refuse(&[GRANT], "the grant asks for nothing", label, diagnostics);
    }
    if policy.asks_for("block") && count > 1 {
        let label = "nobody gets in, so nothing else can be asked for";
        policy.refuse(&[GRANT], "`block` stands alone", label, diagnostics);
    }
    if policy.asks_for("mfa") && policy.has_in(GRANT, STRENGTH) {
        let message = "`mfa` and an authentication strength exclude each other";
        policy.refuse(&[GRANT], message, "keep one of them", diagnostics);
    }
    let without = grant.get(OPERATOR).is_none_or(Value::is_null);
    if count > 1 && without && !policy.asks_for("block") {
        let label = "add `operator = \"and\"` or `operator = \"or\"`";
        policy.refuse(&[GRANT], "more than one control takes an `operator`", label, diagnostics);
    }
}

/// A change of the password takes MFA, a risk of the person, every application and no other condition.
fn check_password_change(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    if !policy.asks_for("passwordChange") {
        return;
    }
    let is_and = policy.value(GRANT).and_then(|grant| grant.get(OPERATOR)) == Some(&json!("AND"));
    let risky =
        policy.has("user_risk_levels") || (policy.value("user_risk_levels").is_none() && !policy.whole);
    if !policy.asks_for("mfa") || !is_and || !risky {
        let label = "needs `mfa` beside it, `operator = \"and\"`, and `user_risk_levels`";
        policy.refuse(
            &[GRANT],
            "a password change is asked for with MFA, of people at risk",
            label,
            diagnostics,
        );
    }
    let all = [json!("All")];
    let every = policy.list(APPLICATIONS, "includeApplications").is_none_or(|included| included == all);
    if !every || policy.has_in(APPLICATIONS, "excludeApplications") {
        let message = "a password change is asked for by every application";
        let label = "needs `applications = { include = [\"all\"] }` without exclusions";
        policy.refuse(&[APPLICATIONS, GRANT], message, label, diagnostics);
    }
    let others =
        ["authentication_flows", DEVICES, INSIDER_RISK, "locations", "platforms", "sign_in_risk_levels"];
    for other in others.into_iter().filter(|other| policy.has(other)) {
        let message = format!("a password change does not go with `{other}`");
        policy.refuse(&[other, GRANT], &message, "`user_risk_levels` is the only condition", diagnostics);
    }
    check_any_client(policy, "a password change", diagnostics);
}

/// The registration of a device takes a second factor and nothing else.
fn check_registration(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let actions = policy.list(APPLICATIONS, "includeUserActions").unwrap_or_default();
    if !actions.contains(&json!("urn:user:registerdevice")) {
        return;
    }
    let controls = policy.controls();
    let is_second_factor = |control: &&Value| **control == "mfa" || control.is_object();
    if !controls.iter().all(is_second_factor) || policy.has(SESSION) {
        let message = "the registration of a device can only ask for MFA or an authentication strength";
        policy.refuse(&[GRANT, SESSION, APPLICATIONS], message, "asks for something else", diagnostics);
    }
    if policy.has(DEVICES) {
        let message = "the registration of a device does not go with a filter for devices";
        policy.refuse(&[DEVICES, APPLICATIONS], message, "the device is not registered yet", diagnostics);
    }
    check_any_client(policy, "the registration of a device", diagnostics);
}

fn check_any_client(policy: &Policy<'_>, what: &str, diagnostics: &mut Diagnostics) {
    if policy.value(CLIENTS).is_some_and(|clients| *clients != json!(["all"])) {
        let message = format!("{what} is asked for whatever the client is");
        policy.refuse(&[CLIENTS, GRANT], &message, "needs `client_app_types = [\"all\"]`", diagnostics);
    }
}

fn check_session(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let Some(session) = policy.value(SESSION).and_then(Value::as_object) else { return };
    let controls = || session.iter().filter(|(_, control)| control.is_object());
    if policy.whole && controls().count() > 0 && !session.keys().any(|name| policy.is_on(name)) {
        let label = "switch one on, or write `session = \"\"`";
        policy.refuse(&[SESSION], "the session controls are all off", label, diagnostics);
    }
    let Some(applications) = policy.list(APPLICATIONS, "includeApplications") else { return };
    if policy.is_on("persistentBrowser") && applications != [json!("All")] {
        let message = "whether a browser stays signed in is decided for all applications";
        let label = "needs `applications = { include = [\"all\"] }`";
        policy.refuse(&[SESSION, APPLICATIONS], message, label, diagnostics);
    }
    let cannot = ["All", "None", "MicrosoftAdminPortals"].map(Value::from);
    let restrict = !applications.is_empty() && !applications.iter().any(|name| cannot.contains(name));
    if policy.is_on("applicationEnforcedRestrictions") && !restrict {
        let message = "only Exchange Online and SharePoint Online enforce restrictions of their own";
        let label = "needs `applications = { include = [\"office365\"] }`, or these applications";
        policy.refuse(&[SESSION, APPLICATIONS], message, label, diagnostics);
    }
}

fn check_frequency(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let Some(frequency) = policy.control(FREQUENCY) else { return };
    let set = |name: &str| frequency.get(name).filter(|value| !value.is_null());
    if set(INTERVAL) == Some(&json!(EVERY_TIME)) {
        if set("value").is_some() || set("type").is_some() {
            let message = "a sign-in frequency is every time or after some hours or days, not both";
            policy.refuse(&[SESSION], message, "`value` and `type` go without `every_time`", diagnostics);
        }
        if NOT_EVERY_TIME.iter().any(|name| policy.is_on(name)) {
            let message =
                "a sign-in every time does not go with restrictions of applications or resilience defaults";
            let label = "`every_time` stands without `application_enforced_restrictions` and `disable_resilience_defaults`";
            policy.refuse(&[SESSION], message, label, diagnostics);
        }
        return;
    }
    let value = set("value").and_then(Value::as_i64);
    if set("type") == Some(&json!("hours")) && value.is_some_and(|hours| hours > 23) {
        let label = "1 to 23 hours, or 1 to 365 days";
        policy.refuse(&[SESSION], "a sign-in frequency in hours is less than a day", label, diagnostics);
    }
    if policy.whole && policy.is_on(FREQUENCY) && (value.is_none() || set("type").is_none()) {
        let label = "add `value` and `type`, or `frequency_interval = \"every_time\"`";
        policy.refuse(&[SESSION], "a sign-in frequency is so many hours or days", label, diagnostics);
    }
}
