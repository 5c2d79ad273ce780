//! Many requests in few: JSON batching.
//!
//! Source: "Combine multiple HTTP requests using JSON batching",
//! <https://learn.microsoft.com/graph/json-batching>.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::call::Call;
use crate::error::Subject;
use crate::governor::{self, Announcement, Charge, Reason, Signals};
use crate::retry::{Retries, Verdict, retry_after};
use crate::{ApiError, Client, Error, Request, Response, Version};

/// The path that errors about a whole batch name.
const PATH: &str = "/$batch";

type Outcome = Result<Response, Error>;

/// A request and its place among those of the caller.
#[derive(Clone)]
struct Item {
    place: usize,
    request: Arc<Request>,
}

impl Item {
    fn charges(&self) -> Vec<Charge> {
        governor::charges(self.request.method, &self.request.path)
    }
}

impl Client {
    /// Sends any number of requests, 20 to an HTTP request, and returns their results in the same order.
    ///
    /// Batches of reads run side by side, as many as [`Settings::in_flight`](crate::Settings::in_flight) lets; a batch
    /// that holds a write runs alone, after all those before it. Where a quota allows fewer than 20 requests at once,
    /// a batch holds no more. Within one batch the service chooses the order, unless a request names the one it comes
    /// [`after`](Request::after): when that one fails, it is not executed, and [`Error::is_dependency_failed`] is true.
    /// Items that were throttled are sent again, and reads after a passing trouble. A list comes back as its
    /// first page: see [`Client::continue_list`].
    ///
    /// When the answer to a batch with writes is lost, each write in it is an error for which
    /// [`Error::is_ambiguous`] is true.
    pub async fn batch(&self, requests: Vec<Request>) -> Vec<Outcome> {
        let total = requests.len();
        let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(total);
        let mut reads = Vec::new();
        let chunks = chunks(requests);
        let ahead = governor::sum(chunks.iter().flat_map(|(_, chunk)| chunk).flat_map(Item::charges));
        let ahead = Mutex::new(self.inner.governor.announce(ahead));
        for (version, chunk) in chunks {
            if !holds_write(&chunk) {
                reads.push((version, chunk));
                continue;
            }
            outcomes.extend(self.run_side_by_side(std::mem::take(&mut reads), &ahead).await);
            outcomes.extend(self.run_announced(version, chunk, &ahead).await);
        }
        outcomes.extend(self.run_side_by_side(reads, &ahead).await);
        outcomes.sort_by_key(|(place, _)| *place);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn run_side_by_side(
        &self,
        chunks: Vec<(Version, Vec<Item>)>,
        ahead: &Mutex<Announcement<'_>>,
    ) -> Vec<(usize, Outcome)> {
        let runs: Vec<_> =
            chunks.into_iter().map(|(version, chunk)| self.run_announced(version, chunk, ahead)).collect();
        futures::stream::iter(runs).buffer_unordered(self.inner.settings.in_flight.max(1)).concat().await
    }

    async fn run_announced(
        &self,
        version: Version,
        chunk: Vec<Item>,
        ahead: &Mutex<Announcement<'_>>,
    ) -> Vec<(usize, Outcome)> {
        let charges = governor::sum(chunk.iter().flat_map(Item::charges));
        let outcomes = self.run(version, chunk).await;
        ahead.lock().unwrap_or_else(PoisonError::into_inner).done(&charges);
        outcomes
    }

    /// Runs one chunk until every item has its outcome.
    async fn run(&self, version: Version, chunk: Vec<Item>) -> Vec<(usize, Outcome)> {
        let mut retries = Retries::new(&self.inner.settings, &self.inner.meter);
        let mut settled = Vec::with_capacity(chunk.len());
        let mut pending = self.refuse_malformed(chunk, &mut settled);
        while !pending.is_empty() {
            let (before, began) = (settled.len(), Instant::now());
            let answer = self.exchange(version, &pending).await;
            // It has a deadline of its own.
            retries.excuse(began.elapsed());
            pending = match answer {
                Ok(envelope) => {
                    let unsettled = self.settle(pending, envelope, &mut settled);
                    if settled.len() > before {
                        retries.extend();
                    }
                    self.select_for_retry(unsettled, &mut retries, &mut settled).await
                }
                Err(error) => settle_without_envelope(pending, &error, &mut settled),
            };
        }
        settled
    }

    /// Settles the items that cannot be sent, lest they spoil the whole batch.
    fn refuse_malformed(&self, chunk: Vec<Item>, settled: &mut Vec<(usize, Outcome)>) -> Vec<Item> {
        let mut sound = Vec::with_capacity(chunk.len());
        for item in chunk {
            let known = |place: usize| sound.iter().any(|item: &Item| item.place == place);
            match item.request.url(&self.inner.endpoint) {
                Ok(_) if item.request.after.is_some_and(|place| !known(place)) => {
                    let (method, path) = (item.request.method, item.request.path.clone());
                    let reason = "what it comes after is not sent before it in the same batch";
                    settled.push((item.place, Err(Error::InvalidRequest { method, path, reason })));
                }
                Ok(_) => sound.push(item),
                Err(error) => settled.push((item.place, Err(error))),
            }
        }
        sound
    }

    async fn exchange(&self, version: Version, items: &[Item]) -> Outcome {
        // What has succeeded already is no longer among the items.
        let first = |item: &Item| items.iter().position(|other| Some(other.place) == item.request.after);
        let steps: Vec<Value> =
            items.iter().enumerate().map(|(id, item)| step(id, &item.request, first(item))).collect();
        let mut envelope = Request::post(PATH, json!({ "requests": steps }));
        envelope.version = version;
        let writes = items.iter().filter(|item| item.request.is_write()).count();
        self.call(&Call {
            method: envelope.method,
            path: &envelope.path,
            url: envelope.url(&self.inner.endpoint)?,
            headers: &envelope.headers,
            body: envelope.body.as_ref(),
            write: writes > 0,
            operations: items.len(),
            writes,
            charges: governor::sum(items.iter().flat_map(Item::charges)),
        })
        .await
    }

    /// Settles the items whose answer is final and returns the others.
    fn settle(
        &self,
        items: Vec<Item>,
        envelope: Response,
        settled: &mut Vec<(usize, Outcome)>,
    ) -> Vec<Unsettled> {
        let mut answers = answers_by_id(envelope.body);
        let mut unsettled = Vec::new();
        for (id, item) in items.into_iter().enumerate() {
            let Some(mut answer) = answers.remove(&id.to_string()) else {
                let error = lost(&item.request, "the batch was answered without it");
                let verdict = if item.request.is_write() { Verdict::Final } else { Verdict::Again };
                unsettled.push(Unsettled {
                    item,
                    error,
                    verdict,
                    retry_after: None,
                    signals: Signals::default(),
                });
                continue;
            };
            self.inner.meter.answered(answer.status, answer.header("x-ms-resource-unit").as_deref());
            if answer.status != 429 {
                self.inner.governor.learn(&item.charges(), &answer.signals());
            }
            match answer.read(&item.request, envelope.request_id.as_deref()) {
                Ok(response) => settled.push((item.place, Ok(response))),
                Err(mut error) => {
                    let verdict = answer.verdict(&error);
                    let retry_after =
                        answer.header("retry-after").and_then(|text| retry_after(&text, SystemTime::now()));
                    error.retry_after = retry_after;
                    let signals = answer.signals();
                    unsettled.push(Unsettled {
                        item,
                        error: Error::Api(error),
                        verdict,
                        retry_after,
                        signals,
                    });
                }
            }
        }
        unsettled
    }

    /// Waits as long as the most patient item asks, and returns the items to send again.
    async fn select_for_retry(
        &self,
        mut unsettled: Vec<Unsettled>,
        retries: &mut Retries<'_>,
        settled: &mut Vec<(usize, Outcome)>,
    ) -> Vec<Item> {
        give_up_with_what_comes_first(&mut unsettled);
        let (repeatable, finished): (Vec<_>, Vec<_>) =
            unsettled.into_iter().partition(|unsettled| unsettled.verdict != Verdict::Final);
        settled.extend(finished.into_iter().map(Unsettled::give_up));
        if repeatable.is_empty() {
            return Vec::new();
        }
        let attempt_left = retries.spend();
        let (repeated, exhausted): (Vec<_>, Vec<_>) = repeatable
            .into_iter()
            .partition(|unsettled| attempt_left || unsettled.verdict == Verdict::Throttled);
        settled.extend(exhausted.into_iter().map(Unsettled::give_up));
        if repeated.is_empty() {
            return Vec::new();
        }
        let throttled = repeated.iter().any(|unsettled| unsettled.verdict == Verdict::Throttled);
        let asked = repeated.iter().filter_map(|unsettled| unsettled.retry_after).max();
        let delay = retries.pause(throttled, asked);
        let quota = self.hold_back(&repeated, delay.or(asked).unwrap_or_default());
        if let Some(delay) = delay
            && self.rest(delay, quota.map_or(Reason::Trouble, Reason::Throttled)).await
        {
            return repeated.into_iter().map(|unsettled| unsettled.item).collect();
        }
        settled.extend(repeated.into_iter().map(Unsettled::give_up));
        Vec::new()
    }

    /// Lets nobody send more against the quotas that refused items. Gives the name of the last.
    fn hold_back(&self, unsettled: &[Unsettled], pause: Duration) -> Option<&'static str> {
        let mut name = None;
        for unsettled in unsettled.iter().filter(|unsettled| unsettled.verdict == Verdict::Throttled) {
            let pause = unsettled.retry_after.unwrap_or(pause);
            let charges = unsettled.item.charges();
            name = Some(self.inner.governor.throttled(&charges, pause, &unsettled.signals));
        }
        name
    }
}

