//! Door 8: the one way from a plan to something that can be applied.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Note, Plan};
use crate::kinds;

/// One `--allow CLASS:KIND=COUNT`: lets a limit be exceeded up to the number that was reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Allowance {
    /// `delete`, `update`, `remove_members` or `convert`.
    pub class: String,
    /// The kind's table: `groups`.
    pub table: String,
    /// The largest number that is let through.
    pub count: usize,
}

/// The classes of limit.
pub(super) const CLASSES: &[&str] = &["delete", "update", "remove_members", "convert"];

impl FromStr for Allowance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "write `CLASS:KIND=COUNT`, such as `delete:groups=14`".to_owned();
        let (class, rest) = text.split_once(':').ok_or_else(form)?;
        let (table, count) = rest.split_once('=').ok_or_else(form)?;
        if !CLASSES.contains(&class) {
            return Err(format!("`{class}` is not a class of limit: one of {}", CLASSES.join(", ")));
        }
        if kinds::by_table(table).is_none() {
            let tables: Vec<&str> = kinds::KINDS.iter().map(|kind| kind.table).collect();
            return Err(format!("`{table}` is not a kind: one of {}", tables.join(", ")));
        }
        let count = count.parse().map_err(|_| form())?;
        Ok(Self { class: class.to_owned(), table: table.to_owned(), count })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}={}", self.class, self.table, self.count)
    }
}

impl TryFrom<String> for Allowance {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Allowance> for String {
    fn from(allowance: Allowance) -> Self {
        allowance.to_string()
    }
}

/// A plan that may be applied. Only [`Plan::approve`] makes one.
#[derive(Debug, Clone, Copy)]
#[must_use = "an approved plan is for applying"]
pub struct Approved<'a>(&'a Plan);

impl<'a> Approved<'a> {
    /// The plan.
    pub fn plan(&self) -> &'a Plan {
        self.0
    }
}

/// The refusals that stand in a plan's way.
#[derive(Debug)]
pub struct Refused(pub Vec<Note>);

impl Note {
    /// Whether one of these allowances lets a refusal through.
    pub fn is_allowed(&self, allowances: &[Allowance]) -> bool {
        self.allowed_by.as_ref().is_some_and(|needed| {
            allowances.iter().any(|given| {
                given.class == needed.class && given.table == needed.table && given.count >= needed.count
            })
        })
    }
}

impl Plan {
    /// The plan as something that may be applied, unless a refusal stands that no allowance covers.
    pub fn approve(&self, allowances: &[Allowance]) -> Result<Approved<'_>, Refused> {
        let standing: Vec<Note> =
            self.refusals().filter(|note| !note.is_allowed(allowances)).cloned().collect();
        if standing.is_empty() { Ok(Approved(self)) } else { Err(Refused(standing)) }
    }
}
