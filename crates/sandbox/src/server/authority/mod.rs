//! The Microsoft identity platform as far as clients of Graph meet it: discovery, the token
//! endpoint, and the check of the tokens it handed out.

mod registry;
mod form;
mod refusal;
mod discovery;
mod scope;
mod grant;
mod client;
mod assertion;
mod device;
mod page;
mod session;
mod issue;
mod tokens;
mod caller;
mod control;

use serde_json::Value;

pub(super) use control::answer as control;
pub(super) use registry::Registry;
pub(super) use session::Session;
pub(super) use tokens::{Claims, Tokens};

use form::Form;
use refusal::Refusal;

use super::shared::Shared;
use crate::options::Credentials;
use crate::store::Store;

/// Hands out tokens and checks them.
#[derive(Debug)]
pub(super) struct Authority {
    /// The application the sandbox registers by itself.
    pub(super) credentials: Credentials,
    /// Scheme, host and port of the sandbox.
    pub(super) base: String,
    pub(super) tokens: Tokens,
    pub(super) registry: Registry,
    pub(super) session: Session,
}

/// An answer outside Graph: status and JSON, or a page of HTML as a string.
pub(super) type Answer = (u16, Value);

/// A request to the authority.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Path, decoded.
    pub(super) segments: &'a [&'a str],
    /// Query options in order, decoded.
    pub(super) query: &'a [(String, String)],
    pub(super) authorization: Option<&'a str>,
    /// The client's name for the request.
    pub(super) correlation: Option<&'a str>,
    pub(super) body: &'a [u8],
}

/// Answers a request to the authority; `None` when it has no such path.
pub(super) fn answer(shared: &Shared, asked: &Asked<'_>) -> Option<Answer> {
    let Asked { method, segments, query, authorization, correlation, body } = asked;
    let authority = &shared.authority;
    let option = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let result = match (*method, *segments) {
        ("GET", ["common", "discovery", "instance"]) => authority.instance(option("authorization_endpoint")),
        ("GET", ["metadata", "endpoints"]) => Ok(authority.endpoints()),
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            shared.stats().token_requests += 1;
            let store = shared.tenant();
            let form = Form::read(body, *authorization);
            let realm = authority.realm(store.primary(), tenant);
            realm.and_then(|realm| authority.token(store.primary(), &realm, &form))
        }
        ("POST", [tenant, "oauth2", "v2.0", "devicecode"]) => {
            let store = shared.tenant();
            let form = Form::read(body, *authorization);
            let realm = authority.realm(store.primary(), tenant);
            realm.and_then(|_| authority.device_code(store.primary(), &form))
        }
        ("GET", ["device"]) => Ok(page::page("Enter the code that the device shows.").into()),
        ("POST", ["device"]) => {
            let form = Form::read(body, None);
            Ok(authority.decide_on_page(shared.tenant().primary(), &form).into())
        }
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            authority.realm(shared.tenant().primary(), tenant).map(|realm| authority.configuration(&realm, 2))
        }
        ("GET", [tenant, ".well-known", "openid-configuration"]) => {
            authority.realm(shared.tenant().primary(), tenant).map(|realm| authority.configuration(&realm, 1))
        }
        ("GET", [_, "discovery", "keys"] | [_, "discovery", "v2.0", "keys"]) => {
            Ok(authority.tokens.key_set(&authority.issuer()))
        }
        _ => return None,
    };
    Some(match result {
        Ok(found) => (200, found),
        Err(refusal) => refusal.answer(*correlation),
    })
}

/// The first segment of an authority's path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Realm<'a> {
    /// The tenant, by its id or one of its domains.
    Tenant(&'a str),
    /// `common`, `organizations` or `consumers`: whichever tenant a person belongs to.
    Any(&'a str),
}

impl Realm<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Tenant(name) | Self::Any(name) => name,
        }
    }
}

impl Authority {
    /// What the first segment of a path means.
    fn realm<'a>(&self, store: &Store, name: &'a str) -> Result<Realm<'a>, Refusal> {
        if ["common", "organizations", "consumers"].contains(&name) {
            return Ok(Realm::Any(name));
        }
        let is_domain = |domain: &String| domain.eq_ignore_ascii_case(name);
        if name.eq_ignore_ascii_case(&self.credentials.tenant_id) || store.domains(None).iter().any(is_domain)
        {
            return Ok(Realm::Tenant(name));
        }
        Err(Refusal::unknown_tenant(name))
    }

    /// `iss` of version 2.0 tokens.
    fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.base, self.credentials.tenant_id)
    }

    /// The sandbox's address by its other name.
    fn local_base(&self) -> String {
        self.base.replacen("127.0.0.1", "localhost", 1)
    }
}
