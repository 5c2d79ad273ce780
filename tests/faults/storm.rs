//! Random faults.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};

/// What an apply meets.
#[derive(Debug)]
pub(crate) struct Storm {
    /// The knobs that are turned.
    pub(crate) knobs: Map<String, Value>,
    /// Kill the command once the sandbox has taken so many more operations that write.
    pub(crate) kill_after: Option<u64>,
    /// Use the quota up before the apply begins.
    pub(crate) exhausted: bool,
}

impl Storm {
    /// One to three kinds of faults, and perhaps a kill.
    pub(crate) fn random(luck: &mut StdRng) -> Self {
        let mut kinds: Vec<usize> = (0..KINDS.len()).collect();
        kinds.shuffle(luck);
        let mut storm = Self { knobs: Map::new(), kill_after: None, exhausted: false };
        for kind in &kinds[..luck.random_range(1..4)] {
            for (knob, value) in KINDS[*kind](luck) {
                storm.knobs.insert(knob.to_owned(), value);
            }
        }
        storm.exhausted = storm.knobs.contains_key("quota");
        storm.knobs.insert("seed_number".to_owned(), json!(luck.random::<u32>()));
        storm.knobs.insert("quota_scale".to_owned(), json!(QUOTA_SCALE));
        storm.knobs.insert("conflicts".to_owned(), json!(true));
        if luck.random_bool(0.45) {
            storm.kill_after = Some(luck.random_range(0..15));
            storm.knobs.entry("latency_ms").or_insert(json!(15));
        }
        storm
    }

    /// Whether somebody else edits meanwhile.
    pub(crate) fn edits(&self) -> bool {
        self.knobs.contains_key("edit_every")
    }
}

/// How many times faster the time of the quotas passes, for the sandbox and for the command.
pub(crate) const QUOTA_SCALE: u32 = 20;

type Knobs = Vec<(&'static str, Value)>;

const KINDS: &[fn(&mut StdRng) -> Knobs] = &[
    |luck| vec![("throttle_every", rate(luck, 5, 30))],
    |luck| vec![("fail_every", rate(luck, 3, 20)), ("fail_with", json!([500, 502, 503, 504]))],
    |luck| vec![("fail_late_every", rate(luck, 5, 40))],
    |luck| vec![("lose_every", rate(luck, 10, 60))],
    |luck| vec![("lose_every", rate(luck, 10, 60))],
    |luck| vec![("reset_every", rate(luck, 3, 20))],
    |luck| vec![("cut_every", rate(luck, 3, 20))],
    |luck| vec![("conflict_every", rate(luck, 3, 30))],
    |luck| {
        let consistency = ["replica", "session", "any"][luck.random_range(0..3)];
        vec![
            ("lag_ms", json!(luck.random_range(50..900))),
            ("consistency", json!(consistency)),
            ("index_lag_ms", json!(luck.random_range(0..500))),
        ]
    },
    |luck| vec![("stale_every", rate(luck, 5, 40)), ("stale_ms", json!(luck.random_range(200..1500)))],
    |luck| vec![("short_pages", json!(luck.random_range(1..6))), ("empty_every", rate(luck, 10, 50))],
    |luck| vec![("edit_every", rate(luck, 2, 15))],
    |luck| vec![("edit_every", rate(luck, 2, 15))],
    |luck| {
        vec![("latency_ms", json!(luck.random_range(1..20))), ("jitter_ms", json!(luck.random_range(1..60)))]
    },
    |_| vec![("quota", json!(true)), ("quota_share", json!("5%"))],
];

/// A chance of so many per cent, or every nth, whichever the coin says.
fn rate(luck: &mut impl Rng, least: u32, most: u32) -> Value {
    let percent = luck.random_range(least..=most);
    if luck.random_bool(0.5) { json!(format!("{percent}%")) } else { json!((100 / percent).max(2)) }
}
