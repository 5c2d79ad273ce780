//! Random answers: pages, deltas, batches, errors and tokens, spoiled in some place. Whatever comes, each call ends
//! after a bounded number of requests with a result or a typed error that can be printed.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tenantry_graph::{Client, Error, Request, Settings};
use tokio::runtime::Runtime;

use crate::server::{Answer, Seen, Server, token};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Stands for the server's own address in an answer.
const ROOT: &str = "ROOT";

/// An answer to be.
#[derive(Debug, Clone)]
struct Reply {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

impl Reply {
    fn to(&self, seen: &Seen) -> Answer {
        let body =
            String::from_utf8_lossy(&self.body).replace(ROOT, &format!("http://{}", seen.header("host")));
        let body = if self.body.is_ascii() { body.into_bytes() } else { self.body.clone() };
        let answer = Answer::text(self.status, body);
        self.retry_after.iter().fold(answer, |answer, text| answer.header("Retry-After", text))
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "ROOT/v1.0/things?$skiptoken=a",
        "ROOT/v1.0/things?$skiptoken=b",
        "https://evil.example/v1.0/things",
        "//x",
        "file:///etc/passwd",
        "0",
        "1",
        "200",
        "\u{1b}[2J\u{202e}",
        "Directory_ExpiredPageToken",
        "resyncRequired",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let names =
            "(value|error|code|message|innerError|details|responses|id|status|headers|body|@odata.nextLink)";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A value with something else in some places.
fn spoiled(base: Value) -> impl Strategy<Value = Value> {
    prop::collection::vec((any::<Index>(), any_json()), 0..3).prop_map(move |places| {
        let mut whole = base.clone();
        spoil(&mut whole, &places);
        whole
    })
}

fn spoil(whole: &mut Value, places: &[(Index, Value)]) {
    for (at, value) in places {
        let pointers = pointers(whole, "");
        *whole.pointer_mut(&pointers[at.index(pointers.len())]).unwrap() = value.clone();
    }
}

/// Every place in a value, as JSON pointers.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let inner = inner.into_iter().flat_map(|(name, value)| pointers(value, &format!("{at}/{name}")));
    inner.chain([at.to_owned()]).collect()
}

fn bytes(value: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Vec<u8>> {
    let whole = value.prop_map(|value| value.to_string().into_bytes()).boxed();
    let cut = (whole.clone(), any::<Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len() + 1));
        bytes
    });
    prop_oneof![8 => whole, 1 => cut, 1 => any::<Vec<u8>>()]
}

fn page() -> impl Strategy<Value = Vec<u8>> {
    let next = |token: &str| json!({"value": [{"id": "1"}, {"id": "2"}], "@odata.nextLink": format!("{ROOT}/v1.0/things?$skiptoken={token}")});
    let delta = json!({
        "value": [{"id": "1", "@removed": {"reason": "deleted"}, "members@delta": [{"id": "2"}]}],
        "@odata.deltaLink": format!("{ROOT}/v1.0/things/delta?$deltatoken=d"),
    });
    prop_oneof![
        3 => bytes(spoiled(next("a"))),
        2 => bytes(spoiled(next("b"))),
        1 => bytes(spoiled(delta)),
        1 => bytes(spoiled(error())),
        1 => bytes(any_json()),
    ]
}

fn error() -> Value {
    let inner = json!({"request-id": "r", "client-request-id": "c", "code": "Inner", "innerError": {"code": "Deeper"}});
    let details = json!([{"code": "ObjectConflict", "target": "mail", "message": "m"}]);
    json!({"error": {"code": "Request_BadRequest", "message": "No.", "details": details, "innerError": inner}})
}

fn reply(body: impl Strategy<Value = Vec<u8>>, statuses: &'static [u16]) -> impl Strategy<Value = Reply> {
    let retry_after = prop::option::weighted(
        0.3,
        prop_oneof!["0", "-1", "[0-9]{1,25}", "Wed, 21 Oct 2015 07:28:00 GMT", "[ -~]{0,9}"],
    );
    (body, prop::sample::select(statuses), retry_after).prop_map(|(body, status, retry_after)| Reply {
        status,
        retry_after,
        body,
    })
}

const ANY: &[u16] =
    &[200, 200, 200, 200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 410, 412, 429, 500, 503];

/// Nothing is worth waiting for here.
fn client(server: &Server) -> Client {
    let deadline = Duration::from_millis(300);
    server.client_with(Settings { attempts: 2, deadline, ..Settings::default() })
}

/// Answers with the script and then with the end of a list.
async fn scripted(script: Vec<Reply>) -> Server {
    Server::start(move |seen, before| match script.get(before) {
        Some(reply) => reply.to(seen),
        None => Answer::json(&json!({"value": []})),
    })
    .await
}

