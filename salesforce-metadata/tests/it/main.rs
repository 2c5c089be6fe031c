//! What the client sends and what it makes of answers.
#![expect(clippy::unwrap_used, reason = "clippy does not take the helpers of an integration test for tests")]

mod calls;
mod conformance;
mod deploy;
mod package;
mod retrieve;
mod support;
