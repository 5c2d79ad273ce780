//! Declared schedules.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desired::Reference;
use crate::diagnostic::Place;
use crate::plan::Ticket;

/// Declared schedules of one attribute.
#[derive(Debug, Clone)]
pub struct DeclaredSchedules {
    /// Where the attribute stands.
    pub place: Place,
    /// Whether `entries` is the whole list; else only entries and `never` are acted on.
    pub whole: bool,
    /// Who shall hold it.
    pub entries: Vec<DeclaredSchedule>,
    /// Who shall not.
    pub never: Vec<DeclaredSchedule>,
}

impl DeclaredSchedules {
    /// Every reference of what shall be there.
    pub fn wanted_references(&self) -> impl Iterator<Item = &Reference> {
        self.entries.iter().flat_map(DeclaredSchedule::references)
    }

    /// Every reference of what shall not be there.
    pub fn unwanted_references(&self) -> impl Iterator<Item = &Reference> {
        self.never.iter().flat_map(DeclaredSchedule::references)
    }
}

/// Who holds it, where, and for how long.
#[derive(Debug, Clone)]
pub struct DeclaredSchedule {
    /// Where the entry stands.
    pub place: Place,
    /// Who holds it.
    pub member: Reference,
    /// Over what a role is held: the members of a unit, or one application; the whole tenant without it.
    pub scope: Option<Reference>,
    /// For how long.
    pub term: Term,
    /// What the request says why: `justification`, else `reason`.
    pub justification: Option<Box<str>>,
    /// The ticket that the request names.
    pub ticket: Option<Box<Ticket>>,
}

/// For how long something is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Until somebody takes it away.
    Permanent,
    /// Until this instant.
    Until(Timestamp),
    /// For this long from when it is given, an ISO 8601 duration such as `P90D`.
    For(Box<str>),
}

impl Term {
    /// Until the end of a day, in UTC.
    pub fn through(day: Date) -> Option<Self> {
        let next = day.tomorrow().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)).ok().map(Self::Until)
    }
}

impl DeclaredSchedule {
    fn references(&self) -> impl Iterator<Item = &Reference> {
        [&self.member].into_iter().chain(&self.scope)
    }

    /// The entry in words: `user:… over unit:…`.
    pub fn describe(&self) -> String {
        let member = self.member.to.describe();
        match &self.scope {
            Some(scope) => format!("{member} over {}", scope.to.describe()),
            None => member,
        }
    }
}
