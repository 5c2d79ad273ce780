//! The check of the token a Graph request carries.

use std::sync::Arc;

use jiff::Timestamp;

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
        Ok(claims)
    }

    fn invalid(&self, message: &str) -> Failure {
        let challenge =
            format!("Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\"", self.base);
        Failure::new(401, "InvalidAuthenticationToken", message).with_header("WWW-Authenticate", challenge)
    }
}
