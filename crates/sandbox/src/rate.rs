//! How often a fault strikes.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::percentage::Percentage;

/// How often a fault strikes: `3` means every third request, `5%` each with that chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rate {
    /// Every nth, counted from the start or from the last change of the knobs.
    Every(NonZeroU32),
    /// Each with this chance, drawn from the seed number.
    Chance(Percentage),
}

impl Rate {
    /// Every nth; 0 counts as 1.
    pub fn every(n: u32) -> Self {
        Self::Every(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN))
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.ends_with('%') {
            return text.parse().map(Self::Chance);
        }
        text.parse()
            .map(Self::Every)
            .map_err(|_| format!("`{text}` is neither a number above 0 nor a percentage"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(n) => write!(formatter, "{n}"),
            Self::Chance(chance) => write!(formatter, "{chance}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_percentages_are_read_and_shown_alike() {
        for text in ["1", "3", "5%", "0.5%", "100%"] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate.to_string(), text);
            let json = serde_json::to_value(rate).unwrap();
            assert_eq!(serde_json::from_value::<Rate>(json).unwrap(), rate);
        }
        for nonsense in ["0", "-1", "1.5", "0%", "101%", "NaN%", "%", "often", ""] {
            assert!(nonsense.parse::<Rate>().is_err(), "{nonsense}");
        }
    }
}
