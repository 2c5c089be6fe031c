//! The mock org from outside: requests in, answers out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod aggregates;
mod collections;
mod composite;
mod conditions;
mod faults;
mod logins;
mod options;
mod paging;
mod places;
mod queries;
mod records;
mod refusals;
mod related;
mod support;
mod tree;

#[cfg(feature = "server")]
mod program;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "wiremock")]
mod wiremock;
