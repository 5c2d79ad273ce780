//! Groups: security and Microsoft 365, assigned and rule-driven.
//!
//! Surprises: display names are not unique, so groups that Tenantry creates carry Graph's `uniqueName`; several
//! properties can only be set at creation; turning an assigned group into a rule-driven one removes every member;
//! members of a rule-driven group cannot be written; mail-enabled security groups and distribution lists belong to
//! Exchange; the last owner who is a user cannot be removed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{
    Attribute, Link, LinkWrite, ScheduleOf, Schedules, Type, anything, checked, folded, text,
};
use super::licenses::licenses;
use super::text_rules::{alias, language, slug};
use super::{Clear, Creation, Default, KeyRule, Kind, Lookup, Shape, Side, Template, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pim;
use crate::snapshot::{Observed, TenantFacts};

pub(super) static KIND: Kind = Kind {
    name: "group",
    table: "groups",
    entity: "group",
    path: "/groups",
    shape: Shape::Collection,
    types: &[],
    whole: false,
    among: None,
    declares: None,
    refuses_nulls: false,
    delta: true,
    synchronised: true,
    summary: "Security and Microsoft 365 groups, with their owners and members or the rule \
         that fills them.",
    documentation: "https://learn.microsoft.com/graph/api/resources/group",
    example: EXAMPLE,
    licence: "none; Microsoft Entra ID P1 for membership_rule, is_assignable_to_role and licenses; P2 or Governance for settings of PIM",
    plan_permissions: &[
        "Group.Read.All",
        "GroupMember.Read.All",
        "Organization.Read.All",
        "User.ReadBasic.All",
        "User.Read.All (who joins and leaves through membership_rule)",
        "Device.Read.All (the same, of rules about devices)",
    ],
    apply_permissions: &[
        "Group.ReadWrite.All",
        "RoleManagement.ReadWrite.Directory (role-assignable groups)",
    ],
    keys: &[
        KeyRule {
            property: "uniqueName",
            lookup: Lookup::AlternateKey,
            attribute: Some("unique_name"),
            from_key: slug,
            unique: true,
            applies: |_| true,
        },
        super::BY_DISPLAY_NAME,
    ],
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &[
        "id",
        "displayName",
        "uniqueName",
        "groupTypes",
        "mailEnabled",
        "securityEnabled",
        "onPremisesSyncEnabled",
        "isManagementRestricted",
        "isAssignableToRole",
        "membershipRule",
        "membershipRuleProcessingState",
        "visibility",
        "assignedLicenses",
    ],
    extensions: true,
    check,
    settle,
    accepts_link,
    links_read,
    restorable,
    removable: |live| !belongs_to_exchange(live) && !live.is_synchronised(),
    creation,
};

const EXAMPLE: &str = r#"[groups."Retail Managers"]
description = "People who run a store"
members = [
    "user:adele.vance@contoso.com",
    { ref = "user:lee.gu@contoso.com", until = 2027-03-31, reason = "cover" },
]
owners = ["user:miriam.graham@contoso.com"]

[groups."Tier 0 admins"]
is_assignable_to_role = true
member_settings = { activation = { maximum_duration = "PT2H" }, eligibility = { maximum = "permanent" } }

[groups."Sales"]
membership_rule = 'user.department -in ["Sales", "Retail"]'
licenses = ["SPE_E3"]

[groups."Project Falcon"]
group_types = ["unified"]
visibility = "private"
members = { at_least = ["user:alex.wilber@contoso.com"], never = ["user:lee.gu@contoso.com"] }
"#;

/// Who holds or may activate the membership or ownership of a group.
///
/// Source: "PIM for Groups", <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>.
const fn schedules(
    name: &'static str,
    graph: &'static str,
    (access, eligible): (&'static str, bool),
    summary: &'static str,
) -> Attribute {
    let value = Type::Schedules(Schedules {
        of: ScheduleOf::Group(access),
        eligible,
        members: &["user", "group"],
        scopes: &[],
        accepts: |_, _| true,
        accepted: "",
    });
    let mut attribute = Attribute::new(name, graph, value, summary).cloud();
    attribute.clear = Clear::Empty;
    if eligible {
        attribute.needs(
            "PrivilegedEligibilitySchedule.Read.AzureADGroup",
            "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        )
    } else {
        attribute.needs(
            "PrivilegedAssignmentSchedule.Read.AzureADGroup",
            "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        )
    }
}

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "display_name",
        "displayName",
        text(256),
        "Name shown in the address book; the table's key unless given.",
    )
    .not_clearable(),
    Attribute::new("description", "description", text(1024), "What the group is for."),
    Attribute::new(
        "mail_nickname",
        "mailNickname",
        checked(64, alias),
        "Mail alias, unique among Microsoft 365 groups; made from the key at creation \
         unless given.",
    )
    .not_clearable(),
    Attribute::new(
        "unique_name",
        "uniqueName",
        text(128),
        "Alternate key that makes creation repeatable and survives renaming; made \
         from the key at creation unless given.",
    )
    .not_clearable()
    .create_only(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "group_types",
            "groupTypes",
            Type::Texts {
                max_items: 2,
                max: 32,
                check: anything,
                members: &["Unified", "DynamicMembership"],
            },
            "`[\"unified\"]` for a Microsoft 365 group, `[]` for a security group; cannot \
         change later. `membership_rule` adds `DynamicMembership` by itself.",
        )
    },
    Attribute::new(
        "security_enabled",
        "securityEnabled",
        Type::Boolean,
        "Whether it can grant access; `true` at creation unless given.",
    )
    .not_clearable(),
    Attribute::new(
        "mail_enabled",
        "mailEnabled",
        Type::Boolean,
        "`true` for Microsoft 365 groups only; follows `group_types`.",
    )
    .not_clearable()
    .create_only(),
    Attribute::new(
        "visibility",
        "visibility",
        Type::Enumeration(&["Private", "Public", "HiddenMembership"]),
        "Who sees and joins: `private`, `public`, or `hidden_membership` (Microsoft \
         365 groups, at creation only).",
    )
    .not_clearable(),
    Attribute::new(
        "is_assignable_to_role",
        "isAssignableToRole",
        Type::Boolean,
        "Whether directory roles can be assigned to it; cannot change later.",
    )
    .not_clearable()
    .create_only(),
    Attribute::new(
        "membership_rule",
        "membershipRule",
        Type::Rule,
        "Rule that fills the group; members are then never read or written. `\"\"` \
         turns the group back into an assigned one and keeps who is in it. An assigned group that becomes rule-driven \
         loses every member first, which takes `--allow convert:groups=COUNT`. `tenantry rule check` tries a rule.",
    ),
    Attribute::new(
        "membership_rule_processing_state",
        "membershipRuleProcessingState",
        Type::Enumeration(&["On", "Paused"]),
        "Whether the rule is processed: `on` or `paused`.",
    )
    .not_clearable(),
    Attribute::new(
        "classification",
        "classification",
        text(256),
        "One of the tenant's classifications (Microsoft 365 groups).",
    ),
    Attribute::new(
        "theme",
        "theme",
        folded(16, theme),
        "Colour theme: Teal, Purple, Green, Blue, Pink, Orange or Red (Microsoft 365 \
         groups).",
    ),
    Attribute::new(
        "preferred_language",
        "preferredLanguage",
        checked(35, language),
        "Language of a Microsoft 365 group, `xx` or `xx-XX`.",
    ),
    Attribute::new(
        "preferred_data_location",
        "preferredDataLocation",
        text(16),
        "Geography of the data in a multi-geo tenant.",
    ),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "resource_behavior_options",
            "resourceBehaviorOptions",
            Type::Texts { max_items: 16, max: 64, check: anything, members: &[] },
            "How a Microsoft 365 group behaves, such as `WelcomeEmailDisabled`; at \
         creation only.",
        )
        .create_only()
    },
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "resource_provisioning_options",
            "resourceProvisioningOptions",
            Type::Texts { max_items: 16, max: 64, check: anything, members: &[] },
            "What is set up with a Microsoft 365 group, such as `Team`; at creation only.",
        )
        .create_only()
    },
    licenses("assignedLicenses", &["licenseProcessingState"], true),
    Attribute::new(
        "allow_to_add_guests",
        "AllowToAddGuests",
        Type::Boolean,
        "Whether guests may be added to a Microsoft 365 group; `false` in `group_settings` outweighs `true` here.",
    )
    .not_clearable()
    .cloud()
    .unless_set(Default::Flag(true))
    .needs("GroupSettings.Read.All", "GroupSettings.ReadWrite.All")
    .in_settings(Template { id: "08d542b9-071f-4e16-94b0-74abb372e3d9", separator: ',' }),
    pim::attributes::MEMBER_SETTINGS,
    pim::attributes::OWNER_SETTINGS,
    schedules(
        "eligible_members",
        "eligibilitySchedules/member",
        ("member", true),
        "Who may become a member for a time, through Privileged Identity Management.",
    ),
    schedules(
        "eligible_owners",
        "eligibilitySchedules/owner",
        ("owner", true),
        "Who may become an owner for a time, through Privileged Identity Management.",
    ),
    schedules(
        "active_members",
        "assignmentSchedules/member",
        ("member", false),
        "Who is a member for a time, through Privileged Identity Management: each entry has `until` or `duration`. They \
         show among the members too, and `members` leaves them alone.",
    ),
    schedules(
        "active_owners",
        "assignmentSchedules/owner",
        ("owner", false),
        "Who is an owner for a time, through Privileged Identity Management; `owners` leaves them alone.",
    ),
    Attribute::new(
        "owners",
        "owners",
        Type::Link(Link {
            targets: &["user"],
            max: 100,
            write: LinkWrite::Reference,
            at_creation: true,
            cycle: None,
            keeps_one: Some("user"),
            delta: true,
        }),
        "Who may change the group: users, or service principals by id. At most 100.",
    )
    .cloud(),
    Attribute::new(
        "members",
        "members",
        Type::Link(Link {
            targets: &["user", "group"],
            max: usize::MAX,
            write: LinkWrite::Bind,
            at_creation: true,
            cycle: Some("are members of each other"),
            keeps_one: None,
            delta: true,
        }),
        "Who is in it: users, security groups; devices, contacts and service \
         principals by id.",
    ),
];

