//! Groups: kinds, conversions, guarded memberships. <https://learn.microsoft.com/graph/api/group-post-groups>

use super::user::security_identifier;
use super::{
    Behavior, Create, Deletion, LinkEdit, administrative_unit, mail, membership, naming_policy, now, rule,
    self_service, soft, synchronized,
};
use crate::graph::{Directory, Draft, Failure, LinkChange, conflicts};
use crate::licensing;
use crate::schema::{KeyScope, bad_request};
use crate::store::{Change, Object};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(delete),
    link,
    restore: |directory, group, _| conflicts(directory, group),
    seed,
    actions: &[
        licensing::ASSIGN_TO_GROUP,
        membership::CHECK_GROUPS,
        membership::CHECK_OBJECTS,
        membership::GET_GROUPS,
        membership::GET_OBJECTS,
    ],
    ..Behavior::PLAIN
};

/// Properties kept by Exchange, which an application alone cannot write.
const EXCHANGE_PROPERTIES: &[&str] = &[
    "allowExternalSenders",
    "autoSubscribeNewMembers",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "isSubscribedByMail",
    "unseenCount",
];

/// Most owners of a group.
const OWNERS: usize = 100;

/// Most role-assignable groups of a tenant; deleted ones count until they are gone for good.
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept>
const ROLE_ASSIGNABLE: usize = 500;

/// Unique values besides the declared keys: addresses, and the mail nickname of Microsoft 365 groups,
/// which stays taken while the group waits in deleted items.
pub(crate) fn keys(group: &Object) -> Vec<(&'static str, String, KeyScope)> {
    let nickname = group.text("mailNickname").filter(|_| is_unified(group));
    let nickname = nickname.map(|nickname| ("mailNickname", nickname.to_owned(), KeyScope::Always));
    nickname.into_iter().chain(mail::addresses(group)).collect()
}

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    check_exchange(draft)?;
    check_kind(&draft.object)?;
    check_nickname(&draft.object)?;
    check_rule(draft)?;
    check_visibility(draft)?;
    check_role_assignable(directory, &draft.object)?;
    self_service::check_group(directory, &draft.object)?;
    check_policies(directory, draft)?;
    if let Some((unit, _)) = &draft.owner {
        administrative_unit::check_member(unit, &draft.object)?;
    }
    if is_dynamic(&draft.object) && draft.links.iter().any(|change| change.navigation.name == "members") {
        return Err(Failure::denied());
    }
    let domain = directory.domains(Some("isDefault")).into_iter().next();
    let group = &mut draft.object;
    group.set("renewedDateTime", now());
    group.set("securityIdentifier", security_identifier(group.id));
    if let (true, Some(domain)) = (is_unified(group), domain) {
        let address = format!("{}@{domain}", group.text("mailNickname").unwrap_or_default());
        group.set("mail", address);
        mail::set_primary(group);
    }
    Ok(())
}

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    check_exchange(draft)?;
    synchronized::check(draft, &[])?;
    let Some(before) = draft.before.clone() else {
        return Ok(());
    };
    if is_unified(&before) != is_unified(&draft.object) {
        return Err(invalid("groupTypes", "Unified can only be set when a group is created"));
    }
    check_kind(&draft.object)?;
    check_licensed(directory, &draft.object)?;
    check_nickname(&draft.object)?;
    check_rule(draft)?;
    check_visibility(draft)?;
    check_policies(directory, draft)?;
    if is_dynamic(&draft.object) && !is_dynamic(&before) {
        let members: Vec<_> = directory.primary.targets(before.id, "members").collect();
        draft.also.push(Change::Unlink { source: before.id, relation: "members", targets: members });
    }
    Ok(())
}

/// Groups mastered on premises are gone at once; all others can be restored for thirty days.
fn delete(directory: &Directory<'_>, group: &Object) -> Result<Deletion, Failure> {
    let licenses = directory.primary.licenses();
    if licenses.granting().contains(&group.id) || licenses.heirs_after(group.id, None).next().is_some() {
        return Err(bad_request(
            "Cannot delete a group with active licenses. Remove the licenses assigned to the group first.",
        ));
    }
    Ok(if synchronized::is_synchronized(group) { Deletion::Hard } else { soft(group) })
}

