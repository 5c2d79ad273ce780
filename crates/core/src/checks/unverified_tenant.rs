//! A configuration that names its tenant by domain is held against the tenant's domains; where these cannot be read,
//! nobody knows that it is the right tenant.

use super::Context;
use crate::address::ObjectId;
use crate::plan::{Level, Note};

pub(super) fn check(context: &Context<'_>) -> Vec<Note> {
    let id = context.resolved.configuration.tenant.id.as_deref();
    let tenant = &context.resolved.snapshot.tenant;
    let Some(domain) = id.filter(|id| ObjectId::parse(id).is_none() && tenant.domains.is_empty()) else {
        return Vec::new();
    };
    let message =
        format!("nobody can say whether {domain} is the tenant {}: its domains cannot be read", tenant.id);
    let help = "grant Organization.Read.All, or write the tenant's GUID in `[tenant] id`";
    vec![Note::new("unverified-tenant", Level::Refusal, None, message).help(help)]
}
