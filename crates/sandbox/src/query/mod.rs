//! Query options of lists. <https://learn.microsoft.com/graph/query-parameters>

pub(crate) mod filter;
mod grammar;
mod order;
mod rules;
mod search;
mod token;

pub(crate) use order::Order;
pub(crate) use search::Search;
pub(crate) use token::PageToken;
