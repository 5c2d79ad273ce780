//! Reads activations under way of what a plan takes from groups and units.

use serde_json::Value;
use tenantry_core::address::ObjectId;
use tenantry_core::kinds::ScheduleOf;
use tenantry_core::schedules::activated::Doubtful;
use tenantry_core::schedules::path;
use tenantry_core::snapshot::Snapshot;
use tenantry_graph::{Client, Request, odata};

use crate::error::Error;
use crate::read::failed;
use crate::read::schedules::{NO_LICENCE, of_group};

/// Reads who is in these groups, or holds roles over these units, by an activation. In a tenant without Privileged Identity
/// Management nobody is; where the identity may not see it, the plan goes by the lists alone.
pub async fn activations(client: &Client, asked: &Doubtful, snapshot: &mut Snapshot) -> Result<(), Error> {
    let groups = asked.groups.iter().map(|id| of_group(path(ScheduleOf::Group("member"), false), id));
    let requests: Vec<Request> = groups.chain(asked.units.iter().map(over_unit)).collect();
    let answers = client.batch(requests.clone()).await;
    let mut rows: Vec<Value> = Vec::new();
    for (request, answer) in requests.iter().zip(answers) {
        let list = match answer {
            Ok(answer) => client.continue_list(answer.body, request).await,
            Err(error) => Err(error),
        };
        match list {
            Ok(list) => rows.extend(list),
            Err(error) if is_refusal(&error) => {}
            Err(source) => return Err(failed("activations", source)),
        }
    }
    snapshot.activated.take(asked, &rows);
    Ok(())
}

/// No licence, no permission, or a group that cannot be managed there.
fn is_refusal(error: &tenantry_graph::Error) -> bool {
    error.is_forbidden() || error.is_not_found() || error.code() == Some(NO_LICENCE)
}

fn over_unit(unit: &ObjectId) -> Request {
    let filter = format!("directoryScopeId eq '/administrativeUnits/{unit}'");
    Request::get(format!("{}?$filter={}", path(ScheduleOf::Role, false), odata::query(&filter)))
}
