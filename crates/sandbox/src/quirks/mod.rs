//! Where the service departs from plain OData, one file per subject.

pub(crate) mod administrative_unit;
pub(crate) mod application;
pub(crate) mod authentication_context;
pub(crate) mod authentication_method;
pub(crate) mod authentication_methods_policy;
pub(crate) mod authentication_strength;
pub(crate) mod authorization_policy;
pub(crate) mod combination_configuration;
pub(crate) mod conditional_access;
pub(crate) mod conditional_access_policy;
pub(crate) mod deleted_items;
pub(crate) mod directory_role;
pub(crate) mod get_by_ids;
pub(crate) mod group;
pub(crate) mod group_lifecycle_policy;
pub(crate) mod group_setting;
pub(crate) mod invitation;
pub(crate) mod mail;
pub(crate) mod membership;
pub(crate) mod named_location;
mod naming_policy;
pub(crate) mod role_assignment;
pub(crate) mod role_definition;
pub(crate) mod role_schedule;
pub(crate) mod rule;
pub(crate) mod security_defaults;
mod self_service;
pub(crate) mod synchronized;
pub(crate) mod user;
pub(crate) mod user_registration_details;

use std::sync::Arc;

use crate::graph::{Directory, Draft, Failure, LinkChange, Path, Request, Response};
use crate::schema::{Complex, EntityType};
use crate::store::{Change, Object, Store};

/// Checks a create or update and fills in what the service decides itself.
pub(crate) type CompleteDraft = fn(&Directory<'_>, &mut Draft) -> Result<(), Failure>;

/// Decides how, and whether, an object is deleted.
pub(crate) type DecideDeletion = fn(&Directory<'_>, &Object) -> Result<Deletion, Failure>;

/// Answers a request to an entity set.
pub(crate) type Answer = fn(&Directory<'_>, &Path, &Request) -> Result<Written, Failure>;

/// How the service treats writes to one entity type.
#[derive(Debug)]
pub(crate) struct Behavior {
    pub(crate) create: Create,
    /// Checks and completes an update; `None` when updates are refused.
    pub(crate) update: Option<CompleteDraft>,
    /// Decides about a delete; `None` when deletes are refused.
    pub(crate) delete: Option<DecideDeletion>,
    /// Checks links before they are added or removed.
    pub(crate) link: fn(&Directory<'_>, &Object, &LinkChange, LinkEdit) -> Result<(), Failure>,
    /// Brings a soft-deleted object back to life; the object is still as it was deleted.
    pub(crate) restore: fn(&Directory<'_>, &mut Object, &Request) -> Result<(), Failure>,
    /// Fills in what the service would have filled in for an object of a seed; the text is a mail
    /// nickname made of its natural key.
    pub(crate) seed: fn(&mut Object, &str),
    /// Actions bound to an object.
    pub(crate) actions: &'static [Action],
    /// What can be read of an object besides its properties and relationships.
    pub(crate) views: &'static [Action],
    /// For objects that are a view of other stored ones: how they are found and taken away.
    pub(crate) computed: Option<Computed>,
    /// For objects that are found and changed in ways of their own: what answers every request for them.
    pub(crate) answer: Option<Answer>,
    /// Properties of which a list has to be filtered by one; none for lists that need no filter.
    pub(crate) narrowed_by: &'static [&'static str],
    /// Values beside the declared properties that belong to an object, and that no answer shows as they are.
    pub(crate) kept: &'static [&'static str],
    /// The types derived from this one, told apart by `@odata.type`; none when its objects are all alike.
    pub(crate) sorts: &'static [&'static Complex],
    /// Whether a PATCH replaces complex values whole instead of member by member.
    pub(crate) replaces_nested: bool,
    /// Whether a PATCH of an id that nothing has creates an object.
    pub(crate) upserts: bool,
}

/// Objects that nobody stores: other ones amount to them.
#[derive(Debug)]
pub(crate) struct Computed {
    /// All of them.
    pub(crate) objects: fn(&Directory<'_>, &Store, &'static EntityType) -> Vec<Object>,
    /// What takes the one with this id away.
    pub(crate) remove: fn(&Directory<'_>, &str) -> Result<Vec<Change>, Failure>,
}

/// What a POST to the collection does.
#[derive(Debug)]
pub(crate) enum Create {
    /// Nothing, it is refused.
    Refused,
    /// Nothing either, for every tenant has the same objects.
    BuiltIn,
    /// Creates an object, checked and completed by the function.
    Object(CompleteDraft),
    /// Something else; the answer and its changes come from the function.
    Instead(fn(&Directory<'_>, &Draft, &Request) -> Result<Written, Failure>),
}

/// What a delete does.
#[derive(Debug)]
pub(crate) enum Deletion {
    /// The object moves to deleted items in this form.
    Soft(Object),
    /// The object is gone.
    Hard,
    /// The object stays and is as in a new tenant.
    Reset(Object),
}

/// Whether links are added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkEdit {
    Add,
    Remove,
}

/// An action, or a view, bound to an object.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Directory<'_>, &Arc<Object>, &Request) -> Result<Written, Failure>,
}

/// An answer with the changes that have to be made before it is sent.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) changes: Vec<Change>,
    pub(crate) response: Response,
}

impl Behavior {
    /// Created, updated and deleted for good without anything special.
    pub(crate) const PLAIN: Self = Self {
        create: Create::Object(|_, _| Ok(())),
        update: Some(|_, _| Ok(())),
        delete: Some(|_, _| Ok(Deletion::Hard)),
        link: |_, _, _, _| Ok(()),
        restore: |_, _, _| Ok(()),
        seed: |_, _| {},
        actions: &[],
        views: &[],
        computed: None,
        answer: None,
        narrowed_by: &[],
        kept: &[],
        sorts: &[],
        replaces_nested: false,
        upserts: false,
    };

    /// Always there; only updated.
    pub(crate) const SINGLETON: Self = Self { create: Create::Refused, delete: None, ..Self::PLAIN };

    /// The same in every tenant.
    pub(crate) const BUILT_IN: Self = Self { create: Create::BuiltIn, ..Self::READ_ONLY };

    /// Only read.
    pub(crate) const READ_ONLY: Self = Self { update: None, ..Self::SINGLETON };
}

/// The move to deleted items without anything special.
pub(crate) fn soft(object: &Object) -> Deletion {
    let mut deleted = object.clone();
    deleted.set("deletedDateTime", now());
    Deletion::Soft(deleted)
}

/// The current time as Graph writes it, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
