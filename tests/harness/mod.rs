//! What tests stand on: a sandbox, the command, folders to run it in, and expectations.

pub(crate) mod command;
pub(crate) mod contract;
pub(crate) mod expected;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod redact;
pub(crate) mod sandbox;
pub(crate) mod scenario;
pub(crate) mod text;
pub(crate) mod tree;
pub(crate) mod witness;

use libtest_mimic::Trial;

pub(crate) use command::Tenantry;
pub(crate) use folder::Folder;
pub(crate) use sandbox::Sandbox;

/// The tests of a module, by name. A function that is left out is dead code, which the compiler reports.
macro_rules! tests {
    ($($name:ident),+ $(,)?) => {
        /// The tests of this module.
        pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
            vec![$(crate::harness::test(module_path!(), stringify!($name), $name)),+]
        }
    };
}
pub(crate) use tests;

/// A test from a function that panics when the behaviour is not there.
pub(crate) fn test(module: &str, name: &str, run: fn()) -> Trial {
    let module = module.rsplit("::").next().unwrap_or(module);
    Trial::test(format!("{module}::{name}"), move || {
        run();
        Ok(())
    })
}
