//! JSON against a type: members, JSON types, nullability, members of enumerations.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::{Map, Value};

use crate::Breach;
use crate::schema::{Enumeration, Member, Schema, TypeRef};

/// Which way the JSON goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the service: no annotations but those that bind and name types.
    Request,
    /// From the service.
    Response,
}

/// Members that the service writes itself, and takes back, in another case than it publishes: the settings of access to
/// groups are about `All` operations (<https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicyruletarget>).
const UNPUBLISHED: &[(&str, &str)] =
    &[("microsoft.graph.unifiedRoleManagementPolicyRuleTargetOperations", "All")];

impl Schema {
    /// Checks an object of a structured type; `place` names it in what is reported.
    pub fn check_object(
        &self,
        of: &str,
        object: &Map<String, Value>,
        direction: Direction,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        let of = match object.get("@odata.type") {
            Some(Value::String(name)) => {
                let name = name.trim_start_matches('#');
                if !self.has_type(name) || !self.derives(name, of) {
                    let what = format!("`{name}` is no type that derives from {of}");
                    return breaches.push(Breach::new(format!("{place}/@odata.type"), what));
                }
                name
            }
            Some(_) => return breaches.push(Breach::new(format!("{place}/@odata.type"), "is no text")),
            None => of,
        };
        for (name, value) in object {
            let place = format!("{place}/{name}");
            match name.split_once('@') {
                Some((name, annotation)) if direction == Direction::Request => {
                    self.check_annotation(of, name, annotation, value, &place, breaches);
                }
                Some(_) => {}
                None => self.check_member(of, name, value, direction, &place, breaches),
            }
        }
    }

    fn check_member(
        &self,
        of: &str,
        name: &str,
        value: &Value,
        direction: Direction,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        match self.member(of, name) {
            Some(member) => self.check_value(member, value, direction, place, breaches),
            None if self.is_extension(of, name) => {}
            // The members of a complex type that is open, such as custom security attributes, are the tenant's.
            None if self.is_open(of) && !self.is_entity(of) => {}
            None => breaches.push(Breach::new(place, format!("{of} has no property `{name}`"))),
        }
    }

    /// Checks the value of a property, navigation or parameter.
    pub fn check_value(
        &self,
        member: &Member,
        value: &Value,
        direction: Direction,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        match value {
            Value::Null if member.of.collection => {
                breaches.push(Breach::new(place, "a collection is never null"));
            }
            Value::Null if !member.nullable => breaches.push(Breach::new(place, "is not nullable")),
            Value::Null => {}
            Value::Array(items) if member.of.collection => {
                for (index, item) in items.iter().enumerate() {
                    let place = format!("{place}/{index}");
                    match item {
                        Value::Null if member.nullable => {}
                        item => self.check_one(&member.of, item, direction, &place, breaches),
                    }
                }
            }
            _ if member.of.collection => {
                breaches.push(Breach::new(place, format!("a collection of {} is an array", member.of.name)));
            }
            value => self.check_one(&member.of, value, direction, place, breaches),
        }
    }

    /// A single value that is not null.
    fn check_one(
        &self,
        of: &TypeRef,
        value: &Value,
        direction: Direction,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        if let Some(enumeration) = self.enumeration(&of.name) {
            let is_usual = value.as_str().is_some_and(|text| UNPUBLISHED.contains(&(&*of.name, text)));
            if let Err(what) = enumeration.accepts(value)
                && !is_usual
            {
                breaches.push(Breach::new(place, format!("{}: {what}", of.name)));
            }
        } else if self.has_type(&of.name) {
            match value {
                Value::Object(object) => self.check_object(&of.name, object, direction, place, breaches),
                other => breaches.push(Breach::new(place, format!("{} is an object, not {other}", of.name))),
            }
        } else if !is_primitive(&of.name, value) {
            breaches.push(Breach::new(place, format!("{value} is no {}", of.name)));
        }
    }

    /// `name@odata.bind` and its like in a request.
    fn check_annotation(
        &self,
        of: &str,
        name: &str,
        annotation: &str,
        value: &Value,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        match annotation {
            "odata.type" => {}
            "odata.bind" => match self.member(of, name).filter(|member| member.navigation) {
                Some(navigation) => self.check_bind(navigation, value, place, breaches),
                None => breaches.push(Breach::new(place, format!("{of} has no navigation `{name}`"))),
            },
            _ => breaches.push(Breach::new(place, "is no annotation of a request")),
        }
    }

    fn check_bind(&self, navigation: &Member, value: &Value, place: &str, breaches: &mut Vec<Breach>) {
        let many = navigation.of.collection;
        match value {
            Value::String(reference) if !many => self.check_reference(navigation, reference, place, breaches),
            Value::Array(references) if many => {
                for reference in references {
                    match reference.as_str() {
                        Some(reference) => self.check_reference(navigation, reference, place, breaches),
                        None => breaches.push(Breach::new(place, format!("{reference} is no address"))),
                    }
                }
            }
            _ if many => breaches.push(Breach::new(place, "leads to many and binds an array")),
            _ => breaches.push(Breach::new(place, "leads to one and binds one address")),
        }
    }

    /// An address of an entity that the navigation can lead to.
    pub(crate) fn check_reference(
        &self,
        navigation: &Member,
        reference: &str,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        match self.entity_at(reference) {
            Ok(found) => {
                let expected = &navigation.of.name;
                if !self.derives(&found, expected) && !self.derives(expected, &found) {
                    breaches.push(Breach::new(place, format!("leads to {expected}, not to {found}")));
                }
            }
            Err(what) => breaches.push(Breach::new(place, format!("`{reference}`: {what}"))),
        }
    }
}

impl Enumeration {
    fn accepts(&self, value: &Value) -> Result<(), String> {
        let text = value.as_str().ok_or_else(|| format!("{value} is no text"))?;
        let members: Vec<&str> =
            if self.flags { text.split(',').map(str::trim).collect() } else { vec![text] };
        match members.into_iter().find(|member| !self.members.contains(*member)) {
            Some(unknown) => Err(format!("`{unknown}` is no member")),
            None => Ok(()),
        }
    }
}

/// Whether JSON holds a value of a primitive type.
/// <https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_PrimitiveValue>
fn is_primitive(edm: &str, value: &Value) -> bool {
    let text = value.as_str();
    let within =
        |least: i64, most: i64| value.as_i64().is_some_and(|number| (least..=most).contains(&number));
    match edm {
        "Edm.String" => text.is_some(),
        "Edm.Boolean" => value.is_boolean(),
        "Edm.Byte" => within(0, u8::MAX.into()),
        "Edm.Int16" => within(i16::MIN.into(), i16::MAX.into()),
        "Edm.Int32" => within(i32::MIN.into(), i32::MAX.into()),
        "Edm.Int64" => value.is_i64(),
        "Edm.Double" | "Edm.Single" | "Edm.Decimal" => value.is_number(),
        "Edm.Guid" => text.is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()),
        "Edm.DateTimeOffset" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "Edm.Date" => text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "Edm.TimeOfDay" => text.is_some_and(|text| text.parse::<jiff::civil::Time>().is_ok()),
        "Edm.Duration" => text.is_some_and(|text| text.parse::<jiff::Span>().is_ok()),
        "Edm.Binary" | "Edm.Stream" => text
            .is_some_and(|text| BASE64_STANDARD.decode(text).is_ok() || BASE64_URL_SAFE.decode(text).is_ok()),
        _ => false,
    }
}
