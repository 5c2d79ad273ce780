//! Arguments.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::Error;

/// Run Tenantry's budgets against the sandbox; prints one JSON object a line
#[derive(Debug, Parser)]
#[command(name = "tenantry-bench", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one command and write down what it used
    #[command(hide = true)]
    Measure(Measured),
}

/// A command to measure.
#[derive(Debug, Args)]
pub(crate) struct Measured {
    /// Where the numbers go, as JSON
    #[arg(long)]
    pub(crate) report: PathBuf,
    /// End the command when standard input closes
    #[arg(long)]
    pub(crate) until_input_closes: bool,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<String>,
}

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The `tenantry` to measure [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    tenantry: Option<PathBuf>,
    /// Numbers of users of the tenants to plan; may be repeated [default: 1000 5000 10000 100000]
    #[arg(long, value_name = "N")]
    users: Vec<usize>,
    /// Only these parts: start, rules, plan, apply; may be repeated
    #[arg(long, value_name = "PART", value_parser = ["start", "rules", "plan", "apply"])]
    only: Vec<String>,
    /// The small size for continuous integration: 1,000 users, no apply at scale
    #[arg(long)]
    pub(crate) quick: bool,
    /// Fail when requests or resource units are beyond the budgets; times never fail
    #[arg(long)]
    pub(crate) check: bool,
    /// Write the results as a Markdown table to this file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// Keep the configurations under this folder, for a closer look
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Objects that the baseline reads one by one before the rest is extrapolated
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub(crate) baseline_sample: usize,
    /// Requests of the baseline under way at once
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) baseline_concurrency: usize,
    /// How many times faster than the service's the quota windows of the apply pass
    #[arg(long, value_name = "N", default_value_t = 20.0)]
    pub(crate) quota_scale: f64,
}

impl Run {
    /// The program to measure.
    pub(crate) fn tenantry(&self) -> Result<PathBuf, Error> {
        let beside = || Ok::<_, std::io::Error>(std::env::current_exe()?.with_file_name("tenantry"));
        let program = self.tenantry.clone().map_or_else(beside, Ok)?;
        if !program.is_file() {
            return Err(format!(
                "there is no {}: build it with `cargo build --release`, or name it with --tenantry",
                program.display()
            )
            .into());
        }
        Ok(program)
    }

    /// Where a configuration is written: to be kept, or beside what goes with the sandbox.
    pub(crate) fn configuration(&self, temporary: &Path, name: &str) -> PathBuf {
        self.keep.as_deref().unwrap_or(temporary).join(name)
    }

    /// The sizes to plan, by users.
    pub(crate) fn sizes(&self) -> Vec<Size> {
        let users: &[usize] = match (self.users.as_slice(), self.quick) {
            ([], true) => &[1_000],
            ([], false) => &[1_000, 5_000, 10_000, 100_000],
            (given, _) => given,
        };
        users.iter().copied().map(Size::of).collect()
    }

    /// Whether a part shall run.
    pub(crate) fn wants(&self, part: &str) -> bool {
        match self.only.as_slice() {
            [] => !(self.quick && part == "apply"),
            only => only.iter().any(|wanted| wanted == part),
        }
    }
}

/// How large a tenant is.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(crate) struct Size {
    pub(crate) users: usize,
    pub(crate) groups: usize,
    pub(crate) memberships: usize,
}

impl Size {
    /// A tenant with the proportions of the budget: a group to five users, fifty members to a group.
    pub(crate) fn of(users: usize) -> Self {
        let groups = if users == 5_000 { 500 } else { users / 5 };
        Self { users, groups, memberships: groups * 50 }
    }
}
