//! Reads what sign-in rests on: policies and locations whole, and the groups that administrators are in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::sign_in::State;
use tenantry_graph::{Client, Request};

use crate::error::Error;
use crate::read::{PAGE, failed};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";

/// Reads policies, locations, and the groups of these people.
pub async fn sign_in(client: &Client, people: &BTreeSet<ObjectId>) -> Result<State, Error> {
    let mut state = State::default();
    state.policies = list(client, POLICIES, "policy", "Conditional Access policies", &mut state).await?;
    state.locations = list(client, LOCATIONS, "location", "named locations", &mut state).await?;
    let what = "groups of administrators";
    let requests: Vec<Request> = people.iter().map(groups_of).collect();
    let answers = client.batch(requests.clone()).await;
    for ((person, request), answer) in people.iter().zip(&requests).zip(answers) {
        let list = match answer {
            Ok(answer) => client.continue_list(answer.body, request).await,
            Err(error) => Err(error),
        };
        match list {
            Ok(groups) => {
                let ids = groups.iter().filter_map(|group| Some(group.get("id")?.as_str()?.to_owned()));
                state.memberships.insert(person.clone(), ids.collect());
            }
            Err(error) if error.is_not_found() => {}
            Err(error) if error.is_forbidden() => {
                state.unreadable.insert(what.to_owned());
            }
            Err(source) => return Err(failed(what, source)),
        }
    }
    Ok(state)
}

fn groups_of(person: &ObjectId) -> Request {
    Request::get(format!("/users/{person}/transitiveMemberOf?$select=id&$top={PAGE}"))
}

async fn list(
    client: &Client,
    path: &str,
    kind: &str,
    what: &str,
    state: &mut State,
) -> Result<BTreeMap<Target, Map<String, Value>>, Error> {
    let values = match client.list(Request::get(path)).await {
        Ok(values) => values,
        Err(error) if error.is_forbidden() => {
            state.unreadable.insert(what.to_owned());
            Vec::new()
        }
        Err(source) => return Err(failed(what, source)),
    };
    let named = values.into_iter().filter_map(|value| match value {
        Value::Object(object) => {
            let id = ObjectId::of_service(object.get("id")?.as_str()?)?;
            let name = object.get("displayName").and_then(Value::as_str).unwrap_or_default();
            Some((Target::existing(id, format!("{kind}:{name}")), object))
        }
        _ => None,
    });
    Ok(named.collect())
}
