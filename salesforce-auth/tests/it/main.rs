//! Logins over a transport that plays a script, and at the mock org.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod apps_at_org;
mod authorization_code;
mod cached;
mod chain;
#[cfg(all(feature = "cli", unix))]
mod cli;
mod client_credentials;
mod device_code;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod every_flow;
mod file_store;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod grants_at_org;
mod jwt_bearer;
mod login_server;
#[cfg(feature = "loopback")]
mod loopback;
mod no_serialize;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod org;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod processes;
mod properties;
mod recorded;
mod refreshing;
mod rotating;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod secrets;
mod stores;
mod support;
mod token_exchange;
