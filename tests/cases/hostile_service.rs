//! A Graph that answers with spoiled JSON: the command ends in an orderly way, whatever it reads.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, http};

crate::harness::tests! {
    spoiled_answers_end_a_plan_in_an_orderly_way,
}

/// A place in an answer, by fractions, and what stands there instead.
type Spoilt = (Index, Index, Value);

fn spoiled_answers_end_a_plan_in_an_orderly_way() {
    let sandbox = Sandbox::contoso();
    let folder = Folder::example();
    // A run of the command takes a while, so fewer inputs than elsewhere.
    let cases = (Config::default().cases / 16).max(1);
    let mut runner = TestRunner::new(Config { failure_persistence: None, cases, ..Config::default() });
    let spoilt = prop::collection::vec((any::<Index>(), any::<Index>(), value()), 1..6);
    let result = runner.run(&spoilt, |spoilt| {
        let proxy = Proxy::start(sandbox.base(), spoilt);
        let ran = folder
            .plan(&sandbox, &[])
            .variable("TENANTRY_GRAPH_ENDPOINT", &proxy.base)
            .variable("AZURE_AUTHORITY_HOST", &proxy.base)
            .run();
        // A panic is 101.
        prop_assert!(matches!(ran.code, Some(0 | 1 | 3)), "{:?}\n{}", ran.code, ran.stderr);
        for text in [&ran.stdout, &ran.stderr] {
            let steering = text.chars().find(|character| character.is_control() && *character != '\n');
            prop_assert_eq!(steering, None, "{}", text);
        }
        Ok(())
    });
    assert_eq!(sandbox.writes(), 0, "a plan wrote");
    result.expect("it ends in an orderly way");
}

/// Something else than Graph would say.
fn value() -> impl Strategy<Value = Value> {
    let words =
        ["", "\u{1b}[2J\u{202e}", "members", "#microsoft.graph.user", "adele.vance@contoso.com", "a b"];
    let ids = ["00000000-0000-4000-8000-000000000001", "{}", "../users"];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select([&words[..], &ids[..]].concat()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!([])),
        Just(json!([null, 1, "x", {}])),
        Just(json!({ "id": "x", "displayName": 1 })),
        Just(json!({ "value": [{ "id": null }] })),
    ]
}

/// Passes requests on to a sandbox and spoils what comes back.
struct Proxy {
    base: String,
}

impl Proxy {
    /// Serves as long as somebody asks; the thread ends with the test.
    fn start(sandbox: String, spoilt: Vec<Spoilt>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        let passing = Arc::new(Passing { sandbox, base: base.clone(), spoilt, answered: Mutex::new(0) });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let passing = Arc::clone(&passing);
                std::thread::spawn(move || passing.answer(stream));
            }
        });
        Self { base }
    }
}

struct Passing {
    sandbox: String,
    base: String,
    spoilt: Vec<Spoilt>,
    answered: Mutex<usize>,
}

impl Passing {
    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let (head, body) = read(&mut stream)?;
        let mut words = head.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
        };
        let token = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let encoded = |text: &str| text.replace(':', "%3A").replace('/', "%2F");
        let body =
            body.replace(&self.base, &self.sandbox).replace(&encoded(&self.base), &encoded(&self.sandbox));
        let content = header("content-type").map(|kind| (kind, body.as_str()));
        let (status, text) = http::send_text(&self.sandbox, method, path, token, content);
        let text = text.replace(&self.sandbox, &self.base);
        let text = if path.starts_with("/v1.0") { self.spoil(&text) } else { text };
        let kind = "Content-Type: application/json\r\nConnection: close";
        let answer = format!("HTTP/1.1 {status} X\r\n{kind}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        stream.write_all(answer.as_bytes()).ok()
    }

    /// Each of the changes goes into one of the first answers.
    fn spoil(&self, text: &str) -> String {
        let Ok(mut whole) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
        let number = {
            let mut answered = self.answered.lock().expect("nobody panics with it");
            *answered += 1;
            *answered - 1
        };
        for (answer, at, value) in &self.spoilt {
            if answer.index(6) == number {
                let pointers = pointers(&whole, "");
                *whole.pointer_mut(&pointers[at.index(pointers.len())]).expect("it is there") = value.clone();
            }
        }
        whole.to_string()
    }
}

fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().filter_map(|line| line.split_once(": "));
            let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = length.filter_map(|(_, value)| value.parse::<usize>().ok()).next().unwrap_or(0);
            if body.len() >= length {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
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
