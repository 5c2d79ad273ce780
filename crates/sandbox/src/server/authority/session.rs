//! What changes while the sandbox runs: lifetimes, device codes and revocations.
//! <https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation>

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::device::DeviceCodes;

/// Knobs of `/sandbox/sign-in`, in seconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Lifetimes {
    /// How long an access token is good for.
    pub(super) access_token_s: u32,
    /// How long a refresh token is good for.
    pub(super) refresh_token_s: u32,
    /// How long a device code waits for a person.
    pub(super) device_code_s: u32,
    /// The shortest time between two polls for a device code.
    pub(super) device_interval_s: u32,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access_token_s: 3599,
            refresh_token_s: 90 * 24 * 3600,
            device_code_s: 900,
            device_interval_s: 5,
        }
    }
}

/// The state of sign-in.
#[derive(Debug, Default)]
pub(in crate::server) struct Session {
    lifetimes: Mutex<Lifetimes>,
    pub(super) devices: DeviceCodes,
    /// By client id: tokens issued before this second are no longer accepted.
    revoked: Mutex<BTreeMap<String, i64>>,
}

impl Session {
    /// The current knobs.
    pub(super) fn lifetimes(&self) -> Lifetimes {
        *lock(&self.lifetimes)
    }

    /// Turns the knobs.
    pub(super) fn set_lifetimes(&self, lifetimes: Lifetimes) {
        *lock(&self.lifetimes) = lifetimes;
    }

    /// Stops accepting every token of an application issued until now.
    pub(super) fn revoke(&self, client_id: &str) {
        let next_second = Timestamp::now().as_second() + 1;
        lock(&self.revoked).insert(client_id.to_lowercase(), next_second);
    }

    /// The second from which tokens of an application count, if any were revoked.
    pub(super) fn valid_from(&self, client_id: &str) -> Option<i64> {
        lock(&self.revoked).get(&client_id.to_lowercase()).copied()
    }

    /// When a token issued now was issued. Tokens count whole seconds, so one that follows a
    /// revocation within the second is dated to the next.
    pub(super) fn issued_at(&self, client_id: &str) -> i64 {
        let now = Timestamp::now().as_second();
        self.valid_from(client_id).map_or(now, |from| from.max(now))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
