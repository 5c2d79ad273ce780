//! Product names as Microsoft publishes them: a CSV table of products with their SKUs and service plans.
//!
//! Source: "Product names and service plan identifiers for licensing",
//! <https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference>.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use uuid::Uuid;

/// What products are called; empty unless the configuration names a table.
#[derive(Debug, Default, Clone)]
pub struct ProductNames {
    names: BTreeMap<Uuid, String>,
    /// SKUs by product name in lower case; one name may stand for several.
    skus: BTreeMap<String, BTreeSet<Uuid>>,
}

/// Why a file is no table of product names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// The columns that matter here.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "Product_Display_Name")]
    product: String,
    #[serde(rename = "GUID")]
    sku: Uuid,
}

impl ProductNames {
    /// Reads Microsoft's table, in UTF-8 with or without a byte order mark.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut products = Self::default();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        for row in reader.deserialize() {
            let Row { product, sku } = row.map_err(|error| Malformed(error.to_string()))?;
            products.skus.entry(product.to_lowercase()).or_default().insert(sku);
            products.names.entry(sku).or_insert(product);
        }
        match products.names.is_empty() {
            true => Err(Malformed("it has no rows".to_owned())),
            false => Ok(products),
        }
    }

    /// What a SKU is called: `Microsoft 365 E5`.
    pub fn name(&self, sku: Uuid) -> Option<&str> {
        self.names.get(&sku).map(String::as_str)
    }

    /// The SKUs that a product name stands for, in any case.
    pub fn skus(&self, name: &str) -> impl Iterator<Item = Uuid> {
        self.skus.get(&name.to_lowercase()).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const E5: Uuid = Uuid::from_u128(0x06eb_c4ee_1bb5_47dd_8120_1132_4bc5_4e06);

    #[test]
    fn names_are_read_behind_a_byte_order_mark_and_found_in_any_case() {
        let table = "\u{feff}Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names\r\n\
            Microsoft 365 E5,SPE_E5,06ebc4ee-1bb5-47dd-8120-11324bc54e06,TEAMS1,57ff2da0-773e-42df-b2af-ffb7a2317929,Teams\r\n\
            \"Microsoft 365 E5\",SPE_E5,06ebc4ee-1bb5-47dd-8120-11324bc54e06,INTUNE_A,c1ec4a95-1f05-45b3-a911-aa3fa01094f5,\"Intune, and more\"\r\n";
        let products = ProductNames::from_csv(table.as_bytes()).unwrap();
        assert_eq!(products.name(E5), Some("Microsoft 365 E5"));
        assert_eq!(products.skus("microsoft 365 e5").collect::<Vec<_>>(), [E5]);
        assert_eq!(products.skus("Microsoft 365").count(), 0);
    }

    #[test]
    fn other_tables_are_refused_with_words() {
        for (table, words) in [
            ("", "no rows"),
            ("a,b\n1,2\n", "missing field"),
            ("Product_Display_Name,GUID\nX,not-a-guid\n", "line: 2"),
        ] {
            let refused = ProductNames::from_csv(table.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(words), "{table}: {refused}");
        }
        assert!(ProductNames::from_csv(b"\xff\xfe\x00").is_err());
    }

    #[test]
    fn microsofts_table_is_read_whole() {
        let Some(file) = std::env::var_os("TENANTRY_LICENSING_PRODUCTS") else {
            eprintln!("skipped: TENANTRY_LICENSING_PRODUCTS names no table of product names");
            return;
        };
        let products = ProductNames::from_csv(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(products.name(E5), Some("Microsoft 365 E5"));
        assert!(products.names.len() > 300, "{}", products.names.len());
    }
}
