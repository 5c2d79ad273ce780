//! Lists that come in pages, and deltas, whose last page says where to go on next time.
//!
//! Source: "Paging Microsoft Graph data in your app", <https://learn.microsoft.com/graph/paging>, and "Use delta
//! query to track changes", <https://learn.microsoft.com/graph/delta-query-overview>.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use crate::call::Call;
use crate::governor::charges;
use crate::{Client, Error, Method, Request};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The objects on it, in the service's order; may be empty while more pages follow.
    pub values: Vec<Value>,
    /// On the last page of a delta: the absolute link (`@odata.deltaLink`) that later gives what changed since,
    /// for [`Client::pages_from`]. It holds a token that stands for a place, not for a permission.
    pub delta_link: Option<String>,
}

/// The pages of one list, read when asked for.
///
/// A failure leaves the place as it was: asking again asks for the same page.
#[derive(Clone, Debug)]
pub struct Pages {
    client: Client,
    request: Request,
    next: Next,
    /// Links followed so far, so that a circle ends.
    seen: HashSet<String>,
}

#[derive(Clone, Debug)]
enum Next {
    First,
    At(Url),
    Nothing,
}

impl Client {
    /// The pages of the list, or delta, that `request` asks for. Its headers go with every page.
    pub fn pages(&self, request: Request) -> Pages {
        Pages { client: self.clone(), request, next: Next::First, seen: HashSet::new() }
    }

    /// The pages from an absolute link on, such as the `@odata.deltaLink` of an earlier delta; `request` is the one
    /// it came from: its headers are sent, and errors name its path.
    ///
    /// # Errors
    ///
    /// [`Error::Page`] for a link that leads to another host, which is not asked.
    pub fn pages_from(&self, link: &str, request: Request) -> Result<Pages, Error> {
        let mut pages = self.pages(request);
        pages.next = Next::At(pages.trusted(link)?);
        Ok(pages)
    }

    /// Reads all pages of a list and returns their values in order.
    ///
    /// Headers of the request go with every page. When the service has forgotten where the list stood, the
    /// list is read once more from its beginning.
    ///
    /// # Errors
    ///
    /// [`Error::Page`] for a next page at another host, which is not asked, and for a page without values.
    pub async fn list(&self, request: Request) -> Result<Vec<Value>, Error> {
        match self.pages(request.clone()).collect(Vec::new()).await {
            Err(error) if error.is_page_token_refused() => self.pages(request).collect(Vec::new()).await,
            outcome => outcome,
        }
    }

    /// Returns the values of `first`, the first page of a list obtained through a batch, and those of all
    /// pages after it. `request` is the one that `first` answered.
    ///
    /// # Errors
    ///
    /// As for [`Client::list`].
    pub async fn continue_list(&self, first: Value, request: &Request) -> Result<Vec<Value>, Error> {
        let mut pages = self.pages(request.clone());
        let first = pages.accept(first)?;
        match pages.collect(first.values).await {
            Err(error) if error.is_page_token_refused() => {
                self.pages(request.clone()).collect(Vec::new()).await
            }
            outcome => outcome,
        }
    }
}

impl Pages {
    /// Reads the next page; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`Error::is_page_token_refused`]: the service has forgotten the place, so the list is to be read from its
    /// beginning and what has been read so far to be dropped. [`Error::is_resync_required`]: a delta token is too
    /// old, so everything is to be read anew. [`Error::Page`] for a next page at another host, which is not asked,
    /// and for a page without values.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        let body = match &self.next {
            Next::Nothing => return Ok(None),
            Next::First => self.client.send(&self.request).await?.body,
            Next::At(url) => self.follow(url.clone()).await?,
        };
        self.accept(body).map(Some)
    }

    async fn follow(&self, url: Url) -> Result<Value, Error> {
        let call = Call {
            method: Method::Get,
            path: &self.request.path,
            url,
            headers: &self.request.headers,
            body: None,
            write: false,
            operations: 1,
            writes: 0,
            charges: charges(Method::Get, &self.request.path),
        };
        Ok(self.client.call(&call).await?.body)
    }

    /// Adds the values of all pages to come to those read so far.
    async fn collect(mut self, mut values: Vec<Value>) -> Result<Vec<Value>, Error> {
        while let Some(mut page) = self.next().await? {
            values.append(&mut page.values);
        }
        Ok(values)
    }

    /// Takes a page apart and notes where the next one is.
    fn accept(&mut self, mut body: Value) -> Result<Page, Error> {
        let Some(Value::Array(values)) = body.get_mut("value").map(Value::take) else {
            return Err(self.broken("the answer is not a list: it has no value array".to_owned()));
        };
        let link = |name| body.get(name).and_then(Value::as_str);
        self.next = match link("@odata.nextLink") {
            None => Next::Nothing,
            Some(link) => {
                let url = self.trusted(link)?;
                if !self.seen.insert(link.to_owned()) {
                    return Err(self.broken("the pages lead in a circle".to_owned()));
                }
                Next::At(url)
            }
        };
        Ok(Page { values, delta_link: link("@odata.deltaLink").map(str::to_owned) })
    }

    fn trusted(&self, link: &str) -> Result<Url, Error> {
        self.client.trusted(link).map_err(|reason| self.broken(reason))
    }

    fn broken(&self, reason: String) -> Error {
        Error::Page { path: self.request.path.clone(), reason }
    }
}
