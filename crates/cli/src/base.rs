//! An earlier revision of a configuration, read from git.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use tenantry_core::config;
use tenantry_core::desired::Configuration;
use tenantry_core::diagnostic::SourceFile;
use tenantry_core::text::terminal;

use crate::configuration::ConfigurationError;
use crate::error::CliError;

/// Git's mode of a symbolic link.
const LINK: &str = "120000";

/// The configuration in `directory` as of `revision`. A revision without one declared nothing.
pub(crate) fn load(directory: &Path, revision: &str) -> Result<Configuration, CliError> {
    let commit = git(
        directory,
        revision,
        &["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")],
    )?;
    let commit = commit.trim();
    let tree = git(directory, revision, &["ls-tree", "-r", "-z", commit, "--", "."])?;
    let entries: BTreeMap<String, bool> = tree
        .split('\0')
        .filter_map(|entry| entry.split_once('\t'))
        .map(|(mode, name)| (name.to_owned(), mode.starts_with(LINK)))
        .collect();
    let mut sources = Vec::new();
    for name in config::belonging(entries.keys().cloned().collect()) {
        if entries.get(&name) == Some(&true) {
            let message = format!("`{}` is a link in the revision `{}`", terminal(&name), terminal(revision));
            return Err(CliError::hinted(
                message,
                "`--base` reads files that git holds, and follows no link",
            ));
        }
        let text = git(directory, revision, &["show", &format!("{commit}:./{name}")])?;
        sources.push(SourceFile::new(format!("{revision}:{name}"), text.into_bytes()));
    }
    Ok(config::parse(sources).map_err(ConfigurationError::from)?)
}

fn git(directory: &Path, revision: &str, arguments: &[&str]) -> Result<String, CliError> {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output();
    let output =
        output.map_err(|error| CliError::hinted(format!("cannot run git: {error}"), "`--base` needs git"))?;
    if !output.status.success() {
        let words = terminal(String::from_utf8_lossy(&output.stderr).trim());
        let message = format!("git cannot read the revision `{}`: {words}", terminal(revision));
        return Err(CliError::hinted(
            message,
            "give a commit, branch or tag that this clone has; a shallow clone may need `git fetch`",
        ));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| CliError::hinted("git's answer is not UTF-8 text", "configuration files are UTF-8"))
}
