//! The credentials of the one application, kept beside the tenant.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::options::Credentials;
use crate::schema;
use crate::store::{Change, Object, Store, derived_id};

/// File in the state directory.
const FILE: &str = "credentials.json";

/// What `credentials.json` holds.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    client_secret: String,
    /// Signs tokens, so that they survive a restart.
    pub(super) signing_key: String,
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
    pub(super) fn complete(given: Option<Credentials>, kept: Option<Self>, store: &Store) -> Self {
        let signing_key = kept.as_ref().map_or_else(random_text, |kept| kept.signing_key.clone());
        match (given, kept) {
            (Some(given), _) => Self {
                tenant_id: given.tenant_id,
                client_id: given.client_id,
                client_secret: given.client_secret.expose_secret().to_owned(),
                signing_key,
            },
            (None, Some(kept)) => kept,
            (None, None) => {
                let kind = schema::by_name("organization");
                let tenant = kind.and_then(|kind| store.ids(kind, false, None).next()).unwrap_or_default();
                let client_id = derived_id("application", &tenant.to_string()).to_string();
                Self { tenant_id: tenant.to_string(), client_id, client_secret: random_text(), signing_key }
            }
        }
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

/// Makes sure the application has a service principal, and returns its object id.
pub(super) fn ensure_principal(store: &mut Store, client_id: &str) -> Uuid {
    if let Some(holder) = store.holder("appId", client_id) {
        return holder.id;
    }
    let Some(kind) = schema::by_name("servicePrincipal") else {
        return Uuid::nil();
    };
    let mut object = Object::new(kind, derived_id("servicePrincipal", client_id));
    object.set("accountEnabled", true);
    object.set("appDisplayName", "Tenantry");
    object.set("appId", client_id);
    object.set("appRoleAssignmentRequired", false);
    object.set("displayName", "Tenantry");
    object.set("servicePrincipalNames", Value::from(vec![client_id]));
    object.set("servicePrincipalType", "Application");
    object.set("signInAudience", "AzureADMyOrg");
    let id = object.id;
    store.apply(&Change::Put(Arc::new(object)));
    id
}

fn random_text() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
