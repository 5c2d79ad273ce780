//! Answers Graph requests: path → object or collection → read or write → representation.

mod message;
mod batch;
mod service;
mod path;
mod address;
mod directory;
mod read;
mod list;
mod computed;
mod expand;
mod delta;
mod represent;
mod write;
mod bind;
mod links;
mod failure;
mod annotations;

pub(crate) use address::resource_not_found;
pub(crate) use annotations::json_type;
pub(crate) use batch::{answer as answer_batch, operations};
pub(crate) use directory::{Directory, Draft, LinkChange};
pub(crate) use failure::Failure;
pub(crate) use list::{Source, list};
pub(crate) use message::{Body, Content, Metadata, Method, Request, Response};
pub(crate) use path::{Key, Path, Tail};
pub(crate) use read::one;
pub(crate) use represent::{Selection, entity};
pub(crate) use service::{Effect, answer};
pub(crate) use write::conflicts;