/// Source: "Bring groups into Privileged Identity Management",
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/groups-discover-groups>.
const NOT_IN_PIM: &str = "PIM does not manage a rule-driven group";

fn theme(text: &str) -> Result<(), String> {
    let themes = ["Teal", "Purple", "Green", "Blue", "Pink", "Orange", "Red"];
    if themes.iter().any(|theme| theme.eq_ignore_ascii_case(text)) {
        Ok(())
    } else {
        Err(format!("a theme is one of {}", themes.join(", ")))
    }
}

fn check(group: &Declared, diagnostics: &mut Diagnostics) {
    pim::offline(group, diagnostics);
    let unified = declared_unified(group);
    let rule = declared_rule(group).is_some_and(|rule| !rule.is_empty());
    let visibility = group.text("visibility");
    let assignable = group.value("is_assignable_to_role") == Some(&json!(true));
    let mut refuse = |attribute: &str, message: &str, label: &str| {
        diagnostics.push(Diagnostic::error("contradiction", message, group.place_of(attribute), label));
    };
    if group.address.key.chars().count() > 256 && !group.declares("display_name") {
        refuse("display_name", "a group's display name has at most 256 characters", "this key is longer");
    }
    for (attribute, _) in pim::attributes_of(&KIND) {
        if rule && group.declares(attribute.name) {
            refuse(attribute.name, NOT_IN_PIM, "the group has a membership_rule");
        }
    }
    if rule && group.links.contains_key("members") {
        refuse(
            "members",
            "a rule-driven group cannot have `members`",
            "the membership_rule decides who is in the group",
        );
    }
    if holds(group.value("group_types"), "DynamicMembership")
        && !rule
        && !group.unread.contains("membership_rule")
    {
        refuse(
            "group_types",
            "`dynamic_membership` needs a `membership_rule`",
            "give the rule; it adds the type by itself",
        );
    }
    if group.declares("membership_rule_processing_state") && declared_rule(group) == Some("") {
        refuse(
            "membership_rule_processing_state",
            "a group without a rule has no processing state",
            "remove this",
        );
    }
    if assignable && rule {
        refuse(
            "is_assignable_to_role",
            "a role-assignable group cannot be rule-driven",
            "the group has a membership_rule",
        );
    }
    if assignable && group.value("security_enabled") == Some(&json!(false)) {
        refuse("security_enabled", "a role-assignable group must be security-enabled", "this turns it off");
    }
    if assignable && visibility.is_some_and(|visibility| visibility != "Private") {
        refuse(
            "visibility",
            "a role-assignable group is always private",
            "write \"private\", or leave it out",
        );
    }
    if group.licenses.is_some() && group.value("security_enabled") == Some(&json!(false)) {
        refuse(
            "security_enabled",
            "only a security-enabled group gives licences to its members",
            "the group has licenses",
        );
    }
    if unified == Some(false) && group.value("security_enabled") == Some(&json!(false)) {
        refuse(
            "security_enabled",
            "a group is a security group, a Microsoft 365 group or both",
            "this leaves neither",
        );
    }
    if unified == Some(false) {
        for name in [
            "theme",
            "classification",
            "resource_behavior_options",
            "resource_provisioning_options",
            "allow_to_add_guests",
        ] {
            if group.value(name).is_some_and(|value| !value.is_null() && *value != json!([])) {
                refuse(name, "only Microsoft 365 groups have this", "group_types does not say `unified`");
            }
        }
    }
    if visibility == Some("HiddenMembership") && unified == Some(false) {
        refuse(
            "visibility",
            "only Microsoft 365 groups can hide their membership",
            "group_types does not say `unified`",
        );
    }
    if group
        .value("mail_enabled")
        .is_some_and(|enabled| unified.is_some_and(|unified| *enabled != json!(unified)))
    {
        refuse(
            "mail_enabled",
            "mail_enabled follows group_types: true for `unified`, false otherwise",
            "leave it out",
        );
    }
}

