//! `tenantry what-if`: what Conditional Access policies say of sign-ins: those of a file, without a tenant, or one to the
//! tenant.

mod tenant;

use std::path::Path;

use serde_json::json;
use tenantry_core::conditional_access::{BlockReason, CaseError, CaseResult, Cases, Outcome};
use tenantry_core::text::terminal;

pub(crate) use self::tenant::in_tenant;
use super::read;
use crate::args::{AnswerFormat, WhatIf};
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;

pub(crate) fn run(arguments: &WhatIf, output: &Output) -> Result<ExitCode, CliError> {
    if arguments.tenant.sandbox || arguments.tenant.auth.is_some() {
        return Err(CliError::hinted(
            "a file is evaluated without a tenant",
            "for a sign-in to the tenant, say whose with --user, and to what with --app",
        ));
    }
    // The parser asks for one unless there is a user.
    let file = arguments.source.as_deref().unwrap_or(Path::new("-"));
    let cases = match cases(file)? {
        Ok(cases) => cases,
        Err(error) => return refused(&error, file, arguments.format, output),
    };
    let results: Vec<CaseResult> = match &cases {
        Cases::One(case) => vec![case.evaluate()],
        Cases::Many(cases) => cases.iter().map(|case| case.evaluate()).collect(),
    };
    match (arguments.format, &cases) {
        (AnswerFormat::Text, _) => output.out(&shown(&results, output.columns())),
        (AnswerFormat::Json, Cases::One(_)) => output.out(&format!("{}\n", json!(results[0]))),
        (AnswerFormat::Json, Cases::Many(_)) => output.out(&format!("{}\n", json!(results))),
    }
    Ok(ExitCode::Done)
}

/// The cases of the file; the inner error when it holds none.
fn cases(file: &Path) -> Result<Result<Cases, CaseError>, CliError> {
    let value = match serde_json::from_slice(&read(file)?) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("the file is no JSON: {error}");
            return Ok(Err(CaseError { pointer: String::new(), message }));
        }
    };
    Ok(Cases::read(value))
}

/// Says why there is no case.
fn refused(
    error: &CaseError,
    file: &Path,
    format: AnswerFormat,
    output: &Output,
) -> Result<ExitCode, CliError> {
    match format {
        AnswerFormat::Json => {
            let error = json!({"error": {"message": error.message, "pointer": error.pointer}});
            output.out(&format!("{error}\n"));
            Ok(ExitCode::Error)
        }
        AnswerFormat::Text => Err(CliError::hinted(
            format!("{}: {error}", file.display()),
            "a case is a JSON object with `policies`, `principal` and `signIn`, in the shapes of Microsoft Graph",
        )),
    }
}

fn shown(results: &[CaseResult], columns: usize) -> String {
    let cases: Vec<String> = results.iter().map(|result| case(result, columns)).collect();
    cases.join("\n")
}

/// A case: the verdict, what it takes, and one item a policy.
fn case(result: &CaseResult, columns: usize) -> String {
    let mut shown = title(result).map(|title| line(&title, "", columns)).unwrap_or_default();
    shown.push_str(&line(&verdict(result), "", columns));
    // With a block of a policy, the only control is that.
    let blocked = result.outcome == Outcome::Block && result.block_reason.is_none();
    for requirement in result.controls.iter().filter(|_| !blocked) {
        shown.push_str(&line(&requirement.to_string(), "  requires  ", columns));
    }
    if !result.session_controls.is_empty() {
        shown.push_str(&line(&result.session_controls.join(", "), "  session   ", columns));
    }
    for sentence in &result.why {
        shown.push_str(&line(sentence, "  - ", columns));
    }
    shown
}

/// The case's own name.
fn title(result: &CaseResult) -> Option<String> {
    let text = |value: &Option<serde_json::Value>| {
        let value = value.as_ref()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let parts: Vec<String> = [text(&result.id), text(&result.name)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn verdict(result: &CaseResult) -> String {
    match (result.outcome, result.block_reason) {
        (Outcome::Grant, _) if result.controls.is_empty() => "granted: nothing is asked for".to_owned(),
        (Outcome::Grant, _) => "granted once everything required is given".to_owned(),
        (Outcome::Block, None) => "blocked by a policy".to_owned(),
        (Outcome::Block, Some(BlockReason::Unsatisfiable)) => {
            "blocked: what is required can never be given".to_owned()
        }
    }
}

/// Text behind a first indent, folded, with what follows below it.
fn line(text: &str, first: &str, columns: usize) -> String {
    let next = " ".repeat(first.len());
    let options = textwrap::Options::new(columns).initial_indent(first).subsequent_indent(&next);
    // Ids stay whole.
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    format!("{}\n", textwrap::fill(&terminal(text), options))
}
