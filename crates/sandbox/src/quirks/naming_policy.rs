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
    let person = self_service::person(directory);
    let is_subject = person.map_or(directory.naming_policy_for_apps, |person| {
        !directory_role::holds(directory.primary, person.id, EXEMPT)
    });
    if !draft.sends("displayName") || !is_subject {
        return Ok(());
    }
    let requirement = of_tenant(directory.primary, "PrefixSuffixNamingRequirement");
    let (prefix, suffix) = requirement.split_once(GROUP_NAME).unwrap_or_default();
    let [prefix, suffix] = [prefix, suffix].map(|side| filled(side, person.map(AsRef::as_ref)));
    let sent = draft.object.text("displayName").unwrap_or_default().to_owned();
    let typed = sent.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(&suffix)).unwrap_or(&sent);
    let nickname = draft.object.text("mailNickname").filter(|_| draft.sends("mailNickname"));
    let blocked = of_tenant(directory.primary, "CustomBlockedWordsList");
    for (name, text) in [("displayName", Some(typed)), ("mailNickname", nickname)] {
        let is_blocked = |word: &str| text.is_some_and(|text| word.to_lowercase() == text.to_lowercase());
        if let Some(word) = names(&blocked).find(|word| is_blocked(word)) {
            let message = format!("The property '{name}' holds the blocked word '{word}'.");
            return Err(bad_request(message).with_detail("ContainsBlockedWord", name));
        }
    }
    let name = format!("{prefix}{typed}{suffix}");
    if !requirement.is_empty() && name.chars().count() > LONGEST {
        let message =
            format!("The name with what the naming policy adds is longer than {LONGEST} characters.");
        return Err(bad_request(message).with_detail("InvalidValue", "displayName"));
    }
    draft.object.set("displayName", name);
    Ok(())
}

/// One side of a policy with the caller's attributes; brackets that mean nothing stay.
fn filled(side: &str, caller: Option<&Object>) -> String {
    ATTRIBUTES.iter().fold(side.to_owned(), |side, (attribute, property)| {
        let value = caller.and_then(|caller| caller.text(property)).unwrap_or_default();
        side.replace(attribute, value)
    })
}
