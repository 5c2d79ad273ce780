//! Security defaults: Microsoft's own settings for sign-in, in place of Conditional Access.
//!
//! Surprises: they and enabled Conditional Access policies exclude each other, so whoever goes over from one to the other has
//! neither for a moment; `plan::exclusion` puts the steps in order.

use super::attribute::{Attribute, Type};
use super::{Kind, Shape};

pub(super) static KIND: Kind = Kind {
    name: "security_defaults",
    table: "security_defaults",
    entity: "identitySecurityDefaultsEnforcementPolicy",
    path: "/policies/identitySecurityDefaultsEnforcementPolicy",
    shape: Shape::Singleton,
    summary: "Security defaults: Microsoft's own settings for sign-in, in place of Conditional Access.",
    documentation: "https://learn.microsoft.com/graph/api/resources/identitysecuritydefaultsenforcementpolicy",
    example: EXAMPLE,
    plan_permissions: &["Policy.Read.All"],
    apply_permissions: &["Policy.ReadWrite.SecurityDefaults", "Policy.Read.All"],
    attributes: ATTRIBUTES,
    ..super::SINGLE
};

const EXAMPLE: &str = "[security_defaults]
is_enabled = false
";

static ATTRIBUTES: &[Attribute] = &[Attribute::new(
    "is_enabled",
    "isEnabled",
    Type::Boolean,
    "Whether they are on; `true` is refused beside an enabled policy of `conditional_access`.",
)
.not_clearable()];
