use std::error::Error as StdError;
use std::fmt;

use salesforce_http::{Error, ErrorKind};

use crate::refusal::Refusal;

/// A connection that cannot be renewed any more: a person has to connect it again. Nothing more is sent for it.
///
/// It is in the [source](StdError::source) of an error of kind [`Auth`](ErrorKind::Auth);
/// [`Reauthorize::of`] finds it there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reauthorize {
    /// Nothing was ever stored.
    NotConnected,
    /// The login server will not renew the grant: it expired, was revoked, or its refresh token was used elsewhere.
    Refused(Refusal),
    /// The answer to a renewal was lost, and with it, most likely, the only refresh token that is good now. To send
    /// the old one again would revoke every token of the connection.
    AnswerLost,
    /// A fixed token has ended. Nothing can renew it.
    TokenEnded,
    /// The login leads to another org than before, as after the refresh of a sandbox.
    OtherOrg,
}

impl Reauthorize {
    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }

    pub(crate) fn into_error(self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Auth, message).with_source(self)
    }
}

impl fmt::Display for Reauthorize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("nothing was stored yet"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::AnswerLost => f.write_str("the answer to a renewal was lost"),
            Self::TokenEnded => f.write_str("a token that cannot be renewed has ended"),
            Self::OtherOrg => f.write_str("the login leads to another org"),
        }
    }
}

impl StdError for Reauthorize {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}
