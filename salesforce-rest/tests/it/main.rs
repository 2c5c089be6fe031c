//! What the client sends and what it makes of answers, and how it gets on with a mock org.

mod conformance;
mod conformance_oauth;
mod org;
mod query;
mod records;
mod support;