/// Whether the declaration says Microsoft 365 (`true`), security (`false`) or nothing.
fn declared_unified(group: &Declared) -> Option<bool> {
    group.value("group_types").map(|types| holds(Some(types), "Unified"))
}

/// The declared rule: empty when it is cleared, nothing when it is not mentioned.
fn declared_rule(group: &Declared) -> Option<&str> {
    group.value("membership_rule").map(|rule| rule.as_str().unwrap_or_default())
}

fn holds(types: Option<&Value>, member: &str) -> bool {
    types.and_then(Value::as_array).is_some_and(|items| items.iter().any(|item| item == member))
}

fn belongs_to_exchange(live: &Observed) -> bool {
    live.flag("mailEnabled") && !live.holds("groupTypes", "Unified")
}

fn is_dynamic(live: &Observed) -> bool {
    live.holds("groupTypes", "DynamicMembership")
}

fn settle(side: &Side<'_>, tenant: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let Some(group) = side.declared else { return };
    let name = group.text("display_name").unwrap_or(&group.address.key);
    // What the naming policy made of the name is as declared.
    let shown = side.live.filter(|_| is_unified(side)).map_or(name, |live| live.text("displayName"));
    let name = if tenant.naming.iter().any(|policy| policy.makes(name, shown)) { shown } else { name };
    wanted.values.insert("display_name".to_owned(), json!(name));
    pim::settle(side, wanted, diagnostics);
    match side.live {
        None => settle_creation(group, wanted),
        Some(live) => settle_existing(group, live, wanted, diagnostics),
    }
}

