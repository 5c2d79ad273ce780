//! A request to the token endpoint, its form read.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

use super::refusal::Refusal;

/// A request with a form: who asks is not known yet.
#[derive(Debug)]
pub(super) struct Form {
    fields: BTreeMap<String, String>,
    /// Client id and secret from the `Authorization` header.
    basic: Option<(String, String)>,
}

impl Form {
    /// Reads a body and an `Authorization` header.
    pub(super) fn read(body: &[u8], authorization: Option<&str>) -> Self {
        let fields = url::form_urlencoded::parse(body).into_owned().collect();
        Self { fields, basic: authorization.and_then(read_basic) }
    }

    /// A field that is there and not empty.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A field that has to be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.field(name).ok_or_else(|| Refusal::missing(name))
    }

    /// The client id, from the header or the form.
    pub(super) fn client_id(&self) -> Result<&str, Refusal> {
        match &self.basic {
            Some((client, _)) => Ok(client),
            None => self.need("client_id"),
        }
    }

    /// The client secret, from the header or the form.
    pub(super) fn client_secret(&self) -> Option<&str> {
        match &self.basic {
            Some((_, secret)) => Some(secret),
            None => self.field("client_secret"),
        }
    }
}

/// Client id and secret of an `Authorization: Basic` header, each percent-encoded (RFC 6749, 2.3.1).
fn read_basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client, secret) = text.split_once(':')?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned());
    Some((decode(client)?, decode(secret)?))
}