/// An item that has an error so far.
struct Unsettled {
    item: Item,
    error: Error,
    verdict: Verdict,
    retry_after: Option<Duration>,
    /// What the answer says about quotas.
    signals: Signals,
}

impl Unsettled {
    fn give_up(self) -> (usize, Outcome) {
        (self.item.place, Err(self.error))
    }
}

/// What comes after an item that has failed for good fails with it. Items stand in their order.
fn give_up_with_what_comes_first(unsettled: &mut [Unsettled]) {
    let mut failed = Vec::new();
    for unsettled in unsettled {
        if unsettled.item.request.after.is_some_and(|place| failed.contains(&place)) {
            unsettled.verdict = Verdict::Final;
        }
        if unsettled.verdict == Verdict::Final {
            failed.push(unsettled.item.place);
        }
    }
}

/// Settles the items of a batch that failed as a whole. When its writes may have taken effect, its reads that come after
/// nothing are returned to be sent without them.
fn settle_without_envelope(
    items: Vec<Item>,
    error: &Error,
    settled: &mut Vec<(usize, Outcome)>,
) -> Vec<Item> {
    if !error.is_ambiguous() {
        settled.extend(items.into_iter().map(|item| (item.place, Err(error.clone()))));
        return Vec::new();
    }
    let (writes, reads): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.request.is_write() || item.request.after.is_some());
    let reason = format!("its batch failed: {error}");
    settled.extend(writes.into_iter().map(|item| (item.place, Err(lost(&item.request, &reason)))));
    reads
}

