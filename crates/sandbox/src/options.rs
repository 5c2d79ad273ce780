//! What a caller can choose before the sandbox starts.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::percentage::Percentage;
use crate::rate::Rate;

/// 2026-11-03T00:00:00Z.
const MEMBER_OF_ENDS: jiff::Timestamp = jiff::Timestamp::constant(1_793_664_000, 0);

/// Everything about a sandbox that is decided at start.
///
/// The default is an empty tenant in memory on a free port, with every inconvenience of the real
/// service that depends on time or luck switched off.
#[derive(Debug)]
pub struct Options {
    /// Loopback port to listen on; 0 picks a free one.
    pub port: u16,
    /// Directory in which the tenant survives a restart; in memory only when absent.
    pub state: Option<PathBuf>,
    /// Where the first content comes from; ignored when `state` already holds a tenant.
    pub seed: Seed,
    /// Whether requests are refused once the published quotas are used up, sized by the number of
    /// users (<https://learn.microsoft.com/graph/throttling-limits>).
    pub quota: bool,
    /// How many times faster the windows of the quotas pass, above 0; 1 is their published length. What a refusal
    /// says about the time to wait shrinks with it.
    pub quota_scale: f64,
    /// How much there is of each quota, compared with the published one.
    pub quota_share: Percentage,
    /// How long a write stays invisible to reads; zero means reads see every finished write.
    pub lag: Duration,
    /// Which replica answers, when there is a lag.
    pub consistency: Consistency,
    /// How much longer than `lag` a write stays invisible to advanced queries (`ConsistencyLevel: eventual`).
    pub index_lag: Duration,
    /// How much longer than `lag` a write stays invisible to delta queries.
    pub delta_lag: Duration,
    /// How long a deleted object can be restored: 30 days in the service
    /// (<https://learn.microsoft.com/entra/architecture/recover-from-deletions>). Then it is gone within a second.
    pub retention: Duration,
    /// How long after a write the service begins with what it does by itself: members that a rule decides about,
    /// licences that follow groups.
    pub processing_delay: Duration,
    /// When membership rules about `memberOf` cease to have an effect, so that their groups keep the members they have:
    /// 3 November 2026 in the service
    /// (<https://learn.microsoft.com/entra/identity/users/groups-dynamic-rule-member-of>).
    pub member_of_ends: jiff::Timestamp,
    /// Failures to inject.
    pub faults: Faults,
    /// How delta queries behave where the documentation leaves a choice.
    pub delta: Delta,
    /// How the settings of roles are checked where the documentation leaves a choice.
    pub policies: Policies,
    /// How privileged identity management treats requests.
    pub pim: Pim,
    /// Start of the pseudo-random sequences that decide about faults and replicas.
    pub seed_number: u64,
    /// Whether the naming policy for Microsoft 365 groups is applied to what applications name, with their attributes
    /// empty. The documentation only exempts some administrators and says nothing about applications
    /// (<https://learn.microsoft.com/entra/identity/users/groups-naming-policy>).
    pub naming_policy_for_apps: bool,
    /// Whether to serve HTTPS with a certificate authority generated for this sandbox.
    pub tls: bool,
    /// The application that may sign in; generated, and kept in `state`, when absent.
    pub credentials: Option<Credentials>,
    /// File to which each request to Graph is appended as a line of JSON: `method`, `url` from the version on,
    /// `user_agent`, `consistency_level`, `prefer` and `body`, the values of passwords withheld.
    pub record: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            state: None,
            seed: Seed::default(),
            quota: false,
            quota_scale: 1.0,
            quota_share: Percentage::WHOLE,
            lag: Duration::ZERO,
            consistency: Consistency::default(),
            index_lag: Duration::ZERO,
            delta_lag: Duration::ZERO,
            retention: Duration::from_secs(30 * 24 * 60 * 60),
            processing_delay: Duration::from_millis(200),
            member_of_ends: MEMBER_OF_ENDS,
            faults: Faults::default(),
            delta: Delta::default(),
            policies: Policies::default(),
            pim: Pim::default(),
            seed_number: 1,
            naming_policy_for_apps: false,
            tls: false,
            credentials: None,
            record: None,
        }
    }
}

