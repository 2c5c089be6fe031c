#![doc = include_str!("../README.md")]

mod app;
mod authorization_code;
mod cached;
mod chain;
#[cfg(feature = "cli")]
mod cli;
mod client_credentials;
mod device_code;
mod environment;
mod fixed;
mod flight;
mod grant;
mod identity;
mod jwt_bearer;
mod login;
mod login_server;
#[cfg(feature = "loopback")]
mod loopback;
mod pkce;
mod reauthorize;
mod refreshing;
mod refusal;
mod revoke;
#[cfg(feature = "encryption")]
mod seal;
mod sfdx_url;
pub mod store;
mod token_endpoint;
mod token_exchange;

pub use app::App;
pub use authorization_code::{
    AuthorizationCode, AuthorizationCodeBuilder, Callback, CallbackError, PendingLogin, Prompt,
};
pub use cached::{Cached, Exchange};
pub use chain::Chain;
#[cfg(feature = "cli")]
pub use cli::SalesforceCli;
pub use client_credentials::{ClientCredentials, ClientCredentialsBuilder};
pub use device_code::{DeviceCode, DeviceCodeBuilder, UserCode};
pub use environment::{FromEnv, from_env};
pub use fixed::FixedToken;
pub use grant::Grant;
pub use identity::{Environment, EnvironmentMismatch, Identity};
#[cfg(feature = "jwt")]
pub use jwt_bearer::PemSigner;
pub use jwt_bearer::{JwtBearer, JwtBearerBuilder, Signer};
pub use login::LoginTarget;
pub use login_server::{Introspection, LoginServer, LoginServerBuilder, OpenIdConfiguration};
#[cfg(feature = "loopback")]
pub use loopback::Loopback;
pub use reauthorize::Reauthorize;
pub use refreshing::{Refreshing, RefreshingBuilder};
pub use refusal::{Refusal, RefusalKind, Who};
#[cfg(feature = "encryption")]
pub use seal::EncryptionKey;
pub use secrecy::SecretString;
pub use sfdx_url::SfdxAuthUrl;
#[cfg(feature = "keychain")]
pub use store::KeychainStore;
pub use store::{FileStore, MemoryStore, TokenStore};
pub use token_endpoint::TokenResponse;
pub use token_exchange::{SubjectKind, SubjectSource, TokenExchange, TokenExchangeBuilder};

use salesforce_http::{Error, ErrorKind, Result};

/// The runtime that tasks of the providers run on.
fn runtime() -> Result<tokio::runtime::Handle> {
    tokio::runtime::Handle::try_current().map_err(|error| {
        Error::new(ErrorKind::Config, "there is no tokio runtime here, and a token has to be renewed in one")
            .with_source(error)
    })
}
