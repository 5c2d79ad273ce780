//! `tenantry rule check`: a dynamic membership rule over objects of a file, without a tenant.

use std::path::Path;

use annotate_snippets::Level;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tenantry_core::diagnostic::{Diagnostic, Place, SourceFile};
use tenantry_core::rule::{Columns, Explanation, Lint, Object, Rule, RuleError, Semantics};
use tenantry_core::text::terminal;

use super::read;
use crate::args::{AnswerFormat, NullNegatives, RuleCheck};
use crate::diagnostics;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

/// What a rule says of the objects.
struct Verdict {
    /// How many objects there are.
    objects: usize,
    /// The ids of those that match, in their order.
    matches: Vec<Value>,
    /// What the rule says of the object asked about.
    explanation: Option<Explanation>,
}

pub(crate) fn check(arguments: &RuleCheck, output: &Output) -> Result<ExitCode, CliError> {
    let text = rule_text(arguments)?;
    let rule = match Rule::parse(&text) {
        Ok(rule) => rule,
        Err(error) => return Ok(refused(&text, &error, arguments.format, output)),
    };
    warn(&rule, output);
    let objects = objects(&arguments.objects)?;
    let verdict = verdict(&rule, &objects, arguments)?;
    match arguments.format {
        AnswerFormat::Text => output.out(&shown(&verdict, arguments.explain.as_deref())),
        AnswerFormat::Json => output.out(&format!("{}\n", as_json(&verdict, &rule))),
    }
    Ok(ExitCode::Done)
}

fn rule_text(arguments: &RuleCheck) -> Result<String, CliError> {
    if arguments.rule != "-" {
        return Ok(arguments.rule.clone());
    }
    if arguments.objects.as_os_str() == "-" {
        let message = "the rule and the objects cannot both come from standard input";
        return Err(CliError::hinted(message, "write the objects to a file"));
    }
    String::from_utf8(read(Path::new("-"))?)
        .map_err(|_| CliError::hinted("the rule is not UTF-8", "save it as UTF-8"))
}

/// The objects of a file: a JSON array of objects with ids.
fn objects(file: &Path) -> Result<Vec<Map<String, Value>>, CliError> {
    let name = file.display();
    let hint = "write a JSON array such as [{\"id\": \"u1\", \"department\": \"Sales\"}]";
    let values: Vec<Value> = serde_json::from_slice(&read(file)?)
        .map_err(|error| CliError::hinted(format!("{name} is no JSON array of objects: {error}"), hint))?;
    let object = |(index, value)| match value {
        Value::Object(object) if object.get("id").is_some_and(|id| !id.is_null()) => Ok(object),
        Value::Object(_) => Err(CliError::hinted(format!("{name}: item {} has no id", index + 1), hint)),
        _ => Err(CliError::hinted(format!("{name}: item {} is no object", index + 1), hint)),
    };
    values.into_iter().enumerate().map(object).collect()
}

fn verdict(rule: &Rule, objects: &[Map<String, Value>], arguments: &RuleCheck) -> Result<Verdict, CliError> {
    let semantics = Semantics { null_meets_negatives: arguments.null_negatives == NullNegatives::Include };
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let mut columns = Columns::default();
    let program = rule.compile(&mut columns, semantics, now);
    let records: Vec<_> = objects.iter().map(|object| columns.read(Object::Named(object))).collect();
    let pairs = || objects.iter().zip(&records);
    let matching = pairs().filter(|(_, record)| program.matches(record));
    let explanation = match &arguments.explain {
        None => None,
        Some(id) => {
            let found = pairs().find(|(object, _)| id_text(&object["id"]) == *id);
            let (_, record) = found.ok_or_else(|| {
                let message = format!("no object has the id {id}");
                CliError::hinted(message, "`--explain` takes the id of an object of the file")
            })?;
            Some(rule.explain(&program, record))
        }
    };
    let matches = matching.map(|(object, _)| object["id"].clone()).collect();
    Ok(Verdict { objects: objects.len(), matches, explanation })
}

fn id_text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// Says why there is no rule.
fn refused(text: &str, error: &RuleError, format: AnswerFormat, output: &Output) -> ExitCode {
    match format {
        AnswerFormat::Json => {
            let error = json!({"error": {"message": error.message, "offset": error.offset}});
            output.out(&format!("{error}\n"));
        }
        AnswerFormat::Text => {
            let place = Place::new(0, error.span.clone());
            let label = format!("offset {}", error.offset);
            let diagnostic = Diagnostic::error("membership-rule", &*error.message, &place, label);
            let source = SourceFile::new("rule", text.as_bytes().to_vec());
            let diagnostic = diagnostic.maybe_help(error.help.clone());
            diagnostics::draw(Level::ERROR, &[source], &[diagnostic], output);
        }
    }
    ExitCode::Error
}

/// Says what is odd about a rule, on standard error.
fn warn(rule: &Rule, output: &Output) {
    let source = SourceFile::new("rule", rule.text().as_bytes().to_vec());
    let diagnostic = |lint: Lint| {
        Diagnostic::error(lint.code, lint.message, &Place::new(0, lint.span), "").help(lint.help)
    };
    let warnings: Vec<Diagnostic> = rule.lints().into_iter().map(diagnostic).collect();
    diagnostics::draw(Level::WARNING, &[source], &warnings, output);
}

fn as_json(verdict: &Verdict, rule: &Rule) -> Value {
    let mut reply = json!({"matches": verdict.matches});
    if let Some(explanation) = &verdict.explanation {
        // As Graph answers evaluateDynamicMembership.
        reply["explanation"] = json!({
            "membershipRule": rule.text(),
            "membershipRuleEvaluationResult": explanation.expression_result,
            "membershipRuleEvaluationDetails": explanation,
        });
    }
    reply
}

fn shown(verdict: &Verdict, explained: Option<&str>) -> String {
    let mut shown = format!("{} of {} match\n", verdict.matches.len(), verdict.objects);
    for id in &verdict.matches {
        shown.push_str(&format!("  {}\n", terminal(&id_text(id))));
    }
    if let (Some(explanation), Some(id)) = (&verdict.explanation, explained) {
        let word = if explanation.expression_result { "matches" } else { "does not match" };
        shown.push_str(&format!("\n{} {word}\n", terminal(id)));
        explain(explanation, 1, &mut shown);
    }
    shown
}

/// One line a clause: whether it is true, the clause, and the value it was asked of.
fn explain(part: &Explanation, depth: usize, shown: &mut String) {
    let word = if part.expression_result { "true " } else { "false" };
    let indent = "  ".repeat(depth);
    shown.push_str(&format!("{indent}{word}  {}", terminal(&part.expression)));
    if let Some(evaluated) = &part.property_to_evaluate {
        let (name, value) = (&evaluated.property_name, evaluated.property_value.to_string());
        shown.push_str(&format!("   {name} = {}", terminal(&value)));
    }
    shown.push('\n');
    for inner in &part.expression_evaluation_details {
        explain(inner, depth + 1, shown);
    }
}
