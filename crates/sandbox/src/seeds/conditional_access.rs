//! Conditional Access policies in a seed name what they are about as links do.

use serde_json::Value;
use uuid::Uuid;

/// Lists of a policy that hold ids, by JSON pointer.
const LISTS: &[&str] = &[
    "/conditions/users/includeUsers",
    "/conditions/users/excludeUsers",
    "/conditions/users/includeGroups",
    "/conditions/users/excludeGroups",
    "/conditions/users/includeRoles",
    "/conditions/users/excludeRoles",
    "/conditions/clientApplications/includeServicePrincipals",
    "/conditions/clientApplications/excludeServicePrincipals",
    "/conditions/locations/includeLocations",
    "/conditions/locations/excludeLocations",
];

/// Words in these lists that are no names.
const WORDS: &[&str] = &["All", "AllTrusted", "GuestsOrExternalUsers", "None", "ServicePrincipalsInMyTenant"];

/// Replaces the names in the entry of a policy by ids; the error is the name that `find` does not know.
pub(super) fn resolve(policy: &mut Value, find: impl Fn(&str) -> Option<Uuid>) -> Result<(), String> {
    let lists = LISTS.iter().map(|pointer| (*pointer, true));
    for (pointer, many) in lists.chain([("/grantControls/authenticationStrength/id", false)]) {
        let Some(found) = policy.pointer_mut(pointer) else { continue };
        let texts = match found {
            Value::Array(list) if many => list.as_mut_slice(),
            single => std::slice::from_mut(single),
        };
        for value in texts {
            let Some(text) = value.as_str().filter(|text| !WORDS.contains(text)) else { continue };
            if Uuid::try_parse(text).is_err() {
                let id = find(text).ok_or_else(|| format!("{pointer}: '{text}' is not in the seed"))?;
                *value = id.to_string().into();
            }
        }
    }
    Ok(())
}
