//! What is sent again, status by status: by itself and as an item of a batch.
//!
//! Source: "Microsoft Graph error responses and resource types", <https://learn.microsoft.com/graph/errors>.

use serde_json::{Value, json};
use tenantry_graph::{Error, Request};

use crate::server::{Answer, Server, batch};

/// What becomes of a request that was answered once with a status.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// Sent again.
    Again,
    /// Returned, with the knowledge that nothing was done.
    Refused,
    /// Returned, with the warning that it may have been done.
    InDoubt,
}

use Fate::{Again, InDoubt, Refused};

/// Status, code, and the fates of a read and of a write.
const TABLE: &[(u16, &str, Fate, Fate)] = &[
    (400, "Request_BadRequest", Refused, Refused),
    (400, "Request_UnsupportedQuery", Refused, Refused),
    (400, "BadRequest", Refused, Refused),
    (400, "Request_InvalidRequestUrl", Refused, Refused),
    (400, "Directory_ExpiredPageToken", Refused, Refused),
    (401, "Authorization_IdentityNotFound", Refused, Refused),
    (402, "", Refused, Refused),
    (403, "Authorization_RequestDenied", Refused, Refused),
    (403, "Directory_QuotaExceeded", Refused, Refused),
    (404, "Request_ResourceNotFound", Refused, Refused),
    (405, "Request_BadRequest", Refused, Refused),
    (406, "", Refused, Refused),
    (408, "", Again, InDoubt),
    (409, "Directory_ConcurrencyViolation", Again, Again),
    (409, "Request_MultipleObjectsWithSameKeyValue", Refused, Refused),
    (410, "resyncRequired", Refused, Refused),
    (411, "", Refused, Refused),
    (412, "resourceModified", Refused, Refused),
    (413, "", Refused, Refused),
    (415, "", Refused, Refused),
    (423, "", Again, Again),
    (429, "TooManyRequests", Again, Again),
    (429, "Request_ThrottledTemporarily", Again, Again),
    (429, "activityLimitReached", Again, Again),
    (500, "Service_InternalServerError", Again, InDoubt),
    (500, "generalException", Again, InDoubt),
    (501, "NotImplemented", Refused, Refused),
    (502, "UnknownError", Again, InDoubt),
    (503, "serviceNotAvailable", Again, InDoubt),
    (503, "Directory_ReplicaUnavailable", Again, InDoubt),
    (504, "UnknownError", Again, InDoubt),
    (507, "", Refused, Refused),
    (509, "", Again, Again),
];

/// Of items only: the client declares no dependencies, so the service had one of its own and did not execute the item.
const FAILED_DEPENDENCY: (u16, &str, Fate, Fate) = (424, "", Again, Again);

fn fate(outcome: &Result<Value, Error>, sent: usize) -> Fate {
    match (outcome, sent) {
        (Ok(_), 2) => Again,
        (Err(error), 1) if error.is_ambiguous() => InDoubt,
        (Err(_), 1) => Refused,
        other => panic!("neither repeated once nor returned: {other:?}"),
    }
}

fn requests() -> [Request; 5] {
    [
        Request::get("/things"),
        Request::post("/directoryObjects/getByIds", json!({"ids": []})),
        Request::post("/things", json!({"name": "a"})),
        Request::patch("/things/1", json!({"name": "a"})),
        Request::delete("/things/1"),
    ]
}

fn expected<'a>(request: &Request, (_, _, read, write): &'a (u16, &str, Fate, Fate)) -> &'a Fate {
    if request.is_write() { write } else { read }
}

#[tokio::test]
async fn every_status_has_its_fate() {
    for row in TABLE {
        let (status, code, ..) = row;
        for request in requests() {
            let server = Server::start(move |_, before| match before {
                0 => Answer::error(*status, code, "").header("Retry-After", "0"),
                _ => Answer::json(&json!({})),
            })
            .await;
            let outcome = server.client().send(&request).await.map(|response| response.body);
            let seen = fate(&outcome, server.seen().len());
            assert_eq!(&seen, expected(&request, row), "{status} {code} {}", request.method);
        }
    }
}

#[tokio::test]
async fn every_status_of_an_item_has_its_fate() {
    for row in TABLE.iter().chain([&FAILED_DEPENDENCY]) {
        let (status, code, ..) = row;
        for request in requests() {
            let server = Server::start(move |seen, before| {
                batch(seen, |_| match before {
                    0 => (
                        *status,
                        json!({"Retry-After": "0"}),
                        json!({"error": {"code": code, "message": ""}}),
                    ),
                    _ => (200, json!({}), json!({})),
                })
            })
            .await;
            let outcome = server.client().batch(vec![request.clone()]).await.remove(0);
            let seen = fate(&outcome.map(|response| response.body), server.seen().len());
            assert_eq!(&seen, expected(&request, row), "{status} {code} {}", request.method);
        }
    }
}

#[tokio::test]
async fn a_delay_too_long_to_wait_is_told_to_the_caller() {
    for (form, seconds) in [("9999", 9999.0), ("400.5", 400.5), ("9,401", 401.0)] {
        let server = Server::start(move |seen, _| match seen.path.as_str() {
            "/v1.0/$batch" => batch(seen, |_| (429, json!({"Retry-After": form}), Value::Null)),
            _ => Answer::error(429, "TooManyRequests", "").header("Retry-After", form),
        })
        .await;
        let item = server.client().batch(vec![Request::delete("/things/1")]).await.remove(0);
        for error in [item.unwrap_err(), server.client().get("/things").await.unwrap_err()] {
            assert!(error.is_throttled(), "{form}");
            assert_eq!(error.retry_after().map(|delay| delay.as_secs_f64()), Some(seconds), "{form}");
        }
        assert_eq!(server.seen().len(), 2, "{form}");
    }
}
