//! The entity types the sandbox serves: one file and one line in [`TYPES`] each.
//!
//! Names, types and nullability follow the published metadata of Microsoft Graph v1.0; which
//! properties are returned by default, filterable or read-only follows the reference pages
//! (<https://learn.microsoft.com/graph/api/overview>).

mod administrative_unit;
mod app_role_assignment;
mod application;
mod authentication_context;
pub(crate) mod authentication_method;
mod authentication_methods_policy;
pub(crate) mod authentication_strength;
mod authorization_policy;
pub(crate) mod combination_configuration;
mod conditional_access_conditions;
mod conditional_access_controls;
mod conditional_access_policy;
#[cfg(test)]
mod contract;
mod device;
mod directory_role;
mod directory_role_template;
mod group;
mod group_lifecycle_policy;
mod group_schedule;
mod group_schedule_request;
mod group_setting;
mod group_setting_template;
mod invitation;
pub(crate) mod named_location;
mod organization;
pub(crate) mod policy_rule;
mod property;
mod role_assignment;
mod role_definition;
mod role_schedule;
mod role_schedule_instance;
pub(crate) mod role_schedule_request;
pub(crate) mod role_management_policy;
mod role_management_policy_assignment;
mod scoped_role_membership;
mod security_defaults;
mod service_principal;
mod subscribed_sku;
mod user;
mod user_registration_details;
mod value;

pub(crate) use property::{ANY, Access, Complex, FilterClass, KeyScope, Kind, OrderClass, Property};
pub(crate) use service_principal::TYPE as SERVICE_PRINCIPAL;
pub(crate) use value::{bad_request, check, parse_date, parse_duration, unknown};

use crate::quirks::Behavior;
use crate::store::Object;

/// Every entity type, in the order a dump lists them.
pub(crate) static TYPES: &[&EntityType] = &[
    &organization::TYPE,
    &user::TYPE,
    &group::TYPE,
    &application::TYPE,
    &service_principal::TYPE,
    &app_role_assignment::TYPE,
    &device::TYPE,
    &subscribed_sku::TYPE,
    &invitation::TYPE,
    &authorization_policy::TYPE,
    &group_setting_template::TYPE,
    &group_setting::TYPE,
    &group_lifecycle_policy::TYPE,
    &administrative_unit::TYPE,
    &directory_role_template::TYPE,
    &directory_role::TYPE,
    &scoped_role_membership::TYPE,
    &role_definition::TYPE,
    &role_assignment::TYPE,
    &role_schedule::ACTIVE,
    &role_schedule::ELIGIBLE,
    &group_schedule::ACTIVE,
    &group_schedule::ELIGIBLE,
    &group_schedule::ACTIVE_INSTANCE,
    &group_schedule::ELIGIBLE_INSTANCE,
    &group_schedule_request::ACTIVE,
    &group_schedule_request::ELIGIBLE,
    &role_schedule_instance::ACTIVE,
    &role_schedule_instance::ELIGIBLE,
    &role_schedule_request::ACTIVE,
    &role_schedule_request::ELIGIBLE,
    &role_management_policy::TYPE,
    &role_management_policy_assignment::TYPE,
    &named_location::TYPE,
    &authentication_context::TYPE,
    &authentication_strength::TYPE,
    &combination_configuration::TYPE,
    &conditional_access_policy::TYPE,
    &security_defaults::TYPE,
    &user_registration_details::TYPE,
    &authentication_methods_policy::TYPE,
    &authentication_method::TYPE,
];

/// One entity type of the metadata together with how the service treats it.
#[derive(Debug)]
pub(crate) struct EntityType {
    /// Name without namespace, for example `user`.
    pub(crate) name: &'static str,
    /// Where they are below the version root, for example `users` or `directory/administrativeUnits`.
    pub(crate) collection: &'static str,
    /// Whether the only object itself is there; in beta the authorization policy stands in a collection of one.
    pub(crate) single: bool,
    /// Whether it derives from `directoryObject`, and so has `deletedDateTime`.
    pub(crate) directory_object: bool,
    /// Declared properties without `id`.
    pub(crate) properties: &'static [Property],
    /// Relationships.
    pub(crate) navigations: &'static [Navigation],
    /// Properties that address an object in parentheses, for example `users(userPrincipalName='…')`.
    pub(crate) alternate_keys: &'static [&'static str],
    /// Alternate key that also works as a path segment in place of the id.
    pub(crate) segment_key: Option<&'static str>,
    /// Alternate key under which a PATCH with `Prefer: create-if-missing` creates an object.
    pub(crate) upsert_key: Option<&'static str>,
    /// Whether undeclared directory extension properties (`extension_…`) are accepted.
    pub(crate) open: bool,
    /// Page sizes: what comes without `$top`, and the most `$top` may ask for.
    pub(crate) page: Page,
    /// What a delta query follows besides properties; `None` when there is no delta query.
    pub(crate) delta: Option<Tracked>,
    /// Where the service departs from plain OData.
    pub(crate) behavior: Behavior,
    /// Values other than plain key properties that must be unique, with their index and scope.
    pub(crate) extra_keys: fn(&Object) -> Vec<(&'static str, String, KeyScope)>,
}

