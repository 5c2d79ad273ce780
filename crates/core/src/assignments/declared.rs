//! Declared role assignments.

use jiff::civil::Date;

use crate::desired::Reference;
use crate::diagnostic::Place;

/// Declared assignments of one attribute.
#[derive(Debug, Clone)]
pub struct DeclaredAssignments {
    /// Where the attribute stands.
    pub place: Place,
    /// Whether `entries` is the whole list; else only entries and `never` are acted on.
    pub whole: bool,
    /// Assignments that shall be there.
    pub entries: Vec<DeclaredAssignment>,
    /// Assignments that shall not be there.
    pub never: Vec<DeclaredAssignment>,
}

impl DeclaredAssignments {
    /// Every reference of what shall be there.
    pub fn wanted_references(&self) -> impl Iterator<Item = &Reference> {
        self.entries.iter().flat_map(DeclaredAssignment::references)
    }

    /// Every reference of what shall not be there.
    pub fn unwanted_references(&self) -> impl Iterator<Item = &Reference> {
        self.never.iter().flat_map(DeclaredAssignment::references)
    }
}

/// Who holds which role, perhaps for a time.
#[derive(Debug, Clone)]
pub struct DeclaredAssignment {
    /// Where the entry stands.
    pub place: Place,
    /// The role.
    pub role: Reference,
    /// Who holds it.
    pub member: Reference,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Why it is there, for people.
    pub reason: Option<Box<str>>,
}

impl DeclaredAssignment {
    fn references(&self) -> [&Reference; 2] {
        [&self.role, &self.member]
    }

    /// The entry in words: `user:… as role:…`.
    pub fn describe(&self) -> String {
        format!("{} as {}", self.member.to.describe(), self.role.to.describe())
    }
}
