//! First content of a tenant, and the dump that has the same form.

mod built_in;
mod conditional_access;
mod file;
mod synthetic;
mod dump;

use std::fs;

use serde_json::{Value, json};

pub(crate) use built_in::complete;
pub(crate) use dump::dump;
pub(crate) use file::CREATED;

use crate::application::Application;
use crate::error::Error;
use crate::options::Seed;
use crate::store::Store;

/// The Contoso sample organization.
const CONTOSO: &str = include_str!("contoso.json");

/// Builds the first content of a tenant. `tenant_id` becomes the id of the organization.
pub(crate) fn build(seed: &Seed, tenant_id: Option<&str>) -> Result<Store, Error> {
    match seed {
        Seed::Empty => file::build(&json!({}), tenant_id),
        Seed::Contoso => file::build(&parse(CONTOSO)?, tenant_id),
        Seed::File(path) => {
            let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
            file::build(&parse(&text)?, tenant_id)
        }
        Seed::Synthetic { users, groups, members, seed_number } => {
            let mut store = file::build(&synthetic::products(*users), tenant_id)?;
            synthetic::fill(&mut store, (*users, *groups, *members), *seed_number);
            Ok(store)
        }
    }
}

/// The applications a seed registers besides the sandbox's own.
pub(crate) fn applications(seed: &Seed) -> Result<Vec<Application>, Error> {
    let Seed::File(path) = seed else {
        return Ok(Vec::new());
    };
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    let sections = parse(&text)?;
    let entries = sections[file::APPLICATIONS].as_array().into_iter().flatten().cloned().enumerate();
    let read = |(index, entry)| {
        Application::read(entry)
            .map_err(|problem| Error::seed(format!("{}[{index}]", file::APPLICATIONS), problem))
    };
    entries.map(read).collect()
}

fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::seed("file", error.to_string()))
}
