//! What the schema says, by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::csdl;

/// The annotation that lists alternate keys.
const ALTERNATE_KEYS: &str = "Org.OData.Core.V1.AlternateKeys";

/// The annotation of a parameter that may be left out.
const OPTIONAL: &str = "Org.OData.Core.V1.OptionalParameter";

/// The schema cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not a schema in CSDL XML: {0}")]
pub struct Error(#[from] quick_xml::DeError);

/// The types, operations and entity sets of a service.
#[derive(Debug, Default)]
pub struct Schema {
    structured: BTreeMap<String, Structured>,
    enumerations: BTreeMap<String, Enumeration>,
    operations: BTreeMap<String, Vec<Operation>>,
    roots: BTreeMap<String, TypeRef>,
}

/// A type, or a collection of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRef {
    /// With namespace: `microsoft.graph.user`, `Edm.String`.
    pub name: String,
    /// Whether values are collections.
    pub collection: bool,
}

/// An entity type or complex type.
#[derive(Debug)]
struct Structured {
    base: Option<String>,
    entity: bool,
    open: bool,
    members: BTreeMap<String, Member>,
    alternate_keys: BTreeSet<String>,
}

/// A property, navigation property or parameter.
#[derive(Debug, Clone)]
pub struct Member {
    /// As the schema spells it.
    pub name: String,
    /// Type of its values.
    pub of: TypeRef,
    /// Whether it may be null; of a collection, whether its items may.
    pub nullable: bool,
    /// Whether it leads to entities.
    pub navigation: bool,
    /// Whether the entities it leads to live in it and nowhere else.
    pub contained: bool,
    /// Whether a parameter may be left out.
    pub optional: bool,
}

/// An enumeration.
#[derive(Debug)]
pub struct Enumeration {
    /// As the schema spells them.
    pub members: BTreeSet<String>,
    /// Whether a value may be several members, joined by commas.
    pub flags: bool,
}

/// An action or function that is bound to a type.
#[derive(Debug)]
pub struct Operation {
    /// Without namespace.
    pub name: String,
    /// With namespace.
    pub qualified: String,
    /// Whether it is an action, which takes POST; a function takes GET.
    pub action: bool,
    /// What it is bound to.
    pub binding: TypeRef,
    /// The parameters besides the binding one.
    pub parameters: Vec<Member>,
    /// What it gives.
    pub returns: Option<TypeRef>,
}

impl Schema {
    /// Reads CSDL XML.
    ///
    /// # Errors
    ///
    /// When the text is not a schema document.
    pub fn parse(xml: &str) -> Result<Self, Error> {
        let document: csdl::Document = quick_xml::de::from_str(xml)?;
        let schemas = document.services.schemas;
        let aliases: BTreeMap<String, String> = schemas
            .iter()
            .filter_map(|schema| Some((schema.alias.clone()?, schema.namespace.clone())))
            .collect();
        let mut found = Self::default();
        for schema in schemas {
            found.add(schema, &Names { aliases: &aliases });
        }
        Ok(found)
    }

    fn add(&mut self, schema: csdl::Schema, names: &Names<'_>) {
        let csdl::Schema {
            namespace,
            alias: _,
            enumerations,
            entities,
            complexes,
            actions,
            functions,
            containers,
        } = schema;
        for csdl::Enumeration { name, flags, members } in enumerations {
            let members = members.into_iter().map(|member| member.name).collect();
            self.enumerations.insert(format!("{namespace}.{name}"), Enumeration { members, flags });
        }
        let entities = entities.into_iter().map(|entity| (entity, true));
        for (of, entity) in entities.chain(complexes.into_iter().map(|complex| (complex, false))) {
            self.structured.insert(format!("{namespace}.{}", of.name), names.structured(of, entity));
        }
        let actions = actions.into_iter().map(|action| (action, true));
        for (operation, action) in actions.chain(functions.into_iter().map(|function| (function, false))) {
            let operation = names.operation(&namespace, operation, action);
            if let Some(operation) = operation {
                self.operations.entry(operation.name.clone()).or_default().push(operation);
            }
        }
        for csdl::Container { sets, singletons } in containers {
            for set in sets {
                let of = TypeRef { name: names.full(&set.edm), collection: true };
                self.roots.insert(set.name, of);
            }
            for one in singletons {
                let of = TypeRef { name: names.full(&one.edm), collection: false };
                self.roots.insert(one.name, of);
            }
        }
    }

    /// The type of an entity set (a collection) or singleton below the version root.
    pub fn root(&self, name: &str) -> Option<&TypeRef> {
        self.roots.get(name)
    }

    /// Whether there is an entity type or complex type of this name, with namespace.
    pub fn has_type(&self, name: &str) -> bool {
        self.structured.contains_key(name)
    }

    /// Whether this is an entity type.
    pub fn is_entity(&self, name: &str) -> bool {
        self.structured.get(name).is_some_and(|of| of.entity)
    }

