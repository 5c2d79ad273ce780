//! What is printed: one JSON object a scenario, and a Markdown table of all.

use std::io::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde::Serialize;

use crate::Error;
use crate::apply::Rate;
use crate::args::Size;
use crate::baseline;
use crate::bound::{self, Bound};
use crate::budget::Budget;
use crate::measure::Usage;
use crate::sandbox::Stats;

/// One scenario's figures. What does not apply is left out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    scenario: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<Size>,
    #[serde(flatten)]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_bound: Option<Bound>,
    /// Resource units (or writes) divided by the lower bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    wall_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_mib: Option<f64>,
    /// How many times more the per-object client takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_takes: Option<Times>,
    /// The share that was run, when the other figures are extrapolated from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    extrapolated_from_share: Option<f64>,
    #[serde(flatten)]
    rate: Option<Rate>,
    /// The sandbox's answer to one page of 999 users.
    #[serde(skip_serializing_if = "Option::is_none")]
    page_seconds: Option<f64>,
    #[serde(skip)]
    budget: Budget,
}

/// What the sandbox counted.
#[derive(Debug, Clone, Serialize)]
struct Counts {
    requests: u64,
    operations: u64,
    resource_units: u64,
    writes: u64,
    throttled: u64,
    /// How long the published quota of a large tenant takes for the resource units, from an empty bucket.
    unit_seconds: f64,
}

/// One client's figures divided by another's.
#[derive(Debug, Clone, Serialize)]
struct Times {
    requests: f64,
    resource_units: f64,
    wall: f64,
}

impl Record {
    /// What a command used and the sandbox counted meanwhile.
    pub(crate) fn new(scenario: &'static str, usage: Usage, stats: Stats) -> Self {
        Self { counts: Some(Counts::of(&stats)), ..Self::used(scenario, usage) }
    }

    fn used(scenario: &'static str, usage: Usage) -> Self {
        Self {
            cpu_seconds: Some(usage.cpu_seconds),
            peak_memory_mib: Some(usage.peak_memory_mib),
            ..Self::timed(scenario, usage.wall_seconds)
        }
    }

    fn timed(scenario: &'static str, wall_seconds: f64) -> Self {
        Self {
            scenario,
            tenant: None,
            counts: None,
            lower_bound: None,
            ratio: None,
            wall_seconds,
            cpu_seconds: None,
            peak_memory_mib: None,
            baseline_takes: None,
            extrapolated_from_share: None,
            rate: None,
            page_seconds: None,
            budget: Budget::default(),
        }
    }

    /// The sandbox itself.
    pub(crate) fn sandbox(usage: Usage, page_seconds: f64) -> Self {
        Self { page_seconds: Some(page_seconds), ..Self::used("the sandbox itself", usage) }
    }

    /// Work within this program: time and CPU of one core.
    pub(crate) fn computed(scenario: &'static str, wall_seconds: f64, cpu_seconds: f64) -> Self {
        Self { cpu_seconds: Some(cpu_seconds), ..Self::timed(scenario, wall_seconds) }
    }

    /// Starting the program.
    pub(crate) fn start(usage: Usage) -> Self {
        Self::used("tenantry --help", usage)
    }

    /// The whole, from what a share of it took.
    pub(crate) fn extrapolated(scenario: &'static str, seconds: f64, stats: &Stats, share: f64) -> Self {
        Self {
            counts: Some(Counts::of(&baseline::whole(stats, share))),
            extrapolated_from_share: (share < 1.0).then_some(share),
            ..Self::timed(scenario, seconds / share)
        }
    }

    /// The tenant it is about.
    pub(crate) fn of(mut self, size: Size) -> Self {
        self.tenant = Some(size);
        self
    }

    /// Compares with the least there can be.
    pub(crate) fn bounded(mut self, bound: Bound) -> Self {
        let counted = self.counts.as_ref().map_or(0, |counts| match bound.of {
            "writes" => counts.writes,
            _ => counts.resource_units,
        });
        self.ratio = Some(counted as f64 / bound.least.max(1) as f64);
        self.lower_bound = Some(bound);
        self
    }

