//! Which clause decided: the tree of a rule with what each part says of one object.

use serde::Serialize;
use serde_json::Value as Json;

use super::program::{Compare, Element, Place, Program, Test, elements};
use super::record::{Cell, Record};
use super::tree::{Expression, Node, Quantifier, Subject};

/// What a part of a rule says of an object, in the shape of Graph's `expressionEvaluationDetails`.
/// <https://learn.microsoft.com/graph/api/resources/expressionevaluationdetails>
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The part in its canonical spelling.
    pub expression: String,
    /// Whether it is true of the object.
    pub expression_result: bool,
    /// The parts that it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expression_evaluation_details: Vec<Explanation>,
    /// What was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_to_evaluate: Option<Evaluated>,
}

/// A property and its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluated {
    /// Its name without `user.` or `device.`.
    pub property_name: String,
    /// Its value; null when there is none.
    pub property_value: Json,
}

/// Explains what a rule says of an object.
pub(super) fn explain(whole: &Expression, program: &Program, record: &Record) -> Explanation {
    part(whole, &program.test, record, None)
}

fn part(expression: &Expression, test: &Test, record: &Record, element: Option<Element<'_>>) -> Explanation {
    Explanation {
        expression: expression.value.to_string(),
        expression_result: test.holds(record, element),
        expression_evaluation_details: details(expression, test, record, element),
        property_to_evaluate: evaluated(expression, test, record, element),
    }
}

fn details(
    expression: &Expression,
    test: &Test,
    record: &Record,
    element: Option<Element<'_>>,
) -> Vec<Explanation> {
    match test {
        Test::And(tests) | Test::Or(tests) => {
            let pairs = expression.parts().iter().zip(tests);
            pairs.map(|(inner, test)| part(inner, test, record, element)).collect()
        }
        Test::Not(test) => {
            expression.parts().iter().map(|inner| part(inner, test, record, element)).collect()
        }
        Test::Quantified(slot, quantifier, body) => {
            let found = decisive(record.cells.get(*slot), *quantifier, body, record);
            let parts = expression.parts().iter();
            parts.filter_map(|inner| Some(part(inner, body, record, Some(found?)))).collect()
        }
        Test::Compare(_) | Test::Manager(_) => Vec::new(),
    }
}

/// The element that decided: the first that is unlike what the empty collection gives, else the first.
fn decisive<'a>(
    cell: Option<&'a Cell>,
    quantifier: Quantifier,
    body: &Test,
    record: &Record,
) -> Option<Element<'a>> {
    let decides = quantifier == Quantifier::Any;
    let found = elements(cell).find(|element| body.holds(record, Some(*element)) == decides);
    found.or_else(|| elements(cell).next())
}

fn evaluated(
    expression: &Expression,
    test: &Test,
    record: &Record,
    element: Option<Element<'_>>,
) -> Option<Evaluated> {
    let slot_value = |slot: &usize| record.cells.get(*slot).map_or(Json::Null, Cell::json);
    let (property_name, property_value) = match (&expression.value, test) {
        (Node::Comparison(comparison), Test::Compare(Compare { place, .. })) => {
            let name = match &comparison.subject.value {
                Subject::Property(property) => property.name.clone().into_owned(),
                other => other.to_string(),
            };
            (
                name,
                match place {
                    Place::Slot(slot) => slot_value(slot),
                    Place::Item | Place::Field(_) => element_value(place, element),
                },
            )
        }
        (Node::Quantified { collection, .. }, Test::Quantified(slot, ..)) => {
            (collection.value.name.clone().into_owned(), slot_value(slot))
        }
        (_, Test::Manager(_)) => {
            let manager = record.manager.as_ref().map_or(Json::Null, |text| Json::from(&*text.exact));
            ("manager".to_owned(), manager)
        }
        _ => return None,
    };
    Some(Evaluated { property_name, property_value })
}

fn element_value(place: &Place, element: Option<Element<'_>>) -> Json {
    let text = match (place, element) {
        (_, Some(Element::Text(text))) => Some(text),
        (Place::Field(field), Some(Element::Plan(plan))) => plan.field(*field),
        _ => None,
    };
    text.map_or(Json::Null, |text| Json::from(&*text.exact))
}
