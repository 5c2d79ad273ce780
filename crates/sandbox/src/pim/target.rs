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
    /// Membership or ownership of a group.
    Group { group: Uuid, access: Access },
}

/// What somebody can be to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Member,
    Owner,
}

impl Access {
    /// Reads `member` or `owner`, without regard to case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Member, Self::Owner].into_iter().find(|access| access.name().eq_ignore_ascii_case(text))
    }

    /// The name in `accessId`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }

    /// The relationship of the group that shows it.
    pub(crate) fn relation(self) -> &'static str {
        match self {
            Self::Member => "members",
            Self::Owner => "owners",
        }
    }

    /// The access that a relationship of a group shows.
    pub(crate) fn shown_by(relation: &str) -> Option<Self> {
        [Self::Member, Self::Owner].into_iter().find(|access| access.relation() == relation)
    }
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
        if let (Some(group), Some(access)) = (object.text("groupId"), object.text("accessId")) {
            return Some(Self::Group { group: id_of(group), access: Access::parse(access)? });
        }
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
            Self::Group { group, access } => {
                object.set("groupId", group.to_string());
                object.set("accessId", access.name());
            }
        }
    }

    /// Whether it cannot be given any more once this object is gone.
    pub(crate) fn needs(self, id: Uuid) -> bool {
        match self {
            Self::Role { role, scope } => role == id || scope.object() == Some(id),
            Self::Group { group, .. } => group == id,
        }
    }

    /// A word of the service as its rows write it: those of groups begin with a small letter.
    pub(crate) fn word(self, word: &str) -> String {
        match self {
            Self::Role { .. } => word.to_owned(),
            Self::Group { .. } => word.to_lowercase(),
        }
    }

    /// The id of a schedule that the request with this id makes: of groups it says which.
    pub(crate) fn schedule_id(self, request: Uuid) -> String {
        match self {
            Self::Role { .. } => request.to_string(),
            Self::Group { group, access } => format!("{group}_{}_{request}", access.name()),
        }
    }
}