/// Relationships a delta query follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracked {
    /// Without `$select`.
    pub(crate) by_default: &'static [&'static str],
    /// When selected.
    pub(crate) selectable: &'static [&'static str],
}

/// A delta query that follows no relationships.
pub(crate) const PROPERTIES_ONLY: Tracked = Tracked { by_default: &[], selectable: &[] };

/// Page sizes of a collection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Items on a page when `$top` is absent.
    pub(crate) default: usize,
    /// The most `$top` may ask for.
    pub(crate) most: usize,
}

/// Page sizes of directory objects.
pub(crate) const DIRECTORY_PAGE: Page = Page { default: 100, most: 999 };

/// Page sizes of privileged identity management.
pub(crate) const PIM_PAGE: Page = Page { default: 200, most: 999 };

/// Page sizes of users with their sign-in activity.
pub(crate) const SIGN_IN_PAGE: Page = Page { default: 100, most: 500 };

/// A relationship from one entity type to others.
#[derive(Debug)]
pub(crate) struct Navigation {
    /// Name in paths and bodies, for example `members`.
    pub(crate) name: &'static str,
    /// How the targets are found.
    pub(crate) source: Source,
    /// Whether it leads to many objects.
    pub(crate) many: bool,
    /// Types a link may be added to; empty for relationships that cannot be written.
    pub(crate) targets: &'static [&'static str],
    /// How its links are written.
    pub(crate) editing: Editing,
}

/// How the links of a stored relationship are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Editing {
    /// By references: `$ref` and binds.
    References,
    /// By `$ref`, one at a time; a POST creates an object of the type.
    ReferencesOrNew(&'static str),
    /// The targets live in this object alone: a POST creates one, and it goes with the object.
    Parts,
    /// By actions of the targets.
    Actions,
}

/// How the targets of a relationship are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Stored on this object under the relationship's own name.
    Stored,
    /// The objects that store this object under the named relationship.
    Reverse(&'static str),
    /// Stored links of the named relationship, followed through every level.
    Transitive(&'static str),
    /// Reverse links of the named relationship, followed through every level.
    TransitiveReverse(&'static str),
    /// Members whose licences could not be assigned as this group wants.
    LicenseErrors,
    /// The object whose id ends the text of a property.
    Id(&'static str),
    /// Values of this object that are addressed like objects.
    Held,
}

impl Navigation {
    /// Whether its targets belong to it rather than being referred to.
    pub(crate) fn is_contained(&self) -> bool {
        matches!(self.editing, Editing::Parts | Editing::Actions)
    }

    /// The type of what a POST to it creates.
    pub(crate) fn creates(&self) -> Option<&'static EntityType> {
        match self.editing {
            Editing::Parts => by_name(self.targets.first()?),
            Editing::ReferencesOrNew(name) => by_name(name),
            Editing::References | Editing::Actions => None,
        }
    }
}

/// A relationship stored as many links that may be written.
pub(crate) const fn links(name: &'static str, targets: &'static [&'static str]) -> Navigation {
    Navigation { name, source: Source::Stored, many: true, targets, editing: Editing::References }
}

/// A relationship stored as one link that may be written.
pub(crate) const fn link(name: &'static str, targets: &'static [&'static str]) -> Navigation {
    Navigation { name, source: Source::Stored, many: false, targets, editing: Editing::References }
}

/// A relationship that is only another view of stored links.
pub(crate) const fn derived(name: &'static str, source: Source) -> Navigation {
    Navigation { name, source, many: true, targets: &[], editing: Editing::References }
}

/// A relationship to the object whose id stands in a property.
pub(crate) const fn by_id(
    name: &'static str,
    property: &'static str,
    targets: &'static [&'static str],
) -> Navigation {
    Navigation { name, source: Source::Id(property), many: false, targets, editing: Editing::References }
}

/// A relationship to objects of one type that live in this one.
pub(crate) const fn parts(name: &'static str, target: &'static [&'static str]) -> Navigation {
    Navigation { name, source: Source::Stored, many: true, targets: target, editing: Editing::Parts }
}

/// A relationship to what is kept as a value of the object itself.
pub(crate) const fn held(name: &'static str) -> Navigation {
    Navigation { name, source: Source::Held, many: true, targets: &[], editing: Editing::Parts }
}

/// A relationship that only actions of its targets make.
pub(crate) const fn made_by_actions(name: &'static str, targets: &'static [&'static str]) -> Navigation {
    Navigation { name, source: Source::Stored, many: true, targets, editing: Editing::Actions }
}

/// For types whose only unique values are plain key properties.
fn no_extra_keys(_: &Object) -> Vec<(&'static str, String, KeyScope)> {
    Vec::new()
}

impl EntityType {
    /// Finds a declared property, including the ones of `directoryObject` and `entity`.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        let own = self.properties.iter().find(|property| property.name == name);
        let common = || match name {
            "id" => Some(&property::ID),
            "deletedDateTime" if self.directory_object => Some(&property::DELETED),
            _ => None,
        };
        let derived = || self.behavior.sorts.iter().find_map(|sort| sort.property(name));
        own.or_else(common).or_else(derived)
    }

    /// The derived type that `@odata.type` names.
    pub(crate) fn sort(&self, odata_type: &str) -> Option<&'static Complex> {
        let name = odata_type.strip_prefix('#').unwrap_or(odata_type).strip_prefix("microsoft.graph.")?;
        self.behavior.sorts.iter().copied().find(|sort| sort.name == name)
    }

    /// Whether `name` is a directory extension this type can carry.
    pub(crate) fn is_extension(&self, name: &str) -> bool {
        self.open && name.starts_with("extension_")
    }

    /// Finds a relationship, as path segments do without regard to case.
    pub(crate) fn navigation(&self, name: &str) -> Option<&'static Navigation> {
        self.navigations.iter().find(|navigation| navigation.name.eq_ignore_ascii_case(name))
    }

    /// Whether objects of the type can live in another one.
    pub(crate) fn can_be_part(&self) -> bool {
        let mut navigations = TYPES.iter().flat_map(|entity| entity.navigations);
        navigations.any(|found| found.editing == Editing::Parts && found.targets.contains(&self.name))
    }

    /// Whether the targets of a relationship live in the objects of the type.
    pub(crate) fn has_parts(&self, relation: &str) -> bool {
        self.navigation(relation).is_some_and(|found| found.editing == Editing::Parts)
    }

    /// The last segment of where they are, for example `administrativeUnits`, or a clearer name than that.
    pub(crate) fn section(&self) -> &'static str {
        if self.name == "conditionalAccessPolicy" {
            return "conditionalAccessPolicies";
        }
        self.collection.rsplit('/').next().unwrap_or(self.collection)
    }

    /// The name with namespace, for example `microsoft.graph.user`.
    pub(crate) fn qualified(&self) -> String {
        format!("microsoft.graph.{}", self.name)
    }
}

/// Finds an entity type by where its objects are, without regard to case.
pub(crate) fn by_collection(collection: &str) -> Option<&'static EntityType> {
    TYPES.iter().copied().find(|entity| entity.collection.eq_ignore_ascii_case(collection))
}

