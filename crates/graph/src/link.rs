//! Links that answers carry: to the next page, to later changes.

use url::Url;

use crate::{Client, Error, Method, Request, Version};

impl Client {
    /// The request that reads what a link of an answer leads to, with the headers of the request it answered: an
    /// `@odata.nextLink` or an `@odata.deltaLink`. The result may be kept, sent alone or sent in a batch; its path is
    /// relative to the version root like every other.
    ///
    /// # Errors
    ///
    /// [`Error::Page`] for a link to another host or outside of Graph's versions: nothing is ever sent there.
    pub fn at_link(&self, link: &str, request: &Request) -> Result<Request, Error> {
        let broken = |reason: String| Error::Page { path: request.path.clone(), reason };
        let url = self.trusted(link).map_err(broken)?;
        let root = self.inner.endpoint.graph().path().trim_end_matches('/');
        let path = url.path().strip_prefix(root).unwrap_or_default();
        let versions = [Version::V1, Version::Beta].into_iter();
        let mut found = versions.filter_map(|version| {
            let below = path.strip_prefix('/')?.strip_prefix(version.as_str())?;
            below.starts_with('/').then_some((version, below))
        });
        let Some((version, below)) = found.next() else {
            return Err(broken("a link leads outside of v1.0 and beta".to_owned()));
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{below}{query}");
        Ok(Request {
            method: Method::Get,
            path,
            headers: request.headers.clone(),
            body: None,
            version,
            after: None,
        })
    }

    /// Checks where a link leads, before anything is sent there.
    pub(crate) fn trusted(&self, link: &str) -> Result<Url, String> {
        let url = Url::parse(link).map_err(|_| "a link is not a URL".to_owned())?;
        if self.inner.endpoint.trusts(&url) {
            return Ok(url);
        }
        let origin = url.origin().ascii_serialization();
        Err(format!("a link leads to {origin}, which is not the configured Graph"))
    }
}
