//! Everything through the public API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod damage;
mod engine;
mod folder;
mod suite;
mod support;
