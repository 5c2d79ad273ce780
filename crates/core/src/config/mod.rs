//! Door 1 and 2: from a folder of TOML files to typed declarations, with every mistake found at once.
//!
//! A configuration is a folder with a `tenantry.toml`; every other `*.toml` under it is merged, except in hidden
//! folders and in folders with a `tenantry.toml` of their own. Parsing recovers after a syntax error, and the typed
//! reading is driven by the kind table rather than by serde, because serde stops at the first mistake.

mod defaults;
mod files;
mod links;
mod manual;
mod objects;
mod settings;
mod syntax;
mod table;
mod typed;

use std::path::Path;

pub use files::belonging;
pub(crate) use objects::lifecycle_of;

use toml::de::DeTable;

use crate::declared_rules;
use crate::desired::Configuration;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::kinds;
use crate::resolve::check_offline;

/// A configuration that cannot be used: its files and everything that is wrong with them.
#[derive(Debug)]
pub struct Invalid {
    /// The files that were read; places point into them.
    pub sources: Vec<SourceFile>,
    /// What is wrong, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why a folder gives no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder or a file in it cannot be read, or it is no configuration folder.
    #[error("{0}")]
    Unreadable(String),
    /// The files were read and something is wrong with them.
    #[error("the configuration has mistakes")]
    Invalid(Box<Invalid>),
}

/// Reads, parses and types the configuration in `folder`.
pub fn load(folder: &Path) -> Result<Configuration, LoadError> {
    parse(files::read(folder).map_err(LoadError::Unreadable)?)
}

/// Parses and types configuration files that were read already.
pub fn parse(sources: Vec<SourceFile>) -> Result<Configuration, LoadError> {
    let mut diagnostics = Diagnostics::default();
    let mut configuration = Configuration::default();
    let documents: Vec<_> =
        sources.iter().map(|source| DeTable::parse_recoverable(source.readable())).collect();
    let mut roots = Vec::new();
    for (file, (document, _)) in documents.iter().enumerate() {
        roots.push(table::Table::new(file, document.get_ref(), document.span()));
    }
    let broken = syntax::errors(&sources, &documents, &mut diagnostics);
    unknown_tables(&roots, &mut diagnostics);
    settings::read(&roots, &mut configuration, &mut diagnostics);
    let defaults = defaults::read(&roots, &mut diagnostics);
    objects::read(&roots, &defaults, &mut configuration, &mut diagnostics);
    check_offline(&configuration, &mut diagnostics);
    declared_rules::check(&configuration, &sources, &mut diagnostics);
    drop(roots);
    drop(documents);
    if diagnostics.has_errors() {
        let diagnostics = syntax::without_echoes(diagnostics.into_sorted(), &broken, &sources);
        return Err(LoadError::Invalid(Box::new(Invalid { sources, diagnostics })));
    }
    configuration.sources = sources;
    Ok(configuration)
}

fn unknown_tables(roots: &[table::Table<'_>], diagnostics: &mut Diagnostics) {
    let tables: Vec<&str> =
        settings::TABLES.iter().copied().chain(kinds::KINDS.iter().map(|kind| kind.table)).collect();
    for root in roots {
        for (key, place, _) in root.entries() {
            if !tables.contains(&key) {
                diagnostics.push(table::unknown_key("table", key, &place, &tables));
            }
        }
    }
}
