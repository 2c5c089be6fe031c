//! Against a mock org: in this process, and as a process of its own that outlives its clients.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod catalog;
mod count;
mod cycle;
mod deletes;
mod kill;
mod same_second;
mod support;
mod window;
