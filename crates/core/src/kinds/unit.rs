//! Administrative units: whom an administrator of a part of the organisation administers.
//!
//! Surprises: display names are not unique; whether membership is hidden or management restricted can only be chosen at
//! creation; members of a rule-driven unit cannot be written; a restricted unit takes users, devices and plain security
//! groups only, and its members cannot be written by application permissions alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{Assignments, Attribute, Clear, Link, LinkWrite, Type, text};
use super::{Creation, Default, Kind, Lookup, Shape, Side, Wanted, role};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::{Observed, TenantFacts};

pub(super) static KIND: Kind = Kind {
    name: "unit",
    table: "administrative_units",
    entity: "administrativeUnit",
    path: "/directory/administrativeUnits",
    shape: Shape::Collection,
    types: &[],
    whole: false,
    among: None,
    declares: None,
    refuses_nulls: false,
    delta: false,
    synchronised: false,
    summary: "Administrative units: parts of the organisation with administrators of their own, with their members or \
         the rule that finds them.",
    documentation: "https://learn.microsoft.com/graph/api/resources/administrativeunit",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1 for each administrator of a unit, and for each member of a rule-driven one",
    plan_permissions: &["AdministrativeUnit.Read.All", "User.ReadBasic.All", "GroupMember.Read.All"],
    apply_permissions: &["AdministrativeUnit.ReadWrite.All"],
    keys: &[super::BY_DISPLAY_NAME],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &[
        "id",
        "displayName",
        "visibility",
        "isMemberManagementRestricted",
        "membershipType",
        "membershipRule",
        "membershipRuleProcessingState",
    ],
    extensions: false,
    check,
    settle,
    accepts_link,
    removable: |_| true,
    links_read,
    restorable,
    creation,
};

const EXAMPLE: &str = r#"[administrative_units."Stores"]
description = "Everybody who works in a store"
membership_rule = 'user.department -eq "Retail"'

[administrative_units."Board"]
visibility = "hidden_membership"
is_member_management_restricted = true
members = ["user:miriam.graham@contoso.com"]
scoped_role_members = [{ role = "role:User Administrator", member = "user:megan.bowen@contoso.com" }]
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the unit; the table's key unless given.")
        .not_clearable(),
    Attribute::new("description", "description", text(1024), "What the unit is for."),
    Attribute::new(
        "visibility",
        "visibility",
        Type::Enumeration(&["HiddenMembership"]),
        "`hidden_membership` shows the members to administrators and members only.",
    )
    .not_clearable()
    .create_only(),
    Attribute::new(
        "is_member_management_restricted",
        "isMemberManagementRestricted",
        Type::Boolean,
        "Whether only administrators of the unit may change its members: not even application permissions suffice.",
    )
    .not_clearable()
    .create_only()
    .unless_set(Default::Flag(false)),
    Attribute::new(
        "membership_type",
        "membershipType",
        Type::Enumeration(&["Assigned", "Dynamic"]),
        "`assigned` or `dynamic`; follows `membership_rule`.",
    )
    .not_clearable()
    .unless_set(Default::Text("Assigned")),
    Attribute::new(
        "membership_rule",
        "membershipRule",
        Type::Rule,
        "Rule that finds the members, users or devices; they are then never read or written. `\"\"` turns the unit \
         back into an assigned one and keeps who is in it.",
    ),
    Attribute::new(
        "membership_rule_processing_state",
        "membershipRuleProcessingState",
        Type::Enumeration(&["On", "Paused"]),
        "Whether the rule is processed: `on` or `paused`.",
    )
    .not_clearable(),
    Attribute::new(
        "members",
        "members",
        Type::Link(Link {
            targets: &["user", "group"],
            max: usize::MAX,
            write: LinkWrite::Reference,
            at_creation: false,
            cycle: None,
            keeps_one: None,
            delta: false,
        }),
        "Whom the unit's administrators administer: users, groups; devices by id.",
    ),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "scoped_role_members",
            "scopedRoleMembers",
            Type::Assignments(Assignments {
                scope: "/administrativeUnits",
                members: &["user", "group", "app"],
                accepts: role::is_held_in_units,
                place: "over the members of an administrative unit",
                accepted: "units take Authentication, Groups, Helpdesk, License, Password, Teams and User Administrator, a \
                           few more built-in roles, and custom roles",
            }),
            "The unit's administrators: who holds which role over its members. Users, role-assignable groups, \
             applications.",
        )
        .needs("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory")
    },
];

