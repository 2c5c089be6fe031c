//! Logins over a transport that plays a script.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod authorization_code;
mod cached;
mod client_credentials;
mod file_store;
#[cfg(feature = "loopback")]
mod loopback;
mod refreshing;
mod rotating;
mod secrets;
mod support;
