//! A rule as a tree. Two trees are equal when they say the same: places in the text do not count.

use std::ops::Range;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::operator::Operator;
use super::property::Property;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// `user.`
    User,
    /// `device.`
    Device,
    /// `CustomSecurityAttribute.`
    ServicePrincipal,
}

impl ObjectKind {
    /// What stands before the dot.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Device => "device",
            Self::ServicePrincipal => "CustomSecurityAttribute",
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::User => Self::Device,
            Self::Device | Self::ServicePrincipal => Self::User,
        }
    }
}

/// Something and the bytes of the rule that say it, which do not count when two are compared.
#[derive(Debug, Clone)]
pub struct Located<T> {
    /// What is said.
    pub value: T,
    /// Where, in bytes.
    pub span: Range<usize>,
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A part of a rule that is true or false of an object. Its span includes the parentheses around it.
pub type Expression = Located<Node>;

/// What a part of a rule says.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// All are true; at least two, none of them an `And` itself.
    And(Vec<Expression>),
    /// Some is true; at least two, none of them an `Or` itself.
    Or(Vec<Expression>),
    /// It is false.
    Not(Box<Expression>),
    /// `-any` or `-all`.
    Quantified {
        /// The collection.
        collection: Located<Property>,
        /// Of how many elements the body must be true.
        quantifier: Quantifier,
        /// What is said of an element.
        body: Box<Expression>,
    },
    /// A comparison.
    Comparison(Comparison),
    /// `Direct Reports for "…"`: the manager has this object id.
    DirectReports(String),
}

/// Of how many elements of a collection something must be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// One or more.
    Any,
    /// Every one; of no element, too.
    All,
}

/// A property or an element, compared with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub subject: Located<Subject>,
    /// How.
    pub operator: Located<Operator>,
    /// With what.
    pub value: Located<Value>,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A property of the object.
    Property(Property),
    /// `_`: the element of a collection of texts.
    Item,
    /// `assignedPlan.…`: a member of the element of `assignedPlans`.
    Plan(PlanField),
    /// `group.objectId`: the element of `memberOf`.
    Group,
}

/// A member of an assigned plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanField {
    /// `servicePlanId`, a GUID.
    ServicePlanId,
    /// `service`, such as `exchange`.
    Service,
    /// `capabilityStatus`: `Enabled`, `Warning`, `Suspended`, `Deleted` or `LockedOut`.
    CapabilityStatus,
}

impl PlanField {
    /// Every field.
    pub const ALL: [Self; 3] = [Self::ServicePlanId, Self::Service, Self::CapabilityStatus];

    /// Its name, which is Graph's too.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServicePlanId => "servicePlanId",
            Self::Service => "service",
            Self::CapabilityStatus => "capabilityStatus",
        }
    }
}

/// What something is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A text.
    Text(String),
    /// A number, as written.
    Number(String),
    /// A point in time.
    Date(Moment),
    /// A list.
    List(Vec<Value>),
}

/// A point in time, relative to the evaluation's or not.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The point in time; without one, `system.now`.
    pub base: Option<Timestamp>,
    /// What is added to it.
    pub shift: Option<Span>,
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base && self.shift.map(Span::fieldwise) == other.shift.map(Span::fieldwise)
    }
}

impl Moment {
    /// The point in time when it is `now`; the calendar's first or last one when it lies beyond.
    pub fn at(&self, now: Timestamp) -> Timestamp {
        let base = self.base.unwrap_or(now);
        let Some(shift) = self.shift else { return base };
        let shifted = TimeZone::UTC.to_datetime(base).checked_add(shift);
        let beyond = if shift.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        shifted.and_then(|shifted| TimeZone::UTC.to_timestamp(shifted)).unwrap_or(beyond)
    }
}

impl Expression {
    /// Every comparison in it, in the order of the text.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        let mut found = Vec::new();
        self.walk(&mut |part| {
            if let Node::Comparison(comparison) = &part.value {
                found.push(comparison);
            }
        });
        found
    }

    /// Shows every part to `see`, the whole first.
    pub(super) fn walk<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        let mut waiting = vec![self];
        while let Some(part) = waiting.pop() {
            see(part);
            waiting.extend(part.parts().iter().rev());
        }
    }

    /// The parts that it is made of.
    pub fn parts(&self) -> &[Self] {
        match &self.value {
            Node::And(parts) | Node::Or(parts) => parts,
            Node::Not(part) | Node::Quantified { body: part, .. } => std::slice::from_ref(part),
            Node::Comparison(_) | Node::DirectReports(_) => &[],
        }
    }
}
