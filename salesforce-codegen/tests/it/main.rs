//! What the generator writes, for recorded describes and for hostile ones, and what the command does.
#![expect(clippy::unwrap_used, reason = "clippy does not take the helpers of an integration test for tests")]

mod command;
mod hostile;
mod recorded;
