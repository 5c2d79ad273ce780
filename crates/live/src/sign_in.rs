//! Reads what sign-in rests on: policies and locations whole, and people with the groups that they are in; and finds who
//! signs in to what, by name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tenantry_core::address::{ObjectId, Target};
use tenantry_core::kinds::Lookup;
use tenantry_core::sign_in::{Person, State};
use tenantry_graph::{Client, Request, odata};

use crate::error::Error;
use crate::read::{PAGE, failed};
use crate::wire::look_up;

const POLICIES: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";

/// What stands in [`State::unreadable`] when people, or their groups, could not be read.
const PEOPLE: &str = "people and their groups";

/// Reads policies, locations, these people and their groups.
pub async fn sign_in(client: &Client, people: &BTreeSet<ObjectId>) -> Result<State, Error> {
    let mut state = State::default();
    state.policies = list(client, POLICIES, "policy", "Conditional Access policies", &mut state).await?;
    state.locations = list(client, LOCATIONS, "location", "named locations", &mut state).await?;
    let person = |id: &ObjectId| {
        let properties = "id,userPrincipalName,userType,accountEnabled,externalUserState";
        Request::get(format!("/users/{id}?$select={properties}"))
    };
    for (id, value) in each(client, people, person, &mut state).await? {
        state.people.insert(id, person_of(&value));
    }
    let groups =
        |id: &ObjectId| Request::get(format!("/users/{id}/transitiveMemberOf?$select=id&$top={PAGE}"));
    for (id, body) in each(client, people, groups, &mut state).await? {
        let request = groups(&id);
        let groups = client.continue_list(body, &request).await.map_err(|source| failed(PEOPLE, source))?;
        let ids = groups.iter().filter_map(|group| ObjectId::parse(group.get("id")?.as_str()?));
        state.memberships.insert(id, ids.collect());
    }
    Ok(state)
}

/// The user of this user principal name or object id.
pub async fn user(client: &Client, name: &str) -> Result<Option<Target>, Error> {
    let answer = client.get(&format!("/users/{}?$select=id,userPrincipalName", odata::segment(name))).await;
    let user = match answer {
        Ok(answer) => answer.body,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(source) => return Err(failed("users", source)),
    };
    let id = user.get("id").and_then(Value::as_str).and_then(ObjectId::parse);
    let name = user.get("userPrincipalName").and_then(Value::as_str).unwrap_or(name);
    Ok(id.map(|id| Target::existing(id, format!("user:{name}"))))
}

/// The application ids of the applications with this display name.
pub async fn applications(client: &Client, name: &str) -> Result<Vec<String>, Error> {
    let path = look_up("/servicePrincipals", "displayName", Lookup::Filter, &[name], "id,appId");
    let found = client.list(Request::get(path)).await.map_err(|source| failed("applications", source))?;
    Ok(found.iter().filter_map(|app| app.get("appId")?.as_str().map(str::to_owned)).collect())
}

/// A request for each of these people, in batches; somebody who is gone meanwhile has nothing.
async fn each(
    client: &Client,
    people: &BTreeSet<ObjectId>,
    request: impl Fn(&ObjectId) -> Request,
    state: &mut State,
) -> Result<Vec<(ObjectId, Value)>, Error> {
    let mut found = Vec::new();
    let answers = client.batch(people.iter().map(request).collect()).await;
    for (person, answer) in people.iter().zip(answers) {
        match answer {
            Ok(answer) => found.push((person.clone(), answer.body)),
            Err(error) if error.is_not_found() => {}
            Err(error) if error.is_forbidden() => {
                state.unreadable.insert(PEOPLE.to_owned());
            }
            Err(source) => return Err(failed(PEOPLE, source)),
        }
    }
    Ok(found)
}

fn person_of(user: &Value) -> Person {
    let text = |name: &str| user.get(name).and_then(Value::as_str).unwrap_or_default();
    Person {
        name: text("userPrincipalName").to_owned(),
        guest: text("userType").eq_ignore_ascii_case("guest"),
        external: !text("externalUserState").is_empty(),
        enabled: user.get("accountEnabled").and_then(Value::as_bool).unwrap_or(true),
    }
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
