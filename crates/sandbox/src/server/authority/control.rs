//! The control plane of sign-in: `/sandbox/applications`.

use serde_json::{Value, json};

use super::Answer;
use crate::application::Application;
use crate::error::Error;
use crate::server::credentials::principal_change;
use crate::server::shared::Shared;

/// Answers a request below `/sandbox/`; `None` when it is about something else.
pub(in crate::server) fn answer(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
    let rest = path.strip_prefix("/sandbox/applications")?;
    let id = rest.strip_prefix('/').filter(|id| !id.is_empty());
    Some(match (method, id) {
        ("GET", None) => {
            let shown: Vec<_> =
                shared.authority.registry.all().iter().map(|found| found.show(false)).collect();
            (200, json!({ "value": shown }))
        }
        ("POST", None) => {
            read(body).and_then(|body| register(shared, body)).unwrap_or_else(|refused| refused)
        }
        (_, Some(id)) => match shared.authority.registry.find(id) {
            Some(application) => one(shared, method, &application, body),
            None => (404, json!({ "error": format!("no application {id} is registered") })),
        },
        _ => return None,
    })
}

fn one(shared: &Shared, method: &str, application: &Application, body: &[u8]) -> Answer {
    match method {
        "GET" => (200, application.show(false)),
        "PATCH" => {
            let changed = read(body).and_then(|body| application.changed(body).map_err(bad));
            match changed.and_then(|changed| put(shared, changed)) {
                Ok(changed) => (200, changed.show(false)),
                Err(refused) => refused,
            }
        }
        "DELETE" => match shared.authority.registry.remove(application.app_id) {
            Ok(_) => (204, Value::Null),
            Err(error) => unwritten(&error),
        },
        _ => (405, json!({ "error": "an application takes GET, PATCH and DELETE" })),
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
    let committed = shared.intervene(|store| principal_change(store, &application).into_iter().collect());
    committed.map_err(|error| (500, json!({ "error": error.to_string() })))?;
    Ok(application)
}

fn read(body: &[u8]) -> Result<Value, Answer> {
    serde_json::from_slice(body).map_err(|error| bad(error.to_string()))
}

fn bad(problem: String) -> Answer {
    (400, json!({ "error": problem }))
}

fn unwritten(error: &Error) -> Answer {
    (500, json!({ "error": error.to_string() }))
}
