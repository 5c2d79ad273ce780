//! Finds and reads the files of a configuration folder.

use std::collections::BTreeSet;
use std::path::Path;

use walkdir::WalkDir;

use crate::diagnostic::SourceFile;
use crate::text::terminal;

/// The file that makes a folder a configuration.
const ROOT: &str = "tenantry.toml";

/// Largest file that is read, in bytes; a configuration is text written by people.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Every configuration file under `folder`, `tenantry.toml` first, the others by path.
pub(super) fn read(folder: &Path) -> Result<Vec<SourceFile>, String> {
    let shown = terminal(&folder.display().to_string());
    if !folder.is_dir() {
        return Err(format!("`{shown}` is not a folder; give the folder that holds {ROOT}"));
    }
    if !folder.join(ROOT).is_file() {
        return Err(format!(
            "`{shown}` is not a configuration: it has no {ROOT} (a file with a [tenant] table makes it one)"
        ));
    }
    let walk = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.'));
    let mut found = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        if entry.path_is_symlink() && entry.path().is_dir() && holds_toml(entry.path()) {
            let link = terminal(&name(folder, entry.path()));
            return Err(format!(
                "`{link}` is a link to a folder with configuration files, which is not followed: move them here"
            ));
        }
        // A link to a file is a file; a link to a folder could lead anywhere.
        let linked_file = entry.path_is_symlink() && entry.path().is_file();
        if entry.file_type().is_file() || linked_file {
            found.push(name(folder, entry.path()));
        }
    }
    let mut sources = Vec::new();
    for name in belonging(found) {
        sources.push(read_file(folder, &name)?);
    }
    Ok(sources)
}

/// Which of the files under a configuration folder, by `/`-separated names, are part of it: `tenantry.toml` first,
/// then every other `*.toml` by name, except in hidden folders and in folders with a `tenantry.toml` of their own.
pub fn belonging(names: Vec<String>) -> Vec<String> {
    let nested: BTreeSet<String> = names
        .iter()
        .filter_map(|name| name.strip_suffix(ROOT)?.strip_suffix('/'))
        .map(|folder| format!("{folder}/"))
        .collect();
    let mut belonging: Vec<String> = names
        .into_iter()
        .filter(|name| name.ends_with(".toml"))
        .filter(|name| !name.split('/').any(|part| part.starts_with('.')))
        .filter(|name| !name.match_indices('/').any(|(index, _)| nested.contains(&name[..=index])))
        .collect();
    belonging.sort_by(|left, right| (left != ROOT, left).cmp(&(right != ROOT, right)));
    belonging
}

/// Whether there are configuration files under a folder.
fn holds_toml(folder: &Path) -> bool {
    let files = WalkDir::new(folder).max_depth(8).into_iter().flatten();
    files.into_iter().any(|entry| entry.path().extension().is_some_and(|extension| extension == "toml"))
}

fn name(folder: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_file(folder: &Path, name: &str) -> Result<SourceFile, String> {
    Ok(SourceFile::new(name, read_bytes(folder, name)?))
}

/// The bytes of a file, by its path from the configuration folder.
pub(super) fn read_bytes(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(name);
    let shown = terminal(name);
    let size = std::fs::metadata(&path).map_err(|error| format!("cannot read `{shown}`: {error}"))?.len();
    if size > LARGEST {
        return Err(format!("`{shown}` has {size} bytes; configuration files may have {LARGEST}"));
    }
    std::fs::read(&path).map_err(|error| format!("cannot read `{shown}`: {error}"))
}
