//! Settings of the template Custom Policy Settings: where people read about Conditional Access.

use super::attribute::{Attribute, checked};
use super::settings::OF_TENANT;
use super::text_rules::web_address;
use super::{Kind, Shape, Template};

pub(super) static KIND: Kind = Kind {
    name: "custom_policy_settings",
    table: "custom_policy_settings",
    shape: Shape::Settings(Template { id: "898f1161-d651-43d1-805c-3b0b388a9fc2", separator: ',' }),
    summary: "Where people who are blocked read why (template Custom Policy Settings); `absent = true` goes back to the \
         template's defaults.",
    example: EXAMPLE,
    attributes: ATTRIBUTES,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[custom_policy_settings]
custom_conditional_access_policy_url = "https://www.contoso.com/blocked"
"#;

static ATTRIBUTES: &[Attribute] = &[Attribute::new(
    "custom_conditional_access_policy_url",
    "CustomConditionalAccessPolicyUrl",
    checked(2048, web_address),
    "Address of a page about the organisation's Conditional Access.",
)];
