//! The table of entity types against the schema that Microsoft publishes.

use tenantry_contract::{Member, Schema, TypeRef};

use super::{Complex, EntityType, Kind, Property, TYPES, policy_rule};

/// Where the sandbox departs from the schema on purpose: (type, property or relationship, why).
const DEPARTURES: &[(&str, &str, &str)] = &[
    ("device", "extensionAttributes", "is on the reference page of v1.0, not in its metadata; rules use it"),
    ("emailAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("externalAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("fido2AuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("microsoftAuthenticatorAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("qrCodePinAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("smsAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("softwareOathAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("temporaryAccessPassAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("verifiableCredentialsAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("voiceAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("x509CertificateAuthenticationMethodConfiguration", "includeTargets", INLINE),
    ("fido2AuthenticationMethodConfiguration", "passkeyProfiles", INLINE),
    (
        "conditionalAccessGrantControls",
        "authenticationStrength",
        "is a relationship that bodies and answers carry like a property",
    ),
];

const INLINE: &str = "is a relationship that travels inline";

/// Collects what does not fit.
struct Comparison<'a> {
    schema: &'a Schema,
    wrong: Vec<String>,
}

impl Comparison<'_> {
    fn entity(&mut self, entity: &EntityType) {
        let of = entity.qualified();
        let place = self.place(entity.collection);
        let place = place.as_ref().map(|place| (place.name.as_str(), place.collection));
        if place != Some((of.as_str(), !entity.single)) {
            self.wrong.push(format!("{} is the entity set {place:?}", entity.collection));
        }
        if self.schema.derives(&of, "microsoft.graph.directoryObject") != entity.directory_object {
            self.wrong.push(format!("{of}: directory_object is {}", entity.directory_object));
        }
        if entity.open && !self.schema.is_open(&of) {
            self.wrong.push(format!("{of} is not open"));
        }
        for key in entity.alternate_keys.iter().filter(|key| !self.schema.is_alternate_key(&of, key)) {
            self.wrong.push(format!("{of}: {key} is no alternate key"));
        }
        let common = ["id", "deletedDateTime"].into_iter().filter_map(|name| entity.property(name));
        for property in entity.properties.iter().chain(common) {
            self.property(entity.name, &of, property);
        }
        for sort in entity.behavior.sorts {
            let derived = format!("microsoft.graph.{}", sort.name);
            if !self.schema.derives(&derived, &of) {
                self.wrong.push(format!("{derived} does not derive from {of}"));
            }
            sort.properties.iter().for_each(|property| self.property(sort.name, &derived, property));
        }
        for navigation in entity.navigations {
            match self.schema.member(&of, navigation.name) {
                Some(found) if found.navigation && found.of.collection == navigation.many => {
                    if found.contained != navigation.is_contained() {
                        self.wrong
                            .push(format!("{of}/{}: contained is {}", navigation.name, found.contained));
                    }
                    self.targets(&of, navigation.name, found, navigation.targets);
                }
                _ => self.wrong.push(format!("{of} has no such navigation {}", navigation.name)),
            }
        }
    }

    /// What the schema has where objects of a type are: an entity set, or what relationships of a singleton lead to.
    fn place(&self, path: &str) -> Option<TypeRef> {
        let mut segments = path.split('/');
        let root = self.schema.root(segments.next()?)?.clone();
        segments.try_fold(root, |of, name| Some(self.schema.member(&of.name, name)?.of.clone()))
    }

    fn targets(&mut self, of: &str, name: &str, found: &Member, targets: &[&str]) {
        for target in targets {
            if !self.schema.derives(&format!("microsoft.graph.{target}"), &found.of.name) {
                self.wrong.push(format!("{of}/{name} leads to {}, not to {target}", found.of.name));
            }
        }
    }

    fn property(&mut self, entity: &str, of: &str, property: &Property) {
        let excepted = DEPARTURES.iter().any(|(kind, name, _)| (*kind, *name) == (entity, property.name));
        let problem = match self.schema.member(of, property.name) {
            None => Some("is not in the schema".to_owned()),
            Some(member) => self.departure(property, member),
        };
        match problem {
            Some(problem) if !excepted => self.wrong.push(format!("{of}/{}: {problem}", property.name)),
            None if excepted => self.wrong.push(format!("{of}/{}: fits, and is excepted", property.name)),
            _ => {}
        }
    }

    /// How a property differs from what the schema says, members of complex types included.
    fn departure(&mut self, property: &Property, member: &Member) -> Option<String> {
        let edm = member.of.name.as_str();
        if member.navigation {
            return Some("is a navigation".to_owned());
        }
        if member.of.collection != property.is_collection() {
            return Some(format!("is a collection in the schema: {}", member.of.collection));
        }
        // The schema's nullability of a collection is about its items; the sandbox refuses null for all of them.
        if !member.of.collection && property.nullable && !member.nullable {
            return Some("is not nullable in the schema".to_owned());
        }
        match property.kind {
            Kind::Text => self.text(property, edm),
            Kind::Texts if edm == "Edm.Guid" => None,
            Kind::Texts => self.text(property, edm),
            Kind::Boolean => differs("Edm.Boolean", edm),
            Kind::Integer => differs("Edm.Int32", edm),
            Kind::Date => differs("Edm.DateTimeOffset", edm),
            Kind::Guid => differs("Edm.Guid", edm),
            Kind::Duration => differs("Edm.Duration", edm),
            Kind::Structure(complex) | Kind::Structures(complex) => self.complex(complex, edm),
        }
    }

    /// Text is text; where the schema has an enumeration, exactly its members are accepted.
    fn text(&self, property: &Property, edm: &str) -> Option<String> {
        let Some(enumeration) = self.schema.enumeration(edm) else { return differs("Edm.String", edm) };
        let known = |text: &&&str| enumeration.members.contains(**text);
        match property.one_of.iter().find(|text| !known(text)) {
            Some(unknown) => Some(format!("{edm} has no member {unknown}")),
            None if property.one_of.is_empty() => Some(format!("takes any text and is {edm}")),
            None => None,
        }
    }

    fn complex(&mut self, complex: &Complex, edm: &str) -> Option<String> {
        if !self.schema.has_type(edm) {
            return Some(format!("is {edm}, no complex type"));
        }
        // A type without properties keeps whatever it is given.
        if !complex.properties.is_empty() && edm != format!("microsoft.graph.{}", complex.name) {
            return Some(format!("is {edm}, not {}", complex.name));
        }
        for property in complex.properties {
            self.property(complex.name, edm, property);
        }
        None
    }
}

fn differs(expected: &str, found: &str) -> Option<String> {
    (expected != found).then(|| format!("is {found}, not {expected}"))
}

fn compare(schema: &Schema, types: &[&EntityType]) -> Vec<String> {
    let mut comparison = Comparison { schema, wrong: Vec::new() };
    types.iter().for_each(|entity| comparison.entity(entity));
    comparison.wrong
}

#[test]
fn every_entity_type_is_as_published() {
    let Some(schema) = tenantry_contract::schema_for("entity types of the sandbox") else { return };
    assert_eq!(compare(&schema, TYPES), Vec::<String>::new());
}

#[test]
fn every_sort_of_rule_is_as_published() {
    let Some(schema) = tenantry_contract::schema_for("rules of role settings") else { return };
    let mut comparison = Comparison { schema: &schema, wrong: Vec::new() };
    for sort in policy_rule::SORTS {
        let departure = comparison.complex(sort, &format!("microsoft.graph.{}", sort.name));
        assert_eq!(departure, None, "{}", sort.name);
    }
    assert_eq!(comparison.wrong, Vec::<String>::new());
}

/// A type with a mistake of each sort, and the schema it should follow.
mod mistakes {
    use super::super::property::{boolean, structure, text, texts};
    use super::super::{DIRECTORY_PAGE, Navigation, link, links, no_extra_keys};
    use super::{Complex, EntityType, Property, Schema, compare};
    use crate::quirks::Behavior;

    const SCHEMA: &str = r#"<Edmx><DataServices><Schema Namespace="microsoft.graph" Alias="graph">
      <EnumType Name="color"><Member Name="red" /><Member Name="green" /></EnumType>
      <ComplexType Name="address"><Property Name="street" Type="Edm.String" /></ComplexType>
      <EntityType Name="other" />
      <EntityType Name="thing">
        <Property Name="id" Type="Edm.String" Nullable="false" />
        <Property Name="anyColor" Type="graph.color" />
        <Property Name="fine" Type="Edm.String" />
        <Property Name="flag" Type="Edm.String" />
        <Property Name="green" Type="graph.color" />
        <Property Name="home" Type="graph.address" />
        <Property Name="many" Type="Collection(Edm.String)" />
        <Property Name="never" Type="Edm.Boolean" Nullable="false" />
        <NavigationProperty Name="contains" Type="Collection(graph.thing)" ContainsTarget="true" />
        <NavigationProperty Name="fits" Type="Collection(graph.thing)" />
        <NavigationProperty Name="leads" Type="Collection(graph.other)" />
        <NavigationProperty Name="single" Type="graph.thing" />
      </EntityType>
      <EntityContainer Name="Service"><EntitySet Name="things" EntityType="graph.thing" /></EntityContainer>
    </Schema></DataServices></Edmx>"#;

    static ADDRESS: Complex = Complex { name: "address", properties: &[text("street"), text("town")] };

    static PROPERTIES: &[Property] = &[
        text("absent"),
        text("anyColor"),
        text("fine"),
        boolean("flag"),
        text("green").one_of(&["green", "blue"]),
        structure("home", &ADDRESS),
        text("many"),
        boolean("never"),
    ];

    static NAVIGATIONS: &[Navigation] = &[
        links("contains", &["thing"]),
        links("fits", &["thing"]),
        links("leads", &["thing"]),
        links("single", &["thing"]),
        link("gone", &[]),
    ];

    const THING: EntityType = EntityType {
        name: "thing",
        collection: "things",
        single: false,
        directory_object: false,
        properties: PROPERTIES,
        navigations: NAVIGATIONS,
        alternate_keys: &["fine"],
        segment_key: None,
        upsert_key: None,
        open: true,
        page: DIRECTORY_PAGE,
        delta: None,
        behavior: Behavior::PLAIN,
        extra_keys: no_extra_keys,
    };

    const ELSEWHERE: EntityType = EntityType {
        collection: "elsewhere",
        directory_object: true,
        properties: &[text("fine"), texts("many")],
        navigations: &[],
        alternate_keys: &[],
        open: false,
        ..THING
    };

    #[test]
    fn are_all_found() {
        let schema = Schema::parse(SCHEMA).unwrap();
        let expected = [
            "microsoft.graph.thing is not open",
            "microsoft.graph.thing: fine is no alternate key",
            "microsoft.graph.thing/absent: is not in the schema",
            "microsoft.graph.thing/anyColor: takes any text and is microsoft.graph.color",
            "microsoft.graph.thing/flag: is Edm.String, not Edm.Boolean",
            "microsoft.graph.thing/green: microsoft.graph.color has no member blue",
            "microsoft.graph.address/town: is not in the schema",
            "microsoft.graph.thing/many: is a collection in the schema: true",
            "microsoft.graph.thing/never: is not nullable in the schema",
            "microsoft.graph.thing/contains: contained is true",
            "microsoft.graph.thing/leads leads to microsoft.graph.other, not to thing",
            "microsoft.graph.thing has no such navigation single",
            "microsoft.graph.thing has no such navigation gone",
        ];
        assert_eq!(compare(&schema, &[&THING]), expected);
        let expected = [
            "elsewhere is the entity set None",
            "microsoft.graph.thing: directory_object is true",
            "microsoft.graph.thing/deletedDateTime: is not in the schema",
        ];
        assert_eq!(compare(&schema, &[&ELSEWHERE]), expected);
    }
}
