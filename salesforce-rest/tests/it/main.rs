//! What the client sends and what it makes of answers, and how it gets on with a mock org.

mod conformance;
mod org;
mod query;
mod records;
mod support;