    /// Compares with another client's figures.
    pub(crate) fn against(mut self, other: &Self) -> Self {
        if let (Some(own), Some(theirs)) = (&self.counts, &other.counts) {
            let times = |theirs: u64, own: u64| theirs as f64 / own.max(1) as f64;
            self.baseline_takes = Some(Times {
                requests: times(theirs.requests, own.requests),
                resource_units: times(theirs.resource_units, own.resource_units),
                wall: other.wall_seconds / self.wall_seconds,
            });
        }
        self
    }

    /// How fast it wrote.
    pub(crate) fn at(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// What it must not exceed.
    pub(crate) fn within(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    fn missed(&self) -> Vec<String> {
        let users = self.tenant.map_or(0, |size| size.users);
        let name = format!("{} of {users} users", self.scenario);
        let requests = self.counts.as_ref().map_or(0, |counts| counts.requests);
        let too_many = self.budget.requests.filter(|most| requests > *most);
        let too_dear = self.budget.ratio.filter(|most| self.ratio.is_some_and(|ratio| ratio > *most));
        let requests = too_many.map(|most| format!("{name}: {requests} requests of at most {most}"));
        let ratio = too_dear.map(|most| {
            format!("{name}: {:.2} of the lower bound, at most {most}", self.ratio.unwrap_or_default())
        });
        requests.into_iter().chain(ratio).collect()
    }
}

impl Counts {
    fn of(stats: &Stats) -> Self {
        let Stats { requests, operations, resource_units, writes, throttled } = *stats;
        let unit_seconds = bound::seconds_to_read(resource_units);
        Self { requests, operations, resource_units, writes, throttled, unit_seconds }
    }
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    records: Vec<Record>,
}

impl Report {
    /// Prints a record and keeps it.
    pub(crate) fn add(&mut self, record: Record) -> Result<(), Error> {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&record)?)?;
        self.records.push(record);
        Ok(())
    }

    /// Every budget that was missed, in words.
    pub(crate) fn missed_budgets(&self) -> Vec<String> {
        self.records.iter().flat_map(Record::missed).collect()
    }

    /// A Markdown table of what was measured of `tenantry` and the baseline.
    pub(crate) fn markdown(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([
            "scenario",
            "users",
            "requests",
            "operations",
            "RU",
            "bound",
            "ratio",
            "quota s",
            "writes",
            "wall s",
            "CPU s",
            "MiB",
        ]);
        for record in self.records.iter().filter(|record| record.page_seconds.is_none()) {
            table.add_row(record.cells());
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{table}\n")
    }
}

impl Record {
    fn cells(&self) -> Vec<Cell> {
        let counts = self.counts.as_ref();
        let count =
            |value: fn(&Counts) -> u64| counts.map_or_else(String::new, |counts| grouped(value(counts)));
        let seconds = |value: f64| if value < 0.1 { format!("{value:.4}") } else { format!("{value:.1}") };
        let estimated = if self.extrapolated_from_share.is_some() { " (extrapolated)" } else { "" };
        let texts = [
            format!("{}{estimated}", self.scenario),
            self.tenant.map_or_else(String::new, |size| grouped(size.users as u64)),
            count(|counts| counts.requests),
            count(|counts| counts.operations),
            count(|counts| counts.resource_units),
            self.lower_bound.as_ref().map_or_else(String::new, |bound| grouped(bound.least)),
            self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            counts.map_or_else(String::new, |counts| seconds(counts.unit_seconds)),
            count(|counts| counts.writes),
            seconds(self.wall_seconds),
            self.cpu_seconds.map_or_else(String::new, seconds),
            self.peak_memory_mib.map_or_else(String::new, |mib| format!("{mib:.0}")),
        ];
        texts.into_iter().map(Cell::new).collect()
    }
}

/// `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Says something beside the results.
pub(crate) fn say(text: &str) {
    // Nobody is left to tell when this fails.
    writeln!(std::io::stderr(), "{text}").unwrap_or_default();
}