fn link(
    directory: &Directory<'_>,
    group: &Object,
    change: &LinkChange,
    edit: LinkEdit,
) -> Result<(), Failure> {
    match (change.navigation.name, edit) {
        ("members", _) if synchronized::is_synchronized(group) => Err(synchronized::refusal()),
        ("members", _) if is_dynamic(group) => Err(Failure::denied()),
        ("members", LinkEdit::Add) => check_members(directory, group, change),
        ("owners", LinkEdit::Add) => {
            let owners = directory.primary.targets(group.id, "owners").count() + change.targets.len();
            if owners > OWNERS {
                return Err(bad_request(format!("The group cannot have more than {OWNERS} owners.")));
            }
            Ok(())
        }
        ("owners", LinkEdit::Remove) => check_last_owner(directory, group, change),
        _ => Ok(()),
    }
}

fn seed(group: &mut Object, nickname: &str) {
    let unified = is_unified(group);
    group.default("mailEnabled", unified);
    group.default("securityEnabled", !unified);
    group.default("mailNickname", nickname.to_lowercase());
    if let Some(created) = group.get("createdDateTime").cloned() {
        group.default("renewedDateTime", created);
    }
    group.default("securityIdentifier", security_identifier(group.id));
    default_visibility(group);
    mail::set_primary(group);
}

/// Role-assignable groups are private, Microsoft 365 groups public, and the others neither.
fn default_visibility(group: &mut Object) {
    if group.flag("isAssignableToRole") {
        group.default("visibility", "Private");
    } else if is_unified(group) {
        group.default("visibility", "Public");
    }
}

/// Which groups may be nested, and that Microsoft 365 groups only take users.
fn check_members(directory: &Directory<'_>, group: &Object, change: &LinkChange) -> Result<(), Failure> {
    for target in change.targets.iter().filter_map(|id| directory.primary.live(*id)) {
        let is_group = target.entity.name == "group";
        let refused = (is_unified(group) && target.entity.name != "user")
            || (is_group && (is_unified(target) || !target.flag("securityEnabled")))
            || (is_group && group.flag("isAssignableToRole"))
            || target.id == group.id;
        if refused {
            return Err(bad_request(format!(
                "Invalid object type or nesting: the object '{}' cannot be a member of the group '{}'.",
                target.id, group.id
            ))
            .with_detail("InvalidValue", "members"));
        }
    }
    Ok(())
}

fn check_last_owner(directory: &Directory<'_>, group: &Object, change: &LinkChange) -> Result<(), Failure> {
    let is_user =
        |id: &uuid::Uuid| directory.primary.live(*id).is_some_and(|owner| owner.entity.name == "user");
    let users: Vec<_> = directory.primary.targets(group.id, "owners").filter(is_user).collect();
    if !users.is_empty() && users.iter().all(|owner| change.targets.contains(owner)) {
        return Err(bad_request(
            "The group must have at least one owner, hence this owner cannot be removed.",
        ));
    }
    Ok(())
}

fn check_exchange(draft: &Draft) -> Result<(), Failure> {
    if EXCHANGE_PROPERTIES.iter().any(|name| draft.sends(name)) {
        return Err(Failure::denied());
    }
    Ok(())
}

/// What the tenant's settings ask of Microsoft 365 groups.
fn check_policies(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if !is_unified(&draft.object) {
        return Ok(());
    }
    naming_policy::check_classification(directory, draft)?;
    naming_policy::apply(directory, draft)
}

/// Only security groups and Microsoft 365 groups can be made through Graph.
fn check_kind(group: &Object) -> Result<(), Failure> {
    let unified = is_unified(group);
    if unified && !group.flag("mailEnabled") {
        return Err(invalid("mailEnabled", "a Microsoft 365 group must be mail-enabled"));
    }
    if !unified && group.flag("mailEnabled") {
        return Err(invalid(
            "mailEnabled",
            "mail-enabled security and distribution groups are managed by Exchange",
        ));
    }
    if !unified && !group.flag("securityEnabled") {
        return Err(invalid("securityEnabled", "a group must be a security group or a Microsoft 365 group"));
    }
    if group.flag("isAssignableToRole") && (!group.flag("securityEnabled") || is_dynamic(group)) {
        return Err(invalid(
            "isAssignableToRole",
            "a role-assignable group is security-enabled and not dynamic",
        ));
    }
    Ok(())
}

