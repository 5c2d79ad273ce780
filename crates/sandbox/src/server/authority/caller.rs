//! The check of the token a Graph request carries.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::json;

use super::Authority;
use super::tokens::Claims;
use crate::graph::Failure;

impl Authority {
    /// Checks the `Authorization` header of a Graph request; whose request it is.
    pub(in crate::server) fn authorize(&self, header: Option<&str>) -> Result<Arc<Claims>, Failure> {
        let token = header.and_then(|header| header.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = token.ok_or_else(|| self.invalid("Access token is empty."))?.1.trim();
        let claims = self.tokens.claims(token);
        let claims =
            claims.ok_or_else(|| self.invalid("CompactToken parsing failed with error code: 80049217"))?;
        if claims.aud != self.base || claims.tid != self.credentials.tenant_id {
            return Err(self.invalid("Access token validation failure. Invalid audience."));
        }
        if claims.exp <= Timestamp::now().as_second() {
            return Err(self.invalid("Lifetime validation failed, the token is expired."));
        }
        match self.session.valid_from(&claims.appid) {
            Some(from) if claims.iat < from => Err(self.challenge(from)),
            _ => Ok(claims),
        }
    }

    /// Continuous access evaluation: a token issued before `from` has to be replaced by one that
    /// the client asks for with these claims.
    /// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
    fn challenge(&self, from: i64) -> Failure {
        let claims = json!({ "access_token": { "nbf": { "essential": true, "value": from.to_string() } } })
            .to_string();
        let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
                       TokenIssuedBeforeRevocationTimestamp";
        let challenge = format!(
            "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\", errorDescription=\"{message}\", \
             error=\"insufficient_claims\", claims=\"{}\"",
            self.base,
            BASE64_STANDARD.encode(claims)
        );
        Failure::new(401, "InvalidAuthenticationToken", message).with_header("WWW-Authenticate", challenge)
    }

    fn invalid(&self, message: &str) -> Failure {
        let challenge =
            format!("Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\"", self.base);
        Failure::new(401, "InvalidAuthenticationToken", message).with_header("WWW-Authenticate", challenge)
    }
}
