//! A token bucket whose tokens can be taken ahead of time.

use std::time::Duration;

use tokio::time::Instant;

/// The share of a quota that is never used, so that requests which the network pushes together still fit.
const HEADROOM: f64 = 0.05;

/// A quota below which headroom is taken from the pace instead: there is too little to hold back.
const SMALL: f64 = 20.0;

/// The slowest pace that refusals lead to, as a share of the published one.
const SLOWEST: f64 = 0.02;

/// In how many windows of the quota a pace that was slowed down comes back to the published one.
const RECOVERY: f64 = 10.0;

/// How much of one quota is left.
///
/// Taking more than there is leaves a debt, and whoever took it waits until the debt is paid: so those who wait are
/// served in the order they came, without a queue.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// What is published.
    amount: f64,
    /// What of it is used at most.
    capacity: f64,
    /// What comes back per second, as published.
    full_rate: f64,
    /// What comes back per second, as far as experience goes.
    rate: f64,
    window: Duration,
    level: f64,
    at: Instant,
    /// Known to be needed, whether taken yet or not.
    ahead: f64,
    /// Taken and not answered yet.
    outstanding: f64,
    /// Nothing is sent before: the service said so.
    resumes_at: Instant,
    /// When the last pause for a used up quota ends, or ended.
    exhausted_until: Option<Instant>,
    /// Counts the refusals: what was taken before one is to be taken again.
    epoch: u64,
}

impl Bucket {
    /// A full bucket of `amount` per `window`.
    pub(crate) fn new(amount: f64, window: Duration, now: Instant) -> Self {
        let mut bucket = Self {
            amount,
            capacity: 0.0,
            full_rate: 1.0,
            rate: 1.0,
            window,
            level: 0.0,
            at: now,
            ahead: 0.0,
            outstanding: 0.0,
            resumes_at: now,
            exhausted_until: None,
            epoch: 0,
        };
        bucket.resize(amount, window);
        bucket
    }

    /// Changes the quota; what was used stays used.
    pub(crate) fn resize(&mut self, amount: f64, window: Duration) {
        let (capacity, pace) =
            if amount < SMALL { (amount, 1.0 - HEADROOM) } else { (amount * (1.0 - HEADROOM), 1.0) };
        self.level += capacity - self.capacity;
        (self.amount, self.capacity) = (amount, capacity);
        (self.full_rate, self.window) = (pace * amount / window.as_secs_f64(), window);
        self.rate = self.full_rate;
    }

    /// What comes back, per second.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// How full it is, 1 at most; below zero in debt.
    pub(crate) fn fullness(&self) -> f64 {
        self.level / self.capacity
    }