/// Whether objects are found one or two segments below this one: `directory`, `policies`, `roleManagement`.
pub(crate) fn is_container(segment: &str) -> bool {
    let mut containers = TYPES.iter().filter_map(|entity| entity.collection.split_once('/'));
    containers.any(|(container, _)| container.eq_ignore_ascii_case(segment))
}

/// Directory objects of the metadata that the sandbox has none of.
const ABSENT: &[&str] = &["contract", "orgContact"];

/// What a path segment like `microsoft.graph.user` narrows to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cast {
    /// Objects of one type.
    To(&'static EntityType),
    /// All of them: `microsoft.graph.directoryObject`.
    Any,
    /// None: a type the sandbox has no objects of.
    Nothing,
}

impl Cast {
    /// Reads a type name with its namespace.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        if let Some(kind) = by_name(segment) {
            return Some(Self::To(kind));
        }
        let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
        if name == "directoryObject" {
            return Some(Self::Any);
        }
        ABSENT.contains(&name).then_some(Self::Nothing)
    }

    /// Whether an object is of the type.
    pub(crate) fn admits(self, object: &Object) -> bool {
        match self {
            Self::To(kind) => kind.name == object.entity.name,
            Self::Any => true,
            Self::Nothing => false,
        }
    }
}

/// Finds an entity type by its name, with or without the namespace.
pub(crate) fn by_name(name: &str) -> Option<&'static EntityType> {
    let name = name.strip_prefix('#').unwrap_or(name);
    let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
    TYPES.iter().copied().find(|entity| entity.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relationship_leads_to_known_types_and_derived_ones_to_stored_ones() {
        let stored = |name: &str| {
            TYPES
                .iter()
                .any(|entity| entity.navigation(name).is_some_and(|found| found.source == Source::Stored))
        };
        for entity in TYPES {
            for navigation in entity.navigations {
                assert!(
                    navigation.targets.iter().all(|target| by_name(target).is_some()),
                    "{}",
                    navigation.name
                );
                match navigation.source {
                    Source::Stored => assert!(!navigation.targets.is_empty(), "{}", navigation.name),
                    Source::Id(name) => assert!(entity.property(name).is_some(), "{}", navigation.name),
                    Source::LicenseErrors | Source::Held => {
                        assert!(navigation.targets.is_empty(), "{}", navigation.name);
                    }
                    Source::Reverse(name) | Source::Transitive(name) | Source::TransitiveReverse(name) => {
                        assert!(stored(name), "{} of {}", navigation.name, entity.name);
                    }
                }
            }
        }
    }

    #[test]
    fn properties_are_listed_once_and_in_order() {
        for entity in TYPES {
            let names: Vec<_> =
                entity.properties.iter().map(|property| property.name.to_lowercase()).collect();
            let mut sorted = names.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(names, sorted, "{}", entity.name);
        }
    }
}
