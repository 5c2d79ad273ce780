//! First content of a tenant, and the dump that has the same form.

mod file;
mod synthetic;
mod dump;

use std::fs;

use serde_json::{Value, json};

pub(crate) use dump::dump;

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
            let mut store = file::build(&json!({}), tenant_id)?;
            synthetic::fill(&mut store, (*users, *groups, *members), *seed_number);
            Ok(store)
        }
    }
}

fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::seed("file", error.to_string()))
}
