//! When a policy applies: the conditions that depend on the sign-in alone, each of which must be met.
//! <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions>

use super::filter::Mode;
use super::id::{Flags, Id, find};
use super::policy::Conditions;
use super::sign_in::Observed;
use super::verdict::{self, Verdict};

/// A condition: what it is about, and what it says.
pub(super) struct Condition {
    pub(super) noun: &'static str,
    pub(super) verdict: for<'a> fn(&'a Conditions, &Observed<'_>) -> Verdict<'a>,
}

/// How many conditions there are.
pub const CONDITION_COUNT: usize = 10;

/// Every condition, in the order in which they are told.
pub(super) static CONDITIONS: [Condition; CONDITION_COUNT] = [
    Condition { noun: "what is signed in to", verdict: target },
    Condition { noun: "the platform", verdict: platform },
    Condition { noun: "the device", verdict: device },
    Condition { noun: "the client app", verdict: client_app },
    Condition { noun: "the location", verdict: location },
    Condition { noun: "the sign-in risk", verdict: sign_in_risk },
    Condition { noun: "the user risk", verdict: user_risk },
    Condition { noun: "the service principal risk", verdict: service_principal_risk },
    Condition { noun: "the insider risk", verdict: insider_risk },
    Condition { noun: "the authentication flow", verdict: authentication_flow },
];

/// A request for a user action is met by policies about that action only; an authentication context by policies about
/// it, whatever the application, besides those about the application.
fn target<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let applications = &conditions.applications;
    let listed =
        |ids: &'a [Id], asked: &Option<Id>| ids.iter().find(|id| asked.as_ref() == Some(*id)).map(Id::as_str);
    if seen.sign_in.user_action.is_some() {
        let actions = listed(&applications.include_user_actions, &seen.sign_in.user_action);
        return verdict::of("user action", actions, None);
    }
    let contexts = &applications.include_authentication_context_class_references;
    if let Some(context) = listed(contexts, &seen.sign_in.authentication_context) {
        return Verdict::Included("authentication context", context);
    }
    application(conditions, seen)
}

fn application<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let applications = &conditions.applications;
    let named = |ids: &'a [Id]| ids.iter().find(|id| seen.is_for(id)).map(Id::as_str);
    let filtered = |mode: Mode| {
        let filter = applications.application_filter.as_ref().filter(|filter| filter.mode == mode)?;
        filter.rule.matches(&seen.sign_in.app_custom_security_attributes).then_some("with these attributes")
    };
    let included = named(&applications.include_applications).or_else(|| filtered(Mode::Include));
    let excluded = named(&applications.exclude_applications).or_else(|| filtered(Mode::Exclude));
    verdict::of("application", included, excluded)
}

fn client_app<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let types = &conditions.client_app_types;
    if types.is_empty() || find(types, "all").is_some() {
        return Verdict::Unset;
    }
    let own = seen.sign_in.client_app_type.as_deref().unwrap_or_default();
    let supported = || find(types, "easSupported").filter(|_| seen.sign_in.client_is("exchangeActiveSync"));
    verdict::of("client app", find(types, own).or_else(supported), None)
}

fn platform<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let platforms = &conditions.platforms;
    let own = seen.sign_in.platform.as_deref().unwrap_or("unknown");
    let named = |names: &'a [String]| find(names, own).or_else(|| find(names, "all"));
    lists("platform", &platforms.include_platforms, &platforms.exclude_platforms, named)
}

fn location<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let locations = &conditions.locations;
    let named = |ids: &'a [Id]| ids.iter().find(|id| seen.places.are_in(id)).map(Id::as_str);
    lists("location", &locations.include_locations, &locations.exclude_locations, named)
}

/// The verdict of two lists of which the first, when it is empty, includes everything.
fn lists<'a, T>(
    noun: &'static str,
    include: &'a [T],
    exclude: &'a [T],
    named: impl Fn(&'a [T]) -> Option<&'a str>,
) -> Verdict<'a> {
    match (include.is_empty(), exclude.is_empty()) {
        (true, true) => Verdict::Unset,
        (true, false) => verdict::of(noun, Some("any"), named(exclude)),
        (false, _) => verdict::of(noun, named(include), named(exclude)),
    }
}

fn device<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let Some(filter) = &conditions.devices.device_filter else { return Verdict::Unset };
    match (filter.mode, filter.rule.matches(&seen.device)) {
        (Mode::Include, true) => Verdict::Included("device", "in the filter"),
        (Mode::Include, false) => Verdict::NotIncluded,
        (Mode::Exclude, true) => Verdict::Excluded("device", "in the filter"),
        (Mode::Exclude, false) => Verdict::Included("device", "outside the filter"),
    }
}

fn sign_in_risk<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    risk("sign-in risk", &conditions.sign_in_risk_levels, &seen.sign_in.sign_in_risk)
}

fn user_risk<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    risk("user risk", &conditions.user_risk_levels, &seen.sign_in.user_risk)
}

fn service_principal_risk<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let levels = &conditions.service_principal_risk_levels;
    risk("service principal risk", levels, &seen.sign_in.service_principal_risk)
}

/// Levels have no order: high does not stand for medium. A risk that is not known is none.
fn risk<'a>(noun: &'static str, levels: &'a [String], own: &Option<String>) -> Verdict<'a> {
    match levels {
        [] => Verdict::Unset,
        levels => verdict::of(noun, find(levels, own.as_deref().unwrap_or("none")), None),
    }
}

fn insider_risk<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    flags("insider risk", &conditions.insider_risk_levels, &seen.sign_in.insider_risk)
}

fn authentication_flow<'a>(conditions: &'a Conditions, seen: &Observed<'_>) -> Verdict<'a> {
    let methods = &conditions.authentication_flows.transfer_methods;
    flags("authentication flow", methods, &seen.sign_in.authentication_flow)
}

fn flags<'a>(noun: &'static str, flags: &'a Flags, own: &Option<String>) -> Verdict<'a> {
    if flags.is_empty() {
        return Verdict::Unset;
    }
    verdict::of(noun, own.as_deref().and_then(|own| flags.find(own)), None)
}
