//! Answers Graph requests: path → object or collection → read or write → representation.

mod address;
mod batch;
mod bind;
mod directory;
mod expand;
mod failure;
mod links;
mod list;
mod message;
mod path;
mod read;
mod represent;
mod service;
mod write;

pub(crate) use address::resource_not_found;
pub(crate) use batch::{answer as answer_batch, holds_a_write};
pub(crate) use directory::{Directory, Draft, LinkChange};
pub(crate) use failure::Failure;
pub(crate) use message::{Body, Content, Method, Request, Response};
pub(crate) use represent::{Selection, entity};
pub(crate) use service::{Effect, answer};
pub(crate) use write::conflicts;
