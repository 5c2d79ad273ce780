//! Licences as a configuration says them; only the tenant knows whether there are such products.

use crate::diagnostic::Place;

/// The declared value of `licenses`.
#[derive(Debug, Clone)]
pub struct DeclaredLicenses {
    /// Where the attribute stands.
    pub place: Place,
    /// Whether `entries` is the whole list; else only entries and `never` are acted on.
    pub whole: bool,
    /// Products that shall be assigned.
    pub entries: Vec<DeclaredLicense>,
    /// Products that shall not be assigned.
    pub never: Vec<Written>,
}

/// One product that shall be assigned.
#[derive(Debug, Clone)]
pub struct DeclaredLicense {
    /// The product: part number, SKU id or product name.
    pub sku: Written,
    /// Which of its service plans are on.
    pub plans: DeclaredPlans,
}

/// Which service plans of a product are on.
#[derive(Debug, Clone)]
pub enum DeclaredPlans {
    /// Not said: those that are off stay off, and a new assignment has all of them.
    Unsaid,
    /// All but these.
    Disabled(Vec<Written>),
    /// These and no others, whatever Microsoft adds to the product.
    Enabled(Vec<Written>),
}

/// A name as written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}
