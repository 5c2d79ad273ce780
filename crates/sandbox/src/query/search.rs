//! `$search`: words in names, beginnings of other strings.

use crate::graph::{Failure, Request};
use crate::store::Object;

/// Properties whose words are searched one by one.
const TOKENIZED: &[&str] = &["displayName", "description"];

/// A search as alternatives of clauses that must all match.
#[derive(Debug)]
pub(crate) struct Search(Vec<Vec<(String, String)>>);

impl Search {
    /// Reads `$search`, for example `"displayName:foo" OR "mail:bar"`.
    pub(crate) fn parse(text: &str, request: &Request) -> Result<Self, Failure> {
        if !request.is_eventual() {
            return Err(Failure::unsupported_query(
                "Request with $search query parameter only works through MSGraph with a special request header: \
                 'ConsistencyLevel: eventual'",
            ));
        }
        let alternatives = text.split(" OR ").map(|side| side.split(" AND ").map(clause).collect());
        alternatives.collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Whether an object is found.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.0.iter().any(|clauses| {
            clauses.iter().all(|(name, wanted)| {
                let found = object.text(name).unwrap_or_default().to_lowercase();
                if TOKENIZED.contains(&name.as_str()) {
                    let separator = |character: char| !character.is_alphanumeric();
                    let begins = |token: &str| found.split(separator).any(|word| word.starts_with(token));
                    wanted.split(separator).filter(|token| !token.is_empty()).all(begins)
                } else {
                    found.starts_with(wanted)
                }
            })
        })
    }
}

fn clause(text: &str) -> Result<(String, String), Failure> {
    let inner = text.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let (name, wanted) = inner.and_then(|inner| inner.split_once(':')).ok_or_else(|| {
        Failure::malformed("Unrecognized query argument specified: $search must be \"property:value\".")
    })?;
    Ok((name.to_owned(), wanted.to_lowercase()))
}
