//! Who signs in.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::filter::flattened;
use super::id::Id;

/// A user or a service principal, with what assignments of policies look at.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Principal {
    /// What it is.
    pub kind: Kind,
    /// Its object id.
    pub id: Option<Id>,
    /// `Member` or `Guest`.
    pub user_type: Option<String>,
    /// Ids of groups whose direct member it is.
    pub groups: Ids,
    /// Ids of groups that it is in, directly or through others.
    pub transitive_groups: Ids,
    /// Template ids of built-in roles that are active in the whole tenant. No others count: not those one is eligible
    /// for, nor those held in a part of the directory, nor custom ones.
    pub roles: Ids,
    /// For a guest or external user, of which type.
    pub guest_or_external_user_type: Option<ExternalType>,
    /// The tenant an external user comes from.
    pub external_tenant_id: Option<Id>,
    /// `Application`, `ManagedIdentity` and others.
    pub service_principal_type: Option<String>,
    /// Whether the application is registered in this tenant, and for it only.
    pub registered_in_this_tenant: bool,
    /// Custom security attributes of a service principal: `{"Set": {"Attribute": …}}`.
    #[serde(deserialize_with = "attributes")]
    pub custom_security_attributes: Map<String, Value>,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A person.
    #[default]
    User,
    /// A workload.
    ServicePrincipal,
}

/// A type of guests and external users.
/// <https://learn.microsoft.com/graph/api/resources/conditionalaccessguestsorexternalusers>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExternalType {
    /// An account of this tenant with the user type guest.
    InternalGuest,
    /// A guest who signs in elsewhere.
    B2bCollaborationGuest,
    /// A member who signs in elsewhere.
    B2bCollaborationMember,
    /// Somebody who has no account here.
    B2bDirectConnectUser,
    /// Anybody else who signs in elsewhere.
    OtherExternalUser,
    /// Somebody of a partner that administers the tenant.
    ServiceProvider,
}

impl ExternalType {
    /// As Graph spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InternalGuest => "internalGuest",
            Self::B2bCollaborationGuest => "b2bCollaborationGuest",
            Self::B2bCollaborationMember => "b2bCollaborationMember",
            Self::B2bDirectConnectUser => "b2bDirectConnectUser",
            Self::OtherExternalUser => "otherExternalUser",
            Self::ServiceProvider => "serviceProvider",
        }
    }
}

/// As far as it decides which controls an account can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// One that signs in to this tenant, guests among them.
    Internal,
    /// One that signs in elsewhere.
    External(ExternalType),
    /// A workload.
    ServicePrincipal,
}

impl Principal {
    /// The type of guest or external user; nothing for a member of this tenant. A guest of whom nothing else is said
    /// comes from elsewhere when a tenant is named.
    pub fn external_type(&self) -> Option<ExternalType> {
        let guest = match self.external_tenant_id {
            Some(_) => ExternalType::B2bCollaborationGuest,
            None => ExternalType::InternalGuest,
        };
        self.guest_or_external_user_type.or_else(|| self.is_guest().then_some(guest))
    }

    /// Which controls it can meet.
    pub fn account(&self) -> Account {
        match (self.kind, self.external_type()) {
            (Kind::ServicePrincipal, _) => Account::ServicePrincipal,
            (Kind::User, None | Some(ExternalType::InternalGuest)) => Account::Internal,
            (Kind::User, Some(external)) => Account::External(external),
        }
    }

    /// Whether it is in a group, directly or through others.
    pub(super) fn is_in(&self, group: &Id) -> bool {
        self.groups.contains(group) || self.transitive_groups.contains(group)
    }

    fn is_guest(&self) -> bool {
        self.user_type.as_deref().is_some_and(|user_type| user_type.eq_ignore_ascii_case("guest"))
    }
}

/// A set of ids.
#[derive(Debug, Clone, Default)]
pub struct Ids(Vec<Id>);

impl Ids {
    /// Whether an id is among them.
    pub fn contains(&self, id: &Id) -> bool {
        self.0.binary_search(id).is_ok()
    }
}

impl FromIterator<Id> for Ids {
    fn from_iter<I: IntoIterator<Item = Id>>(ids: I) -> Self {
        let mut ids: Vec<Id> = ids.into_iter().collect();
        ids.sort_unstable();
        Self(ids)
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Id>::deserialize(deserializer)?.into_iter().collect())
    }
}

pub(super) fn attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(flattened(&Map::deserialize(deserializer)?))
}
