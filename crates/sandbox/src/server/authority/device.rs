//! The device authorization grant: codes, and what becomes of them.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::seq::IndexedRandom;
use uuid::Uuid;

use super::refusal::Refusal;
use super::scope::Scopes;

/// Letters and digits that people do not mix up.
const ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ23456789";

/// What a client that polls too fast has to add to its interval (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The codes that have not been redeemed, by device code.
#[derive(Debug, Default)]
pub(super) struct DeviceCodes {
    pending: Mutex<BTreeMap<String, Pending>>,
}

/// One device that waits for a person.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) user_code: String,
    pub(super) application: Uuid,
    pub(super) scopes: Scopes,
    pub(super) expires: Instant,
    /// The shortest time between two polls.
    pub(super) interval: Duration,
    polled: Option<Instant>,
    decision: Decision,
}

/// What a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Waiting,
    /// By the person with this object id.
    Approved(Uuid),
    Declined,
}

impl DeviceCodes {
    /// Issues a device code and a user code.
    pub(super) fn issue(
        &self,
        application: Uuid,
        scopes: Scopes,
        interval: Duration,
        lifetime: Duration,
    ) -> (String, Pending) {
        let mut random = rand::rng();
        let letters = (0..9).filter_map(|_| ALPHABET.choose(&mut random).copied().map(char::from));
        let pending = Pending {
            user_code: letters.collect(),
            application,
            scopes,
            expires: Instant::now() + lifetime,
            interval,
            polled: None,
            decision: Decision::Waiting,
        };
        let code = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 48]>());
        self.lock().insert(code.clone(), pending.clone());
        (code, pending)
    }

    /// Notes what a person answered; whether the code waits for an answer.
    pub(super) fn decide(&self, user_code: &str, decision: Decision) -> bool {
        let now = Instant::now();
        let mut pending = self.lock();
        let mut waiting = pending
            .values_mut()
            .filter(|pending| pending.decision == Decision::Waiting && now < pending.expires);
        let found = waiting.find(|pending| pending.user_code.eq_ignore_ascii_case(user_code));
        found.map(|pending| pending.decision = decision).is_some()
    }

    /// One poll: the person who approved, and for what. An approved code works once.
    pub(super) fn poll(&self, code: &str, application: Uuid) -> Result<(Uuid, Scopes), Refusal> {
        let now = Instant::now();
        let mut all = self.lock();
        let pending = all.get_mut(code).filter(|pending| pending.application == application);
        let pending = pending.ok_or_else(|| {
            Refusal::new("bad_verification_code", 70_018, "The device code is not one that was issued here.")
        })?;
        if now >= pending.expires {
            all.remove(code);
            let message = "OAuth 2.0 device flow code has expired. Authorization request must be made again.";
            return Err(Refusal::new("expired_token", 70_019, message));
        }
        let too_fast = pending.polled.is_some_and(|last| now < last + pending.interval);
        pending.polled = Some(now);
        match pending.decision {
            Decision::Waiting if too_fast => {
                pending.interval += SLOWER;
                Err(Refusal::new("slow_down", 70_016, "Authorization is pending. Poll less often."))
            }
            Decision::Waiting => {
                let message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
                Err(Refusal::new("authorization_pending", 70_016, message))
            }
            Decision::Declined => {
                all.remove(code);
                let message = "The user has declined to authorize the device.";
                Err(Refusal::new("authorization_declined", 65_004, message))
            }
            Decision::Approved(person) => {
                let scopes = pending.scopes.clone();
                all.remove(code);
                Ok((person, scopes))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
