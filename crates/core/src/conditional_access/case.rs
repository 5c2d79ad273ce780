//! Cases: a tenant's policies, a principal and a sign-in, from JSON to JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::control::{Control, Requirement};
use super::evaluation::{BlockReason, Evaluation, Outcome, Tenant};
use super::policy::Policy;
use super::principal::Principal;
use super::sign_in::SignIn;

/// A sign-in to be evaluated.
#[derive(Debug)]
pub struct Case {
    id: Option<Value>,
    name: Option<Value>,
    tenant: Tenant,
    principal: Principal,
    sign_in: SignIn,
}

/// Why a JSON value is no case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at {})", if .pointer.is_empty() { "the top" } else { .pointer })]
pub struct CaseError {
    /// Where, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// What is said of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseResult {
    /// The case's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Value>,
    /// The case's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Value>,
    /// Whether one gets in.
    pub outcome: Outcome,
    /// What is required; `block` alone when a policy blocks.
    pub controls: Vec<Requirement>,
    /// Names of the enabled policies that apply.
    pub matched: Vec<String>,
    /// Names of the report-only policies that would.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub report_only_matched: Vec<String>,
    /// Names of session controls, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub session_controls: Vec<String>,
    /// Why one does not get in, where no policy says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_reason: Option<BlockReason>,
    /// One sentence a policy.
    pub why: Vec<String>,
}

/// What a file holds.
#[derive(Debug)]
pub enum Cases {
    /// One case.
    One(Box<Case>),
    /// An array of cases.
    Many(Vec<Case>),
}

impl Cases {
    /// Reads a case or an array of cases. Members that are null count as absent, unknown ones are passed over.
    ///
    /// # Errors
    ///
    /// When a value is no case: the first mistake, with its place.
    pub fn read(value: Value) -> Result<Self, CaseError> {
        match without_nulls(value) {
            Value::Array(items) => {
                let cases = items.into_iter().enumerate();
                let read = |(index, item): (usize, Value)| {
                    Case::read(item).map_err(|error| error.below(&index.to_string()))
                };
                cases.map(read).collect::<Result<_, _>>().map(Self::Many)
            }
            value => Ok(Self::One(Box::new(Case::read(value)?))),
        }
    }
}

impl Case {
    fn read(mut value: Value) -> Result<Self, CaseError> {
        let Some(members) = value.as_object_mut() else {
            return Err(CaseError::at("", "a case is a JSON object"));
        };
        let (id, name) = (members.remove("id"), members.remove("name"));
        let mut part = |name: &str| members.remove(name).ok_or_else(|| missing(name));
        let (principal, sign_in) = (part("principal")?, part("signIn")?);
        Ok(Self {
            id,
            name,
            principal: typed(principal).map_err(|error| error.below("principal"))?,
            sign_in: typed(sign_in).map_err(|error| error.below("signIn"))?,
            tenant: typed(value)?,
        })
    }

    /// The sign-in of a principal to a tenant.
    pub fn new(tenant: Tenant, principal: Principal, sign_in: SignIn) -> Self {
        Self { id: None, name: None, tenant, principal, sign_in }
    }

    /// What the policies say.
    pub fn evaluate(&self) -> CaseResult {
        let seen = self.tenant.observe(&self.sign_in);
        let evaluation = self.tenant.evaluate(&self.tenant.assigned(&self.principal), &seen);
        let names = |places: &[usize]| -> Vec<String> {
            places.iter().map(|place| Policy::name(&self.tenant.policies[*place]).to_owned()).collect()
        };
        CaseResult {
            id: self.id.clone(),
            name: self.name.clone(),
            outcome: evaluation.outcome,
            controls: controls(&evaluation),
            matched: names(&evaluation.matched),
            report_only_matched: names(&evaluation.report_only_matched),
            block_reason: evaluation.block_reason,
            session_controls: evaluation.session_controls.into_iter().collect(),
            why: self.tenant.explain(&self.principal, &seen),
        }
    }
}

fn controls(evaluation: &Evaluation) -> Vec<Requirement> {
    match evaluation.is_blocked_by_policy() {
        true => vec![Requirement::One(Control::BuiltIn("block".to_owned()))],
        false => evaluation.requirements.clone(),
    }
}

impl CaseError {
    fn at(pointer: &str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.to_owned(), message: message.into() }
    }

    /// The error, of a member of something.
    fn below(self, member: &str) -> Self {
        Self { pointer: format!("/{member}{}", self.pointer), message: self.message }
    }
}

fn missing(name: &str) -> CaseError {
    CaseError::at("", format!("a case has a member `{name}`, and this has none"))
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, CaseError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer: String = error.path().iter().filter_map(member).collect();
        CaseError { pointer, message: error.inner().to_string() }
    })
}

fn member(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// The value without members that are null, which say what absent ones do.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
