//! A bare HTTP client of our own, so that what a test sees does not pass through code under test.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longest pause within one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one request to `http://host:port` and gives status and JSON; null for an empty body.
pub(crate) fn send(
    base: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<(&str, &str)>,
) -> (u16, Value) {
    let (status, text) = send_text(base, method, path, token, body);
    let value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect(&text) };
    (status, value)
}

/// As [`send`], with the body as it came. `body` is a content type and the content.
pub(crate) fn send_text(
    base: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<(&str, &str)>,
) -> (u16, String) {
    let host = base.strip_prefix("http://").expect("the sandbox speaks plain HTTP");
    let mut head = format!("{method} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", encoded(path));
    if let Some(token) = token {
        let _ = write!(head, "Authorization: Bearer {token}\r\n");
    }
    let (kind, content) = body.unwrap_or_default();
    if !kind.is_empty() {
        let _ = write!(head, "Content-Type: {kind}\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n{content}", content.len());
    let mut stream = TcpStream::connect(host).expect("the sandbox listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.write_all(head.as_bytes()).expect("the sandbox takes the request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the sandbox answers");
    let answer = String::from_utf8(answer).expect("the answer is UTF-8");
    let (head, content) = answer.split_once("\r\n\r\n").expect("the answer has a head");
    assert!(!head.to_lowercase().contains("transfer-encoding"), "this client does not read chunks");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect(head);
    (status, content.to_owned())
}

/// A path whose characters a request line does not take are encoded; `%` stays.
fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && byte != b'#' && byte != b'"' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
