//! Licences of users and groups: one attribute, told from different properties.

use super::attribute::{Attribute, Clear, Type};

const SUMMARY: &str = "Products assigned to the object itself: by part number (`SPE_E5`), SKU id, or product name; \
         `{ sku = …, disabled_plans = […] }` says which service plans are off, `enabled_plans` which alone are on, so \
         that what Microsoft adds to a product shows as a change; neither leaves service plans as they are. \
         `{ at_least = […], never = […] }` instead of a list leaves other products alone.";

/// The attribute `licenses`. `property` shows what is assigned, `beside` what else is read to judge it;
/// `holds_deletion` says whether the licences have to go before the object can.
pub(super) const fn licenses(
    property: &'static str,
    beside: &'static [&'static str],
    holds_deletion: bool,
) -> Attribute {
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new("licenses", property, Type::Licenses { beside, holds_deletion }, SUMMARY)
            .cloud()
            .needs("LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All")
    }
}
