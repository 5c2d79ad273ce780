//! Which scope a request for policies is about: its `$filter` must say it.

use super::rule::ScopeType;
use crate::graph::{Failure, Request};
use crate::query::filter::equalities;
use crate::schema::bad_request;

/// The scope in `$filter`.
pub(super) struct Scope {
    pub(super) of: ScopeType,
    pub(super) id: String,
    /// Of one role, or of one kind of access.
    pub(super) role: Option<String>,
}

impl Scope {
    /// Reads `$filter`, which is mandatory and asks for equality only.
    pub(super) fn parse(request: &Request) -> Result<Self, Failure> {
        let text = request.option("filter").ok_or_else(missing)?;
        let equal = equalities(text).ok_or_else(missing)?;
        let (mut of, mut id, mut role) = (None, None, None);
        for (name, value) in equal {
            match name.as_str() {
                "scopeId" => id = Some(value),
                "scopeType" => of = Some(scope_type(&value)?),
                "roleDefinitionId" => role = Some(value),
                _ => return Err(bad_request(format!("The property '{name}' cannot be filtered."))),
            }
        }
        Ok(Self { of: of.ok_or_else(missing)?, id: id.ok_or_else(missing)?, role })
    }

    /// Whether it asks for settings of this role or kind of access.
    pub(super) fn admits(&self, role: &str) -> bool {
        self.role.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(role))
    }
}

/// `Directory` means roles too.
fn scope_type(name: &str) -> Result<ScopeType, Failure> {
    match name {
        "Directory" | "DirectoryRole" => Ok(ScopeType::DirectoryRole),
        "Group" => Ok(ScopeType::Group),
        _ => Err(bad_request(format!("The scope type '{name}' is not supported."))),
    }
}

fn missing() -> Failure {
    bad_request("A filter by equality of scopeId and scopeType is required.")
}

/// Whether a request for policies is about groups.
pub(crate) fn concerns_groups(request: &Request) -> bool {
    let by_id = request.segments.get(2).is_some_and(|id| id.starts_with("Group_"));
    by_id || Scope::parse(request).is_ok_and(|scope| scope.of == ScopeType::Group)
}
