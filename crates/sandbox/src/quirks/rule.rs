//! Membership rules as writes meet them.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership>

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::{Written, administrative_unit, group};
use crate::graph::{Directory, Failure, Request, Response};
use crate::rules::{Resident, Rule};
use crate::schema::bad_request;
use crate::store::{Change, Object, id_of};

/// Whether a rule decides about the members of a group or an administrative unit.
pub(crate) fn is_rule_driven(object: &Object) -> bool {
    group::is_dynamic(object) || administrative_unit::is_dynamic(object)
}

/// Reads a rule, or refuses the request that carries it.
pub(crate) fn read(text: &str) -> Result<Rule, Failure> {
    Rule::parse(text).map_err(|refusal| {
        let message = format!("Dynamic membership rule validation error: {}.", refusal.message);
        Failure::new(400, refusal.code, message).with_detail("InvalidValue", "membershipRule")
    })
}

/// Empties what a rule decides about: what comes back from deleted items is filled like something new.
pub(super) fn emptied(directory: &Directory<'_>, object: &Object) -> Option<Change> {
    let targets: Vec<_> = directory.primary.targets(object.id, "members").collect();
    let unlink = Change::Unlink { source: object.id, relation: "members", targets };
    is_rule_driven(object).then_some(unlink)
}

/// Whether a rule holds for one object: the given rule, or that of a group.
/// <https://learn.microsoft.com/graph/api/group-evaluatedynamicmembership>
pub(crate) fn evaluate(
    directory: &Directory<'_>,
    group: Option<&Arc<Object>>,
    request: &Request,
) -> Result<Written, Failure> {
    let body = request.object()?;
    let member = |name: &str| body.get(name).and_then(|value| value.as_str());
    let missing = |name: &str| bad_request(format!("The parameter '{name}' is required."));
    let text = match group {
        Some(group) => group.text("membershipRule"),
        None => member("membershipRule"),
    };
    let text = text.ok_or_else(|| missing("membershipRule"))?;
    let rule = read(text)?;
    let id = member("memberId").ok_or_else(|| missing("memberId"))?;
    let store = directory.visible;
    let object = store.live(id_of(id)).ok_or_else(|| crate::graph::resource_not_found(id))?;
    let holds = rule.is_about(object) && rule.holds(&Resident { store, object }, Timestamp::now());
    let response = Response::json(json!({
        "@odata.context": format!("{}/$metadata#microsoft.graph.evaluateDynamicMembershipResult", request.root),
        "membershipRule": text,
        "membershipRuleEvaluationResult": holds,
    }));
    Ok(Written { changes: Vec::new(), response })
}
