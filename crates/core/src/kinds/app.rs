//! Enterprise applications: the service principals by which applications act in the tenant, for others to refer to.
//!
//! Surprises: display names are not unique; the application id is the same in every tenant, the object id is not.

use super::attribute::{Attribute, text};
use super::{KeyRule, Kind, Lookup, SINGLE, Shape};
use crate::address::ObjectId;

pub(super) static KIND: Kind = Kind {
    name: "app",
    table: "enterprise_apps",
    entity: "servicePrincipal",
    path: "/servicePrincipals",
    shape: Shape::Foreign,
    summary: "Enterprise applications (service principals), by display name or application id: other objects refer to \
              them.",
    documentation: "https://learn.microsoft.com/graph/api/resources/serviceprincipal",
    example: EXAMPLE,
    plan_permissions: &["Application.Read.All"],
    apply_permissions: &["Application.Read.All"],
    keys: KEYS,
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "appId"],
    ..SINGLE
};

const EXAMPLE: &str = "[enterprise_apps.\"Payroll\"]\n";

/// Applications and what is registered of them are found alike.
pub(super) const KEYS: &[KeyRule] = &[
    super::BY_DISPLAY_NAME,
    KeyRule {
        property: "appId",
        lookup: Lookup::Filter,
        attribute: None,
        from_key: application_id,
        unique: true,
        applies: |_| true,
    },
];

/// What is no GUID is no application id; the service refuses to look for it.
fn application_id(key: &str) -> String {
    ObjectId::parse(key).map(String::from).unwrap_or_default()
}

static ATTRIBUTES: &[Attribute] = &[NAME];

/// What an application is called.
pub(super) const NAME: Attribute = Attribute::new(
    "display_name",
    "displayName",
    text(256),
    "Name of the application; the table's key, unless that is an application id.",
)
.not_clearable()
.create_only();
