//! What a suite came to.

use std::collections::BTreeMap;
use std::time::Instant;

/// What one story, or all of them, came to.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    /// Applies that met faults.
    pub(crate) runs: u64,
    /// Of these, how many were killed.
    pub(crate) kills: u64,
    /// How the others ended, by exit code.
    pub(crate) endings: BTreeMap<i32, u64>,
    /// What was inflicted, by kind.
    pub(crate) faults: BTreeMap<String, u64>,
    /// Objects that exist twice.
    pub(crate) duplicates: u64,
    /// Declared things that are missing although a run says that all is done.
    pub(crate) losses: u64,
    /// Writes that no step of the plan asked for.
    pub(crate) beyond: u64,
    /// Everything that went wrong, with the story it went wrong in.
    pub(crate) problems: Vec<String>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            runs: 0,
            kills: 0,
            endings: BTreeMap::new(),
            faults: BTreeMap::new(),
            duplicates: 0,
            losses: 0,
            beyond: 0,
            problems: Vec::new(),
        }
    }
}

impl Tally {
    /// Adds what a story came to.
    pub(crate) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.kills += other.kills;
        for (code, count) in other.endings {
            *self.endings.entry(code).or_default() += count;
        }
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        self.duplicates += other.duplicates;
        self.losses += other.losses;
        self.beyond += other.beyond;
        self.problems.extend(other.problems);
    }

    /// One line for people and pipelines.
    #[expect(clippy::print_stdout, reason = "the line is what the suite is run for")]
    pub(crate) fn print(&self, seed: u64) {
        let counts = |counts: Vec<(String, u64)>| {
            let shown: Vec<String> =
                counts.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
            shown.join(", ")
        };
        let endings = self.endings.iter().map(|(code, count)| (format!("exit {code}:"), *count)).collect();
        let faults = self.faults.iter().map(|(name, count)| (name.clone(), *count)).collect();
        println!(
            "faults: seed {seed}, {} applies ({}), {} killed; inflicted {} ({}); {} duplicates, {} losses, {} writes beyond the plan; {:.0} s",
            self.runs,
            counts(endings),
            self.kills,
            self.faults.values().sum::<u64>(),
            counts(faults),
            self.duplicates,
            self.losses,
            self.beyond,
            self.began.elapsed().as_secs_f64()
        );
    }

    /// The error lists what went wrong.
    pub(crate) fn verdict(&self, seed: u64) -> Result<(), String> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let repeat = format!("repeat one with TENANTRY_FAULT_SEED={seed} TENANTRY_FAULT_STORY=<number>");
        Err(format!("{} problems; {repeat}\n\n{}", self.problems.len(), self.problems.join("\n\n")))
    }
}
