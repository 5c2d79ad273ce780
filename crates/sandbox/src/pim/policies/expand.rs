//! `$expand` of policies: their rules, and of assignments the policy with its rules.

use serde_json::{Map, Value, json};

use super::subject::Policy;
use crate::graph::{Failure, Selection, entity};
use crate::schema;

/// What is shown inside an answer.
#[derive(Debug, Default)]
pub(super) struct Expand {
    names: Vec<(&'static str, Self)>,
}

impl Expand {
    /// Reads `$expand`, for example `policy($expand=rules)`, where these relationships may stand.
    pub(super) fn parse(option: Option<&str>, known: &[&'static str]) -> Result<Self, Failure> {
        let mut expand = Self::default();
        for part in option.map(parts).unwrap_or_default() {
            let (name, inner) = match part.split_once('(') {
                Some((name, rest)) => (name, rest.strip_suffix(')').ok_or_else(malformed)?),
                None => (part, ""),
            };
            let name = known.iter().find(|known| **known == name.trim()).ok_or_else(|| unsupported(name))?;
            let inner = match inner.trim() {
                "" => None,
                inner => Some(inner.strip_prefix("$expand=").ok_or_else(|| unsupported(inner))?),
            };
            let below: &[&'static str] = if *name == "policy" { RULES } else { &[] };
            expand.names.push((name, Self::parse(inner, below)?));
        }
        Ok(expand)
    }

    /// Puts what is asked for into the JSON of a policy or of its assignment.
    pub(super) fn add_to(&self, members: &mut Map<String, Value>, policy: &Policy) {
        for (name, inner) in &self.names {
            let value = match *name {
                "policy" => inner.whole(policy),
                _ => json!(policy.rules().all),
            };
            members.insert((*name).to_owned(), value);
        }
    }

    fn whole(&self, policy: &Policy) -> Value {
        let Some(kind) = schema::by_name("unifiedRoleManagementPolicy") else { return Value::Null };
        let mut members = entity(&policy.object(kind), &Selection::Default, false);
        self.add_to(&mut members, policy);
        Value::Object(members)
    }
}

/// Relationships of a policy.
pub(super) const RULES: &[&str] = &["rules", "effectiveRules"];

/// Relationships of an assignment.
pub(super) const POLICY: &[&str] = &["policy"];

/// The parts between commas that stand outside of parentheses.
fn parts(option: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let split = |letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    };
    option.split(split).map(str::trim).collect()
}

fn malformed() -> Failure {
    Failure::malformed("Parsing OData Select and Expand failed.")
}

fn unsupported(name: &str) -> Failure {
    let message = format!("The '$expand' query on relationship property '{name}' is not supported.");
    Failure::new(400, "ExpandNotSupported", message)
}
