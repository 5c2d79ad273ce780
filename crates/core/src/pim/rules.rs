//! The 17 rules of a policy and the values that configurations and plans have in their place.
//!
//! Source: "Rules for PIM - mapping guide", <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>.

use jiff::{Span, SpanRelativeTo};
use serde_json::{Map, Value, json};

use super::{Relation, Section};
use crate::address::{ObjectId, Target};
use crate::kinds::comparison::referred_id;
use crate::kinds::reference;

/// The maximum of what need not end.
pub(crate) const PERMANENT: &str = "permanent";

/// A rule: where its values stand.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `Expiration_Admin_Eligibility`; its second and third part are the caller and the level of its target.
    pub(crate) id: &'static str,
    /// The section of the policy's values.
    pub(crate) section: Section,
    /// The names that lead to its values inside the section.
    pub(crate) path: &'static [&'static str],
    /// The values there that are its own, by name.
    pub(crate) values: &'static [&'static str],
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Expiration,
    /// The expiration of an activation: there always is one.
    Activation,
    Enablement,
    Approval,
    AuthenticationContext,
    Notification,
}

const APPROVAL: &[&str] = &[
    "approvalRequired",
    "approvers",
    "requestorJustificationRequired",
    "approverJustificationRequired",
    "approvalStageTimeOutInDays",
    "approvalRequiredForExtension",
];
const MAIL: &[&str] = &["level", "defaultRecipients", "recipients"];

const fn rule(id: &'static str, section: Section, content: Content, values: &'static [&'static str]) -> Rule {
    Rule { id, section, path: &[], values, content }
}

const fn mail(id: &'static str, path: &'static [&'static str]) -> Rule {
    Rule { id, section: Section::Notifications, path, values: MAIL, content: Content::Notification }
}

/// Every rule, in the order in which changed ones are written: who may activate and how, how long anything lasts, who is
/// told.
pub(crate) static RULES: &[Rule] = &[
    rule(CONTEXT, Section::Activation, Content::AuthenticationContext, &["authenticationContext"]),
    rule(ENABLEMENT, Section::Activation, Content::Enablement, &["require"]),
    rule("Approval_EndUser_Assignment", Section::Activation, Content::Approval, APPROVAL),
    rule("Expiration_EndUser_Assignment", Section::Activation, Content::Activation, &["maximumDuration"]),
    rule("Expiration_Admin_Eligibility", Section::Eligibility, Content::Expiration, &["maximum"]),
    rule("Enablement_Admin_Eligibility", Section::Eligibility, Content::Enablement, &["require"]),
    rule("Expiration_Admin_Assignment", Section::Active, Content::Expiration, &["maximum"]),
    rule("Enablement_Admin_Assignment", Section::Active, Content::Enablement, &["require"]),
    mail("Notification_Admin_Admin_Eligibility", &["eligibleAssigned", "admins"]),
    mail("Notification_Requestor_Admin_Eligibility", &["eligibleAssigned", "assignee"]),
    mail("Notification_Approver_Admin_Eligibility", &["eligibleAssigned", "approvers"]),
    mail("Notification_Admin_Admin_Assignment", &["activeAssigned", "admins"]),
    mail("Notification_Requestor_Admin_Assignment", &["activeAssigned", "assignee"]),
    mail("Notification_Approver_Admin_Assignment", &["activeAssigned", "approvers"]),
    mail("Notification_Admin_EndUser_Assignment", &["activated", "admins"]),
    mail("Notification_Requestor_EndUser_Assignment", &["activated", "assignee"]),
    mail("Notification_Approver_EndUser_Assignment", &["activated", "approvers"]),
];

/// The rules that exclude each other: the one that lets go is written first.
pub(crate) const CONTEXT: &str = "AuthenticationContext_EndUser_Assignment";
pub(crate) const ENABLEMENT: &str = "Enablement_EndUser_Assignment";

/// What Graph calls the things that can be asked for.
const TOKENS: &[(&str, &str)] =
    &[("Mfa", "MultiFactorAuthentication"), ("Justification", "Justification"), ("Ticketing", "Ticketing")];

/// The values of a policy, by section, from its rules as they were read. Rules that are missing have no values.
pub(crate) fn values(rules: &[Value]) -> Map<String, Value> {
    let mut values = Map::new();
    for rule in RULES {
        let Some(read) = found(rules, rule.id) else { continue };
        let path = [&[rule.section.key()], rule.path].concat();
        let mut place = &mut values;
        for name in path {
            let inner = place.entry(name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return Map::new() };
            place = inner;
        }
        place.extend(rule.read(read));
    }
    values
}

/// The rule with this id.
pub(crate) fn found<'a>(rules: &'a [Value], id: &str) -> Option<&'a Value> {
    rules.iter().find(|rule| text(rule, "id").eq_ignore_ascii_case(id))
}

