//! Settings against policies as the service shows them, written out here by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rules::{RULES, minutes};
use super::{Relation, properties};
use crate::address::ObjectId;
use crate::config::{self, LoadError};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::kinds;
use crate::plan::{self, Action, Operation, Options, Plan, Verb, operations, unfulfilled};
use crate::snapshot::{Observed, Seen, Snapshot, TenantFacts};

fn id(number: usize) -> ObjectId {
    ObjectId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
}

/// The rules of a policy that nobody has touched.
fn documented(relation: Relation) -> Vec<Value> {
    let group = relation != Relation::Role;
    let asked =
        if group { json!(["Justification"]) } else { json!(["MultiFactorAuthentication", "Justification"]) };
    let mail = |recipient: &str| {
        json!({ "notificationType": "Email", "recipientType": recipient, "notificationLevel": "All",
            "isDefaultRecipientsEnabled": true, "notificationRecipients": [] })
    };
    let expiration = |required: bool, maximum: &str| json!({ "isExpirationRequired": required, "maximumDuration": maximum });
    let setting = json!({ "setting": {
        "isApprovalRequired": false, "isApprovalRequiredForExtension": false,
        "isRequestorJustificationRequired": true, "approvalMode": "SingleStage",
        "approvalStages": [{ "approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": true,
            "escalationTimeInMinutes": 0, "primaryApprovers": [], "isEscalationEnabled": false,
            "escalationApprovers": [] }],
    } });
    let rules = [
        ("Expiration_Admin_Eligibility", "Expiration", "Admin", "Eligibility", expiration(group, "P365D")),
        ("Expiration_Admin_Assignment", "Expiration", "Admin", "Assignment", expiration(group, "P180D")),
        ("Expiration_EndUser_Assignment", "Expiration", "EndUser", "Assignment", expiration(true, "PT8H")),
        ("Enablement_Admin_Eligibility", "Enablement", "Admin", "Eligibility", json!({ "enabledRules": [] })),
        (
            "Enablement_Admin_Assignment",
            "Enablement",
            "Admin",
            "Assignment",
            json!({ "enabledRules": ["Justification"] }),
        ),
        (
            "Enablement_EndUser_Assignment",
            "Enablement",
            "EndUser",
            "Assignment",
            json!({ "enabledRules": asked }),
        ),
        ("Approval_EndUser_Assignment", "Approval", "EndUser", "Assignment", setting),
        (
            "AuthenticationContext_EndUser_Assignment",
            "AuthenticationContext",
            "EndUser",
            "Assignment",
            json!({ "isEnabled": false, "claimValue": null }),
        ),
        ("Notification_Admin_Admin_Eligibility", "Notification", "Admin", "Eligibility", mail("Admin")),
        (
            "Notification_Requestor_Admin_Eligibility",
            "Notification",
            "Admin",
            "Eligibility",
            mail("Requestor"),
        ),
        ("Notification_Approver_Admin_Eligibility", "Notification", "Admin", "Eligibility", mail("Approver")),
        ("Notification_Admin_Admin_Assignment", "Notification", "Admin", "Assignment", mail("Admin")),
        ("Notification_Requestor_Admin_Assignment", "Notification", "Admin", "Assignment", mail("Requestor")),
        ("Notification_Approver_Admin_Assignment", "Notification", "Admin", "Assignment", mail("Approver")),
        ("Notification_Admin_EndUser_Assignment", "Notification", "EndUser", "Assignment", mail("Admin")),
        (
            "Notification_Requestor_EndUser_Assignment",
            "Notification",
            "EndUser",
            "Assignment",
            mail("Requestor"),
        ),
        (
            "Notification_Approver_EndUser_Assignment",
            "Notification",
            "EndUser",
            "Assignment",
            mail("Approver"),
        ),
    ];
    let whole = |(id, kind, caller, level, mut rule): (&str, &str, &str, &str, Value)| {
        rule["@odata.type"] = json!(format!("#microsoft.graph.unifiedRoleManagementPolicy{kind}Rule"));
        rule["id"] = json!(id);
        rule["target"] = json!({ "caller": caller, "operations": [if group { "All" } else { "all" }],
            "level": level, "inheritableSettings": [], "enforcedSettings": [] });
        rule
    };
    rules.into_iter().map(whole).collect()
}

