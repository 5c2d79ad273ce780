//! The control plane of sign-in: `/sandbox/applications`, `/sandbox/device` and `/sandbox/sign-in`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Answer;
use super::device::Decision;
use crate::application::Application;
use crate::error::Error;
use crate::server::credentials::principal_changes;
use crate::server::shared::Shared;

/// What a person decides about a device code.
#[derive(Deserialize)]
#[serde(tag = "decision", rename_all = "lowercase", deny_unknown_fields)]
enum Decided {
    Approve { user: String },
    Decline,
}

/// Answers a request below `/sandbox/`; `None` when it is about something else.
pub(in crate::server) fn answer(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).skip(1).collect();
    let result = match (method, segments.as_slice()) {
        ("GET", ["applications"]) => {
            let all = shared.authority.registry.all();
            let shown: Vec<_> = all.iter().map(|found| found.show(false)).collect();
            Ok((200, json!({ "value": shown })))
        }
        ("POST", ["applications"]) => read(body).and_then(|body| register(shared, body)),
        (_, ["applications", id, rest @ ..]) => match shared.authority.registry.find(id) {
            Some(application) => one(shared, (method, rest), &application, body),
            None => Err((404, json!({ "error": format!("no application {id} is registered") }))),
        },
        ("POST", ["device", code]) => read(body).and_then(|decided| decide(shared, code, decided)),
        ("GET", ["sign-in"]) => Ok((200, json!(shared.authority.session.lifetimes()))),
        ("PATCH", ["sign-in"]) => read(body).and_then(|change| change_lifetimes(shared, change)),
        _ => return None,
    };
    Some(result.unwrap_or_else(|refused| refused))
}

/// Lets a person answer for a device.
fn decide(shared: &Shared, code: &str, decided: Decided) -> Result<Answer, Answer> {
    let decision = match decided {
        Decided::Decline => Decision::Declined,
        Decided::Approve { user } => {
            let tenant = shared.tenant();
            let person = tenant.primary().holder("userPrincipalName", &user);
            let person = person.filter(|person| !person.is_deleted());
            Decision::Approved(person.ok_or_else(|| bad(format!("no person is called {user}")))?.id)
        }
    };
    match shared.authority.session.devices.decide(code, decision) {
        true => Ok((204, Value::Null)),
        false => Err((404, json!({ "error": format!("no device waits with the code {code}") }))),
    }
}

/// What is absent stays.
fn change_lifetimes(shared: &Shared, change: BTreeMap<String, Value>) -> Result<Answer, Answer> {
    let mut lifetimes = json!(shared.authority.session.lifetimes());
    change.into_iter().for_each(|(name, value)| lifetimes[name] = value);
    let lifetimes = serde_json::from_value(lifetimes).map_err(|error| bad(error.to_string()))?;
    shared.authority.session.set_lifetimes(lifetimes);
    Ok((200, json!(lifetimes)))
}

fn one(
    shared: &Shared,
    (method, rest): (&str, &[&str]),
    application: &Application,
    body: &[u8],
) -> Result<Answer, Answer> {
    match (method, rest) {
        ("GET", []) => Ok((200, application.show(false))),
        ("PATCH", []) => {
            let changed = application.changed(read(body)?).map_err(bad)?;
            Ok((200, put(shared, changed)?.show(false)))
        }
        ("DELETE", []) => {
            shared.authority.registry.remove(application.app_id).map_err(|error| unwritten(&error))?;
            Ok((204, Value::Null))
        }
        ("POST", ["revoke"]) => {
            shared.authority.session.revoke(&application.app_id.to_string());
            Ok((204, Value::Null))
        }
        _ => Err((405, json!({ "error": "an application takes GET, PATCH, DELETE and POST …/revoke" }))),
    }
}

/// The answer shows the secrets, for the only time.
fn register(shared: &Shared, body: Value) -> Result<Answer, Answer> {
    let application = Application::read(body).map_err(bad)?;
    let id = application.app_id;
    if shared.authority.registry.find(&id.to_string()).is_some() {
        return Err((409, json!({ "error": format!("application {id} is already registered") })));
    }
    put(shared, application).map(|application| (201, application.show(true)))
}

/// Keeps an application and its service principal.
fn put(shared: &Shared, application: Application) -> Result<Application, Answer> {
    shared.authority.registry.put(application.clone()).map_err(|error| unwritten(&error))?;
    let committed = shared.intervene(|store| principal_changes(store, &application));
    committed.map_err(|error| (500, json!({ "error": error.to_string() })))?;
    Ok(application)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|error| bad(error.to_string()))
}

fn bad(problem: String) -> Answer {
    (400, json!({ "error": problem }))
}

fn unwritten(error: &Error) -> Answer {
    (500, json!({ "error": error.to_string() }))
}
