//! A rule as a write sends it: what is refused, what it leaves of the rule there was, and what it breaks.
//! <https://learn.microsoft.com/graph/api/unifiedrolemanagementpolicyrule-update>

use serde_json::{Map, Value};

use super::rule::{RULES, Rule, ScopeType, untouched_approval, untouched_stage};
use crate::graph::{Directory, Failure};
use crate::schema::{self, Complex, Kind, Property, parse_duration};
use crate::store::id_of;

/// The rules of one policy, changed one after the other.
pub(super) struct Rules {
    pub(super) of: ScopeType,
    pub(super) all: Vec<Value>,
}

/// The refusal of a rule or of what it says.
pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(400, "InvalidPolicyRule", message)
}

/// The refusal of a rule that the policy has not, or has no more.
pub(super) fn unknown(id: &str) -> Failure {
    invalid(format!("The policy rule id {id} is invalid."))
}

impl Rules {
    /// The rule with this id.
    pub(super) fn find(&self, id: &str) -> Result<&Value, Failure> {
        self.all.iter().find(|rule| rule["id"] == *id).ok_or_else(|| unknown(id))
    }

    /// Takes one rule from a request.
    pub(super) fn change(&mut self, sent: &Map<String, Value>) -> Result<(), Failure> {
        let id = sent.get("id").and_then(Value::as_str);
        let id = id.ok_or_else(|| invalid("The policy rule has no id."))?;
        let rule = Rule::find(id).ok_or_else(|| unknown(id))?;
        check_type(rule, sent)?;
        let before = self.find(id)?.as_object().cloned().unwrap_or_default();
        let declared = declared(rule.sort);
        let checked = schema::check(&declared, &Value::Object(sent.clone()))
            .map_err(|failure| invalid(failure.message()))?;
        let after = changed(rule, before, checked.as_object().cloned().unwrap_or_default());
        check(rule, &after, sent)?;
        let complete = is_complete(rule, self.of, &after);
        self.all.iter_mut().filter(|found| found["id"] == id).for_each(|found| *found = after.clone());
        if !complete {
            self.lose(rule, &after);
        }
        Ok(())
    }

    /// A rule that says no more what it is about takes others with it: of notifications, those to other recipients.
    fn lose(&mut self, broken: &Rule, after: &Value) {
        let recipient = &after["recipientType"];
        let is_lost = |rule: &Value| {
            let sort = rule["@odata.type"] == broken.odata_type();
            sort && !recipient.is_null() && rule["recipientType"] != *recipient
        };
        self.all.retain(|rule| !is_lost(rule));
    }

    /// What no policy can say as a whole.
    pub(super) fn check(&self, directory: &Directory<'_>) -> Result<(), Failure> {
        let of = |id: &str| self.all.iter().find(|rule| rule["id"] == *id);
        let asks_mfa = of("Enablement_EndUser_Assignment").is_some_and(|rule| {
            let enabled = rule["enabledRules"].as_array();
            enabled.into_iter().flatten().any(|token| is_text(token, "MultiFactorAuthentication"))
        });
        let asks_context =
            of("AuthenticationContext_EndUser_Assignment").is_some_and(|rule| rule["isEnabled"] == true);
        if asks_mfa && asks_context && !directory.policies.mfa_beside_context {
            return Err(Failure::new(
                400,
                "InvalidPolicy",
                "Multifactor authentication and an authentication context cannot both be required on activation.",
            ));
        }
        if directory.policies.known_approvers {
            self.check_approvers(directory)?;
        }
        Ok(())
    }

    fn check_approvers(&self, directory: &Directory<'_>) -> Result<(), Failure> {
        let stages =
            self.all.iter().filter_map(|rule| rule["setting"]["approvalStages"].as_array()).flatten();
        for approver in stages.filter_map(|stage| stage["primaryApprovers"].as_array()).flatten() {
            let (kind, id) = match approver["userId"].as_str() {
                Some(user) => ("user", user),
                None => ("group", approver["groupId"].as_str().unwrap_or_default()),
            };
            if directory.primary.live(id_of(id)).is_none_or(|found| found.entity.name != kind) {
                return Err(invalid(format!("The approver {id} does not exist.")));
            }
        }
        Ok(())
    }
}

fn is_text(value: &Value, text: &str) -> bool {
    value.as_str().is_some_and(|found| found.eq_ignore_ascii_case(text))
}

/// A rule of a sort, as a property is declared.
fn declared(sort: &'static Complex) -> Property {
    Property { kind: Kind::Structure(sort), ..schema::ANY }
}

fn check_type(rule: &Rule, sent: &Map<String, Value>) -> Result<(), Failure> {
    let named = sent.get("@odata.type").and_then(Value::as_str);
    let named = named.ok_or_else(|| invalid("The policy rule has no '@odata.type'."))?;
    if named.trim_start_matches('#') == format!("microsoft.graph.{}", rule.sort.name) {
        return Ok(());
    }
    Err(invalid(format!("The policy rule {} is no {named}.", rule.id)))
}

/// The rule after a write. The target is what was sent and no more; the settings of an approval that are left out go
/// back to those of a new policy; anything else that is left out stays.
fn changed(rule: &Rule, mut after: Map<String, Value>, mut sent: Map<String, Value>) -> Value {
    let target = sent.remove("target");
    if after.contains_key("setting") {
        let setting = sent.remove("setting").unwrap_or_else(|| Value::Object(Map::new()));
        after.insert("setting".to_owned(), completed_approval(setting));
    }
    after.extend(sent);
    after.insert("target".to_owned(), target.map_or(Value::Null, without_absent));
    after.insert("id".to_owned(), rule.id.into());
    Value::Object(after)
}