/// An error can be printed on one line, its causes too, and holds nothing secret.
fn assert_printable(error: &Error) {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    let mut shown = format!("{error:?}");
    assert!(!error.to_string().contains(char::is_control), "{error:?}");
    while let Some(error) = cause {
        shown.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(!shown.contains("s3cret"), "{shown}");
}

proptest! {
    #[test]
    fn lists_end(script in prop::collection::vec(reply(page(), ANY), 0..6)) {
        RUNTIME.block_on(async {
            // Each answer is asked for twice at most, and a list that lost its place is begun anew once.
            let most = 4 * (script.len() + 2);
            let server = scripted(script).await;
            if let Err(error) = client(&server).list(Request::get("/things")).await {
                assert_printable(&error);
            }
            assert!(server.seen().len() <= most, "{} requests", server.seen().len());
        });
    }

    #[test]
    fn single_requests_end(script in prop::collection::vec(reply(page(), ANY), 0..4), write: bool) {
        RUNTIME.block_on(async {
            let request = if write { Request::patch("/things/1", json!({"a": 1})) } else { Request::get("/things/1") };
            let most = 3 * (script.len() + 2);
            let server = scripted(script).await;
            if let Err(error) = client(&server).send(&request).await {
                assert_printable(&error);
            }
            assert!(server.seen().len() <= most, "{} requests", server.seen().len());
        });
    }

    /// Unless Graph says that it did not execute a write, it is not sent again.
    #[test]
    fn batches_give_each_request_its_outcome_and_no_write_twice(
        items in prop::collection::vec((any::<bool>(), prop::sample::select(&[200_u16, 204, 400, 404, 500, 503][..])), 1..25),
        places in prop::collection::vec((any::<Index>(), any_json()), 0..4),
        body in prop::option::weighted(0.1, page()),
    ) {
        let requests: Vec<Request> = items.iter().enumerate().map(|(number, (write, _))| match write {
            true => Request::patch(format!("/things/{number}"), json!({"a": number})),
            false => Request::get(format!("/things/{number}")),
        }).collect();
        RUNTIME.block_on(async {
            let answer = move |seen: &Seen, _: usize| answered(seen, &items, &places, body.as_deref());
            let server = Server::start(answer).await;
            let outcomes = client(&server).batch(requests.clone()).await;
            assert_eq!(outcomes.len(), requests.len());
            outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).for_each(assert_printable);
            let mut sent: Vec<String> = server.seen().iter().flat_map(writes).collect();
            let count = sent.len();
            sent.sort();
            sent.dedup();
            assert_eq!(sent.len(), count, "a write went out twice");
        });
    }

    #[test]
    fn sign_in_ends_and_keeps_its_secrets(script in prop::collection::vec(reply(token_answer(), ANY), 0..3)) {
        RUNTIME.block_on(async {
            let graph = |_: &Seen, _: usize| Answer::json(&json!({"value": []}));
            let most = 3 * (script.len() + 2);
            let sign_in = move |seen: &Seen, before: usize| script.get(before).map_or_else(|| token("t"), |reply| reply.to(seen));
            let server = Server::with_sign_in(graph, sign_in).await;
            if let Err(error) = client(&server).list(Request::get("/things")).await {
                assert_printable(&error);
            }
            assert!(server.sign_ins().len() <= most, "{} sign-ins", server.sign_ins().len());
        });
    }
}

fn token_answer() -> impl Strategy<Value = Vec<u8>> {
    let good =
        json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "t"});
    let bad = json!({
        "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret.\r\nTrace ID: x",
        "error_codes": [7000215], "trace_id": "x", "correlation_id": "y", "claims": "{}",
    });
    prop_oneof![bytes(spoiled(good)), bytes(spoiled(bad)), bytes(any_json())]
}

/// The answer to a batch, spoiled; statuses that say "not executed" come from its items alone.
fn answered(seen: &Seen, items: &[(bool, u16)], places: &[(Index, Value)], body: Option<&[u8]>) -> Answer {
    if let Some(body) = body {
        return Answer::text(200, body);
    }
    let envelope = seen.json();
    let answers = envelope["requests"].as_array().unwrap().iter().map(|step| {
        let number = step["url"].as_str().unwrap().trim_start_matches("/things/").parse::<usize>().unwrap();
        json!({"id": step["id"], "status": items[number].1, "headers": {"Retry-After": "0"}, "body": error()})
    });
    let mut whole = json!({"responses": answers.collect::<Vec<_>>()});
    spoil(&mut whole, places);
    Answer::json(&whole)
}

fn writes(seen: &Seen) -> Vec<String> {
    let envelope: Value = serde_json::from_str(&seen.body).unwrap();
    let steps = envelope["requests"].as_array().cloned().unwrap_or_default();
    let writes = steps.iter().filter(|step| step["method"] == "PATCH");
    writes.filter_map(|step| step["url"].as_str().map(str::to_owned)).collect()
}