fn settle_creation(group: &Declared, wanted: &mut Wanted) {
    let key = &group.address.key;
    let unified = declared_unified(group).unwrap_or(false);
    let rule = declared_rule(group).is_some_and(|rule| !rule.is_empty());
    let mut default = |attribute: &str, value: Value| {
        wanted.values.entry(attribute.to_owned()).or_insert(value);
    };
    default("mail_nickname", json!(slug(key)));
    default("unique_name", json!(slug(key)));
    default("security_enabled", json!(true));
    default("mail_enabled", json!(unified));
    if rule {
        default("membership_rule_processing_state", json!("On"));
    }
    if group.value("is_assignable_to_role") == Some(&json!(true)) {
        default("visibility", json!("Private"));
    }
    wanted.values.insert("group_types".to_owned(), group_types(unified, rule));
}

fn group_types(unified: bool, dynamic: bool) -> Value {
    let types = [(dynamic, "DynamicMembership"), (unified, "Unified")];
    types.into_iter().filter(|(present, _)| *present).map(|(_, name)| json!(name)).collect()
}

fn settle_existing(group: &Declared, live: &Observed, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let mut refuse = |attribute: &str, code: &'static str, message: &str, label: &str| {
        diagnostics.push(Diagnostic::error(code, message, group.place_of(attribute), label));
    };
    if belongs_to_exchange(live) {
        let message = "mail-enabled security groups and distribution lists are managed in Exchange; \
         Graph cannot write them";
        refuse("", "exchange-group", message, "this is one in the tenant: remove it here");
    }
    let unified = live.holds("groupTypes", "Unified");
    if declared_unified(group).is_some_and(|declared| declared != unified) {
        let message = "a group cannot change between security and Microsoft 365 after creation";
        refuse(
            "group_types",
            "create-only",
            message,
            if unified {
                "the live group is a Microsoft 365 group"
            } else {
                "the live group is a security group"
            },
        );
    }
    for (attribute, _) in pim::attributes_of(&KIND) {
        if is_dynamic(live) && declared_rule(group) != Some("") && group.declares(attribute.name) {
            refuse(attribute.name, "contradiction", NOT_IN_PIM, "the live group has a membership rule");
        }
    }
    if !unified && group.declares("allow_to_add_guests") {
        let label = "the live group is a security group";
        refuse("allow_to_add_guests", "contradiction", "only Microsoft 365 groups have this", label);
    }
    if group.text("visibility").is_some_and(|wanted| {
        (wanted == "HiddenMembership") != (live.text("visibility") == "HiddenMembership")
    }) {
        refuse(
            "visibility",
            "create-only",
            "hidden membership can only be chosen at creation",
            if live.text("visibility") == "HiddenMembership" {
                "the live group hides its members"
            } else {
                "the live group does not hide its members"
            },
        );
    }
    let enabled = group.value("security_enabled") == Some(&json!(true)) || live.flag("securityEnabled");
    if group.licenses.is_some() && !enabled {
        let message = "only a security-enabled group gives licences to its members";
        refuse("licenses", "contradiction", message, "the live group is not: add `security_enabled = true`");
    }
    let rule = declared_rule(group);
    if is_dynamic(live) && rule.is_none() && group.links.contains_key("members") {
        let message = "the live group is rule-driven, so its members cannot be written";
        refuse(
            "members",
            "rule-driven",
            message,
            "remove this, or add `membership_rule = \"\"` to turn it into an assigned group",
        );
    }
    settle_membership(rule, live, unified, wanted);
}

