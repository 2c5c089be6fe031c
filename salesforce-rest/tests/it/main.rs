//! What the client sends and what it makes of answers, and how it gets on with a mock org.
#![expect(clippy::unwrap_used, reason = "clippy does not take the helpers of an integration test for tests")]

#[cfg(feature = "bulk")]
mod bulk_ingest;
#[cfg(feature = "bulk")]
mod bulk_mock;
#[cfg(feature = "bulk")]
mod bulk_query;
mod calls;
mod changes;
mod collections;
mod composite;
mod conformance;
mod describe;
#[cfg(feature = "bulk")]
mod extract;
#[cfg(feature = "bulk")]
mod extract_kill;
mod files;
mod files_kill;
mod load;
mod mock;
mod mock_writes;
mod org;
mod pages_agree;
mod query;
mod query_ways;
mod records;
mod rows;
mod search;
mod support;
mod typed;
#[cfg(feature = "soap")]
mod undelete;
mod uploads;
mod writes;
