//! Conditional Access, evaluated without a tenant: who gets in, what is asked for, and which policies say so.
//!
//! ```text
//!  policy (filter, id) ─┐
//!  location ────────────┼─ Tenant ─┬─ principal ─► assignment ─► Assigned ─┐
//!  control (trust) ─────┘          └─ sign_in ───► Observed ───► condition ┴─► evaluation ─► explanation
//!                                                                              case: all of it from JSON to JSON
//! ```
//!
//! What depends on the principal alone ([`Tenant::assigned`]) is apart from what depends on the sign-in alone
//! ([`Tenant::observe`]): people whom no policy tells apart have equal [`Assigned`]s and need one evaluation a sign-in.
//!
//! Sources: <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies> and the
//! pages beside it; each module names its own.

mod id;
mod filter;
mod policy;
mod location;
mod principal;
mod sign_in;
mod verdict;
mod assignment;
mod condition;
mod control;
mod evaluation;
mod explanation;
mod case;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use case::without_nulls;
pub use case::{Case, CaseError, CaseResult, Cases};
pub use condition::CONDITION_COUNT;
pub use control::{Control, InboundTrust, Requirement, Showable};
pub use evaluation::{Assigned, BlockReason, Evaluation, Outcome, Tenant};
pub use filter::{AttributeRule, DeviceRule, Filter, Mode};
pub use id::{Flags, Id};
pub use location::{IpRange, MFA_TRUSTED_IPS, NamedLocation, Network, Origin};
pub use policy::{
    Applications, AuthenticationFlows, AuthenticationStrength, ClientApplications, Conditions, Devices,
    ExternalTenants, GrantControls, GuestsOrExternalUsers, Locations, MembershipKind, Operator, Platforms,
    Policy, State, Users,
};
pub use principal::{Account, ExternalType, Ids, Kind, Principal};
pub use sign_in::{Observed, SignIn};
