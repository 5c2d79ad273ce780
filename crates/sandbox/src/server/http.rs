//! HTTP in and out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::authority::{self, Answer, Asked};
use super::broken::{Broken, Half};
use super::control;
use super::luck::Fault;
use super::shared::{RequestIds, Shared, body};
use crate::graph::{Content, Failure, Metadata, Method, Request, Response, json_type};

/// Largest request body in bytes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The body of an answer, whole or half.
type Sent = Either<Full<Bytes>, Half>;

/// Answers one HTTP request.
pub(super) async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
    reset: &AtomicBool,
) -> Result<hyper::Response<Sent>, Broken> {
    let (parts, incoming) = request.into_parts();
    let Ok(collected) = Limited::new(incoming, LARGEST_BODY).collect().await else {
        let ids = RequestIds::new(None);
        let refusal = Failure::new(413, "RequestEntityTooLarge", "The request body is larger than 4 MB.");
        return Ok(dressed(refusal.into_response(&ids.request, &ids.client), &ids, false));
    };
    let bytes = collected.to_bytes();
    let path = parts.uri.path();
    if path.starts_with("/sandbox/") {
        let target = (path, parts.uri.query());
        return Ok(plain(control::answer(&shared, parts.method.as_str(), target, &bytes)));
    }
    let target = parts.uri.path_and_query().map_or(path, |target| target.as_str());
    if let Some((version, rest)) = split_version(target) {
        if shared.strikes(Fault::Reset, shared.knobs().faults.reset_every) {
            reset.store(true, Ordering::Relaxed);
            return Err(Broken);
        }
        return graph(&shared, &parts.method, version, rest, headers(&parts.headers), &bytes).await;
    }
    pause(&shared).await;
    let (segments, query) = Request::split(target);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let asked = Asked {
        method: parts.method.as_str(),
        segments: &segments,
        query: &query,
        authorization: header("authorization"),
        correlation: header("client-request-id"),
        body: &bytes,
    };
    let answer = authority::answer(&shared, &asked);
    Ok(plain(answer.unwrap_or_else(|| (404, serde_json::json!({ "error": "not_found" })))))
}

/// The version of a Graph path and what follows it.
fn split_version(target: &str) -> Option<(&'static str, &str)> {
    let known = ["v1.0", "beta"].into_iter();
    known
        .filter_map(|version| Some((version, target.strip_prefix('/')?.strip_prefix(version)?)))
        .find(|(_, rest)| rest.is_empty() || rest.starts_with(['/', '?']))
}

async fn pause(shared: &Shared) {
    let latency = shared.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

async fn graph(
    shared: &Shared,
    method: &hyper::Method,
    version: &str,
    target: &str,
    headers: BTreeMap<String, String>,
    bytes: &[u8],
) -> Result<hyper::Response<Sent>, Broken> {
    let ids = RequestIds::new(headers.get("client-request-id").map(String::as_str));
    let (segments, query) = Request::split(target);
    let Some(method) = Method::parse(method.as_str()) else {
        let refusal = Failure::method_not_allowed().into_response(&ids.request, &ids.client);
        return Ok(dressed(refusal, &ids, false));
    };
    let root = format!("{}/{version}", shared.authority.base);
    if let Some(record) = &shared.record
        && let Err(error) = record.note(method.name(), &format!("/{version}{target}"), &headers, bytes)
    {
        let refusal = Failure::new(500, "UnknownError", format!("The record cannot be written: {error}"));
        return Ok(dressed(refusal.into_response(&ids.request, &ids.client), &ids, false));
    }
    let url_length = Some(root.len() + target.len());
    let request = Request { method, root, segments, query, headers, body: body(bytes), url_length };
    let held = shared.hold(&request);
    pause(shared).await;
    let response = shared.graph(&request, &ids, held.as_ref());
    if shared.loses(&request, &ids) {
        return Err(Broken);
    }
    let cut = response.content != Content::Empty && shared.cuts(&ids);
    Ok(dressed(response, &ids, cut))
}

fn headers(found: &HeaderMap) -> BTreeMap<String, String> {
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    found.iter().filter_map(text).collect()
}

/// A Graph answer with the headers every Graph answer has.
fn dressed(response: Response, ids: &RequestIds, cut: bool) -> hyper::Response<Sent> {
    let (content_type, bytes) = match response.content {
        Content::Empty => (None, Bytes::new()),
        Content::Json(value) => (Some(json_type(Metadata::Minimal)), to_bytes(&value)),
        Content::Text(text) => (Some("text/plain".to_owned()), text.into()),
    };
    let sent = if cut { Either::Right(Half::of(&bytes)) } else { Either::Left(Full::new(bytes)) };
    let mut answer = hyper::Response::new(sent);
    *answer.status_mut() = status(response.status);
    let diagnostic = r#"{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"LOOPBACK"}}"#;
    let usual = [
        ("Cache-Control", "no-cache".to_owned()),
        ("OData-Version", "4.0".to_owned()),
        ("Strict-Transport-Security", "max-age=31536000".to_owned()),
        ("request-id", ids.request.clone()),
        ("client-request-id", ids.client.clone()),
        ("x-ms-ags-diagnostic", diagnostic.to_owned()),
    ];
    let content_type = content_type.map(|text| ("Content-Type", text));
    for (name, value) in usual.into_iter().chain(content_type).chain(response.headers) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// An answer outside Graph; a string is a page of HTML.
fn plain((code, value): Answer) -> hyper::Response<Sent> {
    let (content_type, bytes) = match value {
        Value::Null => ("application/json; charset=utf-8", Bytes::new()),
        Value::String(page) => ("text/html; charset=utf-8", page.into()),
        value => ("application/json; charset=utf-8", to_bytes(&value)),
    };
    let mut answer = hyper::Response::new(Either::Left(Full::new(bytes)));
    *answer.status_mut() = status(code);
    answer.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    answer
}

fn to_bytes(value: &Value) -> Bytes {
    value.to_string().into()
}

fn status(code: u16) -> hyper::StatusCode {
    hyper::StatusCode::from_u16(code).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR)
}
