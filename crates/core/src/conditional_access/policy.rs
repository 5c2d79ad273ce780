//! Conditional Access policies in the shape of Microsoft Graph, ready to be evaluated.
//! <https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy>
//!
//! Members that the evaluation does not know are passed over; an absent one, a null and an empty list are the same.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::filter::{AttributeRule, DeviceRule, Filter};
use super::id::{Flags, Id};

/// A policy.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Its object id.
    pub id: Option<String>,
    /// Its name, which need not be unique.
    pub display_name: Option<String>,
    /// Whether it is in force; a policy that does not say so is not.
    pub state: State,
    /// To whom and when it applies.
    pub conditions: Conditions,
    /// What it asks for.
    pub grant_controls: GrantControls,
    /// What it does to the session: a control's settings under its name.
    pub session_controls: Map<String, Value>,
}

impl Policy {
    /// Its name, its id where it has none, or nothing.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().or(self.id.as_deref()).unwrap_or_default()
    }
}

/// Whether a policy is in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It is.
    Enabled,
    /// It is only logged what it would do.
    EnabledForReportingButNotEnforced,
    /// It is not.
    #[default]
    Disabled,
}

/// To whom and when a policy applies: all of them must be met.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conditions {
    /// People.
    pub users: Users,
    /// Workload identities; a policy with any is about them.
    pub client_applications: ClientApplications,
    /// What is signed in to.
    pub applications: Applications,
    /// `all`, `browser`, `mobileAppsAndDesktopClients`, `exchangeActiveSync`, `easSupported`, `other`.
    pub client_app_types: Vec<String>,
    /// Operating systems.
    pub platforms: Platforms,
    /// Networks and countries.
    pub locations: Locations,
    /// Devices.
    pub devices: Devices,
    /// `none`, `low`, `medium`, `high`.
    pub user_risk_levels: Vec<String>,
    /// `none`, `low`, `medium`, `high`.
    pub sign_in_risk_levels: Vec<String>,
    /// `none`, `low`, `medium`, `high`.
    pub service_principal_risk_levels: Vec<String>,
    /// `minor`, `moderate`, `elevated`.
    pub insider_risk_levels: Flags,
    /// How the sign-in reaches the device.
    pub authentication_flows: AuthenticationFlows,
}

/// The people a policy is about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Users {
    /// `All`, `None`, `GuestsOrExternalUsers`, object ids.
    pub include_users: Vec<Id>,
    /// `GuestsOrExternalUsers`, object ids.
    pub exclude_users: Vec<Id>,
    /// Object ids.
    pub include_groups: Vec<Id>,
    /// Object ids.
    pub exclude_groups: Vec<Id>,
    /// Template ids.
    pub include_roles: Vec<Id>,
    /// Template ids.
    pub exclude_roles: Vec<Id>,
    /// Types of guests and external users.
    pub include_guests_or_external_users: GuestsOrExternalUsers,
    /// Types of guests and external users.
    pub exclude_guests_or_external_users: GuestsOrExternalUsers,
}

/// Types of guests and external users, of some tenants or all.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GuestsOrExternalUsers {
    /// `internalGuest`, `b2bCollaborationGuest`, `b2bCollaborationMember`, `b2bDirectConnectUser`, `otherExternalUser`,
    /// `serviceProvider`.
    pub guest_or_external_user_types: Flags,
    /// Whose external users; without it, everybody's.
    pub external_tenants: ExternalTenants,
}

/// Tenants whose users are meant.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalTenants {
    /// All of them, or those in `members`.
    pub membership_kind: MembershipKind,
    /// Tenant ids.
    pub members: Vec<Id>,
}

impl ExternalTenants {
    /// Whether those that are not listed are left out.
    pub(super) fn are_listed(&self) -> bool {
        self.membership_kind == MembershipKind::Enumerated || !self.members.is_empty()
    }
}

/// Which external tenants are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MembershipKind {
    /// All.
    #[default]
    All,
    /// Those that are listed.
    Enumerated,
}

/// The workload identities a policy is about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientApplications {
    /// `ServicePrincipalsInMyTenant`, object ids.
    pub include_service_principals: Vec<Id>,
    /// Object ids.
    pub exclude_service_principals: Vec<Id>,
    /// A rule over custom security attributes.
    pub service_principal_filter: Option<Filter<AttributeRule>>,
}

/// What is signed in to.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Applications {
    /// `All`, `None`, application suites such as `Office365`, application ids.
    pub include_applications: Vec<Id>,
    /// Application suites, application ids.
    pub exclude_applications: Vec<Id>,
    /// `urn:user:registersecurityinfo`, `urn:user:registerdevice`.
    pub include_user_actions: Vec<Id>,
    /// `c1` to `c99`.
    pub include_authentication_context_class_references: Vec<Id>,
    /// A rule over custom security attributes.
    pub application_filter: Option<Filter<AttributeRule>>,
}

/// Operating systems: `android`, `iOS`, `windows`, `windowsPhone`, `macOS`, `linux`, `all`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Platforms {
    /// On which it applies.
    pub include_platforms: Vec<String>,
    /// On which it does not.
    pub exclude_platforms: Vec<String>,
}

/// Named locations: object ids, `All`, `AllTrusted`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Locations {
    /// From where it applies.
    pub include_locations: Vec<Id>,
    /// From where it does not.
    pub exclude_locations: Vec<Id>,
}

/// Devices.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Devices {
    /// A rule over their attributes.
    pub device_filter: Option<Filter<DeviceRule>>,
}

/// How a sign-in reaches the device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthenticationFlows {
    /// `deviceCodeFlow`, `authenticationTransfer`.
    pub transfer_methods: Flags,
}

/// What a policy asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrantControls {
    /// Whether all are needed, or one.
    pub operator: Operator,
    /// `block`, `mfa`, `compliantDevice` and others.
    pub built_in_controls: Vec<String>,
    /// A strength of authentication.
    pub authentication_strength: Option<AuthenticationStrength>,
    /// Ids of agreements.
    pub terms_of_use: Vec<String>,
    /// Ids of controls of others.
    pub custom_authentication_factors: Vec<String>,
}

/// Whether all controls are needed, or one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Operator {
    /// All.
    #[serde(rename = "AND", alias = "and")]
    And,
    /// One; the service says so of a single control too.
    #[default]
    #[serde(rename = "OR", alias = "or")]
    Or,
}

/// A strength of authentication; Graph returns it whole and takes its id.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthenticationStrength {
    /// Its object id.
    pub id: String,
    /// Combinations of methods, each joined with commas; none when it is not known.
    pub allowed_combinations: Vec<String>,
}