/// Where the first content of a tenant comes from.
#[derive(Debug, Clone, Default)]
pub enum Seed {
    /// Only the organization and the service principal of the signed-in application.
    #[default]
    Empty,
    /// The Contoso sample organization with its well-known people.
    Contoso,
    /// A JSON file in the format described at the top of this crate.
    File(PathBuf),
    /// Generated content for tests of size; the same numbers give the same tenant.
    Synthetic {
        /// How many users.
        users: usize,
        /// How many security groups.
        groups: usize,
        /// How many memberships in total, spread over the groups.
        members: usize,
        /// Start of the pseudo-random sequence.
        seed_number: u64,
    },
}

/// Failures a sandbox injects on purpose, counted over all clients.
///
/// Whether one strikes depends on [`Options::seed_number`], the knob and how many requests the knob has seen, so the
/// same sequence of requests meets the same faults. An operation is a request of its own or an item of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// Answers 429 with `Retry-After: 1` to an operation and does nothing.
    pub throttle_every: Option<Rate>,
    /// Answers an operation with one of `fail_with` and does nothing.
    pub fail_every: Option<Rate>,
    /// Statuses of failures, of 500, 502, 503 and 504.
    pub fail_with: Vec<u16>,
    /// Answers 504 to a write although it took effect.
    pub fail_late_every: Option<Rate>,
    /// Answers 409 `Directory_ConcurrencyViolation` to a write and does nothing.
    pub conflict_every: Option<Rate>,
    /// Whether a write is answered 409 `Directory_ConcurrencyViolation` while another HTTP request that writes to the
    /// same object is in flight, or beside another item of its batch that writes to it and that it does not wait for.
    pub conflicts: bool,
    /// Whether `assignLicense` has no effect, although it is answered as if it had, while another HTTP request that
    /// writes to the same group or user is in flight, or beside another such item of its batch that it does not wait
    /// for.
    pub lose_licenses: bool,
    /// Refuses a write to the settings of a role or group with 400, and does nothing.
    pub refuse_policy_every: Option<Rate>,
    /// Accepts a request of privileged identity management and ends it as `Failed` later.
    pub fail_request_every: Option<Rate>,
    /// Accepts a request of privileged identity management, leaves it at `Granted` and never carries it out.
    pub stall_request_every: Option<Rate>,
    /// Resets the connection before an HTTP request is executed.
    pub reset_every: Option<Rate>,
    /// Loses the answer to an HTTP request that writes: it takes effect, then the connection closes.
    pub lose_every: Option<Rate>,
    /// Closes the connection in the middle of the body of an answer.
    pub cut_every: Option<Rate>,
    /// Answers a read from a replica that is `stale` older than the others.
    pub stale_every: Option<Rate>,
    /// How much older the slow replica is.
    #[serde(rename = "stale_ms", with = "milliseconds")]
    pub stale: Duration,
    /// Largest page handed out, whatever `$top` says.
    pub short_pages: Option<usize>,
    /// Hands out an empty page with a link to the one that was asked for.
    pub empty_every: Option<Rate>,
    /// Lets an administrator edit something after an operation.
    pub edit_every: Option<Rate>,
    /// What the administrator does.
    pub edits: Vec<Edit>,
    /// Pause before each answer.
    #[serde(rename = "latency_ms", with = "milliseconds")]
    pub latency: Duration,
    /// Longest further pause, of which each answer takes a random part.
    #[serde(rename = "jitter_ms", with = "milliseconds")]
    pub jitter: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            throttle_every: None,
            fail_every: None,
            fail_with: vec![503],
            fail_late_every: None,
            conflict_every: None,
            conflicts: false,
            lose_licenses: false,
            refuse_policy_every: None,
            fail_request_every: None,
            stall_request_every: None,
            reset_every: None,
            lose_every: None,
            cut_every: None,
            stale_every: None,
            stale: Duration::from_secs(2),
            short_pages: None,
            empty_every: None,
            edit_every: None,
            edits: vec![Edit::Property, Edit::Membership, Edit::Create, Edit::Delete],
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
        }
    }
}

/// What an administrator does between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edit {
    /// Changes a property of a user or group.
    Property,
    /// Adds a member to a group, or removes one.
    Membership,
    /// Creates a user or group.
    Create,
    /// Deletes a user or group.
    Delete,
    /// Somebody who may activate a role does so, for an hour.
    Activation,
    /// Assigns a role to a user for a week.
    Assignment,
}

