//! Who a token speaks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Who the client is signed in as, from the claims of its token.
///
/// The client reads a token it was given for somebody else's use, so each claim may be absent. Source:
/// "Access token claims reference", <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The tenant, a GUID (`tid`).
    pub tenant_id: Option<String>,
    /// The object id of the principal in that tenant, a GUID (`oid`).
    pub object_id: Option<String>,
    /// The application id, a GUID (`appid` or `azp`).
    pub app_id: Option<String>,
    /// The application permissions granted, such as `Directory.Read.All` (`roles`).
    pub roles: Vec<String>,
    /// Who signed in, when it is a person: a userPrincipalName (`upn`, or `preferred_username`).
    pub user_principal_name: Option<String>,
    /// What the application may do on that person's behalf, such as `User.Read.All` (`scp`).
    pub scopes: Vec<String>,
}

/// The claims of a JSON Web Token, unchecked; null when it is none.
pub(super) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_default().trim_end_matches('=');
    let json = URL_SAFE_NO_PAD.decode(payload).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

impl Identity {
    /// Reads the claims of a token as far as they go: what is absent or opaque stays empty.
    pub(crate) fn of_token(token: &str) -> Self {
        let claims = claims(token);
        let text = |name| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let roles = claims.get("roles").and_then(Value::as_array).into_iter().flatten();
        Identity {
            tenant_id: text("tid"),
            object_id: text("oid"),
            app_id: text("appid").or_else(|| text("azp")),
            roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
            user_principal_name: text("upn").or_else(|| text("preferred_username")),
            scopes: text("scp").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    #[test]
    fn claims_are_read_as_far_as_they_go() {
        let claims = json!({"tid": "t", "azp": "a", "roles": ["Directory.Read.All", 7], "oid": 1});
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let identity = Identity::of_token(&token);
        assert_eq!(identity.tenant_id.as_deref(), Some("t"));
        assert_eq!(identity.app_id.as_deref(), Some("a"));
        assert_eq!(identity.object_id, None);
        assert_eq!(identity.roles, ["Directory.Read.All"]);
        let claims = json!({"upn": "adele.vance@contoso.com", "scp": "Group.Read.All User.Read"});
        let identity = Identity::of_token(&format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string())));
        assert_eq!(identity.user_principal_name.as_deref(), Some("adele.vance@contoso.com"));
        assert_eq!(identity.scopes, ["Group.Read.All", "User.Read"]);
        for opaque in ["", "opaque", "a.b.c", "a.e30.c"] {
            assert_eq!(Identity::of_token(opaque), Identity::default(), "{opaque}");
        }
    }
}
