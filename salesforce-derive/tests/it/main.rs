//! What the derive writes, and the sentences with which it refuses.
#![expect(clippy::unwrap_used, reason = "clippy does not take the helpers of an integration test for tests")]

mod decode;
mod fields;
mod ui;