/// Conversions between assigned and rule-driven, which take several properties in one PATCH.
fn settle_membership(rule: Option<&str>, live: &Observed, unified: bool, wanted: &mut Wanted) {
    wanted.values.remove("group_types");
    match (rule, is_dynamic(live)) {
        (Some(""), true) => {
            wanted.values.insert("group_types".to_owned(), group_types(unified, false));
            wanted.values.insert("membership_rule_processing_state".to_owned(), json!("Paused"));
        }
        (Some(""), false) => {
            wanted.values.remove("membership_rule");
        }
        (Some(_), false) => {
            wanted.values.insert("group_types".to_owned(), group_types(unified, true));
            wanted.values.entry("membership_rule_processing_state".to_owned()).or_insert_with(|| json!("On"));
            wanted
                .emptied
                .push(("members", "the service removes every member when a group becomes rule-driven"));
        }
        (Some(_), true) | (None, _) => {}
    }
}

/// Whether the naming policy may have a say in what a declared group is called: in Microsoft 365 groups, and wherever a
/// group may be renamed that turns out to be one.
pub(crate) fn may_be_named_by_policy(group: &Declared) -> bool {
    let renamed = group.declares("display_name") || !group.previously.is_empty() || group.id.is_some();
    !group.absent && declared_unified(group).unwrap_or(renamed)
}