    /// Whether the service asked for a pause that is not over.
    pub(crate) fn is_paused(&self, now: Instant) -> bool {
        self.resumes_at > now
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Adds to what is known to be needed.
    pub(crate) fn announce(&mut self, amount: f64) {
        self.ahead = (self.ahead + amount).max(0.0);
    }

    /// How long what is known to be needed takes at the present pace, with nothing left over.
    pub(crate) fn left(&self) -> Duration {
        Duration::try_from_secs_f64(self.ahead / self.rate).unwrap_or(Duration::MAX)
    }

    /// Takes `amount`, whether it is there or not, and says when it may be used.
    pub(crate) fn take(&mut self, amount: f64, now: Instant) -> Instant {
        self.refill(now);
        self.level -= amount;
        self.outstanding += amount;
        let debt = Duration::try_from_secs_f64((-self.level / self.rate).max(0.0)).unwrap_or(Duration::MAX);
        (now + debt).max(self.resumes_at)
    }

    /// Takes back what was taken in `epoch` and not used.
    pub(crate) fn refund(&mut self, amount: f64, epoch: u64) {
        self.settle(amount);
        if epoch == self.epoch {
            self.level = (self.level + amount).min(self.capacity);
        }
    }

    /// Notes that what was taken has been answered.
    pub(crate) fn settle(&mut self, amount: f64) {
        self.outstanding = (self.outstanding - amount).max(0.0);
    }

    /// Corrects an estimate: `excess` more was charged than taken, or less where it is below zero. What an answer claims
    /// costs a window at most.
    pub(crate) fn correct(&mut self, excess: f64) {
        let lowest = self.level.min(-self.capacity);
        self.level = (self.level - excess).clamp(lowest, self.capacity);
    }

    /// Learns that the service sees `share` of the quota used. Above 1 it speaks of how many requests it refuses.
    pub(crate) fn learn(&mut self, share: f64, now: Instant) {
        self.refill(now);
        let left = (1.0 - share).max(0.0) * self.amount;
        self.level = self.level.min(left - self.held_back() - self.outstanding);
    }

    /// Lets nothing pass for a time. `exhausted` when the service said that this quota is used up: then the level was
    /// thought too high, and when that happens again soon, so was the pace.
    pub(crate) fn pause(&mut self, pause: Duration, exhausted: bool, now: Instant) {
        self.refill(now);
        if exhausted && !self.is_paused(now) {
            if self.exhausted_until.is_some_and(|until| now < until + self.window) {
                self.rate = (self.rate / 2.0).max(self.full_rate * SLOWEST);
            }
            self.exhausted_until = Some(now + pause);
        }
        if exhausted {
            let left = -self.rate * pause.as_secs_f64() - self.held_back() * self.rate / self.full_rate;
            self.level = self.level.min(left);
        }
        self.epoch += 1;
        self.resumes_at = self.resumes_at.max(now + pause);
    }

    /// What is never used of the quota.
    fn held_back(&self) -> f64 {
        self.amount - self.capacity
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.rate).min(self.capacity);
        let recovered = self.full_rate * passed / (RECOVERY * self.window.as_secs_f64());
        self.rate = (self.rate + recovered).min(self.full_rate);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;
    use std::time::Duration;
    use tokio::time::Instant;

    fn seconds(from: Instant, to: Instant) -> f64 {
        ((to - from).as_secs_f64() * 1000.0).round() / 1000.0
    }

    #[tokio::test(start_paused = true)]
    async fn a_debt_is_paid_in_the_order_it_was_made() {
        let now = Instant::now();
        let mut bucket = Bucket::new(100.0, Duration::from_secs(10), now);
        assert_eq!(bucket.take(95.0, now), now);
        assert_eq!(seconds(now, bucket.take(20.0, now)), 2.0);
        assert_eq!(seconds(now, bucket.take(20.0, now)), 4.0);
        let later = now + Duration::from_secs(4);
        assert_eq!(seconds(later, bucket.take(10.0, later)), 1.0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_or_was_not_charged_serves_others() {
        let now = Instant::now();
        let mut bucket = Bucket::new(100.0, Duration::from_secs(10), now);
        bucket.take(95.0, now);
        bucket.refund(50.0, bucket.epoch());
        bucket.correct(-20.0);
        assert_eq!(bucket.take(70.0, now), now);
        bucket.correct(10.0);
        assert_eq!(seconds(now, bucket.take(0.0, now)), 1.0);
        bucket.correct(1e9);
        assert_eq!(seconds(now, bucket.take(0.0, now)), 9.5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_everybody_back_and_cancels_what_was_taken_before() {
        let now = Instant::now();
        let mut bucket = Bucket::new(100.0, Duration::from_secs(10), now);
        let epoch = bucket.epoch();
        bucket.take(10.0, now);
        bucket.pause(Duration::from_secs(5), false, now);
        assert_eq!(seconds(now, bucket.take(10.0, now)), 5.0);
        bucket.refund(10.0, epoch);
        assert!(bucket.fullness() < 0.8);
        bucket.pause(Duration::from_secs(5), true, now);
        // Half a second for the headroom, and one for each ten.
        assert_eq!(seconds(now, bucket.take(10.0, now)), 6.5);
        assert_eq!(seconds(now, bucket.take(10.0, now)), 7.5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_that_others_use_too_is_known_to_be_low() {
        let now = Instant::now();
        let mut bucket = Bucket::new(100.0, Duration::from_secs(10), now);
        bucket.learn(0.95, now);
        assert_eq!(seconds(now, bucket.take(10.0, now)), 1.0);
        // The ten under way are not in the share that the service saw.
        bucket.learn(1.0, now);
        assert_eq!(seconds(now, bucket.take(10.0, now)), 2.5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_that_is_refused_again_and_again_is_smaller_than_published() {
        let mut now = Instant::now();
        let mut bucket = Bucket::new(100.0, Duration::from_secs(10), now);
        let mut rates = Vec::new();
        for _ in 0..8 {
            bucket.pause(Duration::from_secs(1), true, now);
            // Others that were refused at the same time say nothing new.
            bucket.pause(Duration::from_secs(1), true, now);
            rates.push((bucket.rate() * 10.0).round() / 10.0);
            now += Duration::from_millis(1100);
        }
        assert_eq!(rates[..3], [10.0, 5.0, 2.6]);
        assert!(rates.iter().all(|rate| *rate >= 0.2), "{rates:?}");
        now += Duration::from_secs(100);
        bucket.take(0.0, now);
        assert_eq!(bucket.rate(), 10.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_larger_quota_adds_what_is_new() {
        let now = Instant::now();
        let mut bucket = Bucket::new(100.0, Duration::from_secs(10), now);
        bucket.take(95.0, now);
        bucket.resize(200.0, Duration::from_secs(10));
        assert_eq!(bucket.take(95.0, now), now);
    }
}
