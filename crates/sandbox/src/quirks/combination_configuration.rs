//! Configurations of the combinations of an authentication strength.
//! <https://learn.microsoft.com/graph/api/authenticationstrengthpolicy-post-combinationconfigurations>

use std::sync::Arc;

use uuid::Uuid;

use super::authentication_strength::{check_custom, modes};
use super::{Behavior, Create};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::{bad_request, combination_configuration};
use crate::store::Object;

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    sorts: combination_configuration::SORTS,
    kept: &["@odata.type"],
    ..Behavior::PLAIN
};

fn create(_: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let (strength, _) = draft.owner.as_ref().ok_or_else(Failure::method_not_allowed)?;
    check(strength, &draft.object)
}

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let strength = directory.primary.owner(draft.object.id).ok_or_else(Failure::method_not_allowed)?;
    check(strength, &draft.object)
}

fn check(strength: &Arc<Object>, configuration: &Object) -> Result<(), Failure> {
    check_custom(strength)?;
    let name = "appliesToCombinations";
    if configuration.texts(name).next().is_none() {
        return Err(bad_request(format!("'{name}' has to name a combination.")));
    }
    let is_allowed =
        |text: &&str| strength.texts("allowedCombinations").any(|allowed| modes(allowed) == modes(text));
    if let Some(text) = configuration.texts(name).find(|text| !is_allowed(text)) {
        return Err(bad_request(format!("The combination '{text}' is not one that the policy allows.")));
    }
    let fits: &[&str] = match configuration.sort().map(|sort| sort.name) {
        Some("fido2CombinationConfiguration") => &["fido2"],
        _ => &["x509CertificateMultiFactor", "x509CertificateSingleFactor"],
    };
    if let Some(text) = configuration.texts(name).find(|text| !fits.contains(text)) {
        return Err(bad_request(format!(
            "A configuration of this type cannot be of the combination '{text}'."
        )));
    }
    match configuration.texts("allowedAAGUIDs").find(|text| Uuid::try_parse(text).is_err()) {
        Some(text) => Err(bad_request(format!("'{text}' is no AAGUID."))),
        None => Ok(()),
    }
}
