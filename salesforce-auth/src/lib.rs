#![doc = include_str!("../README.md")]

mod cached;
mod client_credentials;
mod fixed;
mod login;
mod refusal;
mod token_endpoint;

pub use cached::{Cached, Exchange};
pub use client_credentials::{ClientCredentials, ClientCredentialsBuilder};
pub use fixed::FixedToken;
pub use login::LoginTarget;
pub use refusal::{Refusal, RefusalKind};
pub use secrecy::SecretString;
pub use token_endpoint::TokenResponse;
