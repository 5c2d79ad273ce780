//! One request: whether its method, path, options and body fit the schema.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Breach;
use crate::path::Resource;
use crate::schema::{Operation, Schema};
use crate::value::Direction;

/// A request as a service gets it.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub method: String,
    /// Path and query from the version on: `/v1.0/users?$select=id`.
    pub url: String,
    /// The product that sent it.
    #[serde(default)]
    pub user_agent: String,
    /// The JSON body, if any.
    #[serde(default)]
    pub body: Option<Value>,
}

/// Requests to `/beta` that are meant: the schema of v1.0 says nothing about them.
#[derive(Debug, Clone, Copy)]
pub struct Beta {
    /// The beginning of their paths below the version: `/policies/`.
    pub path: &'static str,
    /// Why v1.0 does not do.
    pub reason: &'static str,
}

impl Schema {
    /// Everything that departs from the schema in a request and, for a batch, in its items.
    pub fn check_request(&self, request: &Request, beta: &[Beta]) -> Vec<Breach> {
        let mut breaches = Vec::new();
        match request.url.strip_prefix("/beta") {
            Some(path) if path.starts_with("/$batch") => {
                self.check_batch(request, "/beta", beta, &mut breaches)
            }
            Some(path) => {
                if !beta.iter().any(|declared| path.starts_with(declared.path)) {
                    breaches.push(Breach::new("url", "not in v1.0, and not declared as a use of beta"));
                }
            }
            None => match request.url.strip_prefix("/v1.0") {
                Some("/$batch") => self.check_batch(request, "/v1.0", beta, &mut breaches),
                Some(target) => self.check_single(request, target, &mut breaches),
                None => breaches.push(Breach::new("url", "does not begin with a version")),
            },
        }
        breaches
    }

    fn check_batch(&self, request: &Request, version: &str, beta: &[Beta], breaches: &mut Vec<Breach>) {
        for item in request.items() {
            match item {
                Ok(mut item) => {
                    item.url.insert_str(0, version);
                    breaches.extend(self.check_request(&item, beta));
                }
                Err(what) => breaches.push(Breach::new("body/requests", what)),
            }
        }
        if request.method != "POST" {
            breaches.push(Breach::new("method", "a batch is posted"));
        }
    }

    fn check_single(&self, request: &Request, target: &str, breaches: &mut Vec<Breach>) {
        let (path, options) = split(target);
        let resource = match self.resolve(&path) {
            Ok(resource) => resource,
            Err(what) => return breaches.push(Breach::new("path", what)),
        };
        self.check_options(&resource, &options, breaches);
        match self.body_of(&resource, &request.method) {
            Ok(expected) => self.check_body(expected, request.body.as_ref(), breaches),
            Err(what) => breaches.push(Breach::new("method", format!("{}: {what}", request.method))),
        }
    }

