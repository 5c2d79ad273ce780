//! Where a delta query stands, with everything it asked for, as a text only the tenant can write.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::graph::path::Root;
use crate::graph::{Directory, Failure, Request, Selection};
use crate::schema::{self, EntityType, bad_request};

/// How long a token is good for, in seconds: seven days.
const LIFETIME: i64 = 7 * 24 * 60 * 60;

/// Bytes of the signature in front of the content.
const SIGNATURE: usize = 32;

/// A delta query under way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) asked: Asked,
    issued: i64,
    generation: u64,
    pub(super) stage: Stage,
}

/// What the first request of a delta query asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Entity set, or `directoryObjects`.
    pub(super) collection: String,
    kinds: Vec<String>,
    select: Option<Vec<String>>,
    /// The only objects to look at, in ascending order.
    pub(super) ids: Option<Vec<Uuid>>,
}

/// How far a delta query has come. Positions are those of the history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Stage {
    /// In the first round, which lists what there is; the next one begins at `until`.
    Listing { until: u64, place: Place },
    /// Between rounds; the changes before `seen` have been delivered once.
    Waiting { from: u64, seen: u64 },
    /// In a later round, which ends at `until`.
    Changes { from: u64, seen: u64, until: u64, place: Option<Links> },
}

/// How far a list has come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Place {
    /// Index of the type that is being listed.
    pub(super) kind: usize,
    /// The last object shown.
    pub(super) after: Option<Uuid>,
    /// What is left of its links.
    pub(super) links: Option<Links>,
}

/// How far the links of one object have come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Links {
    /// Index of the relationship.
    pub(super) relation: usize,
    /// The last target shown.
    pub(super) after: Option<Uuid>,
}

impl Token {
    /// A query at its beginning.
    pub(super) fn new(asked: Asked, directory: &Directory<'_>) -> Self {
        let until = directory.visible.history().position();
        let stage = Stage::Listing { until, place: Place::default() };
        Self { asked, issued: Timestamp::now().as_second(), generation: directory.delta_generation, stage }
    }

    /// The same query further on.
    pub(super) fn at(self, stage: Stage, directory: &Directory<'_>) -> Self {
        Self { stage, ..Self::new(self.asked, directory) }
    }

    /// The text for `$skiptoken` or `$deltatoken`.
    pub(super) fn encode(&self, directory: &Directory<'_>) -> String {
        let content = serde_json::to_vec(self).unwrap_or_default();
        let signature = signature(directory, &content).map(|signature| signature.finalize().into_bytes());
        let bytes: Vec<u8> = signature.into_iter().flatten().chain(content).collect();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token, which must be of this tenant and this collection and not too old.
    pub(super) fn decode(
        text: &str,
        directory: &Directory<'_>,
        root: Root,
        request: &Request,
    ) -> Result<Self, Failure> {
        let token = Self::read(text, directory).ok_or_else(|| bad_request("The page token is not valid."))?;
        let collection = match root {
            Root::Set(kind) => kind.collection,
            _ => "directoryObjects",
        };
        if token.asked.collection != collection {
            return Err(bad_request("The page token does not belong to this resource."));
        }
        let age = Timestamp::now().as_second() - token.issued;
        if age > LIFETIME || token.generation != directory.delta_generation {
            return Err(token.gone(directory, request));
        }
        Ok(token)
    }

    fn read(text: &str, directory: &Directory<'_>) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (given, content) = bytes.split_at_checked(SIGNATURE)?;
        signature(directory, content)?.verify_slice(given).ok()?;
        serde_json::from_slice(content).ok()
    }

    /// The refusal of a token that is too old, with the address to start over at.
    pub(super) fn gone(&self, directory: &Directory<'_>, request: &Request) -> Failure {
        let code = if directory.delta.sync_state_not_found { "syncStateNotFound" } else { "resyncRequired" };
        let location = format!("{}/{}/delta?{}", request.root, self.asked.collection, self.asked.options());
        Failure::new(410, code, "The delta token has expired. Start again with a full synchronization.")
            .with_header("Location", location)
    }
}

impl Asked {
    pub(super) fn new(
        collection: &str,
        kinds: &[&EntityType],
        selection: Selection,
        ids: Option<Vec<Uuid>>,
    ) -> Self {
        let select = match selection {
            Selection::Default => None,
            Selection::Named(names) => Some(names),
        };
        let kinds = kinds.iter().map(|kind| kind.name.to_owned()).collect();
        Self { collection: collection.to_owned(), kinds, select, ids }
    }

    /// The types of the objects.
    pub(super) fn kinds(&self) -> Vec<&'static EntityType> {
        self.kinds.iter().filter_map(|name| schema::by_name(name)).collect()
    }

    /// The selected names.
    pub(super) fn selection(&self) -> Selection {
        self.select.clone().map_or(Selection::Default, Selection::Named)
    }

    /// The relationships that are followed from objects of a type.
    pub(super) fn relations(&self, kind: &EntityType) -> Vec<&'static str> {
        let Some(tracked) = kind.delta else {
            return Vec::new();
        };
        match &self.select {
            None => tracked.by_default.to_vec(),
            Some(names) => {
                let is_selected = |relation: &&str| names.iter().any(|name| name == relation);
                tracked.selectable.iter().copied().filter(is_selected).collect()
            }
        }
    }

    /// The properties that are followed on objects of a type; extensions by their own names.
    pub(super) fn properties(&self, kind: &'static EntityType) -> Vec<String> {
        match &self.select {
            None => {
                let by_default = kind.properties.iter().filter(|property| property.by_default);
                by_default.map(|property| property.name.to_owned()).collect()
            }
            Some(names) => {
                let is_property = |name: &&String| kind.navigation(name).is_none() && name.as_str() != "id";
                names.iter().filter(is_property).cloned().collect()
            }
        }
    }

    /// The query options that ask for the same from the beginning.
    fn options(&self) -> String {
        let mut options = url::form_urlencoded::Serializer::new(String::new());
        if let Some(names) = &self.select {
            options.append_pair("$select", &names.join(","));
        }
        if let Some(ids) = &self.ids {
            let terms: Vec<_> = ids.iter().map(|id| format!("id eq '{id}'")).collect();
            options.append_pair("$filter", &terms.join(" or "));
        } else if self.collection == "directoryObjects" {
            let terms: Vec<_> =
                self.kinds.iter().map(|name| format!("isof('microsoft.graph.{name}')")).collect();
            options.append_pair("$filter", &terms.join(" or "));
        }
        options.append_pair("$deltatoken", "");
        options.finish()
    }
}

fn signature(directory: &Directory<'_>, content: &[u8]) -> Option<Hmac<Sha256>> {
    let secret = directory.visible.history().secret();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(content);
    Some(mac)
}
