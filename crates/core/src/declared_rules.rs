//! The membership rules that a configuration declares: mistakes in them, and what is odd about them, with the place in
//! the file.

use crate::address::Address;
use crate::desired::{Configuration, Declared};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, SourceFile};
use crate::kinds::{self, Type};
use crate::rule::{Lint, Rule};

/// A declared rule, and where its text stands in the file.
struct DeclaredRule<'a> {
    declared: &'a Declared,
    text: &'a str,
    place: &'a Place,
    /// The byte of the file at which the text begins, when it stands there as it is, without escapes.
    start: Option<usize>,
}

impl DeclaredRule<'_> {
    /// The place of a part of the text: that part where it can be told, else the whole value.
    fn place_of(&self, span: &std::ops::Range<usize>) -> Place {
        match self.start {
            Some(start) => Place::new(self.place.file(), start + span.start..start + span.end),
            None => self.place.clone(),
        }
    }
}

fn declared_rules<'a>(
    configuration: &'a Configuration,
    sources: &'a [SourceFile],
) -> impl Iterator<Item = DeclaredRule<'a>> {
    let present = configuration.objects.values().filter(|declared| !declared.absent);
    present.flat_map(move |declared| {
        let attributes = kinds::by_name(&declared.address.kind).map_or(&[][..], |kind| kind.attributes);
        let rules = attributes.iter().filter(|attribute| matches!(attribute.value, Type::Rule));
        rules.filter_map(move |attribute| {
            let given = declared.values.get(attribute.name)?;
            let text = given.value.as_str()?;
            Some(DeclaredRule {
                declared,
                text,
                place: &given.place,
                start: start(sources, text, &given.place),
            })
        })
    })
}

fn start(sources: &[SourceFile], text: &str, place: &Place) -> Option<usize> {
    let source = sources.get(place.file())?;
    let written = source.text.get(place.start()..place.end())?;
    written.find(text).map(|at| place.start() + at)
}

/// Reports every rule that the service would refuse.
pub(crate) fn check(configuration: &Configuration, sources: &[SourceFile], diagnostics: &mut Diagnostics) {
    for rule in declared_rules(configuration, sources) {
        if let Err(error) = Rule::parse(rule.text) {
            let label = match rule.start {
                Some(_) => "here".to_owned(),
                None => format!("at character {} of the rule", error.offset),
            };
            let diagnostic =
                Diagnostic::error("membership-rule", error.message, &rule.place_of(&error.span), label);
            diagnostics.push(diagnostic.maybe_help(error.help));
        }
    }
}

/// What is odd about the rules, by object. Rules that cannot be read are passed over.
pub(crate) fn lints(configuration: &Configuration) -> impl Iterator<Item = (&Address, Lint)> {
    declared_rules(configuration, &configuration.sources).flat_map(|rule| {
        let lints = Rule::parse(rule.text).map(|parsed| parsed.lints()).unwrap_or_default();
        lints.into_iter().map(move |lint| (&rule.declared.address, lint))
    })
}

/// The same as warnings at their places.
pub fn warnings(configuration: &Configuration) -> Vec<Diagnostic> {
    let mut warnings = Diagnostics::default();
    for rule in declared_rules(configuration, &configuration.sources) {
        for lint in Rule::parse(rule.text).map(|parsed| parsed.lints()).unwrap_or_default() {
            let place = rule.place_of(&lint.span);
            warnings.push(Diagnostic::error(lint.code, lint.message, &place, "").help(lint.help));
        }
    }
    warnings.into_sorted()
}