    /// Whether objects of this type may have members that the schema does not name.
    pub fn is_open(&self, name: &str) -> bool {
        self.ancestry(name).any(|(_, of)| of.open)
    }

    /// An enumeration by its name with namespace.
    pub fn enumeration(&self, name: &str) -> Option<&Enumeration> {
        self.enumerations.get(name)
    }

    /// A property or navigation property of a type or of what it derives from.
    pub fn member(&self, of: &str, name: &str) -> Option<&Member> {
        self.ancestry(of).find_map(|(_, of)| of.members.get(name))
    }

    /// Every property and navigation property of a type, with those of what it derives from.
    pub fn members(&self, of: &str) -> impl Iterator<Item = &Member> {
        self.ancestry(of).flat_map(|(_, of)| of.members.values())
    }

    /// As [`Self::member`], and else of a type that derives from `of`: a list of directory objects can be asked for
    /// what only users have.
    pub fn member_of_any(&self, of: &str, name: &str) -> Option<&Member> {
        let derived = || {
            let types = self.structured.iter().filter(|(_, found)| found.members.contains_key(name));
            types.filter(|(kind, _)| self.derives(kind, of)).find_map(|(_, found)| found.members.get(name))
        };
        self.member(of, name).or_else(derived)
    }

    /// Whether a type is `base` or derives from it.
    pub fn derives(&self, of: &str, base: &str) -> bool {
        of == base || self.ancestry(of).any(|(name, _)| name == base)
    }

    /// Whether the property identifies an entity of this type, besides `id`.
    pub fn is_alternate_key(&self, of: &str, property: &str) -> bool {
        self.ancestry(of).any(|(_, of)| of.alternate_keys.contains(property))
    }

    /// The operations of this name, with or without namespace, that are bound to the type: overloads differ by their
    /// parameters.
    pub fn operations(&self, name: &str, bound_to: &TypeRef) -> impl Iterator<Item = &Operation> {
        let short = name.rsplit('.').next().unwrap_or(name);
        self.operations.get(short).into_iter().flatten().filter(move |operation| {
            let in_namespace = name == short || operation.qualified == name;
            let binding = &operation.binding;
            in_namespace
                && binding.collection == bound_to.collection
                && self.derives(&bound_to.name, &binding.name)
        })
    }

    /// A type and what it derives from, nearest first.
    fn ancestry(&self, name: &str) -> impl Iterator<Item = (&str, &Structured)> {
        let first = self.structured.get_key_value(name);
        std::iter::successors(first, |(_, of)| self.structured.get_key_value(of.base.as_deref()?))
            .map(|(name, of)| (name.as_str(), of))
    }
}

/// Writes names with their namespace in place of an alias.
struct Names<'a> {
    aliases: &'a BTreeMap<String, String>,
}

impl Names<'_> {
    fn full(&self, name: &str) -> String {
        let namespace = name.rsplit_once('.').and_then(|(alias, _)| self.aliases.get(alias));
        let short = name.rsplit('.').next().unwrap_or(name);
        namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}.{short}"))
    }

    fn reference(&self, edm: &str) -> TypeRef {
        let inner = edm.strip_prefix("Collection(").and_then(|edm| edm.strip_suffix(')'));
        TypeRef { name: self.full(inner.unwrap_or(edm)), collection: inner.is_some() }
    }

    fn structured(&self, of: csdl::Structured, entity: bool) -> Structured {
        let keys = of.annotations.iter().filter(|annotation| annotation.term == ALTERNATE_KEYS);
        let alternate_keys = keys.flat_map(csdl::Annotation::property_paths).map(str::to_owned).collect();
        let properties = of.properties.into_iter().map(|property| self.member(property, false));
        let navigations = of.navigations.into_iter().map(|navigation| self.member(navigation, true));
        Structured {
            base: of.base.map(|base| self.full(&base)),
            entity,
            open: of.open,
            members: properties.chain(navigations).map(|member| (member.name.clone(), member)).collect(),
            alternate_keys,
        }
    }

    fn member(&self, property: csdl::Property, navigation: bool) -> Member {
        Member {
            of: self.reference(&property.edm),
            name: property.name,
            nullable: property.nullable,
            navigation,
            contained: property.contained,
            optional: property.annotations.iter().any(|annotation| annotation.term == OPTIONAL),
        }
    }

    /// The operation, unless it is bound to nothing.
    fn operation(&self, namespace: &str, operation: csdl::Operation, action: bool) -> Option<Operation> {
        let csdl::Operation { name, bound, parameters, returns } = operation;
        let mut parameters = parameters.into_iter().map(|parameter| self.member(parameter, false));
        let binding = bound.then(|| parameters.next()).flatten()?.of;
        Some(Operation {
            qualified: format!("{namespace}.{name}"),
            name,
            action,
            binding,
            parameters: parameters.collect(),
            returns: returns.map(|returns| self.reference(&returns.edm)),
        })
    }
}