impl Rule {
    /// Where its values stand inside the values of a policy.
    pub(crate) fn within<'a>(&self, section: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(section, |value, name| value.get(*name))
    }

    /// Its values, from the rule as it was read.
    fn read(&self, rule: &Value) -> Map<String, Value> {
        let member = |name: &str| rule.get(name).cloned().unwrap_or_default();
        let of = |values: Vec<(&str, Value)>| {
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        match self.content {
            Content::Activation => of(vec![("maximumDuration", member("maximumDuration"))]),
            Content::Expiration if rule.get("isExpirationRequired") == Some(&json!(true)) => {
                of(vec![("maximum", member("maximumDuration"))])
            }
            Content::Expiration => of(vec![("maximum", json!(PERMANENT))]),
            Content::Enablement => of(vec![("require", required(&member("enabledRules")))]),
            Content::AuthenticationContext => {
                let on = rule.get("isEnabled") == Some(&json!(true));
                let claim = member("claimValue");
                of(vec![("authenticationContext", if on { claim } else { Value::Null })])
            }
            Content::Approval => of(approval(&member("setting"))),
            Content::Notification => of(vec![
                ("level", member("notificationLevel")),
                ("defaultRecipients", member("isDefaultRecipientsEnabled")),
                ("recipients", member("notificationRecipients")),
            ]),
        }
    }

    /// The rule with other values; what these do not say stays as it is in `rule`.
    pub(crate) fn write(&self, rule: &Value, values: &Value) -> Map<String, Value> {
        let mut written = rule.as_object().cloned().unwrap_or_default();
        // What a policy was read with beside a rule's own properties says nothing about the rule.
        written.retain(|name, _| !name.contains("@odata") || name == "@odata.type");
        let mut set = |name: &str, value: Value| written.insert(name.to_owned(), value);
        let given = |name: &str| values.get(name).cloned();
        match self.content {
            Content::Activation => {
                if let Some(maximum) = given("maximumDuration") {
                    set("isExpirationRequired", json!(true));
                    set("maximumDuration", maximum);
                }
            }
            Content::Expiration => match given("maximum") {
                Some(maximum) if maximum == PERMANENT => {
                    set("isExpirationRequired", json!(false));
                }
                Some(maximum) => {
                    set("isExpirationRequired", json!(true));
                    set("maximumDuration", maximum);
                }
                None => {}
            },
            Content::Enablement => {
                if let Some(require) = given("require") {
                    set("enabledRules", enabled(&require));
                }
            }
            Content::AuthenticationContext => {
                if let Some(claim) = given("authenticationContext") {
                    set("isEnabled", json!(claim.is_string()));
                    set("claimValue", if claim.is_string() { claim } else { json!("") });
                }
            }
            Content::Approval => {
                let setting = rule.get("setting").cloned().unwrap_or_default();
                set("setting", Value::Object(with_approval(setting, values)));
            }
            Content::Notification => {
                for (name, property) in [
                    ("level", "notificationLevel"),
                    ("defaultRecipients", "isDefaultRecipientsEnabled"),
                    ("recipients", "notificationRecipients"),
                ] {
                    if let Some(value) = given(name) {
                        set(property, value);
                    }
                }
            }
        }
        written
    }

    /// The rule as nobody has touched it.
    ///
    /// Source: "Rules for PIM - mapping guide" for roles; for groups, their documented defaults differ in three rules.
    pub(crate) fn default(&self, relation: Relation) -> Value {
        let group = relation != Relation::Role;
        let (kind, mut rule) = match (self.content, self.id) {
            (Content::Activation, _) => ("Expiration", expiration(true, "PT8H")),
            (_, "Expiration_Admin_Eligibility") => ("Expiration", expiration(group, "P365D")),
            (Content::Expiration, _) => ("Expiration", expiration(group, "P180D")),
            (_, "Enablement_Admin_Assignment") => {
                ("Enablement", json!({ "enabledRules": ["Justification"] }))
            }
            (_, ENABLEMENT) if group => ("Enablement", json!({ "enabledRules": ["Justification"] })),
            (_, ENABLEMENT) => {
                ("Enablement", json!({ "enabledRules": ["MultiFactorAuthentication", "Justification"] }))
            }
            (Content::Enablement, _) => ("Enablement", json!({ "enabledRules": [] })),
            (Content::AuthenticationContext, _) => {
                ("AuthenticationContext", json!({ "isEnabled": false, "claimValue": "" }))
            }
            (Content::Approval, _) => {
                ("Approval", json!({ "setting": with_approval(Value::Null, &json!({})) }))
            }
            (Content::Notification, id) => {
                let recipient = id.split('_').nth(1).unwrap_or_default();
                let mail = json!({
                    "notificationType": "Email", "recipientType": recipient, "notificationLevel": "All",
                    "isDefaultRecipientsEnabled": true, "notificationRecipients": [],
                });
                ("Notification", mail)
            }
        };
        let mut from_the_end = self.id.rsplit('_');
        let (level, caller) = (from_the_end.next(), from_the_end.next());
        if let Some(rule) = rule.as_object_mut() {
            let type_ = format!("#microsoft.graph.unifiedRoleManagementPolicy{kind}Rule");
            rule.insert("@odata.type".to_owned(), json!(type_));
            rule.insert("id".to_owned(), json!(self.id));
            let target = json!({
                "caller": caller, "operations": ["all"], "level": level,
                "inheritableSettings": [], "enforcedSettings": [],
            });
            rule.insert("target".to_owned(), target);
        }
        rule
    }
}