/// A target with what was left out as null, and lists empty.
fn without_absent(mut target: Value) -> Value {
    for (name, absent) in [
        ("caller", Value::Null),
        ("level", Value::Null),
        ("operations", Value::Array(Vec::new())),
        ("inheritableSettings", Value::Null),
        ("enforcedSettings", Value::Null),
    ] {
        if target[name].is_null() {
            target[name] = absent;
        }
    }
    target
}

fn completed_approval(sent: Value) -> Value {
    let mut setting = completed(untouched_approval(), sent);
    for stage in setting["approvalStages"].as_array_mut().into_iter().flatten() {
        *stage = completed(untouched_stage(), stage.take());
    }
    setting
}

fn completed(mut untouched: Value, sent: Value) -> Value {
    let members = sent.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    members.for_each(|(name, value)| untouched[name] = value.clone());
    untouched
}

/// What the members of a rule have to be together.
fn check(rule: &Rule, after: &Value, sent: &Map<String, Value>) -> Result<(), Failure> {
    match rule.sort.name {
        "unifiedRoleManagementPolicyExpirationRule" => check_expiration(rule, after, sent),
        "unifiedRoleManagementPolicyAuthenticationContextRule" => check_context(after),
        "unifiedRoleManagementPolicyApprovalRule" => check_approval(&after["setting"]),
        "unifiedRoleManagementPolicyNotificationRule" => check_recipient(rule, after),
        _ => Ok(()),
    }
}

/// Half an hour to a day for activations, more than nothing for the others.
fn check_expiration(rule: &Rule, after: &Value, sent: &Map<String, Value>) -> Result<(), Failure> {
    let text = sent.get("maximumDuration").and_then(Value::as_str);
    if after["isExpirationRequired"] == true && text.is_none() {
        return Err(invalid("A maximum duration is needed where expiration is required."));
    }
    let hours = |number| jiff::SignedDuration::from_hours(number);
    let is_activation = rule.id == "Expiration_EndUser_Assignment";
    let fits = |length: &jiff::SignedDuration| match is_activation {
        true => (hours(1) / 2..=hours(24)).contains(length),
        false => length.is_positive(),
    };
    match text.and_then(parse_duration) {
        Some(length) if !fits(&length) => {
            Err(invalid(format!("The maximum duration {} is out of range.", text.unwrap_or_default())))
        }
        _ => Ok(()),
    }
}

/// `c1` to `c99`, or nothing while the rule is off.
fn check_context(after: &Value) -> Result<(), Failure> {
    let claim = after["claimValue"].as_str().unwrap_or_default();
    let number = claim.strip_prefix('c').filter(|digits| !digits.starts_with(['0', '+']));
    let is_context = number.and_then(|digits| digits.parse().ok()).is_some_and(|n: u8| (1..=99).contains(&n));
    if is_context || (claim.is_empty() && after["isEnabled"] != true) {
        return Ok(());
    }
    Err(invalid(format!("The claim value '{claim}' is none of c1 to c99.")))
}

/// One stage, and approvers of the two sorts there are.
fn check_approval(setting: &Value) -> Result<(), Failure> {
    let stages = setting["approvalStages"].as_array().map_or(&[][..], Vec::as_slice);
    if stages.len() != 1 {
        return Err(invalid("An approval has exactly one stage."));
    }
    for stage in stages {
        let sets = ["primaryApprovers", "escalationApprovers"].into_iter();
        for approver in sets.filter_map(|name| stage[name].as_array()).flatten() {
            check_approver(approver)?;
        }
    }
    Ok(())
}

fn check_approver(approver: &Value) -> Result<(), Failure> {
    let named = approver["@odata.type"].as_str().unwrap_or_default();
    let id = match named.trim_start_matches('#') {
        "microsoft.graph.singleUser" => &approver["userId"],
        "microsoft.graph.groupMembers" => &approver["groupId"],
        _ => return Err(invalid("An approver is a singleUser or groupMembers.")),
    };
    let is_guid = id.as_str().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok());
    if is_guid { Ok(()) } else { Err(invalid("An approver needs the id of a user or group.")) }
}

/// Who is told is part of which rule it is.
fn check_recipient(rule: &Rule, after: &Value) -> Result<(), Failure> {
    let expected = rule.id.split('_').nth(1).unwrap_or_default();
    match is_text(&after["recipientType"], expected) {
        true => Ok(()),
        false => Err(invalid(format!("The recipient type of {} is {expected}.", rule.id))),
    }
}

/// Whether a rule still says everything about what it is about.
fn is_complete(rule: &Rule, of: ScopeType, after: &Value) -> bool {
    let (expected, found) = (rule.target(of), &after["target"]);
    let same_text = |name: &str| is_text(&found[name], expected[name].as_str().unwrap_or_default());
    let operations = found["operations"].as_array();
    let all = operations.is_some_and(|names| names.len() == 1 && is_text(&names[0], "all"));
    same_text("caller") && same_text("level") && all
}

/// Every rule as it is before anybody touches it.
pub(super) fn untouched(of: ScopeType) -> Rules {
    Rules { of, all: RULES.iter().map(|rule| Value::Object(rule.untouched(of))).collect() }
}
