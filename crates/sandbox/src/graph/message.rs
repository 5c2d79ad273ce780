//! One request and one answer, alike for direct calls and batch items.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::Failure;

/// Methods of Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Method {
    /// Reads a method name; `None` for methods Graph does not use.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => return None,
        })
    }

    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Characters that cannot stand in a path segment.
const SEGMENT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'#').add(b'%').add(b'?').add(b'/').add(b'"').add(b'<').add(b'>');

/// System query options, without their dollar sign.
const OPTIONS: &[&str] = &[
    "count",
    "deltatoken",
    "expand",
    "filter",
    "format",
    "id",
    "orderby",
    "search",
    "select",
    "skip",
    "skiptoken",
    "top",
];

/// Longest URL of an advanced query in characters.
const LONGEST_URL: usize = 2048;

/// What a request carries.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    /// Not JSON, with the reader's complaint.
    Malformed(String),
}

/// One Graph request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Scheme, host and version, for links in answers, for example `http://127.0.0.1:8080/v1.0`.
    pub(crate) root: String,
    /// Path below the version, decoded.
    pub(crate) segments: Vec<String>,
    /// Query options in order, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Body,
    /// Length of the whole URL in characters; `None` for batch items, whose URLs may be long.
    pub(crate) url_length: Option<usize>,
}

/// How many annotations a JSON answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metadata {
    None,
    Minimal,
    Full,
}

impl Metadata {
    /// The name in `Accept` and `Content-Type`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Full => "full",
        }
    }
}

impl Request {
    /// Splits a path below the version, with its query, as it stands in a request line or batch item.
    pub(crate) fn split(target: &str) -> (Vec<String>, Vec<(String, String)>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
        let options = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        (segments, options)
    }

    /// The path below the version and the query, as a request line has them.
    pub(crate) fn target(&self) -> String {
        let segments = self.segments.iter().map(|segment| utf8_percent_encode(segment, SEGMENT).to_string());
        let path = segments.fold(String::new(), |path, segment| path + "/" + &segment);
        if self.query.is_empty() {
            return path;
        }
        let mut options = url::form_urlencoded::Serializer::new(String::new());
        let query = options.extend_pairs(&self.query).finish();
        format!("{path}?{query}")
    }

    /// Whether it was made to beta.
    pub(crate) fn is_beta(&self) -> bool {
        self.root.ends_with("/beta")
    }

    /// Whether this is a batch of requests.
    pub(crate) fn is_batch(&self) -> bool {
        self.method == Method::Post && self.segments.iter().map(String::as_str).eq(["$batch"])
    }

    /// A query option, with or without its dollar sign.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| is_option(key, name)).map(|(_, value)| value.as_str())
    }

    /// The request without a query option.
    pub(crate) fn without_option(&self, name: &str) -> Self {
        let mut request = self.clone();
        request.query.retain(|(key, _)| !is_option(key, name));
        request
    }

    /// How many annotations the caller wants, from `Accept: application/json;odata.metadata=full`.
    pub(crate) fn metadata(&self) -> Metadata {
        let accept = self.headers.get("accept").map_or("", String::as_str);
        let level = accept.split([',', ';']).find_map(|part| part.trim().strip_prefix("odata.metadata="));
        match level {
            Some("none") => Metadata::None,
            Some("full") => Metadata::Full,
            _ => Metadata::Minimal,
        }
    }

    /// Whether the caller accepts eventually consistent answers.
    pub(crate) fn is_eventual(&self) -> bool {
        self.headers.get("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
    }

    /// Whether the header together with a count makes this an advanced query.
    pub(crate) fn is_advanced(&self) -> bool {
        let counts = self.option("count").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        self.is_eventual() && (counts || self.segments.last().is_some_and(|last| last == "$count"))
    }

    /// Refuses advanced queries with a long URL, which have to come in a batch.
    pub(crate) fn check_length(&self) -> Result<(), Failure> {
        match self.url_length {
            Some(length) if length > LONGEST_URL && self.is_eventual() => {
                let message = format!("The request URL is longer than {LONGEST_URL} characters.");
                Err(Failure::new(400, "Request_InvalidRequestUrl", message))
            }
            _ => Ok(()),
        }
    }

    /// Refuses system query options that OData does not know.
    pub(crate) fn check_options(&self) -> Result<(), Failure> {
        let unknown = |name: &&str| {
            name.strip_prefix('$').is_some_and(|name| !OPTIONS.contains(&name.to_ascii_lowercase().as_str()))
        };
        match self.query.iter().map(|(name, _)| name.as_str()).find(unknown) {
            Some(name) => Err(Failure::malformed(format!("The query parameter '{name}' is not supported."))),
            None => Ok(()),
        }
    }

    /// Whether a `Prefer` header holds `preference`.
    pub(crate) fn prefers(&self, preference: &str) -> bool {
        let header = self.headers.get("prefer").map_or("", String::as_str);
        header.split([',', ';']).any(|found| found.trim().eq_ignore_ascii_case(preference))
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<&Map<String, Value>, Failure> {
        match &self.body {
            Body::Json(Value::Object(members)) => Ok(members),
            Body::Json(_) => Err(unreadable("a JSON object is expected")),
            Body::Empty => Err(Failure::malformed("Write requests must contain a request body.")),
            Body::Malformed(problem) => Err(unreadable(problem)),
        }
    }

    /// The body as a JSON object, empty when there is no body.
    pub(crate) fn optional_object(&self) -> Result<Map<String, Value>, Failure> {
        match &self.body {
            Body::Empty => Ok(Map::new()),
            _ => self.object().cloned(),
        }
    }
}

/// Whether a query option is the one of this name, with or without `$` in front.
fn is_option(key: &str, name: &str) -> bool {
    key.strip_prefix('$').unwrap_or(key).eq_ignore_ascii_case(name)
}

fn unreadable(problem: &str) -> Failure {
    Failure::malformed(format!("Unable to read JSON request payload: {problem}."))
}

/// What an answer carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    /// Text, for `$count`.
    Text(String),
}

/// One Graph answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
}

impl Response {
    /// 200 with JSON.
    pub(crate) fn json(value: Value) -> Self {
        Self { status: 200, headers: Vec::new(), content: Content::Json(value) }
    }

    /// 200 with text.
    pub(crate) fn text(text: String) -> Self {
        Self { status: 200, headers: Vec::new(), content: Content::Text(text) }
    }

    /// 204 without content.
    pub(crate) fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), content: Content::Empty }
    }

    /// 201 with JSON and the address of the new object.
    pub(crate) fn created(location: String, value: Value) -> Self {
        Self { status: 201, headers: vec![("Location", location)], content: Content::Json(value) }
    }
}
