//! A service that answers late, not at all, or with a refusal that means "later": plan, apply, plan converges all the same.

use serde_json::{Value, json};

use super::bulk;
use crate::harness::{Folder, Sandbox, tests, tree, witness};

tests![
    example_converges_with_five_seconds_of_lag,
    bulk_converges_with_five_seconds_of_lag,
    example_converges_when_every_tenth_answer_is_lost,
    example_converges_when_every_third_answer_is_lost,
    example_converges_when_every_second_answer_is_lost,
    bulk_converges_when_every_tenth_answer_is_lost,
    bulk_converges_when_every_third_answer_is_lost,
    bulk_converges_when_every_second_answer_is_lost,
    example_converges_with_lag_and_lost_answers_together,
    example_converges_when_requests_are_throttled,
    bulk_converges_when_requests_are_throttled,
    example_converges_when_the_service_is_unavailable_now_and_then,
    bulk_converges_when_the_service_is_unavailable_now_and_then,
    example_converges_with_pages_of_one,
    example_converges_when_every_list_begins_with_an_empty_page,
    example_converges_when_connections_break,
    bulk_converges_under_the_published_quotas,
    apply_under_a_scarce_quota_says_what_it_waits_for,
    roles_in_a_unit_are_given_once_with_lag_and_lost_answers,
];

fn example_converges_with_five_seconds_of_lag() {
    example(&json!({ "lag_ms": 5000 }));
}

fn bulk_converges_with_five_seconds_of_lag() {
    bulk(&json!({ "lag_ms": 5000 }));
}

fn example_converges_when_every_tenth_answer_is_lost() {
    example(&json!({ "lose_every": 10 }));
}

fn example_converges_when_every_third_answer_is_lost() {
    example(&json!({ "lose_every": 3 }));
}

fn example_converges_when_every_second_answer_is_lost() {
    example(&json!({ "lose_every": 2 }));
}

fn bulk_converges_when_every_tenth_answer_is_lost() {
    bulk(&json!({ "lose_every": 10 }));
}

fn bulk_converges_when_every_third_answer_is_lost() {
    bulk(&json!({ "lose_every": 3 }));
}

fn bulk_converges_when_every_second_answer_is_lost() {
    bulk(&json!({ "lose_every": 2 }));
}

fn example_converges_with_lag_and_lost_answers_together() {
    example(&json!({ "lag_ms": 1500, "lose_every": 3 }));
}

fn example_converges_when_requests_are_throttled() {
    example(&json!({ "throttle_every": 7 }));
}

fn bulk_converges_when_requests_are_throttled() {
    bulk(&json!({ "throttle_every": 29 }));
}

fn example_converges_when_the_service_is_unavailable_now_and_then() {
    example(&json!({ "fail_every": 5 }));
}

fn bulk_converges_when_the_service_is_unavailable_now_and_then() {
    bulk(&json!({ "fail_every": 13 }));
}

fn example_converges_with_pages_of_one() {
    example(&json!({ "short_pages": 1 }));
}

fn example_converges_when_every_list_begins_with_an_empty_page() {
    example(&json!({ "empty_every": 1 }));
}

fn example_converges_when_connections_break() {
    example(&json!({ "reset_every": 9, "cut_every": 7 }));
}

fn bulk_converges_under_the_published_quotas() {
    bulk(&json!({ "quota": true }));
}

fn apply_under_a_scarce_quota_says_what_it_waits_for() {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    sandbox.faults(&json!({ "quota": true, "quota_share": "2%", "quota_scale": 40 }));
    let apply = folder.apply(&sandbox, &[]).variable("TENANTRY_QUOTA_SCALE", "40");
    let applied = apply.run().exits_with(0).says("read back and as planned");
    applied.warns("Graph is throttling (write quota), waiting").warns("writes sent, about");
    bulk::assert_converged(&folder, &sandbox);
}

/// A unit, one of its administrators and the roles they hold in it, all made by one plan.
const ADMINISTRATORS: &str = r#"
[tenant]
id = "contoso.onmicrosoft.com"

[users."preston.morales@contoso.com"]
display_name = "Preston Morales"

[administrative_units."Stores"]
scoped_role_members = [
  { role = "role:User Administrator", member = "user:preston.morales@contoso.com" },
  { role = "role:License Administrator", member = "user:preston.morales@contoso.com" },
  { role = "role:Helpdesk Administrator", member = "user:adele.vance@contoso.com" },
]
"#;

fn roles_in_a_unit_are_given_once_with_lag_and_lost_answers() {
    let (folder, sandbox) = (Folder::of(ADMINISTRATORS), Sandbox::contoso());
    let faults = json!({ "lag_ms": 1000, "lose_every": 2 });
    sandbox.faults(&faults);
    folder.apply(&sandbox, &[]).run().exits_with(0).says("read back and as planned");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert_happened(&sandbox, &faults);
    sandbox.well_behaved();
    assert_eq!(tree::entries(&sandbox.state(), "scopedRoleMemberships").count(), 3);
}

#[track_caller]
fn example(faults: &Value) {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    begin(&sandbox, faults);
    folder.apply(&sandbox, &[]).run().exits_with(0).says("read back and as planned");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert_happened(&sandbox, faults);
    sandbox.well_behaved();
    tree::assert_no_duplicates(&sandbox.state());
    assert_eq!(tree::count(&sandbox.state(), "groups", "Store openings"), 1);
    witness::assert_as_declared(&folder.config(), &sandbox);
}

#[track_caller]
fn bulk(faults: &Value) {
    let (folder, sandbox) = (bulk::folder(), Sandbox::contoso());
    begin(&sandbox, faults);
    folder.apply(&sandbox, &[]).run().exits_with(0).says("read back and as planned");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert_happened(&sandbox, faults);
    bulk::assert_converged(&folder, &sandbox);
}

/// Turns the knobs. An apply of this size sends fewer than ten requests that write, batches counting once, so somebody
/// else sends seven first, and the third of the apply is the one whose answer is lost.
fn begin(sandbox: &Sandbox, faults: &Value) {
    sandbox.faults(faults);
    if faults["lose_every"] == 10 {
        for _ in 0..7 {
            sandbox.graph("PATCH", "/users/ben.walters@contoso.com", Some(&json!({ "city": "Tacoma" })));
        }
    }
}

/// Asserts that the inconvenience was there: a fault that never strikes proves nothing.
#[track_caller]
fn assert_happened(sandbox: &Sandbox, faults: &Value) {
    let stats = sandbox.stats();
    for fault in faults.as_object().expect("faults have names").keys() {
        let Some(kind) = fault.strip_suffix("_every") else { continue };
        let kind = if kind == "empty" { "empty_page" } else { kind };
        assert!(stats["faults"][kind].as_u64() > Some(0), "no {kind} was inflicted: {stats}");
    }
}
