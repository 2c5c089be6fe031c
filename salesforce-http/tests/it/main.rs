//! The pipeline from the outside, over a transport that plays a script, and the default transport over a socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod budget;
mod once;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod org;
mod pipeline;
mod poll;
mod reserve;
mod safety;
#[cfg(feature = "soap")]
mod soap;
mod support;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod upload;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod wire;
