//! The governor as a whole, on tokio's paused clock.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Charge, Governor, Reason, Signals, charges, sum};
use crate::Method;

fn governor(in_flight: usize) -> Governor {
    Governor::new(1.0, in_flight, Duration::from_secs(300))
}

fn writes(count: usize) -> Vec<Charge> {
    sum((0..count).flat_map(|_| charges(Method::Patch, "/groups/1")))
}

/// Seconds that an admission took, which is used.
async fn admit(governor: &Governor, charges: &[Charge]) -> f64 {
    let never = CancellationToken::new();
    let mut admission = governor.admit(charges, &never).await.unwrap();
    admission.sent();
    (admission.waited.as_secs_f64() * 100.0).round() / 100.0
}

#[tokio::test(start_paused = true)]
async fn a_long_run_of_writes_keeps_the_published_pace() {
    let governor = governor(8);
    let began = Instant::now();
    for _ in 0..500 {
        admit(&governor, &writes(20)).await;
    }
    let took = began.elapsed().as_secs_f64();
    // What is published lets 10,000 writes pass in 350 s.
    assert!((350.0..350.0 / 0.95).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn no_window_of_a_quota_is_overdrawn() {
    let governor = governor(8);
    let began = Instant::now();
    let mut sent = Vec::new();
    for _ in 0..400 {
        admit(&governor, &writes(20)).await;
        sent.push(began.elapsed().as_secs_f64());
    }
    // The service's bucket, which drains 20 a second and holds 3,000, never overflows.
    let mut used: f64 = 0.0;
    let mut last = 0.0;
    for at in sent {
        used = (used - (at - last) * 20.0).max(0.0) + 20.0;
        last = at;
        assert!(used <= 3_000.0, "{used} at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_are_not_held_up_by_writes_nor_by_slow_services() {
    let governor = governor(8);
    admit(&governor, &writes(3_000)).await;
    let policy = charges(Method::Get, "/identity/conditionalAccess/policies");
    assert_eq!(admit(&governor, &policy).await, 0.0);
    assert_eq!(admit(&governor, &charges(Method::Get, "/users")).await, 0.0);
    assert!(admit(&governor, &policy).await > 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_holds_back_everybody_of_its_quota_and_nobody_else() {
    let governor = governor(8);
    let scope = Some("Tenant_Application/Write/app/tenant".to_owned());
    let signals = Signals { scope, ..Signals::default() };
    assert_eq!(governor.throttled(&writes(1), Duration::from_secs(30), &signals), "write quota");
    assert_eq!(admit(&governor, &charges(Method::Get, "/users")).await, 0.0);
    // Thirty seconds, 7.5 for the headroom, and one until the twenty are there.
    assert_eq!(admit(&governor, &writes(20)).await, 38.5);
}

#[tokio::test(start_paused = true)]
async fn who_waits_when_a_refusal_comes_waits_for_its_end() {
    let governor = governor(8);
    admit(&governor, &writes(2_850)).await;
    let refused = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        governor.throttled(&writes(1), Duration::from_secs(10), &Signals::default());
    };
    let batch = writes(20);
    let (waited, ()) = tokio::join!(admit(&governor, &batch), refused);
    assert!(waited >= 10.5, "{waited}");
}

#[tokio::test(start_paused = true)]
async fn an_absurd_pause_is_cut_short() {
    let governor = governor(8);
    governor.throttled(&writes(1), Duration::MAX, &Signals::default());
    assert_eq!(admit(&governor, &writes(1)).await, 300.0);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_charges_corrects_the_estimate() {
    let governor = governor(8);
    let read = charges(Method::Get, "/users");
    admit(&governor, &read).await;
    governor.learn(&read, &Signals { units: Some(3_325.0), ..Signals::default() });
    assert!(admit(&governor, &read).await > 0.0);
    let other = self::governor(8);
    admit(&other, &writes(1)).await;
    other.learn(&writes(1), &Signals { share: Some(1.0), ..Signals::default() });
    assert!(admit(&other, &writes(1)).await > 7.0);
    assert_eq!(admit(&other, &read).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_larger_tenant_may_read_more() {
    let (small, large) = (governor(8), governor(8));
    large.set_users(100_000);
    let read = vec![charges(Method::Get, "/groups/1/members?$select=id")[0]; 2_000];
    let read = sum(read);
    assert!(admit(&small, &read).await > 0.0);
    assert_eq!(admit(&large, &read).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_faster_clock_of_a_sandbox_is_followed() {
    let governor = Governor::new(50.0, 8, Duration::from_secs(300));
    admit(&governor, &writes(2_850)).await;
    assert_eq!(admit(&governor, &writes(1_000)).await, 1.0);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_are_under_way() {
    let governor = governor(2);
    let never = CancellationToken::new();
    let read = charges(Method::Get, "/users");
    let first = governor.admit(&read, &never).await;
    let _second = governor.admit(&read, &never).await;
    let third = tokio::time::timeout(Duration::from_secs(5), governor.admit(&read, &never)).await;
    assert!(third.is_err());
    drop(first);
    assert!(governor.admit(&read, &never).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn who_is_cancelled_gives_back_what_it_took() {
    let governor = governor(8);
    admit(&governor, &writes(2_850)).await;
    let stop = CancellationToken::new();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    let many = writes(2_000);
    let (admission, ()) = tokio::join!(governor.admit(&many, &stop), cancel);
    assert!(admission.is_none());
    assert_eq!(admit(&governor, &writes(20)).await, 0.0);
    // Dropping the future is as good as cancelling.
    let never = CancellationToken::new();
    let _ = tokio::time::timeout(Duration::from_secs(1), governor.admit(&many, &never)).await;
    assert_eq!(admit(&governor, &writes(20)).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn waits_are_told_with_their_reason() {
    let governor = governor(8);
    let waits = governor.waits();
    admit(&governor, &writes(2_850)).await;
    assert_eq!(*waits.borrow(), None);
    admit(&governor, &writes(200)).await;
    let wait = waits.borrow().unwrap();
    assert_eq!((wait.reason, wait.delay.as_secs(), wait.rate), (Reason::Quota("write quota"), 10, 20.0));
    assert_eq!(wait.left.as_secs(), 10);
    let mut ahead = governor.announce(writes(1_000));
    ahead.done(&writes(200));
    admit(&governor, &writes(200)).await;
    assert_eq!(waits.borrow().unwrap().left.as_secs(), 40);
    drop(ahead);
    governor.throttled(&writes(1), Duration::from_secs(7), &Signals::default());
    admit(&governor, &writes(1)).await;
    assert_eq!(waits.borrow().unwrap().reason, Reason::Throttled("write quota"));
}
