//! What a schedule gives: a role over a scope.

use uuid::Uuid;

use crate::quirks::role_definition::{definition, is_for, is_for_units};
use crate::store::{Object, Store, derived_id, id_of};

/// What stands before the id of a unit whose members are the scope.
const UNIT: &str = "/administrativeUnits/";

/// What somebody is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A role, by the id of its definition, over a scope.
    Role { role: Uuid, scope: Scope },
}

/// What a role is held over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// `/`: the whole tenant.
    Tenant,
    /// `/administrativeUnits/{id}`: the members of a unit.
    Unit(Uuid),
    /// `/{id}`: one object itself.
    Object(Uuid),
}

/// Why a role cannot be held over a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The text is no scope.
    Malformed,
    /// There is no such object.
    Missing(String),
    /// The role cannot be held over less than the tenant, or not over this.
    Unsupported,
}

impl Scope {
    /// Reads a scope by its form alone.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "/" {
            return Some(Self::Tenant);
        }
        let id = |text: &str| Uuid::try_parse(text).ok();
        match text.strip_prefix(UNIT) {
            Some(unit) => id(unit).map(Self::Unit),
            None => text.strip_prefix('/').and_then(id).map(Self::Object),
        }
    }

    /// Reads the scope of a new assignment, which has to be there and to suit the role.
    pub(crate) fn of(text: &str, role: &Object, store: &Store) -> Result<Self, Unfit> {
        let scope = Self::parse(text).ok_or(Unfit::Malformed)?;
        let missing = |id: Uuid| Unfit::Missing(id.to_string());
        let fits = match scope {
            Self::Tenant => true,
            Self::Unit(id) => {
                let unit = store.live(id).filter(|unit| unit.entity.name == "administrativeUnit");
                unit.ok_or_else(|| missing(id))?;
                is_for_units(role)
            }
            Self::Object(id) => is_for(role, store.live(id).ok_or_else(|| missing(id))?),
        };
        if fits { Ok(scope) } else { Err(Unfit::Unsupported) }
    }

    /// The text that says so.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Tenant => "/".to_owned(),
            Self::Unit(id) => format!("{UNIT}{id}"),
            Self::Object(id) => format!("/{id}"),
        }
    }

    /// An id that only this scope has: the unit's, or nil for the tenant.
    pub(crate) fn key(self) -> Uuid {
        match self {
            Self::Tenant => Uuid::nil(),
            Self::Unit(id) => id,
            Self::Object(id) => derived_id("scope", &id.to_string()),
        }
    }

    /// The object it names, if any.
    pub(crate) fn object(self) -> Option<Uuid> {
        match self {
            Self::Tenant => None,
            Self::Unit(id) | Self::Object(id) => Some(id),
        }
    }
}

impl Target {
    /// What a stored schedule gives, or a request asks for.
    pub(crate) fn read(object: &Object, store: &Store) -> Option<Self> {
        let text = object.text("roleDefinitionId")?;
        let role = definition(store, text).map_or_else(|| id_of(text), |role| role.id);
        let scope = object.text("directoryScopeId").or_else(|| object.text("appScopeId"))?;
        Some(Self::Role { role, scope: Scope::parse(scope)? })
    }

    /// Writes it onto a schedule, an instance or a request.
    pub(crate) fn write(self, object: &mut Object) {
        match self {
            Self::Role { role, scope } => {
                object.set("roleDefinitionId", role.to_string());
                object.set("directoryScopeId", scope.text());
            }
        }
    }

    /// Whether it cannot be given any more once this object is gone.
    pub(crate) fn needs(self, id: Uuid) -> bool {
        match self {
            Self::Role { role, scope } => role == id || scope.object() == Some(id),
        }
    }
}