/// What may be in what (Microsoft 365 groups hold users only and are in no group; role-assignable groups hold no
/// group; an owner is never a group).
fn accepts_link(holder: &Side<'_>, attribute: &Attribute, target: &Side<'_>) -> Result<(), String> {
    let is_group = target.declared.is_some_and(|target| target.address.kind == "group")
        || target.live.is_some_and(|live| {
            live.text("@odata.type").ends_with(".group") || live.properties.contains_key("groupTypes")
        });
    if !is_group {
        return Ok(());
    }
    if attribute.name == "owners" {
        return Err("a group cannot own a group".to_owned());
    }
    if is_unified(holder) {
        return Err("a Microsoft 365 group holds users only".to_owned());
    }
    if is_unified(target) {
        return Err("a Microsoft 365 group cannot be a member of another group".to_owned());
    }
    if is_assignable(holder) {
        return Err("a role-assignable group cannot hold groups".to_owned());
    }
    Ok(())
}

pub(super) fn is_unified(side: &Side<'_>) -> bool {
    side.live
        .map(|live| live.holds("groupTypes", "Unified"))
        .or_else(|| side.declared.and_then(declared_unified))
        .unwrap_or(false)
}

fn is_assignable(side: &Side<'_>) -> bool {
    side.live.is_some_and(|live| live.flag("isAssignableToRole"))
        || side.declared.is_some_and(|group| group.value("is_assignable_to_role") == Some(&json!(true)))
}

/// Members of a rule-driven group are not read; members of a group about to become one are, to say who will leave, and
/// members of a role-assignable group about to be deleted, to see who would lose a role.
fn links_read(side: &Side<'_>) -> Vec<&'static str> {
    let Some(group) = side.declared.filter(|group| !group.absent) else {
        return if is_assignable(side) { vec!["members"] } else { Vec::new() };
    };
    let mut links = super::declared_links(side);
    let becomes = declared_rule(group).map(|rule| !rule.is_empty());
    match (side.live.is_some_and(is_dynamic), becomes) {
        (false, Some(true)) => links.push("members"),
        (true, None | Some(true)) => links.retain(|link| *link != "members"),
        _ => {}
    }
    links
}

/// Whether a deleted group can come back as what is declared: its kind and role-assignability are for life.
fn restorable(group: &Declared, deleted: &Observed) -> bool {
    let unified = declared_unified(group).unwrap_or(false) == deleted.holds("groupTypes", "Unified");
    let assignable = group.value("is_assignable_to_role") == Some(&json!(true));
    unified && assignable == deleted.flag("isAssignableToRole")
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    let unique_name = body.get("uniqueName").and_then(Value::as_str).unwrap_or_default().to_owned();
    Creation {
        word: "create",
        path: "/groups",
        body,
        afterwards: Map::new(),
        id_pointer: "/id",
        identified_by: ("uniqueName", Lookup::AlternateKey, unique_name),
        binds: true,
        password_pointer: None,
    }
}
