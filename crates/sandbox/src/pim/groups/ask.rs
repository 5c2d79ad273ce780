//! Takes requests about groups in. The first one brings a group under management.
//! <https://learn.microsoft.com/graph/api/privilegedaccessgroup-post-assignmentschedulerequests>

use super::super::policies::onboard;
use super::super::{Access, Family, Target, cancel, invalid, submit};
use super::NARROWED_BY;
use crate::graph::{Directory, Draft, Failure, Request};
use crate::quirks::{Action, Behavior, Create, Written};
use crate::schema::EntityType;
use crate::store::{Object, id_of};

/// Requests, which are made and cancelled, never changed.
pub(crate) const REQUESTS: Behavior = Behavior {
    create: Create::Instead(ask),
    actions: &[Action { name: "cancel", run: cancel }],
    narrowed_by: NARROWED_BY,
    ..Behavior::READ_ONLY
};

/// Whether a type is about what is active or what is eligible.
pub(super) fn family(kind: &EntityType) -> Family {
    if kind.name.contains("Eligibility") { Family::Eligible } else { Family::Active }
}

fn ask(directory: &Directory<'_>, draft: &Draft, request: &Request) -> Result<Written, Failure> {
    let mut written = submit(directory, draft, request, family(draft.object.entity), target)?;
    if !written.changes.is_empty() {
        written.changes.extend(onboard(directory, draft.object.text("groupId").unwrap_or_default())?);
    }
    Ok(written)
}

/// The group and the access that a request is about.
fn target(directory: &Directory<'_>, request: &Object) -> Result<Target, Failure> {
    let group = request.text("groupId").ok_or_else(|| invalid("a groupId is required"))?;
    let access = request.text("accessId").and_then(Access::parse);
    let access = access.ok_or_else(|| invalid("an accessId is required"))?;
    onboard(directory, group)?;
    Ok(Target::Group { group: id_of(group), access })
}
