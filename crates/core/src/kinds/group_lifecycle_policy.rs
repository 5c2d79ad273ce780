//! The lifecycle policy: after how long Microsoft 365 groups that nobody uses expire.
//!
//! Surprises: the selected groups are added and removed by actions, mean something only while the policy is about
//! selected groups, and each group alone tells whether it is one of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::attribute::{Attribute, Link, LinkWrite, Selection, Type, checked};
use super::text_rules::mail_address;
use super::{Creation, Kind, Shape, Side, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::TenantFacts;

pub(super) static KIND: Kind = Kind {
    name: "group_lifecycle_policy",
    table: "group_lifecycle_policy",
    entity: "groupLifecyclePolicy",
    path: "/groupLifecyclePolicies",
    shape: Shape::AtMostOne,
    summary: "The lifecycle policy: after how long Microsoft 365 groups that nobody uses expire; `absent = true` \
         deletes it.",
    documentation: "https://learn.microsoft.com/graph/api/resources/grouplifecyclepolicy",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1 for the members of the groups",
    plan_permissions: &["Directory.Read.All"],
    apply_permissions: &["Directory.ReadWrite.All"],
    attributes: ATTRIBUTES,
    check,
    settle,
    accepts_link,
    creation,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[group_lifecycle_policy]
group_lifetime_in_days = 180
managed_group_types = "selected"
alternate_notification_emails = "groups@contoso.com;helpdesk@contoso.com"
groups = ["group:Store openings"]
"#;

const SELECTED: &str = "Selected";

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "group_lifetime_in_days",
        "groupLifetimeInDays",
        Type::Integer { min: 30, max: i32::MAX as i64 },
        "Days after which a group expires unless it is used or renewed.",
    )
    .not_clearable(),
    Attribute::new(
        "managed_group_types",
        "managedGroupTypes",
        Type::Enumeration(&["All", SELECTED, "None"]),
        "Which groups expire.",
    )
    .not_clearable(),
    Attribute::new(
        "alternate_notification_emails",
        "alternateNotificationEmails",
        checked(2048, addresses),
        "Who is told about groups without owners: addresses with `;` between them.",
    ),
    Attribute::new(
        "groups",
        "groups",
        Type::Link(Link {
            targets: &["group"],
            max: 500,
            write: LinkWrite::Action(&GROUPS),
            at_creation: false,
            cycle: None,
            keeps_one: None,
            delta: false,
        }),
        "The groups that expire where `managed_group_types` is `selected`.",
    ),
];

static GROUPS: Selection = Selection {
    add: "addGroup",
    remove: "removeGroup",
    parameter: "groupId",
    kind: "group",
    among: "$filter=groupTypes/any(t:t%20eq%20'Unified')",
    back: "groupLifecyclePolicies",
    when: ("managedGroupTypes", SELECTED),
};

fn addresses(text: &str) -> Result<(), String> {
    if text.contains(',') {
        return Err("write `;` between addresses".to_owned());
    }
    text.split(';').try_for_each(|address| mail_address(address.trim()))
}

fn check(policy: &Declared, diagnostics: &mut Diagnostics) {
    let types = policy.text("managed_group_types");
    let selects = policy.links.get("groups").is_some_and(|groups| !groups.entries.is_empty());
    if selects && types.is_some_and(|types| types != SELECTED) {
        let message = "groups are selected only where `managed_group_types` is `selected`";
        let diagnostic =
            Diagnostic::error("contradiction", message, policy.place_of("groups"), "selects groups");
        diagnostics.push(diagnostic.also(policy.place_of("managed_group_types"), "is about others"));
    }
}

fn settle(side: &Side<'_>, _: &TenantFacts, _: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(policy) = side.declared else { return };
    let Some(live) = side.live else {
        for name in ["group_lifetime_in_days", "managed_group_types"] {
            if !policy.declares(name) {
                let message = format!("a lifecycle policy needs `{name}` to be created");
                diagnostics.push(Diagnostic::error(
                    "missing-attribute",
                    message,
                    &policy.place,
                    "there is none",
                ));
            }
        }
        return;
    };
    let selects = policy.links.get("groups").is_some_and(|groups| !groups.entries.is_empty());
    if selects && !policy.declares("managed_group_types") && live.text("managedGroupTypes") != SELECTED {
        let message = "the tenant's lifecycle policy is not about selected groups";
        let diagnostic =
            Diagnostic::error("contradiction", message, policy.place_of("groups"), "selects groups");
        diagnostics.push(diagnostic.help("add `managed_group_types = \"selected\"`"));
    }
}

fn accepts_link(_: &Side<'_>, _: &Attribute, target: &Side<'_>) -> Result<(), String> {
    if super::group::is_unified(target) || (target.declared.is_none() && target.live.is_none()) {
        Ok(())
    } else {
        Err("only Microsoft 365 groups expire".to_owned())
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    Creation { path: KIND.path, body, ..(super::SINGLE.creation)(values) }
}
