//! The mock org from outside: requests in, answers out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod aggregates;
mod analytics;
mod apex;
mod apps;
mod blobs;
mod bulk_classic;
mod bulk_ingest;
mod bulk_query;
mod collections;
mod composite;
mod conditions;
mod faults;
mod graphql;
mod hostile;
mod logins;
mod lookup;
mod metadata;
mod metadata_jobs;
mod options;
mod packages;
mod paging;
mod places;
mod queries;
mod recent;
mod records;
mod refusals;
mod related;
mod replication;
mod search;
mod soap;
mod support;
mod tooling;
mod tree;

#[cfg(feature = "server")]
mod program;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "wiremock")]
mod wiremock;
