//! The sandbox as a client meets it: over HTTP, one behaviour a test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic in a helper is the report, as in a test"
)]

mod administrative_units;
mod applications;
mod assertions;
mod authentication_methods;
mod authentication_strengths;
mod authorization_policy;
mod batches;
mod conditional_access;
mod consistency;
mod delta;
mod device;
mod dynamic;
mod enterprise_applications;
mod faults;
mod group_access;
mod group_licenses;
mod group_lifecycle;
mod group_settings;
mod groups;
mod inconveniences;
mod licenses;
mod log;
mod memberships;
mod named_locations;
mod odata;
mod naming_policy;
mod permissions;
mod premium;
mod reading;
mod roles;
mod role_policies;
mod role_request_courses;
mod role_requests;
mod security_defaults;
mod self_service;
mod signing_in;
mod support;
mod tenants;
mod throttling;
mod user_registration_details;
mod users;
