//! Writes down what is asked of Graph: one line of JSON a request.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::error::Error;

/// A file that grows by a line a request; several sandboxes may write to one.
#[derive(Debug)]
pub(super) struct Record(File);

impl Record {
    /// Opens the file to append to.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.map(Self).map_err(Error::file("open", path))
    }

    /// Adds a request. `target` is its path and query from the version on; the values of passwords are left out.
    pub(super) fn note(
        &self,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> io::Result<()> {
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        let mut line = json!({
            "method": method,
            "url": target,
            "user_agent": header("user-agent"),
            "consistency_level": header("consistencylevel"),
            "prefer": header("prefer"),
        });
        if !body.is_empty() {
            let mut body = serde_json::from_slice(body)
                .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(body).into_owned()));
            withhold_passwords(&mut body);
            line["body"] = body;
        }
        // One write a line, so that lines of several processes do not mix.
        (&self.0).write_all(format!("{line}\n").as_bytes())
    }
}

fn withhold_passwords(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(withhold_passwords),
        Value::Object(members) => {
            for (name, value) in members {
                if name == "password" && value.is_string() {
                    *value = "withheld".into();
                } else {
                    withhold_passwords(value);
                }
            }
        }
        _ => {}
    }
}
