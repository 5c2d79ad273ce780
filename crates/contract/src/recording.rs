//! What a sandbox was asked, line by line, and whether all of it fits the schema.

use std::collections::BTreeMap;

use crate::schema::Schema;
use crate::{Beta, Breach, Request};

/// The requests of a recording by shape.
#[derive(Debug, Default)]
pub struct Recording {
    /// How many requests were checked; the items of a batch count, the batch does not.
    pub checked: usize,
    /// How many requests of other products were left out.
    pub others: usize,
    /// The checked ones by shape: how many, and what is wrong with them, each breach once with its first request.
    shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Default)]
struct Shape {
    requests: usize,
    breaches: BTreeMap<Breach, String>,
}

impl Recording {
    /// Checks every request in a text of JSON lines whose user agent begins with `product`.
    ///
    /// # Errors
    ///
    /// The first line that is not a request.
    pub fn check(lines: &str, product: &str, schema: &Schema, beta: &[Beta]) -> Result<Self, String> {
        let mut recording = Self::default();
        for (number, line) in lines.lines().enumerate() {
            let request: Request =
                serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
            if request.user_agent.starts_with(product) {
                recording.add(request, schema, beta);
            } else {
                recording.others += 1;
            }
        }
        Ok(recording)
    }

    fn add(&mut self, request: Request, schema: &Schema, beta: &[Beta]) {
        let Some(version) = request.url.strip_suffix("/$batch") else {
            return self.add_one(&request, schema, beta);
        };
        for item in request.items() {
            match item {
                Ok(mut item) => {
                    item.url.insert_str(0, version);
                    self.add_one(&item, schema, beta);
                }
                Err(what) => self.note(&request, vec![Breach::new("body/requests", what)]),
            }
        }
    }

    fn add_one(&mut self, request: &Request, schema: &Schema, beta: &[Beta]) {
        self.note(request, schema.check_request(request, beta));
    }

    fn note(&mut self, request: &Request, breaches: Vec<Breach>) {
        self.checked += 1;
        let shape = self.shapes.entry(request.shape()).or_default();
        shape.requests += 1;
        for breach in breaches {
            shape.breaches.entry(breach).or_insert_with(|| format!("{} {}", request.method, request.url));
        }
    }

    /// How many shapes the checked requests have.
    pub fn shapes(&self) -> usize {
        self.shapes.len()
    }

    /// What departs from the schema: the shape, the first request that has it, and where it breaks.
    pub fn breaches(&self) -> Vec<String> {
        let found = self.shapes.iter().flat_map(|(shape, found)| {
            let requests = found.requests;
            found.breaches.iter().map(move |(breach, first)| {
                format!("{breach}\n    {first}\n    ({requests} requests like {shape})")
            })
        });
        found.collect()
    }
}
