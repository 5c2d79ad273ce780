//! The token endpoint and the tokens it hands out.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::graph::Failure;
use crate::options::Credentials;

/// How long a token is good for, in seconds.
const LIFETIME: i64 = 3599;

/// Application permissions of the one application.
const ROLES: &[&str] = &[
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.Invite.All",
    "User.DeleteRestore.All",
    "Directory.Read.All",
    "Organization.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "CustomSecAttributeAssignment.ReadWrite.All",
];

/// Hands out tokens and checks them.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) credentials: Credentials,
    /// Object id of the application's service principal.
    pub(super) principal: Uuid,
    /// Scheme, host and port of the sandbox.
    pub(super) base: String,
    /// Key the tokens are signed with.
    pub(super) key: Vec<u8>,
}

/// An answer of the token endpoint: status and JSON.
pub(super) type Answer = (u16, Value);

#[derive(Deserialize)]
struct Claims {
    aud: String,
    tid: String,
    appid: String,
    exp: i64,
}

impl Authority {
    /// POST to `/{tenant}/oauth2/v2.0/token`.
    pub(super) fn token(&self, tenant: &str, domains: &[String], basic: Option<&str>, form: &[u8]) -> Answer {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
        match self.check(tenant, domains, basic, &form) {
            Ok(()) => (
                200,
                json!({
                    "token_type": "Bearer",
                    "expires_in": LIFETIME,
                    "ext_expires_in": LIFETIME,
                    "access_token": self.mint(Timestamp::now().as_second()),
                }),
            ),
            Err(answer) => answer,
        }
    }

    /// GET of `/{tenant}/v2.0/.well-known/openid-configuration`.
    pub(super) fn configuration(&self, tenant: &str, domains: &[String]) -> Answer {
        if !self.is_tenant(tenant, domains) {
            return unknown_tenant(tenant);
        }
        let Self { base, .. } = self;
        let tenant = &self.credentials.tenant_id;
        let host = base.split_once("://").map_or(base.as_str(), |(_, host)| host);
        let configuration = json!({
            "issuer": self.issuer(),
            "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
            "tenant_region_scope": "NA",
            "cloud_instance_name": host,
            "cloud_graph_host_name": host,
            "msgraph_host": host,
        });
        (200, configuration)
    }

    /// Checks the `Authorization` header of a Graph request; the application that calls, by its client id.
    pub(super) fn authorize(&self, header: Option<&str>) -> Result<String, Failure> {
        let challenge =
            format!("Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\"", self.base);
        let invalid = |message: &str| {
            Failure::new(401, "InvalidAuthenticationToken", message)
                .with_header("WWW-Authenticate", challenge.as_str())
        };
        let token = header.and_then(|header| header.split_once(' '));
        let token =
            token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let token = token.ok_or_else(|| invalid("Access token is empty."))?;
        let claims = self
            .claims(token)
            .ok_or_else(|| invalid("CompactToken parsing failed with error code: 80049217"))?;
        if claims.aud != self.base || claims.tid != self.credentials.tenant_id {
            return Err(invalid("Access token validation failure. Invalid audience."));
        }
        if claims.exp <= Timestamp::now().as_second() {
            return Err(invalid("Lifetime validation failed, the token is expired."));
        }
        Ok(claims.appid)
    }

    /// A signed token issued at `now`, in seconds since 1970.
    fn mint(&self, now: i64) -> String {
        let header = json!({ "typ": "JWT", "alg": "HS256" });
        let claims = json!({
            "aud": self.base,
            "iss": self.issuer(),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "tid": self.credentials.tenant_id,
            "appid": self.credentials.client_id,
            "oid": self.principal,
            "sub": self.principal,
            "idtyp": "app",
            "roles": ROLES,
            "ver": "1.0",
        });
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.mac(&signed).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token with a good signature.
    fn claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(signed)?.verify_slice(&signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    fn mac(&self, signed: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(signed.as_bytes());
        Some(mac)
    }

    fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.base, self.credentials.tenant_id)
    }