fn expiration(required: bool, maximum: &str) -> Value {
    json!({ "isExpirationRequired": required, "maximumDuration": maximum })
}

/// What is asked for, in our words; what we have no word for keeps Graph's.
fn required(tokens: &Value) -> Value {
    let word = |token: &Value| {
        let text = token.as_str().unwrap_or_default();
        let known = TOKENS.iter().find(|(_, graph)| graph.eq_ignore_ascii_case(text));
        known.map_or_else(|| token.clone(), |(word, _)| json!(word))
    };
    tokens.as_array().into_iter().flatten().map(word).collect()
}

fn enabled(words: &Value) -> Value {
    let token = |word: &Value| {
        let known = TOKENS.iter().find(|(known, _)| word == known);
        known.map_or_else(|| word.clone(), |(_, graph)| json!(graph))
    };
    words.as_array().into_iter().flatten().map(token).collect()
}

fn approval(setting: &Value) -> Vec<(&'static str, Value)> {
    let of_setting = |name: &str| setting.get(name).cloned().unwrap_or_default();
    let stage = setting.pointer("/approvalStages/0").cloned().unwrap_or_default();
    let of_stage = |name: &str| stage.get(name).cloned().unwrap_or_default();
    let approvers = primary_approvers(setting).filter_map(|approver| Some(reference::to(&target(approver)?)));
    vec![
        ("approvalRequired", of_setting("isApprovalRequired")),
        ("approvers", approvers.collect()),
        ("requestorJustificationRequired", of_setting("isRequestorJustificationRequired")),
        ("approverJustificationRequired", of_stage("isApproverJustificationRequired")),
        ("approvalStageTimeOutInDays", of_stage("approvalStageTimeOutInDays")),
        ("approvalRequiredForExtension", of_setting("isApprovalRequiredForExtension")),
    ]
}

fn primary_approvers(setting: &Value) -> impl Iterator<Item = &Value> {
    setting.pointer("/approvalStages/0/primaryApprovers").and_then(Value::as_array).into_iter().flatten()
}

