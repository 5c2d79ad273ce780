//! Where the next page begins, as an opaque text.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::graph::Failure;
use crate::schema::bad_request;

/// The last object of a page; the next page holds what sorts after it, whatever came or went since.
#[derive(Debug)]
pub(crate) struct PageToken {
    pub(crate) id: Uuid,
    /// Its sort values when `$orderby` is given.
    pub(crate) key: Vec<Option<String>>,
}

impl PageToken {
    /// The text for `$skiptoken`.
    pub(crate) fn encode(&self) -> String {
        let plain = serde_json::json!([self.id, self.key]).to_string();
        BASE64_URL_SAFE_NO_PAD.encode(plain)
    }

    /// Reads the text of `$skiptoken`.
    pub(crate) fn decode(text: &str) -> Result<Self, Failure> {
        let plain = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let parsed =
            plain.and_then(|plain| serde_json::from_slice::<(Uuid, Vec<Option<String>>)>(&plain).ok());
        let (id, key) = parsed.ok_or_else(|| bad_request("The page token is not valid."))?;
        Ok(Self { id, key })
    }
}
