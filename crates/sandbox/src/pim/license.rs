//! Whether the tenant is licensed for privileged identity management.
//! <https://learn.microsoft.com/entra/id-governance/licensing-fundamentals>

use std::sync::Arc;

use serde_json::Value;

use crate::graph::{Directory, Failure};
use crate::options::License;
use crate::schema::{self, EntityType};
use crate::store::Object;

/// Plans that include it: Microsoft Entra ID P2 and Microsoft Entra ID Governance.
const PLANS: &[&str] = &["AAD_PREMIUM_P2", "Entra_Identity_Governance"];

/// Refuses requests for types that only licensed tenants have, where products decide about that.
pub(crate) fn check_license(directory: &Directory<'_>, kind: &EntityType) -> Result<(), Failure> {
    let concerned = kind.name.contains("Schedule") || kind.name.starts_with("unifiedRoleManagementPolicy");
    if !concerned || directory.pim.license == License::Assumed || is_licensed(directory) {
        return Ok(());
    }
    let message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
    Err(Failure::new(400, "AadPremiumLicenseRequired", message))
}

fn is_licensed(directory: &Directory<'_>) -> bool {
    let store = directory.primary;
    let kinds = schema::by_name("subscribedSku").into_iter();
    let mut products = kinds.flat_map(|kind| store.ids(kind, false, None)).filter_map(|id| store.live(id));
    products.any(includes)
}

fn includes(product: &Arc<Object>) -> bool {
    let seats = product.get("prepaidUnits").and_then(|units| units["enabled"].as_i64()).unwrap_or_default();
    let plans = product.get("servicePlans").and_then(Value::as_array).into_iter().flatten();
    let mut names = plans.filter_map(|plan| plan["servicePlanName"].as_str());
    seats > 0 && names.any(|name| PLANS.iter().any(|plan| plan.eq_ignore_ascii_case(name)))
}
