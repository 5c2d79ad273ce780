//! How the tenant was read, for `--verbose`.

use std::fmt::Write as _;

use crate::plan::Plan;
use crate::snapshot::ReadCost;
use crate::text::terminal;

/// One part of the tenant to a line: the way taken and its cost, then the ways not taken.
pub fn reading(plan: &Plan) -> String {
    let mut text = String::from("read, by the published costs:\n");
    for part in &plan.reading {
        let _ = writeln!(text, "  {:<14}{}", terminal(&part.what), cost(&part.chosen));
        for considered in &part.considered {
            let _ = writeln!(text, "  {:<14}{}", "not", cost(considered));
        }
        if let Some(because) = &part.because {
            let _ = writeln!(text, "  {:<14}{}", "because", terminal(because));
        }
    }
    text
}

fn cost(cost: &ReadCost) -> String {
    let requests = if cost.requests == 1 { "request" } else { "requests" };
    format!("{:<16}{:>8} RU {:>6} {requests}", terminal(&cost.way), cost.resource_units, cost.requests)
}