fn lost(request: &Request, reason: &str) -> Error {
    Error::Lost {
        method: request.method,
        path: request.path.clone(),
        write: request.is_write(),
        reason: reason.to_owned(),
        client_request_id: None,
        source: None,
    }
}

/// Groups the requests by version and by how many a quota lets into one chunk, otherwise in the order given. The large
/// chunks come first: the others are those that wait long.
fn chunks(requests: Vec<Request>) -> Vec<(Version, Vec<Item>)> {
    let mut groups: BTreeMap<(Reverse<usize>, Version), Vec<Item>> = BTreeMap::new();
    for (place, request) in requests.into_iter().enumerate() {
        let version = request.version;
        let item = Item { place, request: Arc::new(request) };
        let size = governor::most_in_batch(&item.charges());
        groups.entry((Reverse(size), version)).or_default().push(item);
    }
    let chunks = groups.into_iter().flat_map(|((Reverse(size), version), items)| {
        items.chunks(size).map(|chunk| (version, chunk.to_vec())).collect::<Vec<_>>()
    });
    chunks.collect()
}

fn holds_write(chunk: &[Item]) -> bool {
    chunk.iter().any(|item| item.request.is_write())
}

/// One request as the envelope spells it; `first` is the item that has to succeed before it.
fn step(id: usize, request: &Request, first: Option<usize>) -> Value {
    let mut headers: Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let mut step = Map::new();
    step.insert("id".to_owned(), Value::from(id.to_string()));
    step.insert("method".to_owned(), Value::from(request.method.as_str()));
    step.insert("url".to_owned(), Value::from(request.path.as_str()));
    if let Some(body) = &request.body {
        headers.insert("Content-Type".to_owned(), Value::from("application/json"));
        step.insert("body".to_owned(), body.clone());
    }
    if !headers.is_empty() {
        step.insert("headers".to_owned(), Value::Object(headers));
    }
    if let Some(first) = first {
        step.insert("dependsOn".to_owned(), json!([first.to_string()]));
    }
    Value::Object(step)
}

/// The answer to one item.
struct Answer {
    status: u16,
    headers: Value,
    body: Value,
}

/// Takes the answers out of the envelope; what is not an answer is left out.
fn answers_by_id(mut envelope: Value) -> HashMap<String, Answer> {
    let Some(Value::Array(list)) = envelope.get_mut("responses").map(Value::take) else {
        return HashMap::new();
    };
    let read = |mut json: Value| {
        let id = json.get("id")?.as_str()?.to_owned();
        let status = json.get("status")?.as_u64()?.try_into().ok()?;
        let mut part = |name| json.get_mut(name).map(Value::take).unwrap_or_default();
        Some((id, Answer { status, headers: part("headers"), body: part("body") }))
    };
    list.into_iter().filter_map(read).collect()
}

impl Answer {
    /// A header's value: a string, or in some answers a bare number.
    fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn signals(&self) -> Signals {
        Signals::read(|name| self.header(name))
    }

    fn read(&mut self, request: &Request, batch_id: Option<&str>) -> Result<Response, Box<ApiError>> {
        let request_id = self.header("request-id");
        if (200..300).contains(&self.status) {
            let request_id = request_id.or_else(|| batch_id.map(str::to_owned));
            return Ok(Response { status: self.status, body: self.body.take(), request_id });
        }
        let subject = Subject {
            method: request.method,
            path: &request.path,
            write: request.is_write(),
            client_request_id: None,
        };
        let text = if self.body.is_null() { String::new() } else { self.body.to_string() };
        let mut error = ApiError::read(&subject, self.status, request_id.as_deref(), text.as_bytes());
        error.request_id = error.request_id.or_else(|| batch_id.map(str::to_owned));
        Err(Box::new(error))
    }

    /// As for a request alone, and 424 besides: the item was not executed, because what comes first failed or, where
    /// nothing does, the service had a dependency of its own.
    fn verdict(&self, error: &ApiError) -> Verdict {
        if self.status == 424 { Verdict::Again } else { Verdict::of(error) }
    }
}
