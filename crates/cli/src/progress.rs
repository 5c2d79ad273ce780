//! Shows what is being done: a bar on a terminal, a line a write elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tenantry_core::text::{counted, terminal};
use tenantry_live::{Event, Progress};

use crate::output::Output;

/// Progress on standard error.
pub(crate) struct Shown {
    bar: Option<ProgressBar>,
    output: Output,
}

impl Shown {
    pub(crate) fn new(output: &Output) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, output: *output }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn message(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        }
    }

    fn begin(&self, writes: usize) {
        let Some(bar) = &self.bar else { return };
        bar.set_length(u64::try_from(writes).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} writes · {wide_msg}") {
            bar.set_style(style);
        }
    }

    fn written(&self, what: &str, failure: Option<&str>) {
        let line = match failure {
            None => format!("  done    {}", terminal(what)),
            Some(why) => format!("  failed  {}: {}", terminal(what), terminal(why)),
        };
        match &self.bar {
            None => self.output.note(&line),
            Some(bar) => {
                if failure.is_some() {
                    bar.println(line);
                }
                bar.inc(1);
            }
        }
    }
}

impl Progress for Shown {
    fn show(&self, event: Event<'_>) {
        match event {
            Event::Reading(what) => self.message(format!("reading {what}")),
            Event::Writing(count) => self.begin(count),
            Event::Sending(what) => self.message(terminal(what)),
            Event::Written(what, failure) => self.written(what, failure),
            Event::Waiting(what) => self.message(format!("waiting for {what}")),
            Event::Verifying(count) => {
                self.message(format!("reading back {}", counted(count, "object", "objects")))
            }
        }
    }
}
