//! When to try again, and when to stop.
//!
//! Source: "Microsoft Graph throttling guidance", <https://learn.microsoft.com/graph/throttling>, and the
//! table of statuses in <https://learn.microsoft.com/graph/errors>.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::time::Instant;

use crate::Settings;
use crate::error::ApiError;
use crate::traffic::Meter;

/// The delay before the second attempt when the service names none.
const SHORTEST: Duration = Duration::from_millis(500);

/// The longest delay between two attempts when the service names none.
const LONGEST: Duration = Duration::from_secs(60);

/// What an unsuccessful attempt says about the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Another attempt gives the same, or could do something twice.
    Final,
    /// A passing trouble, and the request was not executed or changes nothing.
    Again,
    /// Not executed, because of a quota: asking later succeeds.
    Throttled,
}

impl Verdict {
    /// Judges a refusal by Graph.
    pub(crate) fn of(error: &ApiError) -> Self {
        match error.status {
            429 => Verdict::Throttled,
            409 if error.has_code("Directory_ConcurrencyViolation") => Verdict::Again,
            423 => Verdict::Again,
            509 => Verdict::Again,
            408 | 500 | 502 | 503 | 504 if !error.write => Verdict::Again,
            _ => Verdict::Final,
        }
    }
}

/// The attempts of one call.
pub(crate) struct Retries<'a> {
    backoff: ExponentialBackoff,
    attempts_left: u32,
    exhausted: bool,
    allowance: Duration,
    deadline: Instant,
    meter: &'a Meter,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(settings: &Settings, meter: &'a Meter) -> Self {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(SHORTEST)
            .with_max_delay(LONGEST)
            .without_max_times()
            .with_jitter()
            .build();
        Self {
            backoff,
            attempts_left: settings.attempts.saturating_sub(1),
            exhausted: false,
            allowance: settings.deadline,
            deadline: Instant::now() + settings.deadline,
            meter,
        }
    }

    /// Time left before the deadline.
    pub(crate) fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Grants the whole time again, because something was achieved.
    pub(crate) fn extend(&mut self) {
        self.deadline = Instant::now() + self.allowance;
    }

    /// Leaves two more attempts at most: waiting long would not help, or keep somebody waiting in vain.
    pub(crate) fn hurry(&mut self) {
        self.attempts_left = self.attempts_left.min(2);
    }

    /// Leaves time out of account that was not spent on this call's own troubles.
    pub(crate) fn excuse(&mut self, time: Duration) {
        self.deadline += time;
    }

    /// Sleeps before the next attempt; false when there is none to make.
    pub(crate) async fn wait(&mut self, verdict: Verdict, retry_after: Option<Duration>) -> bool {
        match self.delay(verdict, retry_after) {
            Some(delay) => tokio::time::sleep(delay).await,
            None => return false,
        }
        true
    }

    /// How long to wait before the next attempt; `None` when there is none to make.
    pub(crate) fn delay(&mut self, verdict: Verdict, retry_after: Option<Duration>) -> Option<Duration> {
        match verdict {
            Verdict::Final => None,
            Verdict::Again if !self.spend() => None,
            Verdict::Again => self.pause(false, retry_after),
            Verdict::Throttled => {
                self.spend();
                self.pause(true, retry_after)
            }
        }
    }

    /// Takes one of the attempts; false when none is left. Throttling is limited by the deadline alone, as it
    /// says nothing about the request, so there the answer does not matter.
    pub(crate) fn spend(&mut self) -> bool {
        let left = self.attempts_left > 0;
        self.exhausted = !left;
        self.attempts_left = self.attempts_left.saturating_sub(1);
        left
    }

    /// As long as the service asks, or ever longer. `None` when the delay would end after the deadline.
    pub(crate) fn pause(&mut self, throttled: bool, retry_after: Option<Duration>) -> Option<Duration> {
        let mut delay = retry_after.unwrap_or_else(|| self.backed_off());
        if self.exhausted {
            // A service that keeps saying "now" must not keep this loop busy.
            delay = delay.max(self.backed_off());
        }
        if delay >= self.remaining() {
            return None;
        }
        if throttled {
            self.meter.waited(delay);
        }
        Some(delay)
    }

    fn backed_off(&mut self) -> Duration {
        self.backoff.next().unwrap_or(LONGEST).min(LONGEST)
    }
}

/// Reads a `Retry-After` header: whole seconds, fractional seconds, two numbers with a comma of which the
/// larger counts, or an HTTP date. `None` when it is anything else.
pub(crate) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    let seconds = |text: &str| {
        let seconds: f64 = text.trim().parse().ok()?;
        (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    };
    if let Some(longest) = text.split(',').map(seconds).collect::<Option<Vec<_>>>() {
        return longest.into_iter().max();
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let wait = date.duration_since(Timestamp::try_from(now).ok()?);
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::{Retries, Verdict, retry_after};
    use crate::Settings;
    use crate::traffic::Meter;
    use std::time::{Duration, SystemTime};

    #[test]
    fn every_form_of_retry_after_is_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480);
        let read = |text: &str| retry_after(text, now);
        assert_eq!(read("10"), Some(Duration::from_secs(10)));
        assert_eq!(read(" 2.128 "), Some(Duration::from_millis(2128)));
        assert_eq!(read("5,7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Wed, 21 Oct 2015 07:27:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("1e300"), Some(Duration::MAX));
        for nonsense in ["", "soon", "-1", "NaN", "5,", "Wed, 21 Oct"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_outlasts_the_attempts_but_not_the_deadline() {
        let meter = Meter::default();
        let settings = Settings { attempts: 2, deadline: Duration::from_secs(100), ..Settings::default() };
        let mut retries = Retries::new(&settings, &meter);
        let mut waits = 0;
        while retries.wait(Verdict::Throttled, Some(Duration::from_secs(20))).await {
            waits += 1;
        }
        assert_eq!(waits, 4);
        assert_eq!(meter.read().waited, Duration::from_secs(80));
    }

    #[tokio::test(start_paused = true)]
    async fn other_trouble_is_limited_by_the_attempts() {
        let meter = Meter::default();
        let settings = Settings { attempts: 3, ..Settings::default() };
        let mut retries = Retries::new(&settings, &meter);
        assert!(retries.wait(Verdict::Again, None).await);
        assert!(retries.wait(Verdict::Again, None).await);
        assert!(!retries.wait(Verdict::Again, None).await);
        assert!(!retries.wait(Verdict::Final, None).await);
        assert_eq!(meter.read().waited, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_keeps_saying_now_is_asked_ever_less_often() {
        let meter = Meter::default();
        let settings = Settings { attempts: 3, ..Settings::default() };
        let mut retries = Retries::new(&settings, &meter);
        let mut waits = 0;
        while retries.wait(Verdict::Throttled, Some(Duration::ZERO)).await {
            waits += 1;
        }
        assert!((5..20).contains(&waits), "{waits}");
    }
}
