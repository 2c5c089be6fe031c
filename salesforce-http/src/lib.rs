#![doc = include_str!("../README.md")]

mod body;
mod classify;
mod clock;
mod connection;
mod error;
mod limits;
mod pipeline;
mod poll;
pub mod redact;
mod request;
mod response;
mod retry;
#[cfg(feature = "soap")]
pub mod soap;
mod token;
pub mod transport;

pub use async_trait::async_trait;
pub use body::{Body, BodyStream};
pub use classify::{api_errors, was_given_back};
pub use clock::{Clock, ManualClock, SystemClock};
pub use connection::{Connection, ConnectionBuilder};
pub use error::{Error, ErrorKind, Result};
pub use limits::{Reserve, ReserveReached};
pub use poll::{Look, Poll, Progress};
pub use request::{Effect, Request, path_segment};
pub use response::{Response, StreamingResponse, read_json};
pub use secrecy::SecretString;
pub use token::{AccessToken, JwtInSoap, TokenProvider};
pub use transport::{Transport, TransportError, TransportErrorKind};
