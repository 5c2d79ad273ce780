//! What takes Microsoft Entra ID P1 or P2.
//! <https://learn.microsoft.com/entra/fundamentals/licensing>

use std::sync::Arc;

use serde_json::Value;

use crate::graph::{Directory, Failure};
use crate::options::License;
use crate::schema::{self, EntityType};
use crate::store::Object;

/// Plans of Microsoft Entra ID P1, which P2 includes.
const P1: &[&str] = &["AAD_PREMIUM", "AAD_PREMIUM_P2"];

/// The plan of Microsoft Entra ID P2.
const P2: &[&str] = &["AAD_PREMIUM_P2"];

/// Plans that include privileged identity management: Microsoft Entra ID P2 and Microsoft Entra ID Governance.
const PRIVILEGED: &[&str] = &["AAD_PREMIUM_P2", "Entra_Identity_Governance"];

/// Lists of the conditions of a Conditional Access policy that take the assessment of risks.
const RISKS: &[&str] = &["userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels"];

/// Refuses requests for types that only licensed tenants have, where products decide about that.
pub(crate) fn check(directory: &Directory<'_>, kind: &EntityType) -> Result<(), Failure> {
    let name = kind.name;
    if name == "userRegistrationDetails" && !has(directory, P1) {
        let message = "Neither tenant is B2C or tenant doesn't have premium license";
        return Err(Failure::new(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message));
    }
    let is_privileged = name.contains("Schedule") || name.starts_with("unifiedRoleManagementPolicy");
    if is_privileged && !has(directory, PRIVILEGED) {
        let message =
            "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
        return Err(Failure::new(400, "AadPremiumLicenseRequired", message));
    }
    Ok(())
}

/// Refuses to write a Conditional Access policy that the tenant has no licence for.
pub(crate) fn check_policy(directory: &Directory<'_>, policy: &Object) -> Result<(), Failure> {
    let conditions = policy.get("conditions").cloned().unwrap_or_default();
    let rates =
        RISKS.iter().any(|name| conditions[*name].as_array().is_some_and(|levels| !levels.is_empty()));
    let (plans, name) = if rates { (P2, "P2") } else { (P1, "P1") };
    if has(directory, plans) {
        return Ok(());
    }
    let message =
        format!("The policy takes a Microsoft Entra ID {name} license, which the tenant does not have.");
    Err(Failure::new(403, "AccessDenied", message))
}

/// Whether a product of the tenant includes one of the plans.
fn has(directory: &Directory<'_>, plans: &[&str]) -> bool {
    let store = directory.primary;
    let kinds = schema::by_name("subscribedSku").into_iter();
    let mut products = kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id));
    directory.pim.license == License::Assumed || products.any(|product| includes(product, plans))
}

fn includes(product: &Arc<Object>, plans: &[&str]) -> bool {
    let seats = product.get("prepaidUnits").and_then(|units| units["enabled"].as_i64()).unwrap_or_default();
    let found = product.get("servicePlans").and_then(Value::as_array).into_iter().flatten();
    let mut names = found.filter_map(|plan| plan["servicePlanName"].as_str());
    seats > 0 && names.any(|name| plans.iter().any(|plan| plan.eq_ignore_ascii_case(name)))
}
