//! Finds the live object that a key means.

use std::collections::BTreeMap;

use crate::address::compare_folded;
use crate::desired::Declared;
use crate::kinds::{KeyRule, Kind, Lookup};
use crate::snapshot::Observed;

/// Live objects of one kind by what they can be found under.
pub struct Index<'a> {
    kind: &'static Kind,
    /// In the order of ids.
    by_id: Vec<&'a Observed>,
    /// For each rule, values and what has them, in the order of values without case.
    by_rule: Vec<Vec<(&'a str, &'a Observed)>>,
}

/// What a search found.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// No live object.
    Nothing,
    /// One.
    One(&'a Observed),
    /// Several with the same key; nobody can say which is meant.
    Several(Vec<&'a Observed>),
}

impl<'a> Found<'a> {
    /// The object, when there is exactly one.
    pub fn single(&self) -> Option<&'a Observed> {
        match self {
            Self::One(live) => Some(live),
            Self::Nothing | Self::Several(_) => None,
        }
    }

    /// Whether nothing was found.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl<'a> Index<'a> {
    /// An index over `objects`.
    pub fn new(kind: &'static Kind, objects: &'a [Observed]) -> Self {
        let mut by_id: Vec<&Observed> = objects.iter().collect();
        by_id.sort_by(|left, right| left.id.cmp(&right.id));
        let values = |rule: &KeyRule| {
            let found = objects.iter().filter(|live| (rule.applies)(live));
            let mut values: Vec<(&str, &Observed)> = found
                .map(|live| (live.key(rule.property), live))
                .filter(|(value, _)| !value.is_empty())
                .collect();
            values.sort_by(|left, right| compare_folded(left.0, right.0));
            values
        };
        Self { kind, by_id, by_rule: kind.keys.iter().map(values).collect() }
    }

    /// The live object with this id.
    pub fn by_id(&self, id: &str) -> Option<&'a Observed> {
        let place = self.by_id.binary_search_by(|live| live.id.as_str().cmp(id)).ok()?;
        self.by_id.get(place).copied()
    }

    /// The live object that a declaration means: by its pinned id; else by what it shall be called, by every rule;
    /// else by what it may still be called.
    pub fn find(&self, declared: &Declared) -> Found<'a> {
        let by_name = self.find_by_name(declared);
        if by_name.is_nothing() { self.find_by_former_name(declared) } else { by_name }
    }

    /// The live object that has a declaration's id, or is called what it shall be called.
    pub fn find_by_name(&self, declared: &Declared) -> Found<'a> {
        if self.kind.shape.is_single() {
            return found_among(self.by_id.clone());
        }
        match &declared.id {
            Some(id) => self.by_id(id.as_str()).map_or(Found::Nothing, Found::One),
            None => self.by_values(|rule| Some(rule.value(&declared.address.key, Some(declared)))),
        }
    }

    /// The live object that still is called as the declaration's key, or as one of its earlier keys.
    pub fn find_by_former_name(&self, declared: &Declared) -> Found<'a> {
        if declared.id.is_some() {
            return Found::Nothing;
        }
        let by_key = self.by_values(|rule| rule.former_value(&declared.address.key, declared));
        if !by_key.is_nothing() {
            return by_key;
        }
        let earlier = declared.previously.iter().map(|key| self.by_values(|rule| Some((rule.from_key)(key))));
        earlier.into_iter().find(|found| !found.is_nothing()).unwrap_or(Found::Nothing)
    }

    /// The live object that an undeclared key means. Alternate keys are ours, so people's names never match them.
    pub fn find_undeclared(&self, key: &str) -> Found<'a> {
        self.by_values(|rule| (rule.lookup == Lookup::Filter).then(|| (rule.from_key)(key)))
    }

    /// What the rules find together: two rules that find two objects say as little as one rule that does.
    fn by_values(&self, value: impl Fn(&KeyRule) -> Option<String>) -> Found<'a> {
        let mut found: BTreeMap<&str, &'a Observed> = BTreeMap::new();
        for (rule, values) in self.kind.keys.iter().zip(&self.by_rule) {
            let Some(value) = value(rule) else { continue };
            let from = values.partition_point(|(other, _)| compare_folded(other, &value).is_lt());
            let alike = values[from..].iter().take_while(|(other, _)| compare_folded(other, &value).is_eq());
            found.extend(alike.map(|(_, live)| (live.id.as_str(), *live)));
        }
        found_among(found.into_values().collect())
    }
}

fn found_among(mut found: Vec<&Observed>) -> Found<'_> {
    match (found.pop(), found.is_empty()) {
        (None, _) => Found::Nothing,
        (Some(one), true) => Found::One(one),
        (Some(last), false) => Found::Several(found.into_iter().chain([last]).collect()),
    }
}
