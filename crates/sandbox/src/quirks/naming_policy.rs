//! The naming policy and the classifications of Microsoft 365 groups.
//! <https://learn.microsoft.com/entra/identity/users/groups-naming-policy>

use super::group_setting::{GROUP_NAME, names, of_tenant};
use super::{directory_role, self_service};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::bad_request;
use crate::store::Object;

/// Longest name with what the policy adds, in characters.
const LONGEST: usize = 63;

/// Attributes of the caller that a policy can name, and the properties they stand for.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("[Department]", "department"),
    ("[Company]", "companyName"),
    ("[Office]", "officeLocation"),
    ("[StateOrProvince]", "state"),
    ("[CountryOrRegion]", "country"),
    ("[Title]", "jobTitle"),
];

/// Templates of the roles that are exempt: Global and User Administrator.
const EXEMPT: &[&str] = &["62e90394-69f5-4237-9190-012177145e10", "fe930be7-5e62-47db-91af-98c3a49a38b1"];

/// Refuses a classification that the tenant does not have.
pub(super) fn check_classification(directory: &Directory<'_>, draft: &Draft) -> Result<(), Failure> {
    let list = of_tenant(directory.primary, "ClassificationList");
    let classification = draft.object.text("classification").filter(|_| draft.sends("classification"));
    match classification {
        Some(wanted) if !list.is_empty() && !names(&list).any(|name| name == wanted) => {
            let message = format!("The classification '{wanted}' is not one of {list}.");
            Err(bad_request(message).with_detail("InvalidValue", "classification"))
        }
        _ => Ok(()),
    }
}

/// Puts prefix and suffix around a name that lacks them, and refuses blocked ones. Whether an
/// application is subject to it is not documented, so a knob decides.
pub(super) fn apply(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if !draft.sends("displayName") || !is_subject(directory) {
        return Ok(());
    }
    let requirement = of_tenant(directory.primary, "PrefixSuffixNamingRequirement");
    let (prefix, suffix) = requirement.split_once(GROUP_NAME).unwrap_or_default();
    let person = self_service::person(directory).map(AsRef::as_ref);
    let [prefix, suffix] = [prefix, suffix].map(|side| filled(side, person));
    let sent = draft.object.text("displayName").unwrap_or_default();
    let typed = sent.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(&suffix)).unwrap_or(sent);
    check_blocked(directory, draft, typed)?;
    let name = format!("{prefix}{typed}{suffix}");
    if !requirement.is_empty() && name.chars().count() > LONGEST {
        let message =
            format!("The name with what the naming policy adds is longer than {LONGEST} characters.");
        return Err(bad_request(message).with_detail("InvalidValue", "displayName"));
    }
    draft.object.set("displayName", name);
    Ok(())
}

/// Whether the policy is for the caller.
fn is_subject(directory: &Directory<'_>) -> bool {
    self_service::person(directory).map_or(directory.naming_policy_for_apps, |person| {
        !directory_role::holds(directory.primary, person.id, EXEMPT)
    })
}

/// Refuses a name or alias that is a blocked word; one that only contains it is fine.
fn check_blocked(directory: &Directory<'_>, draft: &Draft, typed: &str) -> Result<(), Failure> {
    let blocked = of_tenant(directory.primary, "CustomBlockedWordsList");
    let nickname = draft.object.text("mailNickname").filter(|_| draft.sends("mailNickname"));
    for (property, text) in [("displayName", Some(typed)), ("mailNickname", nickname)] {
        let text = text.map(str::to_lowercase);
        if let Some(word) = names(&blocked).find(|word| Some(word.to_lowercase()) == text) {
            let message = format!("The property '{property}' holds the blocked word '{word}'.");
            return Err(bad_request(message).with_detail("ContainsBlockedWord", property));
        }
    }
    Ok(())
}

/// One side of a policy with the caller's attributes; brackets that mean nothing stay.
fn filled(side: &str, caller: Option<&Object>) -> String {
    ATTRIBUTES.iter().fold(side.to_owned(), |side, (attribute, property)| {
        let value = caller.and_then(|caller| caller.text(property)).unwrap_or_default();
        side.replace(attribute, value)
    })
}
