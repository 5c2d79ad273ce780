//! Decides what strikes, by seed number and count alone.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::rate::Rate;

/// Everything that can be inflicted, by its name in counts and in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Throttle,
    Fail,
    FailLate,
    Conflict,
    RefusePolicy,
    FailRequest,
    StallRequest,
    Reset,
    Lose,
    LoseLicenses,
    Cut,
    Stale,
    ShortPage,
    EmptyPage,
    Edit,
    Latency,
}

impl Fault {
    /// The name in `/sandbox/stats` and `/sandbox/log`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Fail => "fail",
            Self::FailLate => "fail_late",
            Self::Conflict => "conflict",
            Self::RefusePolicy => "refuse_policy",
            Self::FailRequest => "fail_request",
            Self::StallRequest => "stall_request",
            Self::Reset => "reset",
            Self::Lose => "lose",
            Self::LoseLicenses => "lose_licenses",
            Self::Cut => "cut",
            Self::Stale => "stale",
            Self::ShortPage => "short_page",
            Self::EmptyPage => "empty_page",
            Self::Edit => "edit",
            Self::Latency => "latency",
        }
    }
}

/// The pseudo-random sequences, one for each purpose.
#[derive(Debug)]
pub(super) struct Luck {
    seed: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Luck {
    /// All sequences from their beginning.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, counts: BTreeMap::new() }
    }

    /// Counts one request towards a fault; whether the fault strikes.
    pub(super) fn strikes(&mut self, fault: Fault, rate: Option<Rate>) -> bool {
        let Some(rate) = rate else {
            return false;
        };
        let (count, drawn) = self.next(fault.name());
        match rate {
            Rate::Every(n) => count.is_multiple_of(u64::from(n.get())),
            Rate::Chance(chance) => drawn < chance.fraction(),
        }
    }

    /// A number from 0 below `several`, 0 when that is 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a fraction below 1 of a small count"
    )]
    pub(super) fn pick(&mut self, purpose: &'static str, several: usize) -> usize {
        (self.next(purpose).1 * several as f64) as usize
    }

    /// A fraction from 0 below 1.
    pub(super) fn fraction(&mut self, purpose: &'static str) -> f64 {
        self.next(purpose).1
    }

    /// The next count of a sequence, from 1, and what is drawn for it, from 0 below 1.
    fn next(&mut self, purpose: &'static str) -> (u64, f64) {
        let count = self.counts.entry(purpose).or_default();
        *count += 1;
        let digest = Sha256::digest(format!("{}/{purpose}/{count}", self.seed));
        let mut bits = [0; 4];
        bits.copy_from_slice(&digest[..4]);
        (*count, f64::from(u32::from_be_bytes(bits)) / (f64::from(u32::MAX) + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(seed: u64, rate: Rate) -> Vec<bool> {
        let mut luck = Luck::new(seed);
        (0..1_000).map(|_| luck.strikes(Fault::Fail, Some(rate))).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_about_as_often_as_it_should() {
        let tenth = Rate::Chance("10%".parse().unwrap());
        let drawn = struck(7, tenth);
        assert_eq!(drawn, struck(7, tenth));
        assert_ne!(drawn, struck(8, tenth));
        assert!((70..=130).contains(&drawn.iter().filter(|struck| **struck).count()));
    }

    #[test]
    fn every_third_is_every_third_whatever_else_is_counted() {
        let mut luck = Luck::new(1);
        let mut strikes = |fault| luck.strikes(fault, Some(Rate::every(3)));
        let drawn: Vec<bool> = (0..6).map(|_| (strikes(Fault::Lose), strikes(Fault::Fail)).1).collect();
        assert_eq!(drawn, [false, false, true, false, false, true]);
    }
}