const DEFAULT_MAIL: &str = r#"{ level = "all", default_recipients = true, recipients = [] }"#;

/// Everything that can be said of a policy, as it is until somebody changes it.
fn defaults(relation: Relation) -> String {
    let group = relation != Relation::Role;
    let asked = if group { r#"["justification"]"# } else { r#"["justification", "mfa"]"# };
    let (eligible, active) = if group { ("P365D", "P180D") } else { ("permanent", "permanent") };
    let event = |approvers: &str| {
        format!("{{ admins = {DEFAULT_MAIL}, assignee = {DEFAULT_MAIL}, approvers = {approvers} }}")
    };
    let activation = format!(
        r#"activation = {{ maximum_duration = "PT480M", require = {asked}, authentication_context = "", approval_required = false, approvers = [], requestor_justification_required = true, approver_justification_required = true, approval_stage_time_out_in_days = 1, approval_required_for_extension = false }}"#
    );
    let eligibility = format!(r#"eligibility = {{ maximum = "{eligible}", require = [] }}"#);
    let assigned = format!(r#"{{ maximum = "{active}", require = ["justification"] }}"#);
    let notifications = format!(
        "notifications = {{ eligible_assigned = {}, active_assigned = {}, activated = {} }}",
        event(DEFAULT_MAIL),
        event(DEFAULT_MAIL),
        event(r#"{ level = "all", default_recipients = true }"#)
    );
    match relation {
        Relation::Role => {
            format!("{activation}\n{eligibility}\nactive_settings = {assigned}\n{notifications}\n")
        }
        Relation::Member | Relation::Owner => {
            let word = relation.access().unwrap();
            format!(
                "{word}_settings = {{ {activation}, {eligibility}, active = {assigned}, {notifications} }}\n"
            )
        }
    }
}

fn observed(kind: &str, number: usize, name: &str, policies: &[(Relation, &[Value])]) -> Observed {
    let kind = kinds::by_name(kind).unwrap();
    let Value::Object(mut all) = json!({
        "displayName": name, "userPrincipalName": name, "templateId": id(number), "isBuiltIn": true,
        "groupTypes": [], "securityEnabled": true,
    }) else {
        unreachable!()
    };
    policies.iter().for_each(|(relation, rules)| all.extend(properties(kind, *relation, rules)));
    Observed { id: id(number), properties: all, links: BTreeMap::new(), unreadable: Vec::new() }
}

fn tenant(objects: Vec<(&str, Observed)>) -> Snapshot {
    let mut kinds: BTreeMap<String, Seen> = BTreeMap::new();
    for (kind, object) in objects {
        kinds.entry(kind.to_owned()).or_default().objects.push(object);
    }
    kinds.values_mut().for_each(|seen| seen.complete = true);
    let facts =
        TenantFacts { id: id(0).to_string(), name: "contoso.com".to_owned(), ..TenantFacts::default() };
    Snapshot { tenant: facts, kinds, ..Snapshot::default() }
}

/// A tenant with one role that has these rules, a group and a user.
fn with_role(rules: &[Value]) -> Snapshot {
    tenant(vec![
        ("role", observed("role", 1, "User Administrator", &[(Relation::Role, rules)])),
        ("group", observed("group", 2, "Tier 0 admins", &[])),
        ("user", observed("user", 3, "adele.vance@contoso.com", &[])),
    ])
}

fn planned(text: &str, snapshot: &Snapshot) -> Result<Plan, Vec<Diagnostic>> {
    let source = SourceFile::new("tenantry.toml", text.as_bytes().to_vec());
    let configuration = config::parse(vec![source]).unwrap_or_else(|error| panic!("{error:#?}\n{text}"));
    let options = Options {
        today: jiff::civil::date(2026, 1, 1),
        targets: Vec::new(),
        list_unmanaged: false,
        directory: ".".to_owned(),
        resumed: BTreeSet::new(),
    };
    plan::between(&configuration, snapshot, &options)
}

fn role(body: &str) -> String {
    format!("[roles.\"User Administrator\"]\n{body}\n")
}

fn refusals(text: &str) -> Vec<String> {
    let source = SourceFile::new("tenantry.toml", text.as_bytes().to_vec());
    let Err(LoadError::Invalid(invalid)) = config::parse(vec![source]) else { panic!("accepted: {text}") };
    invalid.diagnostics.into_iter().map(|found| format!("{}: {}", found.message, found.labels[0].1)).collect()
}

fn patches(operations: &[Operation]) -> Vec<&super::RulePatch> {
    let patches = operations.iter().filter_map(|operation| match &operation.verb {
        Verb::Rule { patch, .. } => Some(&**patch),
        _ => None,
    });
    patches.collect()
}

fn ids(plan: &Plan) -> Vec<&'static str> {
    patches(&operations(plan)).iter().map(|patch| patch.id).collect()
}

/// What the service shows once the writes of a plan have been carried out.
fn carried_out(plan: &Plan, rules: &[Value]) -> Vec<Value> {
    let mut rules = rules.to_vec();
    for patch in patches(&operations(plan)) {
        let rule = rules.iter_mut().find(|rule| rule["id"] == patch.id).unwrap();
        assert_eq!(rule["target"], patch.rule["target"], "written with its target");
        *rule = Value::Object(patch.rule.clone());
        kinds::reference::replace(rule, &mut |target| Some(json!(target.id))).unwrap();
    }
    rules
}

#[test]
fn the_rules_nobody_has_touched_are_those_documented() {
    for relation in [Relation::Role, Relation::Member, Relation::Owner] {
        let documented = documented(relation);
        assert_eq!(documented.len(), RULES.len());
        for mut rule in documented {
            let ours = RULES.iter().find(|ours| rule["id"] == ours.id).unwrap();
            // Both are read, and mean the same.
            rule["target"]["operations"] = json!(["all"]);
            if rule["claimValue"].is_null() && rule.get("claimValue").is_some() {
                rule["claimValue"] = json!("");
            }
            assert_eq!(ours.default(relation), rule, "{relation:?}");
        }
    }
}

#[test]
fn declaring_what_a_policy_is_plans_nothing() {
    let snapshot = with_role(&documented(Relation::Role));
    assert!(planned(&role(&defaults(Relation::Role)), &snapshot).unwrap().is_empty());
    for relation in [Relation::Member, Relation::Owner] {
        let rules = documented(relation);
        let group = observed("group", 2, "Tier 0 admins", &[(relation, &rules)]);
        let text = format!("[groups.\"Tier 0 admins\"]\n{}", defaults(relation));
        assert!(planned(&text, &tenant(vec![("group", group)])).unwrap().is_empty());
    }
}

/// One change a rule, as people write it.
const CHANGES: &[(&str, &str)] = &[
    ("Expiration_Admin_Eligibility", r#"eligibility = { maximum = "P90D" }"#),
    ("Expiration_Admin_Assignment", r#"active_settings = { maximum = "P15D" }"#),
    ("Expiration_EndUser_Assignment", r#"activation = { maximum_duration = "PT4H" }"#),
    ("Enablement_Admin_Eligibility", r#"eligibility = { require = ["justification"] }"#),
    ("Enablement_Admin_Assignment", r#"active_settings = { require = ["mfa", "justification"] }"#),
    ("Enablement_EndUser_Assignment", r#"activation = { require = ["mfa", "justification", "ticketing"] }"#),
    (
        "Approval_EndUser_Assignment",
        r#"activation = { approvers = ["user:adele.vance@contoso.com", "group:Tier 0 admins"] }"#,
    ),
    (
        "Approval_EndUser_Assignment",
        "activation = { approval_stage_time_out_in_days = 3, approver_justification_required = false }",
    ),
    (
        "Approval_EndUser_Assignment",
        "activation = { approval_required_for_extension = true, requestor_justification_required = false }",
    ),
    (
        "Notification_Admin_Admin_Eligibility",
        r#"notifications = { eligible_assigned = { admins = { recipients = ["soc@contoso.com"] } } }"#,
    ),
    (
        "Notification_Requestor_Admin_Eligibility",
        r#"notifications = { eligible_assigned = { assignee = { level = "critical" } } }"#,
    ),
    (
        "Notification_Approver_Admin_Eligibility",
        "notifications = { eligible_assigned = { approvers = { default_recipients = false } } }",
    ),
    (
        "Notification_Admin_Admin_Assignment",
        r#"notifications = { active_assigned = { admins = { level = "none" } } }"#,
    ),
    (
        "Notification_Requestor_Admin_Assignment",
        r#"notifications = { active_assigned = { assignee = { level = "none" } } }"#,
    ),
    (
        "Notification_Approver_Admin_Assignment",
        r#"notifications = { active_assigned = { approvers = { level = "none" } } }"#,
    ),
    (
        "Notification_Admin_EndUser_Assignment",
        r#"notifications = { activated = { admins = { level = "none" } } }"#,
    ),
    (
        "Notification_Requestor_EndUser_Assignment",
        r#"notifications = { activated = { assignee = { level = "none" } } }"#,
    ),
    (
        "Notification_Approver_EndUser_Assignment",
        r#"notifications = { activated = { approvers = { level = "critical" } } }"#,
    ),
];

#[test]
fn each_rule_changes_alone_and_is_then_as_declared() {
    let rules = documented(Relation::Role);
    for (rule, body) in CHANGES {
        let plan = planned(&role(body), &with_role(&rules)).unwrap();
        assert_eq!(ids(&plan), [*rule], "{body}");
        let after = with_role(&carried_out(&plan, &rules));
        assert!(planned(&role(body), &after).unwrap().is_empty(), "{body}");
        assert_eq!(unfulfilled(&plan, &after), [], "{body}");
        assert_eq!(unfulfilled(&plan, &with_role(&rules)).len(), 1, "{body}");
        let saved = plan::from_json(&plan::to_json(&plan)).unwrap();
        assert_eq!(carried_out(&saved, &rules), carried_out(&plan, &rules));
    }
    let reached: BTreeSet<&str> = CHANGES.iter().map(|(rule, _)| *rule).collect();
    let missing: Vec<&str> = RULES.iter().map(|rule| rule.id).filter(|id| !reached.contains(id)).collect();
    assert_eq!(missing, ["AuthenticationContext_EndUser_Assignment"], "it takes another rule along");
}

#[test]
fn what_is_given_up_goes_before_what_excludes_it() {
    let rules = documented(Relation::Role);
    let on = role(r#"activation = { require = ["justification"], authentication_context = "c1" }"#);
    let plan = planned(&on, &with_role(&rules)).unwrap();
    let (context, mfa) = ("AuthenticationContext_EndUser_Assignment", "Enablement_EndUser_Assignment");
    assert_eq!(ids(&plan), [mfa, context]);
    let rules = carried_out(&plan, &rules);
    assert!(planned(&on, &with_role(&rules)).unwrap().is_empty());
    let off = role(r#"activation = { require = ["mfa"], authentication_context = "" }"#);
    let plan = planned(&off, &with_role(&rules)).unwrap();
    assert_eq!(ids(&plan), [context, mfa]);
    let operations = operations(&plan);
    let second = patches(&operations)[1];
    assert_eq!(second.earlier.len(), 1);
    assert_eq!((second.earlier[0].0, &second.earlier[0].1["claimValue"]), (context, &json!("c1")));
    assert_eq!(operations[1].after, [0], "one after the other");
}

#[test]
fn what_a_rule_says_beside_its_values_is_written_as_it_was_read() {
    let mut rules = documented(Relation::Role);
    rules[6]["setting"]["approvalStages"][0]["primaryApprovers"] = json!([
        { "@odata.type": "#microsoft.graph.singleUser", "id": id(3), "description": "Adele", "isBackup": false },
    ]);
    rules[6]["setting"]["isApprovalRequired"] = json!(true);
    rules[6]["setting@odata.context"] = json!("https://graph.microsoft.com/v1.0/$metadata#x");
    rules[6]["target"]["enforcedSettings"] = json!(["x"]);
    let text =
        role(r#"activation = { approvers = ["user:adele.vance@contoso.com", "group:Tier 0 admins"] }"#);
    let plan = planned(&text, &with_role(&rules)).unwrap();
    let operations = operations(&plan);
    let patch = patches(&operations)[0];
    assert_eq!(
        patch.rule["setting"]["approvalStages"][0]["primaryApprovers"][0],
        json!({ "@odata.type": "#microsoft.graph.singleUser", "userId": id(3), "description": "Adele" })
    );
    assert_eq!(patch.rule["target"]["enforcedSettings"], json!(["x"]));
    assert!(!patch.rule.contains_key("setting@odata.context"));
    assert_eq!(patch.before["setting"]["approvalStages"][0]["primaryApprovers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_rule_that_lost_its_target_gets_it_back() {
    let mut rules = documented(Relation::Role);
    rules[2]["target"] = json!({ "caller": null, "operations": [], "level": null });
    let plan = planned(&role(r#"activation = { maximum_duration = "PT1H" }"#), &with_role(&rules)).unwrap();
    let operations = operations(&plan);
    assert_eq!(patches(&operations)[0].rule["target"]["caller"], "EndUser");
}

#[test]
fn an_approver_may_be_made_by_the_same_plan() {
    let text = format!(
        "{}[groups.\"Approvers\"]\nmember_settings = {{ eligibility = {{ maximum = \"permanent\" }} }}\n",
        role(r#"activation = { approvers = ["group:Approvers"] }"#)
    );
    let plan = planned(&text, &with_role(&documented(Relation::Role))).unwrap();
    assert_eq!(plan.count(Action::Create), 1);
    let operations = operations(&plan);
    let made = operations.iter().position(|one| matches!(one.verb, Verb::Create(_))).unwrap();
    let of = |relation: Relation| {
        let is =
            |one: &Operation| matches!(&one.verb, Verb::Rule { patch, .. } if patch.relation == relation);
        operations.iter().find(|one| is(one)).unwrap()
    };
    assert_eq!(of(Relation::Role).after, [made]);
    assert_eq!(of(Relation::Member).after, [made]);
    let Verb::Rule { patch, .. } = &of(Relation::Role).verb else { unreachable!() };
    assert_eq!(patch.rule["setting"]["isApprovalRequired"], true);
    assert_eq!(
        patch.rule["setting"]["approvalStages"][0]["primaryApprovers"],
        json!([{ "@odata.type": "#microsoft.graph.groupMembers", "groupId": { "$ref": "group:Approvers" } }])
    );
}

#[test]
fn what_the_tenant_has_and_what_is_declared_may_exclude_each_other() {
    let text = role(r#"activation = { authentication_context = "c1" }"#);
    let found = planned(&text, &with_role(&documented(Relation::Role))).unwrap_err();
    assert!(found[0].message.contains("both `mfa` and an authentication context"), "{found:#?}");
    assert_eq!(found[0].labels[0].1, "the tenant has the other one");
}

#[test]
fn what_the_service_would_refuse_is_refused_here() {
    for (body, words) in [
        (r#"activation = { maximum_duration = "PT25H" }"#, "`PT30M` to `P1D`"),
        (r#"activation = { maximum_duration = "PT45M" }"#, "steps of half an hour"),
        (r#"activation = { maximum_duration = "4 hours" }"#, "`PT30M` to `P1D`"),
        (r#"activation = { require = ["mfa"], authentication_context = "c1" }"#, "not both"),
        (r#"activation = { authentication_context = "c100" }"#, "`c1` to `c99`"),
        (
            r#"activation = { approval_required = false, approvers = ["user:a@contoso.com"] }"#,
            "no approval is required",
        ),
        (r#"activation = { approvers = ["role:User Administrator"] }"#, "cannot refer to a role"),
        (r#"eligibility = { maximum = "" }"#, "cannot be cleared"),
        (r#"eligibility = { maximum = "P3M" }"#, "write days"),
        (
            r#"notifications = { activated = { approvers = { recipients = ["a@contoso.com"] } } }"#,
            "unknown member",
        ),
        (r#"notifications = { activated = { admins = { recipients = ["nobody"] } } }"#, "mail address"),
        (r#"activation = { require = ["fingerprint"] }"#, "not a value of `require`"),
    ] {
        let found = refusals(&role(body));
        assert!(found.iter().any(|message| message.contains(words)), "{body}: {found:?}");
    }
    let dynamic = "[groups.Sales]\nmembership_rule = 'user.city -eq \"Rome\"'\nowner_settings = { eligibility = { maximum = \"P9D\" } }\n";
    assert!(refusals(dynamic)[0].contains("PIM does not manage"));
}

#[test]
fn durations_are_days_and_less() {
    for (text, expected) in [
        ("P1D", Some(1440)),
        ("PT24H", Some(1440)),
        ("P1DT30M", Some(1470)),
        ("PT8H", Some(480)),
        ("P365D", Some(525_600)),
        ("P1M", None),
        ("P1Y", None),
        ("P2W", None),
        ("pt8h", None),
        ("8h", None),
        ("P", None),
        ("PT", None),
        ("", None),
    ] {
        assert_eq!(minutes(text), expected, "{text}");
    }
}

/// What is wrong with giving this, in a tenant whose role has these rules.
fn breaches(body: &str, rules: &[Value]) -> Vec<String> {
    match planned(&role(body), &with_role(rules)) {
        Ok(_) => Vec::new(),
        Err(found) => found.into_iter().map(|found| found.message).collect(),
    }
}

#[test]
fn nothing_is_given_that_the_policy_after_the_plan_forbids() {
    let untouched = documented(Relation::Role);
    let permanent = r#"eligible = ["user:adele.vance@contoso.com"]"#;
    assert_eq!(breaches(permanent, &untouched), Vec::<String>::new());
    let declared = format!("{permanent}\neligibility = {{ maximum = \"P90D\" }}");
    assert!(breaches(&declared, &untouched)[0].contains("it has to end, at the latest after P90D"));
    let mut strict = untouched.clone();
    strict[0]["isExpirationRequired"] = json!(true);
    strict[4]["enabledRules"] = json!(["Justification", "Ticketing"]);
    assert!(breaches(permanent, &strict)[0].contains("it has to end, at the latest after P365D"));
    let loosened = format!("{permanent}\neligibility = {{ maximum = \"permanent\" }}");
    assert_eq!(breaches(&loosened, &strict), Vec::<String>::new());
    for (entry, refused) in [
        (r#"duration = "P365D""#, false),
        (r#"duration = "P366D""#, true),
        ("until = 2026-12-31", false),
        ("until = 2027-01-02", true),
    ] {
        let body = format!("eligible = [{{ ref = \"user:adele.vance@contoso.com\", {entry} }}]");
        let found = breaches(&body, &strict);
        assert_eq!(found.iter().any(|found| found.contains("P365D at most")), refused, "{entry}: {found:?}");
    }
    let active = r#"active = [{ ref = "user:adele.vance@contoso.com", duration = "P9D" }]"#;
    assert!(breaches(active, &strict)[0].contains("it takes a ticket"));
    let ticket = active.replace(" }", r#", ticket = { number = "1", system = "ITSM" } }"#);
    assert_eq!(breaches(&ticket, &strict), Vec::<String>::new());
}

#[test]
fn a_new_group_begins_with_what_groups_begin_with() {
    let group = |body: &str| {
        format!("[groups.Helpers]\neligible_members = [\"user:adele.vance@contoso.com\"]\n{body}\n")
    };
    let snapshot = with_role(&documented(Relation::Role));
    let found = planned(&group(""), &snapshot).unwrap_err();
    assert!(found[0].message.contains("at the latest after P365D"), "{found:#?}");
    let help = found[0].help.as_deref().unwrap();
    assert_eq!(help, "say when it ends, or let `member_settings.eligibility` allow it");
    let loosened = group(r#"member_settings = { eligibility = { maximum = "permanent" } }"#);
    let plan = planned(&loosened, &snapshot).unwrap();
    let operations = operations(&plan);
    let at = |is: fn(&Verb) -> bool| operations.iter().position(|one| is(&one.verb)).unwrap();
    let (rule, given) =
        (at(|verb| matches!(verb, Verb::Rule { .. })), at(|verb| matches!(verb, Verb::Schedule(_))));
    assert!(operations[given].after.contains(&rule), "the policy comes before what it allows");
}

#[test]
fn settings_may_stand_beside_the_list_they_are_about() {
    let rules = documented(Relation::Role);
    for body in [
        r#"active = { maximum = "P15D", require = [] }"#,
        r#"active = { at_least = [{ ref = "user:adele.vance@contoso.com", duration = "P9D" }], maximum = "P15D", require = [] }"#,
    ] {
        let plan = planned(&role(body), &with_role(&rules)).unwrap();
        assert_eq!(ids(&plan), ["Expiration_Admin_Assignment", "Enablement_Admin_Assignment"], "{body}");
        let listed = plan.steps[0].changes.iter().any(|change| change.attribute() == "active");
        assert_eq!(listed, body.contains("at_least"), "{body}");
    }
    let twice = role("active = { maximum = \"P15D\" }\nactive_settings = { maximum = \"P15D\" }");
    assert!(refusals(&twice)[0].contains("given twice"));
    let unknown = role("active = { maximum = \"P15D\", minimum = \"P1D\" }");
    assert!(refusals(&unknown)[0].contains("unknown key `minimum`"));
}