    /// What body the method takes on a resource; the error says why it does not go there.
    fn body_of<'s>(&'s self, resource: &'s Resource<'s>, method: &str) -> Result<Expected<'s>, String> {
        match (method, resource) {
            ("POST", Resource::Operation(operation)) if operation.action => {
                Ok(Expected::Parameters(operation))
            }
            (_, Resource::Operation(operation)) if operation.action => {
                Err(format!("{} is an action, which is posted", operation.qualified))
            }
            ("GET", _) => Ok(Expected::Nothing),
            ("POST", Resource::Entities { of, via }) => match via {
                Some(via) if !via.contained => {
                    Err(format!("`{}` takes references: /$ref is missing", via.name))
                }
                _ => Ok(Expected::Entity(of)),
            },
            ("PATCH" | "DELETE", Resource::Entity { via: Some(via), .. }) if !via.contained => {
                Err(format!("reaches the object behind `{}`, not the link: /$ref is missing", via.name))
            }
            ("PATCH", Resource::Entity { of, .. }) => Ok(Expected::Entity(of)),
            ("DELETE", Resource::Entity { .. }) => Ok(Expected::Nothing),
            ("POST", Resource::Reference { of, many: true, one: false })
            | ("PUT", Resource::Reference { of, many: false, .. }) => Ok(Expected::Reference(of)),
            ("DELETE", Resource::Reference { many: false, .. } | Resource::Reference { one: true, .. }) => {
                Ok(Expected::Nothing)
            }
            _ => Err("does not go there".to_owned()),
        }
    }

    fn check_body(&self, expected: Expected<'_>, body: Option<&Value>, breaches: &mut Vec<Breach>) {
        let empty = Map::new();
        let object = match (&expected, body) {
            (Expected::Nothing, None | Some(Value::Null)) => return,
            (Expected::Nothing, Some(_)) => return breaches.push(Breach::new("body", "none is expected")),
            (Expected::Parameters(_), None | Some(Value::Null)) => &empty,
            (_, Some(Value::Object(object))) => object,
            _ => return breaches.push(Breach::new("body", "an object is expected")),
        };
        match expected {
            Expected::Nothing => {}
            Expected::Entity(of) => self.check_object(of, object, Direction::Request, "body", breaches),
            Expected::Reference(of) => self.check_reference_body(of, object, breaches),
            Expected::Parameters(operation) => self.check_parameters(operation, object, breaches),
        }
    }

    fn check_reference_body(&self, of: &str, object: &Map<String, Value>, breaches: &mut Vec<Breach>) {
        let reference = object.get("@odata.id").and_then(Value::as_str).filter(|_| object.len() == 1);
        let Some(reference) = reference else {
            return breaches
                .push(Breach::new("body", "a reference is an object with @odata.id and nothing else"));
        };
        match self.entity_at(reference) {
            Ok(found) if self.derives(&found, of) || self.derives(of, &found) => {}
            Ok(found) => {
                breaches.push(Breach::new("body/@odata.id", format!("leads to {of}, not to {found}")))
            }
            Err(what) => breaches.push(Breach::new("body/@odata.id", format!("`{reference}`: {what}"))),
        }
    }

    fn check_parameters(
        &self,
        operation: &Operation,
        object: &Map<String, Value>,
        breaches: &mut Vec<Breach>,
    ) {
        for (name, value) in object {
            let place = format!("body/{name}");
            match operation.parameters.iter().find(|parameter| parameter.name == *name) {
                Some(parameter) => self.check_value(parameter, value, Direction::Request, &place, breaches),
                None => {
                    let what = format!("{} has no parameter `{name}`", operation.qualified);
                    breaches.push(Breach::new(place, what));
                }
            }
        }
        for parameter in &operation.parameters {
            if !parameter.nullable && !parameter.optional && !object.contains_key(&parameter.name) {
                let what = format!("the parameter `{}` is missing", parameter.name);
                breaches.push(Breach::new("body", what));
            }
        }
    }

    /// The type of the entity that an absolute address such as `https://graph.microsoft.com/v1.0/users/{id}` names.
    pub(crate) fn entity_at(&self, address: &str) -> Result<String, String> {
        let url = url::Url::parse(address).map_err(|error| format!("no absolute address: {error}"))?;
        let target = url.path().strip_prefix("/v1.0").ok_or("does not begin with a version")?;
        let (path, _) = split(target);
        match self.resolve(&path)? {
            Resource::Entity { of, .. } => Ok(of),
            _ => Err("names no entity".to_owned()),
        }
    }
}

/// The body a method takes.
enum Expected<'s> {
    Nothing,
    Entity(&'s str),
    Reference(&'s str),
    Parameters(&'s Operation),
}

impl Request {
    /// The requests in a batch, their paths without version.
    pub(crate) fn items(&self) -> Vec<Result<Self, String>> {
        let items = self.body.as_ref().and_then(|body| body.get("requests")).and_then(Value::as_array);
        let Some(items) = items else { return vec![Err("a batch holds an array `requests`".to_owned())] };
        let read = |item: &Value| serde_json::from_value(item.clone()).map_err(|error| error.to_string());
        items.iter().map(read).collect()
    }

    /// Method and path with a placeholder for each key, the names of options, and the names in the body: what is alike
    /// in many requests.
    pub(crate) fn shape(&self) -> String {
        let (path, options) = split(&self.url);
        let segments = path.iter().map(|segment| match segment.split_once('(') {
            Some((name, key)) => format!("{name}({})", key.split('=').next().unwrap_or_default()),
            None if segment.contains(|character: char| character.is_ascii_digit() || character == '@')
                && segment != "v1.0" =>
            {
                "{id}".to_owned()
            }
            None => segment.clone(),
        });
        let mut shape = format!("{} /{}", self.method, segments.collect::<Vec<_>>().join("/"));
        for (name, value) in options {
            let shown = if matches!(name.as_str(), "$select" | "$expand") { value } else { "…".to_owned() };
            shape.push_str(&format!(" {name}={shown}"));
        }
        let names = self
            .body
            .as_ref()
            .and_then(Value::as_object)
            .map(|body| body.keys().cloned().collect::<Vec<_>>());
        names.map_or(shape.clone(), |names| format!("{shape} {{{}}}", names.join(", ")))
    }
}

/// Decoded segments and options of a path with its query.
fn split(target: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let segments = path.trim_matches('/').split('/').map(decode).collect();
    (segments, url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}
