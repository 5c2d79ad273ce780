//! The control plane under `/sandbox/`: counts, faults and a dump.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::authority::{self, Answer};
use super::quota::Terms;
use super::shared::{Knobs, Shared};
use super::stats::Stats;
use crate::options::{Delta, Faults};
use crate::percentage::Percentage;
use crate::seeds;

/// Body of `PATCH /sandbox/faults`: what is absent stays, `null` switches off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnobChange {
    #[serde(default, deserialize_with = "present")]
    lose_every: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    throttle_every: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    fail_every: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    short_pages: Option<Option<usize>>,
    latency_ms: Option<u64>,
    lag_ms: Option<u64>,
    quota: Option<bool>,
    quota_scale: Option<f64>,
    quota_share: Option<Percentage>,
    #[serde(default, deserialize_with = "present")]
    delta_page: Option<Option<usize>>,
    delta_replays: Option<bool>,
    delta_refuses_links_by_id: Option<bool>,
    delta_sync_state_not_found: Option<bool>,
}

/// Tells a member that is `null` from one that is absent.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Answers one request to the control plane.
pub(super) fn answer(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Answer {
    match (method, path) {
        ("GET", "/sandbox/stats") => (200, json!(*shared.stats())),
        ("POST", "/sandbox/stats/reset") => {
            *shared.stats() = Stats::default();
            (204, Value::Null)
        }
        ("GET", "/sandbox/faults") => (200, show(&shared.knobs())),
        ("PATCH", "/sandbox/faults") => match serde_json::from_slice::<KnobChange>(body) {
            Ok(change) if change.quota_scale.is_some_and(|scale| !(scale > 0.0 && scale.is_finite())) => {
                (400, json!({ "error": "quota_scale must be a number above 0" }))
            }
            Ok(change) => {
                let knobs = change.apply(shared.knobs());
                let shown = show(&knobs);
                shared.set_knobs(knobs);
                (200, shown)
            }
            Err(error) => (400, json!({ "error": error.to_string() })),
        },
        ("POST", "/sandbox/delta/expire") => {
            shared.expire_delta_tokens();
            (204, Value::Null)
        }
        ("GET", "/sandbox/state") => (200, seeds::dump(shared.tenant().primary())),
        _ => authority::control(shared, method, path, body).unwrap_or_else(|| {
            (404, json!({ "error": format!("the control plane has no {method} {path}") }))
        }),
    }
}

impl KnobChange {
    fn apply(self, knobs: Knobs) -> Knobs {
        let Knobs { faults, delta, lag, quota, terms } = knobs;
        Knobs {
            faults: Faults {
                lose_every: self.lose_every.unwrap_or(faults.lose_every),
                throttle_every: self.throttle_every.unwrap_or(faults.throttle_every),
                fail_every: self.fail_every.unwrap_or(faults.fail_every),
                short_pages: self.short_pages.unwrap_or(faults.short_pages),
                latency: self.latency_ms.map_or(faults.latency, Duration::from_millis),
            },
            delta: Delta {
                page: self.delta_page.unwrap_or(delta.page),
                replays: self.delta_replays.unwrap_or(delta.replays),
                refuses_links_by_id: self.delta_refuses_links_by_id.unwrap_or(delta.refuses_links_by_id),
                sync_state_not_found: self.delta_sync_state_not_found.unwrap_or(delta.sync_state_not_found),
            },
            lag: self.lag_ms.map_or(lag, Duration::from_millis),
            quota: self.quota.unwrap_or(quota),
            terms: Terms {
                scale: self.quota_scale.unwrap_or(terms.scale),
                share: self.quota_share.unwrap_or(terms.share),
            },
        }
    }
}

fn show(knobs: &Knobs) -> Value {
    let Knobs { faults, delta, lag, quota, terms } = knobs;
    let Delta { page, replays, refuses_links_by_id, sync_state_not_found } = delta;
    let Faults { lose_every, throttle_every, fail_every, short_pages, latency } = faults;
    json!({
        "lose_every": lose_every,
        "throttle_every": throttle_every,
        "fail_every": fail_every,
        "short_pages": short_pages,
        "latency_ms": u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
        "lag_ms": u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
        "quota": quota,
        "quota_scale": terms.scale,
        "quota_share": terms.share,
        "delta_page": page,
        "delta_replays": replays,
        "delta_refuses_links_by_id": refuses_links_by_id,
        "delta_sync_state_not_found": sync_state_not_found,
    })
}