impl FromStr for Edit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = serde_json::from_value(text.into());
        parsed.map_err(|_| {
            format!("`{text}` is none of property, membership, create, delete, activation, assignment")
        })
    }
}

/// Which replica answers, when there is a lag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// Every request is answered by one replica that lags behind.
    #[default]
    Replica,
    /// As `Replica`, but an application sees what it has written itself.
    Session,
    /// Each request is answered by any of three: the primary, one that lags half as long, one that lags the whole time.
    Any,
}

impl FromStr for Consistency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = serde_json::from_value(text.into());
        parsed.map_err(|_| format!("`{text}` is none of replica, session, any"))
    }
}

/// Durations as whole milliseconds.
pub(crate) mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// How delta queries behave where the documentation leaves a choice
/// (<https://learn.microsoft.com/graph/delta-query-overview>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delta {
    /// Objects and link entries together on a page; about 500 when absent.
    #[serde(rename = "delta_page")]
    pub page: Option<usize>,
    /// Delivers each change a second time in the round after the one it belongs to.
    #[serde(rename = "delta_replays")]
    pub replays: bool,
    /// Refuses `$filter` by id together with relationships in `$select`.
    #[serde(rename = "delta_refuses_links_by_id")]
    pub refuses_links_by_id: bool,
    /// Calls a token that is too old `syncStateNotFound` instead of `resyncRequired`.
    #[serde(rename = "delta_sync_state_not_found")]
    pub sync_state_not_found: bool,
}

/// How the settings of roles are checked where the documentation leaves a choice
/// (<https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policies {
    /// Accepts multifactor authentication together with an authentication context on activation.
    #[serde(rename = "policies_mfa_beside_context")]
    pub mfa_beside_context: bool,
    /// Refuses approvers who are no live users or groups.
    #[serde(rename = "policies_known_approvers")]
    pub known_approvers: bool,
}

/// How privileged identity management treats requests
/// (<https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pim {
    /// What tells whether the tenant is licensed.
    #[serde(rename = "pim_license")]
    pub license: License,
    /// Whether a request is only accepted at first, and carried out `processing_delay` later.
    #[serde(rename = "pim_asynchronous")]
    pub asynchronous: bool,
    /// How long an active assignment or an activation lasts at least before it can be removed: 5 minutes in the
    /// service. Zero by default, so that tests need not wait.
    #[serde(rename = "pim_minimum_active_ms", with = "milliseconds")]
    pub minimum_active: Duration,
    /// How long requests can be read: about 45 days in the service. Schedules stay.
    #[serde(rename = "pim_request_retention_ms", with = "milliseconds")]
    pub request_retention: Duration,
    /// Whether settings that ask for multifactor authentication ask it of applications too, which then fail.
    #[serde(rename = "pim_mfa_for_applications")]
    pub mfa_for_applications: bool,
    /// How many requests about schedules and settings one application may make in ten seconds, where
    /// [`Options::quota`] counts at all. The service refuses earlier here than elsewhere, and publishes no number.
    #[serde(rename = "pim_quota")]
    pub quota: u32,
    /// How far the tenant's clock is ahead of the machine's, for what begins and ends by itself.
    #[serde(rename = "pim_clock_ahead_ms", with = "milliseconds")]
    pub clock_ahead: Duration,
}

impl Default for Pim {
    fn default() -> Self {
        Self {
            license: License::default(),
            asynchronous: false,
            minimum_active: Duration::ZERO,
            request_retention: Duration::from_secs(45 * 24 * 60 * 60),
            mfa_for_applications: false,
            quota: 150,
            clock_ahead: Duration::ZERO,
        }
    }
}

/// What tells whether a tenant is licensed for privileged identity management, Conditional Access and reports of
/// registered methods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum License {
    /// Nothing: every tenant is.
    #[default]
    Assumed,
    /// A product with seats. Without Microsoft Entra ID P2 or Governance among its plans, privileged identity
    /// management is refused with `AadPremiumLicenseRequired`; without P1 or P2, writes to Conditional Access policies
    /// with `AccessDenied`, as without P2 those that look at risks.
    Products,
}

/// The application that signs in to the sandbox.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Directory (tenant) id, a GUID.
    pub tenant_id: String,
    /// Application (client) id, a GUID.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
}
