//! What is asked of Graph, and what it answers.

use std::fmt;

use serde_json::Value;
use url::Url;

use crate::{Endpoint, Error};

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, links or calls an action.
    Post,
    /// Changes the properties in the body and no others.
    Patch,
    /// Replaces.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The name on the wire: `GET`.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The version of Graph a request goes to, a path segment below the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `/v1.0`, supported for production.
    #[default]
    V1,
    /// `/beta`, subject to change.
    Beta,
}

impl Version {
    /// The path segment: `v1.0` or `beta`.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V1 => "v1.0",
            Version::Beta => "beta",
        }
    }
}

/// One request to Graph, not yet sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Path and query relative to the version root: begins with `/`, percent-encoded where needed
    /// (see [`odata`](crate::odata)).
    pub path: String,
    /// Headers beside those the client sets itself, such as `ConsistencyLevel: eventual`.
    pub headers: Vec<(String, String)>,
    /// The JSON body, if there is one.
    pub body: Option<Value>,
    /// The version root the path is relative to; [`Version::V1`] unless changed.
    pub version: Version,
    /// In a batch: the place, among the requests of the same call, of the one that has to succeed first.
    pub after: Option<usize>,
}

impl Request {
    /// A GET of `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path.into(), None)
    }

    /// A POST of `body` to `path`.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Post, path.into(), Some(body))
    }

    /// A PATCH of `path` with `body`.
    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Patch, path.into(), Some(body))
    }

    /// A PUT of `body` at `path`.
    pub fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Put, path.into(), Some(body))
    }

    /// A DELETE of `path`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::Delete, path.into(), None)
    }

    fn new(method: Method, path: String, body: Option<Value>) -> Self {
        Self { method, path, headers: Vec::new(), body, version: Version::V1, after: None }
    }

    /// Adds a header.
    #[must_use = "returns the request with the header"]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends the request to the beta root instead of v1.0.
    #[must_use = "returns the request with the version"]
    pub fn beta(mut self) -> Self {
        self.version = Version::Beta;
        self
    }

    /// In a batch: has the service execute this only once the request at `place` of the same call has succeeded
    /// (`dependsOn`). Both must go in one batch: at most 20 requests, of the same version and the same quotas.
    #[must_use = "returns the request with the dependency"]
    pub fn after(mut self, place: usize) -> Self {
        self.after = Some(place);
        self
    }

    /// False for requests that change nothing: GET, and POST to `getByIds`, which only carries its
    /// question in a body.
    pub fn is_write(&self) -> bool {
        match self.method {
            Method::Get => false,
            Method::Post => {
                let path = self.path.split('?').next().unwrap_or_default();
                path.rsplit('/').next() != Some("getByIds")
            }
            Method::Patch | Method::Put | Method::Delete => true,
        }
    }

    /// The absolute address, which lies below the version root whatever the path says.
    pub(crate) fn url(&self, endpoint: &Endpoint) -> Result<Url, Error> {
        let refuse = |reason| Error::InvalidRequest { method: self.method, path: self.path.clone(), reason };
        if !self.path.starts_with('/') {
            return Err(refuse("the path must begin with a slash"));
        }
        if self.path.chars().any(char::is_control) {
            return Err(refuse("the path holds a control character"));
        }
        let root = endpoint.graph().as_str().trim_end_matches('/');
        let text = format!("{root}/{}{}", self.version.as_str(), self.path);
        let url = Url::parse(&text).map_err(|_| refuse("the path does not make a URL"))?;
        if url.fragment().is_some() {
            return Err(refuse("the path holds an unencoded number sign"));
        }
        // Parsing resolves "." and ".." and turns backslashes into slashes: each changes the count.
        let written = text.split('?').next().unwrap_or_default();
        let slashes = |path: &str| path.matches('/').count();
        if slashes(written) != slashes(url.as_str().split('?').next().unwrap_or_default()) {
            return Err(refuse("the path holds a dot segment or a backslash"));
        }
        Ok(url)
    }
}

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The decoded body; `Null` when there is none.
    pub body: Value,
    /// Graph's `request-id`, a GUID that Microsoft support asks for. In a batch the item's own when it has
    /// one, otherwise that of the whole batch.
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Request;
    use crate::{Cloud, Endpoint};
    use serde_json::json;

    #[test]
    fn reading_by_post_is_not_a_write() {
        assert!(!Request::post("/directoryObjects/getByIds?$select=id", json!({})).is_write());
        assert!(Request::post("/things", json!({})).is_write());
        assert!(Request::delete("/things/getByIds").is_write());
        assert!(!Request::get("/things").is_write());
    }

    #[test]
    fn an_address_lies_below_the_version_root() {
        let endpoint = Endpoint::of_cloud(Cloud::Global);
        let url = |path: &str| Request::get(path).beta().url(&endpoint).map(|url| url.to_string());
        assert_eq!(
            url("/things/a%2Fb?$top=9").unwrap(),
            "https://graph.microsoft.com/beta/things/a%2Fb?$top=9"
        );
        assert_eq!(url("//evil.example/x").unwrap(), "https://graph.microsoft.com/beta//evil.example/x");
        for path in
            ["things", "/things/..", "/things/%2e%2E/x", "/a/./b", "/a\\b", "/a#b", "/a\nb", "@evil.example/"]
        {
            assert!(url(path).is_err(), "{path}");
        }
    }
}
