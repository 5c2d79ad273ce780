//! Custom roles: what administrators may do, put together by the tenant itself.
//!
//! Surprises: they stand in one collection with the built-in roles; display names are not unique; what a role allows is
//! written whole, as the one item of a list; the template id can be chosen at creation, so that a role keeps one
//! identity across tenants.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{Attribute, Type, folded, text};
use super::{Creation, Default, KeyRule, Kind, Lookup, Shape, Side, Wanted, role};
use crate::address::ObjectId;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pim;
use crate::snapshot::TenantFacts;

pub(super) static KIND: Kind = Kind {
    name: "custom_role",
    table: "custom_roles",
    entity: "unifiedRoleDefinition",
    path: "/roleManagement/directory/roleDefinitions",
    shape: Shape::Collection,
    whole: true,
    among: Some("isBuiltIn eq false"),
    declares: Some("role"),
    summary: "Custom roles, with what they allow and who holds them; `role:…` refers to them too.",
    documentation: "https://learn.microsoft.com/graph/api/resources/unifiedroledefinition",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1 for each administrator who holds one",
    plan_permissions: &["RoleManagement.Read.Directory"],
    apply_permissions: &["RoleManagement.ReadWrite.Directory"],
    keys: KEYS,
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "isBuiltIn", "templateId"],
    check: pim::offline,
    settle,
    creation,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[custom_roles."Retail helpdesk"]
description = "Resets passwords for the stores"
template_id = "3f6e4b1a-2c5d-4e7f-8a90-b1c2d3e4f506"
permissions = ["microsoft.directory/users/password/update", "microsoft.directory/users/standard/read"]
active = [{ ref = "group:Store help desk", scope = "unit:Stores" }]
"#;

const KEYS: &[KeyRule] = &[
    super::BY_DISPLAY_NAME,
    KeyRule {
        property: "templateId",
        lookup: Lookup::Filter,
        attribute: Some("template_id"),
        from_key: |key| ObjectId::parse(key).map(String::from).unwrap_or_default(),
        unique: true,
        applies: |_| true,
    },
];

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("display_name", "displayName", text(256), "Name of the role; the table's key unless given.")
        .not_clearable(),
    Attribute::new("description", "description", text(1024), "What the role is for."),
    Attribute::new(
        "permissions",
        "rolePermissions",
        Type::Item(&ACTIONS),
        "What the role allows, as actions such as `microsoft.directory/users/password/update`; the whole list.",
    )
    .not_clearable(),
    Attribute::new(
        "is_enabled",
        "isEnabled",
        Type::Boolean,
        "Whether it can be assigned; `true` unless given.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute::new("version", "version", text(256), "Text of your own that tells states of the role apart."),
    Attribute::new(
        "template_id",
        "templateId",
        folded(36, guid),
        "GUID that the role shall have in every tenant; the service chooses one unless given.",
    )
    .not_clearable()
    .create_only(),
    role::ACTIVE,
    role::ELIGIBLE,
    pim::attributes::ACTIVATION,
    pim::attributes::ELIGIBILITY,
    pim::attributes::ACTIVE_SETTINGS,
    pim::attributes::NOTIFICATIONS,
];

static ACTIONS: Attribute = Attribute::new(
    "permissions",
    "allowedResourceActions",
    Type::Texts { max_items: 1000, max: 256, check: action, members: &[] },
    "What the role allows.",
)
.not_clearable();

fn guid(text: &str) -> Result<(), String> {
    ObjectId::parse(text).map(|_| ()).ok_or_else(|| "it is not a GUID".to_owned())
}

/// `microsoft.<namespace>/<entity>[/<property set>]/<action>`. Which ones there are, and which of them custom roles may
/// use, the service alone knows.
///
/// Source: "Custom roles in role-based access control", section "Role definition",
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/custom-overview>.
fn action(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty()
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-$".contains(letter))
    };
    let namespace = parts.first().and_then(|first| {
        let (vendor, namespace) = first.split_at_checked("microsoft.".len())?;
        vendor.eq_ignore_ascii_case("microsoft.").then_some(namespace)
    });
    if namespace.is_none_or(str::is_empty) {
        return Err("it does not begin with a namespace such as `microsoft.directory`".to_owned());
    }
    if !(3..=5).contains(&parts.len()) || !parts.iter().all(plain) {
        let form = "`microsoft.directory/<entity>/<property set>/<action>`";
        return Err(format!("it does not have the form {form}"));
    }
    Ok(())
}

fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    pim::settle(side, wanted, diagnostics);
    let Some(role) = side.declared else { return };
    let name = role.text("display_name").unwrap_or(&role.address.key);
    wanted.values.entry("display_name".to_owned()).or_insert_with(|| json!(name));
    if side.live.is_some() {
        return;
    }
    wanted.values.entry("is_enabled".to_owned()).or_insert_with(|| json!(true));
    if !role.declares("permissions") {
        let message = format!("{} does not exist, and a new role needs `permissions`", role.address);
        let label = "add `permissions = [\"microsoft.directory/…\"]`";
        diagnostics.push(Diagnostic::error("missing-attribute", message, &role.place, label));
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let body: Map<String, Value> =
        values.iter().map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone())).collect();
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    Creation {
        word: "create",
        path: KIND.path,
        body,
        afterwards: Map::new(),
        id_pointer: "/id",
        identified_by: ("displayName", Lookup::Filter, name),
        binds: false,
        password_pointer: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_a_form() {
        for known in [
            "microsoft.directory/users/password/update",
            "microsoft.directory/applications/create",
            "microsoft.directory/groups.security/members/update",
            "microsoft.directory/accessReviews/definitions.groups/allProperties/allTasks",
            "Microsoft.Directory/Users/Password/Update",
        ] {
            assert_eq!(action(known), Ok(()), "{known}");
        }
        for wrong in [
            "",
            "users/password/update",
            "microsoft./users/update",
            "microsoft.directory/users",
            "microsoft.directory/users//update",
            "microsoft.directory/users/password/update ",
            "microsoft.directory\\users\\password\\update",
        ] {
            assert!(action(wrong).is_err(), "{wrong}");
        }
    }
}
