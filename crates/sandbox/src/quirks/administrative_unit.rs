//! Administrative units: who may be in one, and what a restricted one keeps others from.
//! <https://learn.microsoft.com/entra/identity/role-based-access-control/administrative-units>

use std::sync::Arc;

use uuid::Uuid;

use super::group::is_unified;
use super::{Behavior, Create, LinkEdit, rule, soft};
use crate::graph::{Directory, Draft, Failure, LinkChange};
use crate::schema::bad_request;
use crate::store::{Change, Object, Store};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(|_, draft| check_rule(draft)),
    delete: Some(|_, unit| Ok(soft(unit))),
    link,
    ..Behavior::PLAIN
};

/// Most units an object can be in.
const UNITS: usize = 30;

/// Most restricted units of a tenant.
const RESTRICTED: usize = 100;

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let unit = &draft.object;
    let live = directory.primary.ids(unit.entity, false, None);
    let restricted = live.filter(|id| directory.primary.live(*id).is_some_and(|unit| is_restricted(unit)));
    if is_restricted(unit) && restricted.count() >= RESTRICTED {
        return Err(bad_request(format!("A tenant can have at most {RESTRICTED} restricted units.")));
    }
    check_rule(draft)
}

/// A dynamic unit has a valid rule and a processing state; others are not given a rule.
fn check_rule(draft: &Draft) -> Result<(), Failure> {
    let unit = &draft.object;
    for name in ["membershipRule", "membershipRuleProcessingState"] {
        if is_dynamic(unit) && unit.get(name).is_none() {
            return Err(invalid(name, "a dynamic unit needs a value"));
        }
    }
    let sends_rule = draft.sent.get("membershipRule").is_some_and(|rule| !rule.is_null());
    let was_dynamic = draft.before.as_deref().is_some_and(is_dynamic);
    if is_dynamic(unit)
        && let Some(text) = unit.text("membershipRule").filter(|_| sends_rule || !was_dynamic)
    {
        rule::read(text)?;
    }
    if sends_rule && !is_dynamic(unit) && !was_dynamic {
        return Err(invalid("membershipRule", "the unit is not dynamic"));
    }
    Ok(())
}

fn link(
    directory: &Directory<'_>,
    unit: &Object,
    change: &LinkChange,
    edit: LinkEdit,
) -> Result<(), Failure> {
    if is_dynamic(unit) {
        return Err(Failure::denied());
    }
    if edit == LinkEdit::Remove {
        return Ok(());
    }
    for target in change.targets.iter().filter_map(|id| directory.primary.live(*id)) {
        check_member(unit, target)?;
        if units(directory.primary, target.id).count() >= UNITS {
            return Err(bad_request(format!("An object can be in at most {UNITS} administrative units.")));
        }
    }
    Ok(())
}

/// Refuses an object that the unit cannot hold.
pub(super) fn check_member(unit: &Object, member: &Object) -> Result<(), Failure> {
    if is_dynamic(unit) {
        return Err(Failure::denied());
    }
    let is_plain =
        |group: &Object| group.flag("securityEnabled") && !group.flag("mailEnabled") && !is_unified(group);
    if is_restricted(unit) && member.entity.name == "group" && !is_plain(member) {
        return Err(invalid("members", "a restricted unit holds users, devices and plain security groups"));
    }
    Ok(())
}

/// Whether a rule decides about its members; the case of the word varies.
pub(crate) fn is_dynamic(unit: &Object) -> bool {
    unit.text("membershipType").is_some_and(|kind| kind.eq_ignore_ascii_case("Dynamic"))
}

/// Whether its members are protected from everybody without a role in it.
fn is_restricted(unit: &Object) -> bool {
    unit.flag("isMemberManagementRestricted")
}

/// The live units that an object is in.
fn units(store: &Store, member: Uuid) -> impl Iterator<Item = &Arc<Object>> {
    let sources = store.sources_after(member, "members", None).filter_map(|id| store.live(id));
    sources.filter(|source| source.entity.name == "administrativeUnit")
}

/// Whether an object is in a restricted unit.
pub(crate) fn is_protected(store: &Store, member: Uuid) -> bool {
    units(store, member).any(|unit| is_restricted(unit))
}

/// Refuses changes of objects in restricted units by whoever holds no role in one of these.
pub(crate) fn check_changes(directory: &Directory<'_>, changes: &[Change]) -> Result<(), Failure> {
    let store = directory.primary;
    let may = |id: Uuid| {
        let mut restricted = units(store, id).filter(|unit| is_restricted(unit)).peekable();
        restricted.peek().is_none() || restricted.any(|unit| holds_role(store, directory.caller, unit))
    };
    let changed = |change: &Change| match change {
        Change::Put(object) => object.id,
        Change::Remove(id) => *id,
        Change::Link { source, .. } | Change::Unlink { source, .. } => *source,
    };
    if changes.iter().map(changed).all(may) { Ok(()) } else { Err(Failure::denied()) }
}

fn holds_role(store: &Store, caller: Option<Uuid>, unit: &Object) -> bool {
    let mut memberships = store.targets(unit.id, "scopedRoleMembers").filter_map(|id| store.live(id));
    let caller = caller.map(|caller| caller.to_string());
    memberships.any(|membership| {
        let holder = membership.get("roleMemberInfo").and_then(|info| info["id"].as_str());
        holder.is_some() && holder == caller.as_deref()
    })
}

fn invalid(name: &'static str, why: &str) -> Failure {
    bad_request(format!(
        "Invalid value specified for property '{name}' of resource 'AdministrativeUnit': {why}."
    ))
    .with_detail("InvalidValue", name)
}
