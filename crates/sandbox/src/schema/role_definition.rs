//! `unifiedRoleDefinition`: a built-in role, by the id that its template has in every tenant, or a custom one.
//! <https://learn.microsoft.com/graph/api/resources/unifiedroledefinition>

use super::property::{boolean, structures, text, texts};
use super::{
    Complex, DIRECTORY_PAGE, EntityType, FilterClass, KeyScope, Navigation, Property, made_by_actions,
    no_extra_keys,
};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "unifiedRoleDefinition",
    collection: "roleManagement/directory/roleDefinitions",
    single: false,
    directory_object: false,
    properties: PROPERTIES,
    navigations: NAVIGATIONS,
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: DIRECTORY_PAGE,
    delta: None,
    behavior: quirks::role_definition::BEHAVIOR,
    extra_keys: no_extra_keys,
};

static PROPERTIES: &[Property] = &[
    text("description").default_set(),
    text("displayName").default_set().required().filter(FilterClass::Key),
    boolean("isBuiltIn").default_set().read_only(),
    boolean("isEnabled").default_set().required(),
    texts("resourceScopes").default_set().read_only(),
    structures("rolePermissions", &PERMISSION).default_set().required(),
    text("templateId").default_set().create_only().filter(FilterClass::Key).key(KeyScope::Always),
    text("version").default_set(),
];

static PERMISSION: Complex = Complex {
    name: "unifiedRolePermission",
    properties: &[
        texts("allowedResourceActions").required(),
        text("condition"),
        texts("excludedResourceActions"),
    ],
};

static NAVIGATIONS: &[Navigation] = &[made_by_actions("inheritsPermissionsFrom", &["unifiedRoleDefinition"])];
