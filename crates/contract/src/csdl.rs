//! The XML of a schema, element for element.
//! <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html>

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    #[serde(rename = "DataServices")]
    pub(crate) services: DataServices,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DataServices {
    #[serde(rename = "Schema", default)]
    pub(crate) schemas: Vec<Schema>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    #[serde(rename = "@Namespace")]
    pub(crate) namespace: String,
    #[serde(rename = "@Alias")]
    pub(crate) alias: Option<String>,
    #[serde(rename = "EnumType", default)]
    pub(crate) enumerations: Vec<Enumeration>,
    #[serde(rename = "EntityType", default)]
    pub(crate) entities: Vec<Structured>,
    #[serde(rename = "ComplexType", default)]
    pub(crate) complexes: Vec<Structured>,
    #[serde(rename = "Action", default)]
    pub(crate) actions: Vec<Operation>,
    #[serde(rename = "Function", default)]
    pub(crate) functions: Vec<Operation>,
    #[serde(rename = "EntityContainer", default)]
    pub(crate) containers: Vec<Container>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Enumeration {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
    #[serde(rename = "@IsFlags", default)]
    pub(crate) flags: bool,
    #[serde(rename = "Member", default)]
    pub(crate) members: Vec<Named>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
}

/// An entity type or a complex type.
#[derive(Debug, Deserialize)]
pub(crate) struct Structured {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
    #[serde(rename = "@BaseType")]
    pub(crate) base: Option<String>,
    #[serde(rename = "@OpenType", default)]
    pub(crate) open: bool,
    #[serde(rename = "Property", default)]
    pub(crate) properties: Vec<Property>,
    #[serde(rename = "NavigationProperty", default)]
    pub(crate) navigations: Vec<Property>,
    #[serde(rename = "Annotation", default)]
    pub(crate) annotations: Vec<Annotation>,
}

/// A property, a navigation property or a parameter.
#[derive(Debug, Deserialize)]
pub(crate) struct Property {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
    #[serde(rename = "@Type")]
    pub(crate) edm: String,
    #[serde(rename = "@Nullable", default = "yes")]
    pub(crate) nullable: bool,
    #[serde(rename = "@ContainsTarget", default)]
    pub(crate) contained: bool,
    #[serde(rename = "Annotation", default)]
    pub(crate) annotations: Vec<Annotation>,
}

/// An action or a function.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
    #[serde(rename = "@IsBound", default)]
    pub(crate) bound: bool,
    #[serde(rename = "Parameter", default)]
    pub(crate) parameters: Vec<Property>,
    #[serde(rename = "ReturnType")]
    pub(crate) returns: Option<ReturnType>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReturnType {
    #[serde(rename = "@Type")]
    pub(crate) edm: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Container {
    #[serde(rename = "EntitySet", default)]
    pub(crate) sets: Vec<EntitySet>,
    #[serde(rename = "Singleton", default)]
    pub(crate) singletons: Vec<Singleton>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct EntitySet {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
    #[serde(rename = "@EntityType")]
    pub(crate) edm: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Singleton {
    #[serde(rename = "@Name")]
    pub(crate) name: String,
    #[serde(rename = "@Type")]
    pub(crate) edm: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Annotation {
    #[serde(rename = "@Term")]
    pub(crate) term: String,
    #[serde(rename = "Collection")]
    collection: Option<Collection>,
}

#[derive(Debug, Deserialize)]
struct Collection {
    #[serde(rename = "Record", default)]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(rename = "PropertyValue", default)]
    values: Vec<PropertyValue>,
}

#[derive(Debug, Deserialize)]
struct PropertyValue {
    #[serde(rename = "@PropertyPath")]
    path: Option<String>,
    #[serde(rename = "Collection")]
    collection: Option<Collection>,
}

fn yes() -> bool {
    true
}

impl Annotation {
    /// The property paths that stand anywhere in the annotation's collection: of `AlternateKeys`, the properties
    /// that identify an entity.
    pub(crate) fn property_paths(&self) -> Vec<&str> {
        self.collection.as_ref().map(Collection::property_paths).unwrap_or_default()
    }
}

impl Collection {
    fn property_paths(&self) -> Vec<&str> {
        let values = self.records.iter().flat_map(|record| &record.values);
        values
            .flat_map(|value| {
                let nested = value.collection.iter().flat_map(Self::property_paths);
                value.path.as_deref().into_iter().chain(nested)
            })
            .collect()
    }
}