fn check(unit: &Declared, diagnostics: &mut Diagnostics) {
    let rule = declared_rule(unit).map(|rule| !rule.is_empty());
    let mut refuse = |attribute: &str, message: &str, label: &str| {
        diagnostics.push(Diagnostic::error("contradiction", message, unit.place_of(attribute), label));
    };
    if unit.address.key.chars().count() > 256 && !unit.declares("display_name") {
        refuse("display_name", "a unit's display name has at most 256 characters", "this key is longer");
    }
    if rule == Some(true) && unit.links.contains_key("members") {
        refuse(
            "members",
            "a rule-driven unit cannot have `members`",
            "the membership_rule decides who is in it",
        );
    }
    let dynamic = unit.text("membership_type").map(|kind| kind == "Dynamic");
    if dynamic.is_some_and(|dynamic| dynamic != rule.unwrap_or(false))
        && !unit.unread.contains("membership_rule")
    {
        refuse("membership_type", "`membership_type` follows `membership_rule`", "leave it out");
    }
    if unit.declares("membership_rule_processing_state") && rule == Some(false) {
        refuse(
            "membership_rule_processing_state",
            "a unit without a rule has no processing state",
            "remove this",
        );
    }
}

/// The declared rule: empty when it is cleared, nothing when it is not mentioned.
fn declared_rule(unit: &Declared) -> Option<&str> {
    unit.value("membership_rule").map(|rule| rule.as_str().unwrap_or_default())
}

/// The service's case of the type varies.
fn is_dynamic(live: &Observed) -> bool {
    live.text("membershipType").eq_ignore_ascii_case("Dynamic")
}

fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(unit) = side.declared else { return };
    let name = unit.text("display_name").unwrap_or(&unit.address.key);
    wanted.values.entry("display_name".to_owned()).or_insert_with(|| json!(name));
    wanted.values.remove("membership_type");
    let dynamic = side.live.is_some_and(is_dynamic);
    match (declared_rule(unit), dynamic) {
        (Some(""), true) => {
            wanted.values.insert("membership_type".to_owned(), json!("Assigned"));
            wanted.values.insert("membership_rule_processing_state".to_owned(), json!("Paused"));
        }
        (Some(""), false) => {
            wanted.values.remove("membership_rule");
        }
        (Some(_), false) => {
            wanted.values.insert("membership_type".to_owned(), json!("Dynamic"));
            wanted.values.entry("membership_rule_processing_state".to_owned()).or_insert_with(|| json!("On"));
        }
        (None, true) if unit.links.contains_key("members") => {
            let message = "the live unit is rule-driven, so its members cannot be written";
            let label = "remove this, or add `membership_rule = \"\"` to turn it into an assigned unit";
            diagnostics.push(Diagnostic::error("rule-driven", message, unit.place_of("members"), label));
        }
        (Some(_), true) | (None, _) => {}
    }
}

/// What may be in a restricted unit.
fn accepts_link(holder: &Side<'_>, _: &Attribute, target: &Side<'_>) -> Result<(), String> {
    let restricted = holder.live.is_some_and(|live| live.flag("isMemberManagementRestricted"))
        || holder
            .declared
            .is_some_and(|unit| unit.value("is_member_management_restricted") == Some(&json!(true)));
    let mail_enabled = target.live.is_some_and(|live| live.flag("mailEnabled"))
        || target.declared.is_some_and(|group| {
            let types = group.value("group_types").and_then(Value::as_array);
            types.is_some_and(|types| types.iter().any(|kind| kind == "Unified"))
        });
    if restricted && mail_enabled {
        return Err("a restricted unit holds users, devices and plain security groups only".to_owned());
    }
    Ok(())
}

/// Members of a rule-driven unit are not read: nobody writes them.
fn links_read(side: &Side<'_>) -> Vec<&'static str> {
    let rule = side.declared.and_then(declared_rule);
    let dynamic = rule.map_or_else(|| side.live.is_some_and(is_dynamic), |rule| !rule.is_empty());
    if dynamic { Vec::new() } else { super::declared_links(side) }
}

/// Whether a deleted unit can come back as what is declared: what is chosen at creation is for life.
fn restorable(unit: &Declared, deleted: &Observed) -> bool {
    let restricted = unit.value("is_member_management_restricted") == Some(&json!(true));
    let hidden = unit.text("visibility") == Some("HiddenMembership");
    restricted == deleted.flag("isMemberManagementRestricted")
        && hidden == (deleted.text("visibility") == "HiddenMembership")
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    Creation {
        word: "create",
        path: "/directory/administrativeUnits",
        body,
        afterwards: Map::new(),
        id_pointer: "/id",
        identified_by: ("displayName", Lookup::Filter, name),
        binds: false,
        password_pointer: None,
    }
}
