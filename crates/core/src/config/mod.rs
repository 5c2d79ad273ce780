//! Door 1 and 2: from a folder of TOML files to typed declarations, with every mistake found at once.
//!
//! A configuration is a folder with a `tenantry.toml`; every other `*.toml` under it is merged, except in hidden
//! folders and in folders with a `tenantry.toml` of their own. Parsing recovers after a syntax error, and the typed
//! reading is driven by the kind table rather than by serde, because serde stops at the first mistake.

mod assignments;
mod beside;
mod defaults;
mod files;
mod kept_together;
mod licenses;
mod links;
mod schedules;
mod manual;
mod objects;
mod part;
mod settings;
mod syntax;
mod table;
mod typed;

use std::path::Path;

pub use files::belonging;
pub(crate) use objects::lifecycle_of;
pub(crate) use typed::REF;

use toml::de::DeTable;

use crate::declared_rules;
use crate::desired::Configuration;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::kinds;
use crate::licensing::ProductNames;
use crate::resolve::check_offline;
use crate::text::terminal;

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
    let mut configuration = parse(files::read(folder).map_err(LoadError::Unreadable)?)?;
    match product_names(folder, &configuration) {
        Ok(products) => configuration.licensing.products = products,
        Err(diagnostic) => {
            let invalid = Invalid { sources: configuration.sources, diagnostics: vec![diagnostic] };
            return Err(LoadError::Invalid(Box::new(invalid)));
        }
    }
    Ok(configuration)
}

/// What `[licensing] product_names` holds.
fn product_names(folder: &Path, configuration: &Configuration) -> Result<ProductNames, Diagnostic> {
    let Some(file) = &configuration.licensing.product_names else { return Ok(ProductNames::default()) };
    let bytes = files::read_bytes(folder, &file.text);
    let products = bytes.and_then(|bytes| {
        ProductNames::from_csv(&bytes).map_err(|error| {
            let (shown, why) = (terminal(&file.text), terminal(&error.to_string()));
            format!("`{shown}` is no table of product names: {why}")
        })
    });
    products.map_err(|message| {
        let help = "Microsoft publishes it as \"Product names and service plan identifiers for licensing\"";
        Diagnostic::error("unreadable-file", message, &file.place, "named here").help(help)
    })
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
