//! Shows what is being done: a bar on a terminal, a line a write elsewhere.

use std::future::Future;
use std::io::IsTerminal as _;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tenantry_core::text::{counted, terminal};
use tenantry_graph::{Client, Reason, Wait};
use tenantry_live::{Event, Progress};

use crate::output::Output;

/// How long nothing more is said of a wait for the same reason, where there is no terminal.
const QUIET: Duration = Duration::from_secs(60);

/// Progress on standard error.
pub(crate) struct Shown {
    bar: Option<ProgressBar>,
    output: Output,
    writes: AtomicUsize,
    written: AtomicUsize,
    told: Mutex<Option<(Reason, Instant)>>,
}

impl Shown {
    pub(crate) fn new(output: &Output) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let (writes, written) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { bar, output: *output, writes, written, told: Mutex::new(None) }
    }

    /// Does work, and shows meanwhile what the client waits for.
    pub(crate) async fn during<T>(&self, client: &Client, work: impl Future<Output = T>) -> T {
        let mut waits = client.waits();
        let mut work = pin!(work);
        loop {
            tokio::select! {
                result = &mut work => return result,
                Ok(()) = waits.changed() => {
                    let wait = *waits.borrow_and_update();
                    if let Some(wait) = wait {
                        self.waiting(wait);
                    }
                }
            }
        }
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
        self.writes.store(writes, Ordering::Relaxed);
        let Some(bar) = &self.bar else { return };
        bar.set_length(u64::try_from(writes).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} writes · {wide_msg}") {
            bar.set_style(style);
        }
    }

    fn written(&self, what: &str, failure: Option<&str>) {
        self.written.fetch_add(1, Ordering::Relaxed);
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

    fn waiting(&self, wait: Wait) {
        let (writes, written) = (self.writes.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed));
        let text = waiting(wait, written, writes);
        if self.bar.is_some() {
            self.message(text);
        } else if self.is_news(wait.reason) {
            self.output.note(&format!("  {text}"));
        }
    }

    /// Whether a wait for this reason has not been told of lately.
    fn is_news(&self, reason: Reason) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|(known, when)| known == reason && when.elapsed() < QUIET) {
            return false;
        }
        *told = Some((reason, Instant::now()));
        true
    }
}

/// What is waited for, and for how long, in words; `written` of `writes` planned writes have been sent.
fn waiting(wait: Wait, written: usize, writes: usize) -> String {
    let what = match wait.reason {
        Reason::Quota(name) => format!("waiting for Graph's {name}"),
        Reason::Throttled(name) => format!("Graph is throttling ({name}), waiting"),
        Reason::Trouble => "waiting for Graph to recover".to_owned(),
    };
    let left = writes.saturating_sub(written);
    if left == 0 {
        return format!("{what}: about {} left", duration(wait.left));
    }
    let pace = if wait.rate > 0.0 { left as f64 / wait.rate } else { 0.0 };
    let estimate = Duration::try_from_secs_f64(pace).unwrap_or_default().max(wait.left);
    format!("{what}: {written} of {writes} writes sent, about {} left", duration(estimate))
}

/// Seconds below two minutes, minutes below two hours, hours above.
fn duration(duration: Duration) -> String {
    match duration.as_secs_f64().ceil() as u64 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

impl Progress for Shown {
    fn show(&self, event: Event<'_>) {
        match event {
            Event::Reading(what) => self.message(format!("reading {what}")),
            Event::Writing(count) => self.begin(count),
            Event::Sending(what) => self.message(terminal(what)),
            Event::Written(what, failure) => self.written(what, failure),
            Event::Resting => self.message("waiting for Graph to show what was written".to_owned()),
            Event::Verifying(count) => {
                self.message(format!("reading back {}", counted(count, "object", "objects")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::waiting;
    use std::time::Duration;
    use tenantry_graph::{Reason, Wait};

    #[test]
    fn a_wait_is_said_with_its_reason_and_an_estimate() {
        let wait = |reason, seconds, rate| {
            let delay = Duration::from_secs(seconds);
            Wait { reason, delay, left: 2 * delay, rate }
        };
        let quota = wait(Reason::Quota("write quota"), 1, 20.0);
        assert_eq!(
            waiting(quota, 1240, 10_000),
            "waiting for Graph's write quota: 1240 of 10000 writes sent, about 8 min left"
        );
        assert_eq!(
            waiting(wait(Reason::Quota("read quota"), 3, 350.0), 0, 0),
            "waiting for Graph's read quota: about 6 s left"
        );
        assert_eq!(
            waiting(wait(Reason::Throttled("write quota"), 200, 20.0), 99, 100),
            "Graph is throttling (write quota), waiting: 99 of 100 writes sent, about 7 min left"
        );
        assert_eq!(
            waiting(wait(Reason::Trouble, 8000, 0.0), 0, 0),
            "waiting for Graph to recover: about 5 h left"
        );
    }
}
