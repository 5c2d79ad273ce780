//! The control plane under `/sandbox/`: counts, faults, a log and a dump.

use serde_json::{Value, json};

use super::authority::{self, Answer};
use super::shared::Shared;
use super::stats::Stats;
use crate::seeds;

/// Answers one request to the control plane.
pub(super) fn answer(
    shared: &Shared,
    method: &str,
    (path, query): (&str, Option<&str>),
    body: &[u8],
) -> Answer {
    match (method, path) {
        ("GET", "/sandbox/stats") => (200, json!(*shared.stats())),
        ("POST", "/sandbox/stats/reset") => {
            *shared.stats() = Stats::default();
            (204, Value::Null)
        }
        ("GET", "/sandbox/faults") => (200, shared.knobs().show()),
        ("PATCH", "/sandbox/faults") => match shared.knobs().changed(body) {
            Ok(knobs) => {
                let shown = knobs.show();
                shared.set_knobs(knobs);
                (200, shown)
            }
            Err(error) => (400, json!({ "error": error })),
        },
        ("POST", "/sandbox/delta/expire") => {
            shared.expire_delta_tokens();
            (204, Value::Null)
        }
        ("POST", "/sandbox/process") => {
            let jobs = shared.process_all();
            (200, json!({ "jobs": jobs }))
        }
        ("GET", "/sandbox/log") => (200, shared.log().show(from(query))),
        ("GET", "/sandbox/state") => (200, seeds::dump(shared.tenant().primary())),
        _ => authority::control(shared, method, path, body).unwrap_or_else(|| {
            (404, json!({ "error": format!("the control plane has no {method} {path}") }))
        }),
    }
}

/// The number in `?from=`, 0 without it.
fn from(query: Option<&str>) -> u64 {
    let mut options = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    options.find(|(name, _)| name == "from").and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}
