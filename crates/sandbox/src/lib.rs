//! A local Microsoft Graph for tests, rehearsals and a first try.
//!
//! [`start`] listens on loopback and answers like the token endpoint of the Microsoft identity
//! platform and like the directory part of Microsoft Graph (`/v1.0` and `/beta` alike). A request
//! takes this way:
//!
//! ```text
//!  server ──► graph ──► query        what a list holds
//!  HTTP,      path,  └► quirks       where the service departs from plain OData
//!  tokens,    $batch     │
//!  faults                ▼
//!             schema   store ──► state directory
//! ```
//!
//! `schema` is a table of entity types; everything else is generic over it.
//!
//! # Seed files
//!
//! A tenant begins with a [`Seed`]. A seed file is a JSON object with any of these sections:
//!
//! ```json
//! {
//!   "organization": { "displayName": "Contoso", "verifiedDomains": [
//!     { "name": "contoso.com", "isDefault": true, "isInitial": false },
//!     { "name": "contoso.onmicrosoft.com", "isDefault": false, "isInitial": true } ] },
//!   "users": [
//!     { "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen" },
//!     { "userPrincipalName": "alex.wilber@contoso.com", "displayName": "Alex Wilber",
//!       "manager": "megan.bowen@contoso.com", "onPremisesSyncEnabled": true } ],
//!   "groups": [
//!     { "displayName": "Marketing", "owners": ["megan.bowen@contoso.com"],
//!       "members": ["alex.wilber@contoso.com"] } ],
//!   "servicePrincipals": [], "devices": [], "subscribedSkus": [],
//!   "deletedUsers": [], "deletedGroups": []
//! }
//! ```
//!
//! Entries carry Graph properties by their Graph names, read-only ones included. Links name their
//! target by id, user principal name, unique name, application id, device id or (except for users)
//! display name. Ids that are left out are derived from the natural key, so the same file always
//! gives the same tenant; creation times, mail nicknames and the like get the values the service
//! would choose. `GET /sandbox/state` answers in this format.
//!
//! # Delta queries
//!
//! `users`, `groups`, `servicePrincipals`, `devices` and `directoryObjects` answer `…/delta`. The
//! store keeps the last million changes; a token from before them, from before the last restart but
//! one, or older than seven days is answered with 410 and a `Location` to start over at. The choices
//! the documentation leaves open are in [`Delta`].
//!
//! # Applications that may sign in
//!
//! The sandbox registers one application by itself, [`Running::credentials`], with a secret and
//! every permission Tenantry may need. Others come from the seed section `registeredApplications`
//! or from `POST /sandbox/applications`, one of these objects each:
//!
//! ```json
//! { "displayName": "Deployer", "roles": ["User.Read.All", "Group.ReadWrite.All"],
//!   "passwordCredentials": [{ "secretText": "…", "endDateTime": "2027-01-01T00:00:00Z" }],
//!   "keyCredentials": [{ "key": "-----BEGIN CERTIFICATE-----…" }],
//!   "federatedIdentityCredentials": [{ "name": "main", "issuer": "https://token.actions.githubusercontent.com",
//!     "subject": "repo:contoso/tenant:ref:refs/heads/main", "audiences": ["api://AzureADTokenExchange"],
//!     "jwks": { "keys": [] } }] }
//! ```
//!
//! Only `displayName` is required. `appId` is derived from it when left out, a secret without
//! `secretText` is generated and shown in the answer to its registration only, `jwks` holds the
//! issuer's signing keys, and `roles` are the permissions an administrator has consented to.
//! `GET /sandbox/applications` lists them; `GET`, `PATCH` and `DELETE /sandbox/applications/{appId}`
//! show, change and forget one, and `POST …/revoke` ends its sessions, so that Graph answers its
//! tokens with a claims challenge.
//!
//! For device codes an application needs `"isFallbackPublicClient": true` and `scopes`, the
//! delegated permissions consented to. A person answers at `/device` in a browser, or through
//! `POST /sandbox/device/{user_code}` with `{"decision": "approve", "user": "…"}` or
//! `{"decision": "decline"}`. `GET` and `PATCH /sandbox/sign-in` show and change how long tokens and
//! codes last: `access_token_s`, `refresh_token_s`, `device_code_s`, `device_interval_s`.
//!
//! # Permissions
//!
//! An operation takes one of the application permissions (`roles`) or delegated permissions (`scp`)
//! that its reference page lists, else it is 403 `Authorization_RequestDenied`; in a batch, item by
//! item. Which ones, stands in `server/permissions.rs`.
//!
//! # Control plane
//!
//! `GET /sandbox/stats`, `POST /sandbox/stats/reset`, `GET` and `PATCH /sandbox/faults`,
//! `POST /sandbox/delta/expire` (all delta tokens have expired), `GET /sandbox/state`,
//! `/sandbox/applications`, `/sandbox/device` and `/sandbox/sign-in` need no token. The delta knobs are `delta_page`, `delta_replays`,
//! `delta_refuses_links_by_id` and `delta_sync_state_not_found` of `/sandbox/faults`.

mod options;
mod percentage;
mod error;
mod certificate;
mod application;
mod server;
mod graph;
mod query;
mod quirks;
mod schema;
mod store;
mod seeds;

pub use error::Error;
pub use options::{Credentials, Delta, Faults, Options, Seed};
pub use percentage::Percentage;
pub use server::{Running, Stats, reset, start};
