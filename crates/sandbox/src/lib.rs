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
//! `schema` is a table of entity types; everything else is generic over it. `pim` holds the settings of roles and what
//! they ask of requests, `processing` is what the service does by
//! itself after a write, as membership `rules` ask for, and `licensing` decides who gets which products.
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
//!   "applications": [], "servicePrincipals": [], "appRoleAssignments": [], "devices": [], "subscribedSkus": [{ "skuPartNumber": "SPE_E3", "prepaidUnits": { "enabled": 25 } }],
//!   "authorizationPolicy": { "allowInvitesFrom": "adminsAndGuestInviters" },
//!   "groupSettings": [
//!     { "templateId": "62375ab9-6b52-47ed-826b-58e47e0e304b",
//!       "values": [{ "name": "EnableGroupCreation", "value": "false" }] } ],
//!   "groupLifecyclePolicies": [
//!     { "id": "51111111-1111-1111-1111-111111111111", "groupLifetimeInDays": 180, "managedGroupTypes": "Selected" } ],
//!   "administrativeUnits": [ { "displayName": "Marketing", "members": ["Marketing", "alex.wilber@contoso.com"] } ],
//!   "directoryRoles": [], "scopedRoleMemberships": [],
//!   "roleDefinitions": [
//!     { "displayName": "Retail helpdesk",
//!       "rolePermissions": [{ "allowedResourceActions": ["microsoft.directory/users/password/update"] }] } ],
//!   "roleAssignmentSchedules": [
//!     { "principal": "megan.bowen@contoso.com", "roleDefinition": "User Administrator", "directoryScope": "Marketing" },
//!     { "principal": "alex.wilber@contoso.com", "roleDefinition": "Retail helpdesk", "assignmentType": "Activated",
//!       "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "PT8H" } } } ],
//!   "roleEligibilitySchedules": [ { "principal": "alex.wilber@contoso.com", "roleDefinition": "Retail helpdesk" } ],
//!   "namedLocations": [
//!     { "@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Home", "countriesAndRegions": ["DE"] } ],
//!   "authenticationContextClassReferences": [ { "id": "c1", "displayName": "Confidential", "isAvailable": true } ],
//!   "authenticationStrengthPolicies": [ { "displayName": "Keys", "allowedCombinations": ["fido2"] } ],
//!   "conditionalAccessPolicies": [
//!     { "displayName": "Keys for administrators", "state": "enabled",
//!       "conditions": { "applications": { "includeApplications": ["All"] },
//!                       "users": { "includeRoles": ["Global Administrator"], "excludeGroups": ["Marketing"] },
//!                       "locations": { "includeLocations": ["All"], "excludeLocations": ["Home"] } },
//!       "grantControls": { "operator": "OR", "authenticationStrength": { "id": "Keys" } } } ],
//!   "deletedUsers": [], "deletedGroups": []
//! }
//! ```
//!
//! What a policy or settings leave out is at its default; settings of one group stand in `groupSettings`
//! with an `id` that the group lists under `settings`, as it lists a lifecycle policy that it is selected for under
//! `groupLifecyclePolicies`, a unit its `scopedRoleMembers`, and a service principal its `appRoleAssignments` and
//! `appRoleAssignedTo`. The service principal of Microsoft Graph, if there is one, offers the well-known application
//! permissions, and the `roles` of registered applications are grants of these. An entry of `roleManagementPolicies` names its
//! role by `roleDefinitionId`, or its group by `scopeType` (`Group`), `scopeId` and `roleDefinitionId` (`member` or `owner`),
//! and under `rules` what differs from settings that nobody touched. `assignmentSchedules` and `eligibilitySchedules` are
//! those of groups: `group`, `accessId`, `principal` and `scheduleInfo`; such a group is under management. Entries carry
//! Graph properties by their Graph names, read-only ones included. Links name their target by id, user principal name, unique name, application id, device id or (except for users)
//! display name. Ids that are left out are derived from the natural key, so the same file always
//! gives the same tenant; creation times, mail nicknames and the like get the values the service
//! would choose; what is deleted was deleted today, and is gone for good when `retention_ms` of
//! `/sandbox/faults`, 30 days by default, have passed. `GET /sandbox/state` answers in this format.
//!
//! Who holds a role, or may activate it, stands in `roleAssignmentSchedules` and `roleEligibilitySchedules`: permanently,
//! assigned, and over the whole tenant unless an entry says otherwise. `principal`, `roleDefinition` and
//! `directoryScope` take names as links do, and names of built-in roles; a unit as scope means its members. A duration
//! counts from `startDateTime`, or else from the start of the sandbox. Members of `directoryRoles` and
//! `scopedRoleMemberships` are assigned permanently, too. Built-in roles are in every tenant and need no entry.
//!
//! Conditional Access policies name users, groups, roles, service principals, locations and strengths as links do;
//! applications are application ids. A strength lists the ids of its `combinationConfigurations`, which have a section of
//! their own. The three built-in strengths are in every tenant and need no entry.
//!
//! `methodsRegistered` of a user are the methods of authentication that the report of registrations tells, in its words:
//! `["microsoftAuthenticatorPush", "email"]`; who has none has registered nothing. Whether somebody can do multifactor
//! authentication follows from them and from the authentication methods policy.
//! `identitySecurityDefaultsEnforcementPolicy` is off unless it says `{ "isEnabled": true }`.
//!
//! A product needs no more than its part number when it is one of those in `licensing/products.json`, for example
//! `SPE_E3`, `SPE_E5` or `AAD_PREMIUM_P2`; seats that are not given are 0, and `consumedUnits` is always counted. The
//! `assignedLicenses` of a user without `licenseAssignmentStates` are assigned directly, those of a group reach its
//! members before the first request.
//!
//! # Licences
//!
//! `assignLicense` on a user takes effect at once or is refused as a whole. On a group it is accepted; then the group
//! passes through `QueuedForProcessing` and `ProcessingInProgress`, `processing_delay_ms` each, to `ProcessingComplete`,
//! and each member gets all of its products or the reason why not. Members are taken in the order of their ids. Which
//! plans exclude or need each other stands in `licensing/rules.rs`. A member without a usage location is taken to be in
//! the tenant's country (`countryLetterCode`), and in none if the tenant has none.
//!
//! # Privileged identity management
//!
//! A request is judged by the directory, by who asks and by the settings of the role, and carried out before the answer,
//! or `processing_delay_ms` later with `pim_asynchronous`; until then it is `PendingProvisioning`. What begins or ends by
//! itself does so with the clock, which `pim_clock_ahead_ms` puts forward. `pim_minimum_active_ms` (0; 5 minutes in the
//! service), `pim_request_retention_ms`, `pim_mfa_for_applications`, `pim_quota` and `pim_license` (`assumed`, or `products` to refuse
//! a tenant without a suitable product, Conditional Access policies and the report of registrations too) are members of [`Pim`]; `fail_request_every` and `stall_request_every` of
//! [`Faults`] let requests end as `Failed`, or stay `Granted` and come to nothing.
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
//! These need no token:
//!
//! - `GET /sandbox/stats` counts requests, operations, resource units, writes, and what was inflicted, by kind
//!   ([`Stats`]); `POST /sandbox/stats/reset` counts from zero again.
//! - `GET /sandbox/faults` shows every knob, `PATCH /sandbox/faults` turns some: the members of [`Faults`] by their
//!   names with durations in milliseconds (`latency_ms`, `jitter_ms`, `stale_ms`), and `lag_ms`, `index_lag_ms`,
//!   `delta_lag_ms`, `processing_delay_ms`, `consistency`, `quota`, `quota_scale`,
//!   `quota_share`, `seed_number` and `naming_policy_for_apps` of [`Options`], and those of [`Policies`]. A [`Rate`]
//!   is a number (every nth) or text such as `"5%"` (a chance); `null` switches a fault off. Turning a knob begins the
//!   pseudo-random sequences anew.
//! - `GET /sandbox/log?from=NUMBER` lists the last 20,000 operations from that number on, items of a batch one by one:
//!   application, request id, method, path, status, faults, and each object that was created, updated, deleted,
//!   restored, removed, linked or unlinked. Edits that [`Faults::edit_every`] lets an administrator make stand there
//!   with `administrator` as their application. `next` is the number to go on from.
//! - `POST /sandbox/process` does at once what the service does by itself later, `processing_delay_ms` after a write:
//!   it fills groups by their rules, and gives members the licences of their groups. The answer counts the jobs.
//! - `POST /sandbox/delta/expire` makes all delta tokens expire; the knobs of [`Delta`] are `delta_page`, `delta_replays`,
//!   `delta_refuses_links_by_id` and `delta_sync_state_not_found`.
//! - `GET /sandbox/state` dumps the tenant as a seed file.
//! - `/sandbox/applications`, `/sandbox/device` and `/sandbox/sign-in` are described above.

mod options;
mod percentage;
mod rate;
mod error;
mod certificate;
mod application;
mod server;
mod graph;
mod licensing;
mod query;
mod quirks;
mod pim;
mod premium;
mod schema;
mod processing;
pub mod rules;
mod store;
mod seeds;

pub use error::Error;
pub use options::{Consistency, Credentials, Delta, Edit, Faults, License, Options, Pim, Policies, Seed};
pub use percentage::Percentage;
pub use rate::Rate;
pub use server::{Running, Stats, reset, start};
