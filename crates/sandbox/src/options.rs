//! What a caller can choose before the sandbox starts.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::percentage::Percentage;

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
    /// Failures to inject.
    pub faults: Faults,
    /// How delta queries behave where the documentation leaves a choice.
    pub delta: Delta,
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
            faults: Faults::default(),
            delta: Delta::default(),
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Loses the answer to every nth write request: the write happens, then the connection closes.
    pub lose_every: Option<u32>,
    /// Answers 429 with `Retry-After: 1` to every nth Graph request and does nothing; each item of
    /// a batch counts as a request.
    pub throttle_every: Option<u32>,
    /// Answers 503 to every nth Graph request and does nothing; each item of a batch counts.
    pub fail_every: Option<u32>,
    /// Largest page handed out, whatever `$top` says.
    pub short_pages: Option<usize>,
    /// Pause before each answer.
    pub latency: Duration,
}

/// How delta queries behave where the documentation leaves a choice
/// (<https://learn.microsoft.com/graph/delta-query-overview>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// Objects and link entries together on a page; about 500 when absent.
    pub page: Option<usize>,
    /// Delivers each change a second time in the round after the one it belongs to.
    pub replays: bool,
    /// Refuses `$filter` by id together with relationships in `$select`.
    pub refuses_links_by_id: bool,
    /// Calls a token that is too old `syncStateNotFound` instead of `resyncRequired`.
    pub sync_state_not_found: bool,
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
