//! The credentials of the sandbox's own application and the others registered, kept beside the tenant.

use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority::Tokens;
use crate::application::Application;
use crate::error::Error;
use crate::options::Credentials;
use crate::quirks::application::grant_permissions;
use crate::schema;
use crate::store::{Change, Object, Store, derived_id};

/// File in the state directory.
const FILE: &str = "credentials.json";

/// Application permissions of the sandbox's own application.
const ROLES: &[&str] = &[
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.Invite.All",
    "User.DeleteRestore.All",
    "Directory.ReadWrite.All",
    "Organization.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagementPolicy.ReadWrite.Directory",
    "RoleManagementPolicy.ReadWrite.AzureADGroup",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
    "CustomSecAttributeAssignment.ReadWrite.All",
    "Policy.Read.All",
    "Policy.Read.AuthenticationMethod",
    "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.ConditionalAccess",
    "Policy.ReadWrite.SecurityDefaults",
    "AuditLog.Read.All",
    "AuthenticationContext.ReadWrite.All",
    "GroupSettings.ReadWrite.All",
    "AdministrativeUnit.ReadWrite.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
];

/// What `credentials.json` holds.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    client_secret: String,
    /// Signs tokens, so that they survive a restart; PKCS #8 in base64.
    pub(super) token_key: String,
    /// The other registered applications.
    #[serde(default)]
    pub(super) applications: Vec<Application>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Kept").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Kept {
    /// Reads the file of a state directory, if it is there.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, Error> {
        let path = directory.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(&path).map_err(Error::file("read", &path))?;
        serde_json::from_slice(&text).map(Some).map_err(|error| Error::State {
            path,
            line: error.line(),
            problem: error.to_string(),
        })
    }

    /// The given credentials, else the kept ones, else new ones for the tenant in `store`.
    pub(super) fn complete(
        given: Option<Credentials>,
        kept: Option<Self>,
        store: &Store,
    ) -> Result<Self, Error> {
        if let (None, Some(kept)) = (&given, &kept) {
            return Ok(kept.clone());
        }
        let (token_key, applications) = match kept {
            Some(kept) => (kept.token_key, kept.applications),
            None => (Tokens::new_key()?, Vec::new()),
        };
        let Credentials { tenant_id, client_id, client_secret } = given.unwrap_or_else(|| new(store));
        let client_secret = client_secret.expose_secret().to_owned();
        Ok(Self { tenant_id, client_id, client_secret, token_key, applications })
    }

    /// The application of the credentials, with every permission that Tenantry may need.
    pub(super) fn own_application(&self) -> Result<Application, Error> {
        let description = json!({
            "appId": self.client_id,
            "displayName": "Tenantry",
            "roles": ROLES,
            "passwordCredentials": [{ "secretText": self.client_secret }],
        });
        Application::read(description).map_err(|problem| Error::seed("credentials", problem))
    }

    /// Whether an application is the one of the credentials.
    pub(super) fn is_own(&self, application: &Application) -> bool {
        application.app_id.to_string().eq_ignore_ascii_case(&self.client_id)
    }

    /// Writes the file, readable by this user only.
    pub(super) fn write(&self, directory: &Path) -> Result<(), Error> {
        let path = directory.join(FILE);
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(Error::file("open", &path))?;
        std::io::Write::write_all(&mut file, &text).map_err(Error::file("write", &path))
    }

    /// The part the application needs.
    pub(super) fn credentials(&self) -> Credentials {
        Credentials {
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone().into(),
        }
    }
}

/// Credentials for the tenant in `store`.
fn new(store: &Store) -> Credentials {
    let kind = schema::by_name("organization");
    let tenant = kind.and_then(|kind| store.ids(kind, false, None).next()).unwrap_or_default();
    let client_id = derived_id("application", &tenant.to_string()).to_string();
    let secret = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    Credentials { tenant_id: tenant.to_string(), client_id, client_secret: secret.into() }
}

/// What gives an application its service principal with the permissions granted to it, or changes the one it has.
pub(super) fn principal_changes(store: &Store, application: &Application) -> Vec<Change> {
    let principal = principal(store, application);
    let unchanged = store.any(principal.id).is_some_and(|known| known.to_map() == principal.to_map());
    let granted = grant_permissions(store, &principal, &application.roles);
    let put = (!unchanged).then(|| Change::Put(Arc::new(principal)));
    put.into_iter().chain(granted).collect()
}

fn principal(store: &Store, application: &Application) -> Object {
    let client_id = application.app_id.to_string();
    let enabled = Value::Bool(application.account_enabled);
    if let Some(holder) = store.holder("appId", &client_id) {
        let mut object = Object::clone(holder);
        object.set("accountEnabled", enabled);
        return object;
    }
    let kind = &schema::SERVICE_PRINCIPAL;
    let mut object = Object::new(kind, derived_id(kind.name, &client_id));
    object.set("accountEnabled", enabled);
    object.set("appDisplayName", application.display_name.as_str());
    object.set("appId", client_id.as_str());
    object.set("appRoleAssignmentRequired", false);
    object.set("displayName", application.display_name.as_str());
    object.set("servicePrincipalNames", Value::from(vec![client_id.as_str()]));
    object.set("servicePrincipalType", "Application");
    object.set("signInAudience", "AzureADMyOrg");
    object
}
