//! The published quotas. <https://learn.microsoft.com/graph/throttling-limits>

use super::cost::shape;
use crate::graph::{Body, Method, Request};

/// Whose requests a quota adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of one application in one tenant.
    ApplicationInTenant,
    /// Those of one application in all tenants.
    Application,
    /// Those of all applications in one tenant.
    Tenant,
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Requests,
    ResourceUnits,
    Writes,
}

/// How much a window holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Amount {
    Fixed(f64),
    /// As many as [`crate::Pim::quota`] says.
    Privileged,
    /// For tenants of fewer than 50, 50 to 500, and more than 500 users.
    BySize([f64; 3]),
}

/// A group of requests with quotas of its own; a request may belong to several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Every request.
    Graph,
    /// Users, groups, applications and the other objects of the directory.
    Directory,
    /// Writes to applications that personal accounts may sign in to.
    PersonalApplications,
    /// Conditional Access and Identity Protection.
    Protection,
    /// Sign-ins, audits, provisioning and authentication methods.
    Reports,
    /// Lists of users with their last sign-in.
    SignInActivity,
    /// Identity providers, user flows, their connectors and listeners.
    ExternalIdentities,
    Invitations,
    /// Open and schema extensions.
    Extensions,
    DeviceWrites,
    DataPolicyOperations,
    SubscriptionWrites,
    SubscriptionLists,
    UsageReports,
    /// Privileged identity management: schedules, requests and settings.
    Privileged,
}

/// One quota: so much per window.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) service: Service,
    pub(super) scope: Scope,
    pub(super) unit: Unit,
    pub(super) amount: Amount,
    pub(super) seconds: f64,
    /// Whether a refusal says how long to wait.
    pub(super) tells_when: bool,
}

/// A quota whose refusals say how long to wait.
const fn limit(service: Service, scope: Scope, unit: Unit, amount: f64, seconds: f64) -> Limit {
    Limit { service, scope, unit, amount: Amount::Fixed(amount), seconds, tells_when: true }
}

/// A quota whose refusals do not say how long to wait.
const fn silent(service: Service, scope: Scope, amount: f64, seconds: f64) -> Limit {
    Limit { tells_when: false, ..limit(service, scope, Unit::Requests, amount, seconds) }
}

/// Every quota; the first one that is used up refuses.
pub(super) const LIMITS: &[Limit] = &[
    limit(Service::Graph, Scope::Application, Unit::Requests, 130_000.0, 10.0),
    Limit {
        amount: Amount::BySize([3_500.0, 5_000.0, 8_000.0]),
        ..limit(Service::Directory, Scope::ApplicationInTenant, Unit::ResourceUnits, 0.0, 10.0)
    },
    limit(Service::Directory, Scope::ApplicationInTenant, Unit::Writes, 3_000.0, 150.0),
    limit(Service::Directory, Scope::Application, Unit::ResourceUnits, 150_000.0, 20.0),
    limit(Service::Directory, Scope::Application, Unit::Writes, 35_000.0, 300.0),
    limit(Service::Directory, Scope::Tenant, Unit::Writes, 18_000.0, 300.0),
    limit(Service::PersonalApplications, Scope::ApplicationInTenant, Unit::Writes, 60.0, 60.0),
    silent(Service::Protection, Scope::Tenant, 1.0, 1.0),
    limit(Service::Reports, Scope::ApplicationInTenant, Unit::Requests, 5.0, 10.0),
    limit(Service::Reports, Scope::Application, Unit::Requests, 122.0, 10.0),
    limit(Service::SignInActivity, Scope::ApplicationInTenant, Unit::Requests, 10.0, 60.0),
    limit(Service::SignInActivity, Scope::Application, Unit::Requests, 10.0, 60.0),
    limit(Service::ExternalIdentities, Scope::ApplicationInTenant, Unit::Requests, 200.0, 60.0),
    limit(Service::ExternalIdentities, Scope::Tenant, Unit::Requests, 300.0, 60.0),
    limit(Service::Invitations, Scope::Tenant, Unit::Requests, 150.0, 5.0),
    limit(Service::Extensions, Scope::ApplicationInTenant, Unit::Requests, 455.0, 10.0),
    limit(Service::DeviceWrites, Scope::ApplicationInTenant, Unit::Writes, 3_000.0, 150.0),
    silent(Service::DataPolicyOperations, Scope::Tenant, 10_000.0, 3_600.0),
    limit(Service::SubscriptionWrites, Scope::ApplicationInTenant, Unit::Requests, 500.0, 20.0),
    limit(Service::SubscriptionLists, Scope::ApplicationInTenant, Unit::Requests, 25.0, 20.0),
    limit(Service::UsageReports, Scope::ApplicationInTenant, Unit::Requests, 14.0, 600.0),
    Limit {
        amount: Amount::Privileged,
        ..limit(Service::Privileged, Scope::ApplicationInTenant, Unit::Requests, 0.0, 10.0)
    },
];

/// The services whose quotas a request takes from.
pub(super) fn services(request: &Request, writes: bool) -> Vec<Service> {
    let shape = shape(request);
    let mut services = vec![Service::Graph, of_path(&shape)];
    let extends =
        |kind: &str| matches!(kind, "users" | "groups" | "devices" | "administrativeUnits" | "organization");
    match shape.as_slice() {
        [kind, _, "extensions", ..] if extends(kind) => services.push(Service::Extensions),
        ["me", "extensions", ..] | ["schemaExtensions", ..] => services.push(Service::Extensions),
        ["devices", ..] if writes => services.push(Service::DeviceWrites),
        ["invitations", ..] => services.push(Service::Invitations),
        ["identityGovernance", "privilegedAccess", ..] => services.push(Service::Privileged),
        ["policies", set, ..] if set.starts_with("roleManagementPolic") => services.push(Service::Privileged),
        ["roleManagement", "directory", set, ..] if set.contains("Schedule") => {
            services.push(Service::Privileged);
        }
        ["applications", ..] if writes && names_personal_accounts(request) => {
            services.push(Service::PersonalApplications);
        }
        ["subscriptions", ..] if writes => services.push(Service::SubscriptionWrites),
        ["subscriptions"] => services.push(Service::SubscriptionLists),
        ["users", ..] if request.option("select").is_some_and(names_sign_in_activity) => {
            services.push(Service::SignInActivity);
        }
        _ => {}
    }
    services
}

/// The service that answers a path.
fn of_path(shape: &[&str]) -> Service {
    match shape {
        ["identity", "conditionalAccess", ..] | ["identityProtection", ..] => Service::Protection,
        ["identity", ..] => Service::ExternalIdentities,
        ["auditLogs", ..] | ["users", _, "authentication", ..] | ["me", "authentication", ..] => {
            Service::Reports
        }
        ["reports", "authenticationMethods", ..] => Service::Reports,
        ["reports", ..] => Service::UsageReports,
        ["dataPolicyOperations", ..] => Service::DataPolicyOperations,
        _ => Service::Directory,
    }
}

fn names_sign_in_activity(select: &str) -> bool {
    select.split(',').any(|name| name.trim().eq_ignore_ascii_case("signInActivity"))
}

fn names_personal_accounts(request: &Request) -> bool {
    let audience = match &request.body {
        Body::Json(body) if request.method != Method::Get => body["signInAudience"].as_str(),
        _ => None,
    };
    audience.is_some_and(|audience| audience.contains("Personal"))
}
