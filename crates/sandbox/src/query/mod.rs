//! Query options of lists. <https://learn.microsoft.com/graph/query-parameters>

mod grammar;
mod rules;
pub(crate) mod filter;
mod search;
mod order;
mod token;

pub(crate) use filter::ids;
pub(crate) use order::Order;
pub(crate) use search::Search;
pub(crate) use token::PageToken;