    fn is_tenant(&self, tenant: &str, domains: &[String]) -> bool {
        tenant.eq_ignore_ascii_case(&self.credentials.tenant_id)
            || domains.iter().any(|domain| domain.eq_ignore_ascii_case(tenant))
    }

    fn check(
        &self,
        tenant: &str,
        domains: &[String],
        basic: Option<&str>,
        form: &BTreeMap<String, String>,
    ) -> Result<(), Answer> {
        if ["common", "organizations", "consumers"].contains(&tenant) {
            return Err(refusal(
                400,
                "invalid_request",
                9_001_023,
                "The grant type is not supported over this endpoint.",
            ));
        }
        if !self.is_tenant(tenant, domains) {
            return Err(unknown_tenant(tenant));
        }
        let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let missing = |name: &str| {
            let message = format!("The request body must contain the following parameter: '{name}'.");
            refusal(400, "invalid_request", 900_144, &message)
        };
        match field("grant_type").ok_or_else(|| missing("grant_type"))? {
            "client_credentials" => {}
            other => {
                let message = format!("The app requested an unsupported grant type '{other}'.");
                return Err(refusal(400, "unsupported_grant_type", 70_003, &message));
            }
        }
        let basic = basic.and_then(read_basic);
        let (application, secret) = match &basic {
            Some((application, secret)) => (Some(application.as_str()), Some(secret.as_str())),
            None => (field("client_id"), field("client_secret")),
        };
        let application = application.ok_or_else(|| missing("client_id"))?;
        if !application.eq_ignore_ascii_case(&self.credentials.client_id) {
            let message =
                format!("Application with identifier '{application}' was not found in the directory.");
            return Err(refusal(400, "unauthorized_client", 700_016, &message));
        }
        let secret = secret.ok_or_else(|| {
            let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            refusal(401, "invalid_client", 7_000_218, message)
        })?;
        if secret != self.credentials.client_secret.expose_secret() {
            let message = format!("Invalid client secret provided for app '{application}'.");
            return Err(refusal(401, "invalid_client", 7_000_215, &message));
        }
        check_scope(field("scope").ok_or_else(|| missing("scope"))?)
    }
}

/// An application asks for everything it was granted on exactly one resource.
fn check_scope(scope: &str) -> Result<(), Answer> {
    if scope.strip_suffix("/.default").is_some_and(|resource| !resource.is_empty() && !resource.contains(' '))
    {
        return Ok(());
    }
    let message = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    Err(refusal(400, "invalid_scope", 1_002_012, &message))
}

fn unknown_tenant(tenant: &str) -> Answer {
    let message = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
    refusal(400, "invalid_request", 90_002, &message)
}

/// The error body of the token endpoint.
fn refusal(status: u16, error: &str, number: u32, message: &str) -> Answer {
    let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
    let time = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let description = format!(
        "AADSTS{number}: {message}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {time}"
    );
    let body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [number],
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
    });
    (status, body)
}

/// Client id and secret of HTTP Basic, each percent-encoded inside.
fn read_basic(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    let decoded =
        BASE64_STANDARD.decode(value.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    let (application, secret) = text.split_once(':')?;
    let plain = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((plain(application), plain(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> Authority {
        let credentials = Credentials {
            tenant_id: "tenant".to_owned(),
            client_id: "application".to_owned(),
            client_secret: "secret".to_owned().into(),
        };
        Authority { credentials, principal: Uuid::nil(), base: "http://here".to_owned(), key: vec![7; 32] }
    }

    #[test]
    fn an_expired_token_is_refused_and_a_fresh_one_accepted() {
        let authority = authority();
        let now = Timestamp::now().as_second();
        let header = |issued| format!("Bearer {}", authority.mint(issued));
        assert!(authority.authorize(Some(&header(now))).is_ok());
        assert!(authority.authorize(Some(&header(now - LIFETIME - 1))).is_err());
    }

    #[test]
    fn a_token_of_another_sandbox_is_refused() {
        let (here, mut there) = (authority(), authority());
        there.key = vec![8; 32];
        let header = format!("Bearer {}", there.mint(Timestamp::now().as_second()));
        assert!(here.authorize(Some(&header)).is_err());
    }
}
