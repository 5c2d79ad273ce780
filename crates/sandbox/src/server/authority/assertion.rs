//! Client assertions: an application's own, signed with its certificate, or a trusted issuer's.
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>
//! <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode};
use serde::Deserialize;

use super::refusal::Refusal;
use crate::application::{Application, FederatedIdentityCredential};
use crate::certificate::Certificate;

/// How far ahead of ours a client's clock may be. An assertion that has expired gets no such grace,
/// so that a client which keeps one too long is found out.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What an assertion is checked against.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The application that asks.
    pub(super) application: &'a Application,
    /// Audiences that mean this token endpoint.
    pub(super) audiences: &'a [String],
    pub(super) now: Timestamp,
}

/// The claims that matter.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
}

/// Seconds since 1970; MSAL for Python sends fractions, which RFC 7519 allows.
type NumericDate = f64;

/// One audience, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Verifies a client assertion.
pub(super) fn verify(assertion: &str, asked: &Asked<'_>) -> Result<(), Refusal> {
    let unread = |error| Refusal::client(50_027, format!("Invalid JWT token: {error}."));
    let read = insecure_decode::<Claims>(assertion).map_err(unread)?;
    let (header, claims) = (read.header, read.claims);
    let own = asked.application.app_id.to_string();
    if claims.iss.eq_ignore_ascii_case(&own) {
        verify_own(assertion, &header, &claims, asked)
    } else {
        verify_federated(assertion, &header, &claims, asked)
    }
}

/// An assertion the application signed itself.
fn verify_own(assertion: &str, header: &Header, claims: &Claims, asked: &Asked<'_>) -> Result<(), Refusal> {
    if claims.sub != claims.iss {
        let message = "The client assertion's 'sub' and 'iss' claims must both be the client_id.";
        return Err(Refusal::client(700_021, message));
    }
    let certificate = find_certificate(header, asked)?;
    let algorithms = [Algorithm::PS256, Algorithm::RS256, Algorithm::ES256];
    if !algorithms.contains(&header.alg) || !is_signed(assertion, header.alg, certificate.key()) {
        return Err(bad_key("The provided signature value did not match the expected signature value"));
    }
    if !claims.aud.iter().any(|found| asked.audiences.iter().any(|known| same_url(found, known))) {
        let message = "Client assertion audience claim does not match Realm issuer.";
        return Err(Refusal::client(700_023, message));
    }
    check_lifetime(claims, asked.now)
}

/// Finds the registered certificate by `x5t#S256`, `x5t`, or the thumbprint some clients put in `kid`.
fn find_certificate<'a>(header: &Header, asked: &Asked<'a>) -> Result<&'a Certificate, Refusal> {
    let named = [&header.x5t_s256, &header.x5t, &header.kid].into_iter().flatten().next();
    let named =
        named.ok_or_else(|| bad_key("The key was not found: the header names no certificate thumbprint"))?;
    let mut registered = asked.application.key_credentials.iter().map(|credential| &credential.key);
    let certificate = registered.find(|certificate| certificate.has_thumbprint(named));
    let certificate = certificate.ok_or_else(|| {
        bad_key(&format!("The key was not found., Thumbprint of key used by client: '{named}'"))
    })?;
    if certificate.is_valid(asked.now) {
        return Ok(certificate);
    }
    Err(bad_key(&format!("The key used is expired., Thumbprint of key used by client: '{named}'")))
}

fn bad_key(reason: &str) -> Refusal {
    let message = format!(
        "The certificate with identifier used to sign the client assertion is not registered on application. \
         [Reason - {reason}.]"
    );
    Refusal::client(700_027, message)
}

/// An assertion of another issuer that the application trusts.
fn verify_federated(
    assertion: &str,
    header: &Header,
    claims: &Claims,
    asked: &Asked<'_>,
) -> Result<(), Refusal> {
    let trusted = find_trust(claims, &asked.application.federated_identity_credentials)?;
    if header.alg != Algorithm::RS256 {
        let message = format!(
            "Invalid JWT token. '{:?}' is not a supported signature algorithm. Supported signing algorithms are: \
             'RS256'.",
            header.alg
        );
        return Err(Refusal::client(5_002_738, message));
    }
    let named = |kid: &Option<String>| header.kid.is_none() || *kid == header.kid;
    let mut keys = trusted.jwks.keys.iter().filter(|key| named(&key.common.key_id));
    let keys = keys.by_ref().filter_map(|key| DecodingKey::from_jwk(key).ok());
    if !keys.into_iter().any(|key| is_signed(assertion, header.alg, &key)) {
        let message = "Assertion failed signature validation. [Reason - The key was not found.]";
        return Err(Refusal::client(50_013, message));
    }
    check_lifetime(claims, asked.now)
}

/// Finds the trust by issuer, then subject, then audience, so that the refusal names what differs.
fn find_trust<'a>(
    claims: &Claims,
    trusts: &'a [FederatedIdentityCredential],
) -> Result<&'a FederatedIdentityCredential, Refusal> {
    let Claims { iss, sub, aud, .. } = claims;
    let nothing = |number, what: &str| {
        let audience = aud.iter().next().unwrap_or_default();
        let message = format!(
            "No matching federated identity record found for presented assertion{what}. Assertion Issuer: '{iss}'. \
             Assertion Subject: '{sub}'. Assertion Audience: '{audience}'."
        );
        Refusal::client(number, message)
    };
    if trusts.is_empty() {
        return Err(nothing(70_021, ""));
    }
    let issuer: Vec<_> = trusts.iter().filter(|trust| trust.issuer == *iss).collect();
    if issuer.is_empty() {
        return Err(nothing(700_211, " issuer"));
    }
    let subject: Vec<_> = issuer.into_iter().filter(|trust| trust.subject == *sub).collect();
    if subject.is_empty() {
        return Err(nothing(700_213, " subject"));
    }
    let [.., audience] = subject.as_slice() else { return Err(nothing(70_021, "")) };
    let matches = |trust: &&&FederatedIdentityCredential| aud.iter().any(|found| found == trust.audiences[0]);
    subject
        .iter()
        .find(matches)
        .copied()
        .ok_or_else(|| nothing(700_212, &format!(" audience (expected '{}')", audience.audiences[0])))
}

fn check_lifetime(claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
    let (time, latest_start) = (now.as_duration(), (now + CLOCK_SKEW).as_duration());
    let begun = claims.nbf.is_none_or(|nbf| nbf <= latest_start.as_secs_f64());
    if begun && claims.exp.is_some_and(|exp| time.as_secs_f64() < exp) {
        return Ok(());
    }
    let show = |date: Option<NumericDate>| {
        let time = date.and_then(|date| SignedDuration::try_from_secs_f64(date).ok());
        let time = time.and_then(|time| Timestamp::from_duration(time).ok());
        time.map_or_else(|| "not given".to_owned(), |time| time.to_string())
    };
    let message = format!(
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {}, expiry \
         time of assertion {}.",
        show(claims.nbf),
        show(claims.exp)
    );
    Err(Refusal::client(700_024, message))
}

/// Whether the signature is good; what the claims say is judged by the caller.
fn is_signed(assertion: &str, algorithm: Algorithm, key: &DecodingKey) -> bool {
    let mut signature_only = Validation::new(algorithm);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    decode::<serde::de::IgnoredAny>(assertion, key, &signature_only).is_ok()
}

/// URLs are compared without case and without a closing slash.
fn same_url(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

impl Audience {
    fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Many(audiences) => audiences.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}
