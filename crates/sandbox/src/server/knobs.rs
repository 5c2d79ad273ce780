//! What can be changed while the sandbox runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::quota::Terms;
use crate::options::{Consistency, Delta, Faults, Pim, Policies, milliseconds};
use crate::percentage::Percentage;

/// What can be changed while the sandbox runs, in the form of `/sandbox/faults`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Knobs {
    #[serde(flatten)]
    pub(super) faults: Faults,
    #[serde(flatten)]
    pub(super) delta: Delta,
    #[serde(flatten)]
    pub(super) policies: Policies,
    #[serde(flatten)]
    pub(super) pim: Pim,
    #[serde(rename = "lag_ms", with = "milliseconds")]
    pub(super) lag: Duration,
    pub(super) consistency: Consistency,
    #[serde(rename = "index_lag_ms", with = "milliseconds")]
    pub(super) index_lag: Duration,
    #[serde(rename = "delta_lag_ms", with = "milliseconds")]
    pub(super) delta_lag: Duration,
    #[serde(rename = "retention_ms", with = "milliseconds")]
    pub(super) retention: Duration,
    #[serde(rename = "processing_delay_ms", with = "milliseconds")]
    pub(super) processing_delay: Duration,
    pub(super) member_of_ends: jiff::Timestamp,
    pub(super) quota: bool,
    pub(super) quota_scale: f64,
    pub(super) quota_share: Percentage,
    pub(super) seed_number: u64,
    pub(super) naming_policy_for_apps: bool,
}

impl Knobs {
    /// How the quotas differ from the published ones.
    pub(super) fn terms(&self) -> Terms {
        Terms { scale: self.quota_scale, share: self.quota_share, privileged: self.pim.quota }
    }

    /// What jobs go by at this moment.
    pub(super) fn processing_terms(&self) -> crate::processing::Terms {
        let now = jiff::Timestamp::now();
        crate::processing::Terms {
            now: now.checked_add(self.pim.clock_ahead).unwrap_or(now),
            member_of_ends: self.member_of_ends,
            request_retention: self.pim.request_retention,
        }
    }

    /// The knobs as JSON.
    pub(super) fn show(&self) -> Value {
        json!(self)
    }

    /// The knobs after a change: what is absent stays, `null` switches off. The error says what is wrong with it.
    pub(super) fn changed(&self, change: &[u8]) -> Result<Self, String> {
        let change: serde_json::Map<String, Value> =
            serde_json::from_slice(change).map_err(|error| error.to_string())?;
        let mut shown = self.show();
        for (name, value) in change {
            let knob = shown.get_mut(&name).ok_or_else(|| format!("there is no knob `{name}`"))?;
            *knob = value;
        }
        let knobs: Self = serde_json::from_value(shown).map_err(|error| error.to_string())?;
        knobs.check().map(|()| knobs)
    }

    fn check(&self) -> Result<(), String> {
        if !(self.quota_scale > 0.0 && self.quota_scale.is_finite()) {
            return Err("quota_scale must be a number above 0".to_owned());
        }
        let statuses = &self.faults.fail_with;
        if statuses.is_empty() || statuses.iter().any(|status| !matches!(status, 500 | 502 | 503 | 504)) {
            return Err("fail_with must name some of 500, 502, 503 and 504".to_owned());
        }
        if self.faults.edits.is_empty() {
            return Err(
                "edits must name some of property, membership, create, delete, activation and assignment"
                    .to_owned(),
            );
        }
        Ok(())
    }
}
