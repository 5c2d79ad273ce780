//! Reads what it takes to say who joins and who leaves through rules.

use std::collections::BTreeSet;

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::Lookup;
use tenantry_core::movement::{Extent, Question};
use tenantry_core::rule::ObjectKind;
use tenantry_core::snapshot::{Observed, Snapshot, target_of};
use tenantry_graph::{Client, Request};

use crate::error::Error;
use crate::read::{IN_FILTER, NAMES, PAGE, failed, observed};
use crate::wire::look_up;

const RULE_DRIVEN: &str = "/groups?$filter=groupTypes/any(t:t eq 'DynamicMembership')\
    &$select=id,displayName,membershipRule,membershipRuleProcessingState,assignedLicenses&$top=999";

/// Lists the tenant's rule-driven groups.
pub async fn rule_driven_groups(client: &Client, snapshot: &mut Snapshot) -> Result<(), Error> {
    let values = allowed(client.list(Request::get(RULE_DRIVEN)).await, "rule-driven groups", snapshot)?;
    let groups = values.into_iter().flatten().filter_map(|value| observed(value, None));
    snapshot.candidates.groups = Some(groups.collect());
    Ok(())
}

/// Reads what `question` asks for. Where the identity may not, that is noted and nothing is said of who moves.
pub async fn candidates(client: &Client, question: &Question, snapshot: &mut Snapshot) -> Result<(), Error> {
    for (kind, extent) in &question.objects {
        let Some(objects) = objects(client, *kind, extent, snapshot).await? else { return Ok(()) };
        snapshot.candidates.objects.insert(*kind, objects);
    }
    for manager in &question.managers {
        let request = Request::get(format!("/users/{manager}/directReports?$select=id&$top={PAGE}"));
        let Some(reports) = allowed(client.list(request).await, "direct reports", snapshot)? else {
            return Ok(());
        };
        let ids = reports.iter().filter_map(|report| ObjectId::parse(report.get("id")?.as_str()?));
        snapshot.candidates.managers.extend(ids.map(|id| (id, manager.clone())));
    }
    for (id, path) in &question.members {
        let request = Request::get(format!("{path}?$select={NAMES}&$top={PAGE}"));
        let Some(members) = allowed(client.list(request).await, "members", snapshot)? else { return Ok(()) };
        let members = members.iter().filter_map(target_of).collect();
        snapshot.candidates.members.insert(id.clone(), members);
    }
    snapshot.candidates.read = true;
    Ok(())
}

async fn objects(
    client: &Client,
    kind: ObjectKind,
    extent: &Extent,
    snapshot: &mut Snapshot,
) -> Result<Option<Vec<Observed>>, Error> {
    let (path, what) = match kind {
        ObjectKind::User => ("/users", "users"),
        ObjectKind::Device => ("/devices", "devices"),
        ObjectKind::ServicePrincipal => ("/servicePrincipals", "service principals"),
    };
    let select = extent.properties.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let total = snapshot.kinds.get(kind.prefix()).and_then(|seen| seen.total).unwrap_or(usize::MAX);
    let values = match &extent.only {
        // A request a few objects; where these are many, pages of everybody are fewer.
        Some(ids) if ids.len().div_ceil(IN_FILTER) <= total.div_ceil(PAGE) => {
            some(client, path, &select, ids).await
        }
        _ => client.list(Request::get(format!("{path}?$select={select}&$top={PAGE}"))).await,
    };
    let values = allowed(values, what, snapshot)?;
    Ok(values.map(|values| values.into_iter().filter_map(|value| observed(value, None)).collect()))
}

/// Objects by id; those that are gone are left out.
async fn some(
    client: &Client,
    path: &str,
    select: &str,
    ids: &BTreeSet<ObjectId>,
) -> Result<Vec<Value>, tenantry_graph::Error> {
    let ids: Vec<&str> = ids.iter().map(ObjectId::as_str).collect();
    let paths = ids.chunks(IN_FILTER).map(|ids| look_up(path, "id", Lookup::Filter, ids, select));
    let requests: Vec<Request> = paths.map(Request::get).collect();
    let mut values = Vec::new();
    for (request, answer) in requests.iter().zip(client.batch(requests.clone()).await) {
        values.extend(client.continue_list(answer?.body, request).await?);
    }
    Ok(values)
}

/// The answer; nothing, and a remark, when the identity may not read that.
fn allowed<T>(
    answer: Result<T, tenantry_graph::Error>,
    what: &str,
    snapshot: &mut Snapshot,
) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_forbidden() => {
            snapshot.candidates.forbidden = Some(what.to_owned());
            Ok(None)
        }
        Err(source) => Err(failed(what, source)),
    }
}
