//! Claims challenges: Graph refuses a token before its end and says what the next one must satisfy.
//!
//! Source: "Claims challenges, claims requests and client capabilities",
//! <https://learn.microsoft.com/entra/identity-platform/claims-challenge>.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http_auth::parser::ChallengeParser;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Value, json};

/// Takes base64 with padding or without.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The claims that a refusal's `WWW-Authenticate` asks for.
pub(crate) fn claims_challenge(headers: &HeaderMap) -> Option<Value> {
    headers.get_all(WWW_AUTHENTICATE).iter().find_map(|header| read(header.to_str().ok()?))
}

fn read(header: &str) -> Option<Value> {
    for challenge in ChallengeParser::new(header) {
        let challenge = challenge.ok()?;
        let value = |wanted: &str| {
            let found = challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.to_unescaped())
        };
        if challenge.scheme.eq_ignore_ascii_case("bearer") && value("error")? == "insufficient_claims" {
            return decode(&value("claims")?);
        }
    }
    None
}

fn decode(text: &str) -> Option<Value> {
    let alphabets = [&alphabet::STANDARD, &alphabet::URL_SAFE];
    let decode = |alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(text).ok();
    let claims: Value = serde_json::from_slice(&alphabets.into_iter().find_map(decode)?).ok()?;
    claims.is_object().then_some(claims)
}

/// The `claims` parameter of a token request: what a challenge asks for, and that the client can answer one, so that
/// tokens live long and end early only for a reason.
pub(super) fn claims_parameter(challenge: Option<&Value>) -> String {
    let mut claims = challenge.cloned().unwrap_or_else(|| json!({}));
    if !claims["access_token"].is_object() {
        claims["access_token"] = json!({});
    }
    claims["access_token"]["xms_cc"] = json!({ "values": ["cp1"] });
    claims.to_string()
}

#[cfg(test)]
mod tests {
    use super::{claims_parameter, read};
    use serde_json::json;

    const CLAIMS: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;

    #[test]
    fn claims_are_read_from_a_challenge_of_either_alphabet() {
        for encoded in [
            "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ==",
            "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ",
        ] {
            let header = format!(
                "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
                 error=\"insufficient_claims\", claims=\"{encoded}\""
            );
            assert_eq!(read(&header).unwrap().to_string(), CLAIMS);
        }
        assert_eq!(
            read("Bearer error=\"insufficient_claims\", claims=\"eyJhIjoiw78_In0\"").unwrap()["a"],
            "\u{ff}?"
        );
    }

    #[test]
    fn other_refusals_hold_no_claims() {
        for header in [
            "",
            "Bearer",
            "Basic realm=\"x\"",
            "Bearer error=\"invalid_token\", claims=\"e30\"",
            "Bearer error=\"insufficient_claims\"",
            "Bearer error=\"insufficient_claims\", claims=\"%%\"",
            "Bearer error=\"insufficient_claims\", claims=\"WzFd\"",
        ] {
            assert_eq!(read(header), None, "{header}");
        }
    }

    #[test]
    fn the_parameter_always_says_what_the_client_can_do() {
        assert_eq!(claims_parameter(None), r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
        let challenge = json!({"access_token": {"nbf": {"essential": true}}, "id_token": {}});
        let merged = json!({
            "access_token": {"nbf": {"essential": true}, "xms_cc": {"values": ["cp1"]}},
            "id_token": {},
        });
        assert_eq!(claims_parameter(Some(&challenge)), merged.to_string());
        assert!(claims_parameter(Some(&json!({"access_token": 1}))).contains("cp1"));
    }
}