fn check_role_assignable(directory: &Directory<'_>, group: &Object) -> Result<(), Failure> {
    if !group.flag("isAssignableToRole") {
        return Ok(());
    }
    let store = directory.primary;
    let all = [false, true].into_iter().flat_map(|deleted| store.ids(group.entity, deleted, None));
    let there = all.filter_map(|id| store.any(id)).filter(|found| found.flag("isAssignableToRole")).count();
    if there >= ROLE_ASSIGNABLE {
        let message = format!(
            "The tenant has {ROLE_ASSIGNABLE} role-assignable groups, which is the most there can be."
        );
        return Err(Failure::new(400, "Directory_QuotaExceeded", message));
    }
    Ok(())
}

/// Licences need a security-enabled group.
fn check_licensed(directory: &Directory<'_>, group: &Object) -> Result<(), Failure> {
    if directory.primary.licenses().granting().contains(&group.id) && !group.flag("securityEnabled") {
        return Err(invalid("securityEnabled", "licenses are assigned to the group"));
    }
    Ok(())
}

fn check_nickname(group: &Object) -> Result<(), Failure> {
    let nickname = group.text("mailNickname").unwrap_or_default();
    if nickname.chars().any(|character| !character.is_ascii() || "@()\\[]\";:<>, ".contains(character)) {
        return Err(invalid("mailNickname", "a character is not allowed"));
    }
    Ok(())
}

/// A dynamic group has a valid rule and a processing state; other groups are not given either.
fn check_rule(draft: &Draft) -> Result<(), Failure> {
    let group = &draft.object;
    for name in ["membershipRule", "membershipRuleProcessingState"] {
        if is_dynamic(group) && group.get(name).is_none() {
            return Err(invalid(name, "a dynamic group needs a value"));
        }
    }
    let sends_rule = draft.sent.get("membershipRule").is_some_and(|rule| !rule.is_null());
    let was_dynamic = draft.before.as_deref().is_some_and(is_dynamic);
    if is_dynamic(group)
        && let Some(text) = group.text("membershipRule").filter(|_| sends_rule || !was_dynamic)
        && rule::read(text)?.type_name() != "user"
        && is_unified(group)
    {
        return Err(invalid("membershipRule", "a Microsoft 365 group cannot have devices as members"));
    }
    if sends_rule && !is_dynamic(group) && !was_dynamic {
        return Err(invalid("membershipRule", "the group is not dynamic"));
    }
    Ok(())
}

/// Fills in the visibility where the service does, and refuses what it refuses.
fn check_visibility(draft: &mut Draft) -> Result<(), Failure> {
    let hidden = |group: &Object| group.text("visibility") == Some("HiddenMembership");
    let group = &mut draft.object;
    if let Some(before) = &draft.before
        && hidden(before) != hidden(group)
    {
        return Err(invalid("visibility", "HiddenMembership can only be set when a group is created"));
    }
    if hidden(group) && !is_unified(group) {
        return Err(invalid("visibility", "HiddenMembership is only for Microsoft 365 groups"));
    }
    default_visibility(group);
    if group.flag("isAssignableToRole") && group.text("visibility") != Some("Private") {
        return Err(invalid("visibility", "a role-assignable group is private"));
    }
    Ok(())
}

/// Whether it is a Microsoft 365 group.
pub(crate) fn is_unified(group: &Object) -> bool {
    group.has("groupTypes", "Unified")
}

/// Whether a rule decides about its members.
pub(crate) fn is_dynamic(group: &Object) -> bool {
    group.has("groupTypes", "DynamicMembership")
}

fn invalid(property: &str, why: &str) -> Failure {
    bad_request(format!("Invalid value specified for property '{property}' of resource 'Group': {why}."))
        .with_detail("InvalidValue", property)
}
