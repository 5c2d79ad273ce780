//! The applications registered with the sandbox, kept beside the tenant.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::application::Application;
use crate::error::Error;
use crate::server::credentials::Kept;

/// The registered applications by id.
#[derive(Debug)]
pub(in crate::server) struct Registry {
    applications: Mutex<BTreeMap<Uuid, Application>>,
    kept: Kept,
    /// The state directory, if there is one.
    directory: Option<PathBuf>,
}

impl Registry {
    /// The applications of `kept`, and the one of its credentials.
    pub(in crate::server) fn new(kept: Kept, directory: Option<PathBuf>) -> Result<Self, Error> {
        let own = kept.own_application()?;
        let applications = kept.applications.iter().cloned().chain([own]);
        let applications = applications.map(|application| (application.app_id, application)).collect();
        Ok(Self { applications: Mutex::new(applications), kept, directory })
    }

    /// Every application.
    pub(in crate::server) fn all(&self) -> Vec<Application> {
        self.lock().values().cloned().collect()
    }

    /// An application by its client id.
    pub(in crate::server) fn find(&self, client_id: &str) -> Option<Application> {
        let id = Uuid::parse_str(client_id).ok()?;
        self.lock().get(&id).cloned()
    }

    /// Adds or replaces an application.
    pub(super) fn put(&self, application: Application) -> Result<(), Error> {
        let mut applications = self.lock();
        applications.insert(application.app_id, application);
        self.keep(&applications)
    }

    /// Forgets an application.
    pub(super) fn remove(&self, id: Uuid) -> Result<(), Error> {
        let mut applications = self.lock();
        applications.remove(&id);
        self.keep(&applications)
    }

    fn keep(&self, applications: &BTreeMap<Uuid, Application>) -> Result<(), Error> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        let others = applications.values().filter(|application| !self.kept.is_own(application));
        let mut kept = self.kept.clone();
        kept.applications = others.cloned().collect();
        kept.write(directory)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, Application>> {
        self.applications.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
