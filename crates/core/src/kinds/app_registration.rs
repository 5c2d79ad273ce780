//! App registrations: the definitions of the tenant's own applications, for others to refer to.
//!
//! Surprises: roles over a single application name the registration's object id, not its application id.

use super::attribute::Attribute;
use super::{Kind, SINGLE, Shape, app};

pub(super) static KIND: Kind = Kind {
    name: "app_registration",
    table: "app_registrations",
    entity: "application",
    path: "/applications",
    shape: Shape::Foreign,
    summary: "App registrations, by display name or application id: roles can be held over a single one.",
    documentation: "https://learn.microsoft.com/graph/api/resources/application",
    example: EXAMPLE,
    plan_permissions: &["Application.Read.All"],
    apply_permissions: &["Application.Read.All"],
    keys: app::KEYS,
    name_attribute: "display_name",
    attributes: ATTRIBUTES,
    always_read: &["id", "displayName", "appId"],
    ..SINGLE
};

const EXAMPLE: &str = "[app_registrations.\"Payroll\"]\n";

static ATTRIBUTES: &[Attribute] = &[app::NAME];
