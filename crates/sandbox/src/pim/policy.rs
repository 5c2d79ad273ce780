//! What the settings of a role, or of access to a group, ask of a request.
//! <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>

use jiff::SignedDuration;
use serde_json::Value;

use crate::schema::parse_duration;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Somebody who may decide about others.
    Admin,
    /// The person whom the request is about.
    EndUser,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Eligibility,
    Assignment,
}

/// A request as far as settings judge it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) caller: Caller,
    pub(crate) level: Level,
    /// From start to end; nothing for ever.
    pub(crate) length: Option<SignedDuration>,
    pub(crate) justification: Option<&'a str>,
    /// Number and system of a ticket, both given.
    pub(crate) has_ticket: bool,
    /// Whether the caller proved who they are in more than one way; applications cannot.
    pub(crate) has_mfa: bool,
    /// Whether the principal may activate what is asked for; beside the point when an administrator asks.
    pub(crate) is_eligible: bool,
}

/// The settings that an attempt does not meet, by the names the service gives them.
pub(crate) fn failing_rules(rules: &[Value], attempt: &Attempt<'_>) -> Vec<&'static str> {
    let tokens = [
        ("ExpirationRule", lasts_too_long(rules, attempt)),
        (
            "JustificationRule",
            asks(rules, attempt, "Justification") && attempt.justification.is_none_or(is_blank),
        ),
        ("TicketingRule", asks(rules, attempt, "Ticketing") && !attempt.has_ticket),
        ("MfaRule", asks(rules, attempt, "MultiFactorAuthentication") && !attempt.has_mfa),
        ("EligibilityRule", attempt.caller == Caller::EndUser && !attempt.is_eligible),
    ];
    tokens.into_iter().filter(|(_, fails)| *fails).map(|(name, _)| name).collect()
}

/// Whether an activation waits for somebody's approval.
pub(crate) fn needs_approval(rules: &[Value]) -> bool {
    of(rules, Caller::EndUser, Level::Assignment).any(|rule| rule["setting"]["isApprovalRequired"] == true)
}

/// The authentication context that an activation has to meet, for example `c1`.
pub(crate) fn authentication_context(rules: &[Value]) -> Option<&str> {
    let mut rules = of(rules, Caller::EndUser, Level::Assignment);
    rules.find(|rule| rule["isEnabled"] == true)?["claimValue"].as_str()
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn lasts_too_long(rules: &[Value], attempt: &Attempt<'_>) -> bool {
    of(rules, attempt.caller, attempt.level).filter(|rule| rule["isExpirationRequired"] == true).any(|rule| {
        let longest = rule["maximumDuration"].as_str().and_then(parse_duration);
        // Without an end nothing is short enough.
        attempt.length.is_none_or(|length| longest.is_some_and(|longest| length > longest))
    })
}

fn asks(rules: &[Value], attempt: &Attempt<'_>, token: &str) -> bool {
    let enabled = of(rules, attempt.caller, attempt.level).filter_map(|rule| rule["enabledRules"].as_array());
    enabled.flatten().any(|found| found.as_str().is_some_and(|found| found.eq_ignore_ascii_case(token)))
}

/// The rules about such requests; one that lost what it is about is about none.
fn of(rules: &[Value], caller: Caller, level: Level) -> impl Iterator<Item = &Value> {
    let caller = match caller {
        Caller::Admin => "Admin",
        Caller::EndUser => "EndUser",
    };
    let level = match level {
        Level::Eligibility => "Eligibility",
        Level::Assignment => "Assignment",
    };
    rules.iter().filter(move |rule| rule["target"]["caller"] == caller && rule["target"]["level"] == level)
}
