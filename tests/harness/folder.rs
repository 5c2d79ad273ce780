//! A configuration in a folder of its own that goes away with the test.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Sandbox, Tenantry};

/// A temporary folder that holds a configuration in `config`.
pub(crate) struct Folder {
    directory: TempDir,
}

impl Folder {
    /// A copy of a configuration folder.
    pub(crate) fn copy_of(configuration: &Path) -> Self {
        let folder = Self { directory: TempDir::new().expect("a temporary folder is made") };
        copy(configuration, &folder.config());
        folder
    }

    /// The example configuration.
    pub(crate) fn example() -> Self {
        Self::copy_of(&repository().join("examples/contoso"))
    }

    /// A configuration of one file.
    pub(crate) fn of(text: &str) -> Self {
        let folder = Self { directory: TempDir::new().expect("a temporary folder is made") };
        folder.write("tenantry.toml", text);
        folder
    }

    /// Writes a file of the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.config().join(name);
        std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("the folder is made");
        std::fs::write(path, text).expect("the file is written");
    }

    /// The temporary folder, in which commands run.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The configuration folder.
    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("config")
    }

    /// A command in this folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Tenantry {
        Tenantry::new(self.path(), arguments)
    }

    /// `plan config --color never` with further arguments, signed in to a sandbox.
    pub(crate) fn plan(&self, sandbox: &Sandbox, arguments: &[&str]) -> Tenantry {
        self.run(&["plan", "config", "--color", "never"]).and(arguments).signed_in_to(sandbox)
    }

    /// `apply config --yes --color never` with further arguments, signed in to a sandbox.
    pub(crate) fn apply(&self, sandbox: &Sandbox, arguments: &[&str]) -> Tenantry {
        self.run(&["apply", "config", "--yes", "--color", "never"]).and(arguments).signed_in_to(sandbox)
    }
}

impl Tenantry {
    /// Adds arguments.
    pub(crate) fn and(self, arguments: &[&str]) -> Self {
        arguments.iter().fold(self, |command, argument| command.argument(argument))
    }
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder is made");
    for entry in std::fs::read_dir(from).expect("the configuration is a folder") {
        let entry = entry.expect("the folder is read");
        // State that somebody's own runs left beside the example is not part of it.
        if entry.file_name() == ".tenantry" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file is copied");
        }
    }
}
