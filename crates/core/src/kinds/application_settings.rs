//! Settings of the template Application: how changes of privileged applications are watched.

use super::attribute::{Attribute, Type};
use super::settings::OF_TENANT;
use super::{Default, Kind, Shape, Template};

pub(super) static KIND: Kind = Kind {
    name: "application_settings",
    table: "application_settings",
    shape: Shape::Settings(Template { id: "4bc7f740-180e-4586-adb6-38b2e9024e6b", separator: ',' }),
    summary: "How changes of privileged applications are watched (template Application); `absent = true` goes back to \
         the template's defaults.",
    example: EXAMPLE,
    attributes: ATTRIBUTES,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[application_settings]
enable_access_check_for_privileged_application_updates = true
"#;

static ATTRIBUTES: &[Attribute] = &[Attribute::new(
    "enable_access_check_for_privileged_application_updates",
    "EnableAccessCheckForPrivilegedApplicationUpdates",
    Type::Boolean,
    "Whether changes of applications with privileged permissions take a further check.",
)
.not_clearable()
.unless_set(Default::Flag(false))];