/// Whom an entry of the approvers is about. Some reads have the id under `id`.
fn target(approver: &Value) -> Option<Target> {
    let id = ["userId", "groupId", "id"].iter().find_map(|name| approver.get(*name)?.as_str())?;
    let entity = match approver.get("groupId").is_some() || text(approver, "@odata.type").contains("group") {
        true => "group",
        false => "user",
    };
    Some(Target::unnamed(ObjectId::parse(id)?, entity))
}

fn with_approval(setting: Value, values: &Value) -> Map<String, Value> {
    let mut whole = json!({
        "isApprovalRequired": false, "isApprovalRequiredForExtension": false,
        "isRequestorJustificationRequired": true, "approvalMode": "SingleStage",
    });
    let mut stage = json!({
        "approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": true,
        "escalationTimeInMinutes": 0, "isEscalationEnabled": false, "escalationApprovers": [],
    });
    let over = |base: &mut Value, given: Option<&Value>| {
        if let (Some(base), Some(given)) = (base.as_object_mut(), given.and_then(Value::as_object)) {
            base.extend(given.clone());
        }
    };
    over(&mut whole, Some(&setting));
    over(&mut stage, setting.pointer("/approvalStages/0"));
    for (name, property, of_stage) in [
        ("approvalRequired", "isApprovalRequired", false),
        ("requestorJustificationRequired", "isRequestorJustificationRequired", false),
        ("approvalRequiredForExtension", "isApprovalRequiredForExtension", false),
        ("approverJustificationRequired", "isApproverJustificationRequired", true),
        ("approvalStageTimeOutInDays", "approvalStageTimeOutInDays", true),
    ] {
        if let Some(value) = values.get(name) {
            let part = if of_stage { &mut stage } else { &mut whole };
            part[property] = value.clone();
        }
    }
    let held: Vec<&Value> = primary_approvers(&setting).collect();
    stage["primaryApprovers"] = match values.get("approvers").and_then(Value::as_array) {
        Some(wanted) => wanted.iter().map(|wanted| approver(wanted, &held)).collect(),
        None => held.iter().filter_map(|one| Some(approver(&reference::to(&target(one)?), &held))).collect(),
    };
    whole["approvalStages"] = json!([stage]);
    if whole["isApprovalRequired"] == true && text(&whole, "approvalMode") == "NoApproval" {
        whole["approvalMode"] = json!("SingleStage");
    }
    whole.as_object().cloned().unwrap_or_default()
}

/// An approver as Graph writes one: the entry that is there, or a new one whose id may not be known yet.
fn approver(wanted: &Value, held: &[&Value]) -> Value {
    let same = |held: &&&Value| {
        target(held).and_then(|target| target.id).is_some_and(|id| {
            referred_id(wanted).is_some_and(|wanted| wanted.eq_ignore_ascii_case(id.as_str()))
        })
    };
    let there = held.iter().find(same);
    let prefix = there.and_then(|held| target(held)).or_else(|| reference::target(wanted));
    let group = prefix.is_some_and(|target| target.prefix() == "group");
    let (type_, property) = if group { ("groupMembers", "groupId") } else { ("singleUser", "userId") };
    let id = there.and_then(|held| target(held)?.id).map_or_else(|| wanted.clone(), |id| json!(id));
    let mut approver = json!({ "@odata.type": format!("#microsoft.graph.{type_}"), property: id });
    if let Some(description) = there.and_then(|held| held.get("description")).filter(|text| text.is_string())
    {
        approver["description"] = description.clone();
    }
    approver
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The whole minutes of a duration of days and less, as Graph takes it (`P90D`, `PT8H`); nothing for any other text.
///
/// Source: "Edm.Duration", OData JSON 4.01 §7.1: days, hours, minutes, seconds.
pub(crate) fn minutes(text: &str) -> Option<i64> {
    let length = text.strip_prefix('P')?;
    let date = length.split_once('T').map_or(length, |(date, _)| date);
    if date.contains(['Y', 'M', 'W']) {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let seconds = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?.as_secs();
    (seconds % 60 == 0).then_some(seconds / 60)
}
