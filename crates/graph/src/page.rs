//! Lists that come in pages.
//!
//! Source: "Paging Microsoft Graph data in your app", <https://learn.microsoft.com/graph/paging>.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use crate::call::Call;
use crate::{Client, Error, Method, Request};

impl Client {
    /// Reads all pages of a list and returns their values in order.
    ///
    /// Headers of the request go with every page. When the service has forgotten where the list stood, the
    /// list is read once more from its beginning.
    ///
    /// # Errors
    ///
    /// [`Error::Page`] for a next page at another host, which is not asked, and for a page without values.
    pub async fn list(&self, request: Request) -> Result<Vec<Value>, Error> {
        let first = self.send(&request).await?.body;
        self.continue_list(first, &request).await
    }

    /// Returns the values of `first`, the first page of a list obtained through a batch, and those of all
    /// pages after it. `request` is the one that `first` answered.
    ///
    /// # Errors
    ///
    /// As for [`Client::list`].
    pub async fn continue_list(&self, first: Value, request: &Request) -> Result<Vec<Value>, Error> {
        match self.follow(first, request).await {
            Err(error) if is_page_token_refused(&error) => {
                let first = self.send(request).await?.body;
                self.follow(first, request).await
            }
            outcome => outcome,
        }
    }

    async fn follow(&self, first: Value, request: &Request) -> Result<Vec<Value>, Error> {
        let broken = |reason: String| Error::Page { path: request.path.clone(), reason };
        let mut values = Vec::new();
        let mut seen = HashSet::new();
        let mut page = first;
        loop {
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(mut list)) => values.append(&mut list),
                _ => return Err(broken("the answer is not a list: it has no value array".to_owned())),
            }
            let Some(link) = page.get("@odata.nextLink").and_then(Value::as_str) else { return Ok(values) };
            if !seen.insert(link.to_owned()) {
                return Err(broken("the pages lead in a circle".to_owned()));
            }
            let url = self.next_page(link).map_err(broken)?;
            let call = Call {
                method: Method::Get,
                path: &request.path,
                url,
                headers: &request.headers,
                body: None,
                write: false,
                operations: 1,
                writes: 0,
            };
            page = self.call(&call).await?.body;
        }
    }

    /// Checks where a link leads, before anything is sent there.
    fn next_page(&self, link: &str) -> Result<Url, String> {
        let url = Url::parse(link).map_err(|_| "the link to the next page is not a URL".to_owned())?;
        if self.inner.endpoint.trusts(&url) {
            return Ok(url);
        }
        let origin = url.origin().ascii_serialization();
        Err(format!("the link to the next page leads to {origin}, which is not the configured Graph"))
    }
}

/// True when the service no longer knows where the list stood.
fn is_page_token_refused(error: &Error) -> bool {
    error.api().is_some_and(|api| {
        api.has_code("Directory_ExpiredPageToken")
            || api.has_code("DirectoryPageTokenNotFoundException")
            || (api.status == 400 && api.message.to_lowercase().contains("page token is not valid"))
    })
}
