use std::{error::Error as StdError, fmt};

use crate::StreamName;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in one sentence, and who has to act.
///
/// The cause, when there is one, is in [`source`](StdError::source) and is not printed again.
///
/// ```
/// use connector_core::{Error, ErrorKind, FaultClass};
///
/// let error = Error::new(ErrorKind::Storage, "the disk is full").advice("free some space and run again");
/// assert_eq!(error.to_string(), "the disk is full: free some space and run again");
/// assert_eq!(error.fault().class, FaultClass::System);
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    message: String,
    fault: Fault,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// The sentence has told already what `source` says.
    retold: bool,
}

/// The kind of an [`Error`]: what the reader can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong. Change it.
    Config,
    /// The source is another org than the one that the sink holds. Nothing was written.
    Identity,
    /// The source refused: credentials, permissions, or a question it does not answer.
    Refused,
    /// The source does not let this stream be read in this way, by design. Nobody did anything wrong; the run reports
    /// the stream as skipped.
    Unreadable,
    /// The source sent something that cannot be understood.
    Data,
    /// The source delivered fewer or more rows than it had announced. What was read is kept and read again.
    Count,
    /// The place that the sink was given holds something else. Nothing was written.
    Foreign,
    /// Another run is at work in the same sink.
    Locked,
    /// What the sink holds is damaged. Nothing was overwritten.
    Corrupt,
    /// The sink cannot read or write its storage.
    Storage,
    /// The source or the way to it failed for the moment. Run again.
    Unavailable,
    /// The host asked to stop. Run again to go on.
    Cancelled,
    /// A connector broke its contract; the sentence says which.
    Contract,
}

/// Who has to act, on what, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Who has to act.
    pub class: FaultClass,
    /// What is affected.
    pub scope: Scope,
    /// What to do, when there is something to say.
    pub advice: Option<String>,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultClass {
    /// A person who changes settings, credentials or permissions.
    Config,
    /// A person who looks at the data.
    Data,
    /// Nobody: the same run may work later.
    Transient,
    /// The operator of the machine, or the author of a connector.
    System,
}

/// What is affected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// The whole run.
    #[default]
    Run,
    /// One stream; the others can go on.
    Stream(StreamName),
    /// One record of a stream.
    Record(StreamName, Box<str>),
}

impl ErrorKind {
    fn class(self) -> FaultClass {
        match self {
            Self::Config | Self::Identity | Self::Refused | Self::Unreadable | Self::Foreign => FaultClass::Config,
            Self::Data | Self::Count => FaultClass::Data,
            Self::Unavailable | Self::Locked | Self::Cancelled => FaultClass::Transient,
            Self::Corrupt | Self::Storage | Self::Contract => FaultClass::System,
        }
    }
}

impl Error {
    /// An error that concerns the whole run. `message` is a sentence without its full stop.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let fault = Fault { class: kind.class(), scope: Scope::Run, advice: None };
        Self(Box::new(Repr { kind, message: message.into(), fault, source: None, retold: false }))
    }

    /// Adds what to do about it; printed after the sentence.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.0.fault.advice = Some(advice.into());
        self
    }

    /// Says what is affected.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.0.fault.scope = scope;
        self
    }

    /// Says who has to act, where the kind alone would say otherwise.
    #[must_use]
    pub fn class(mut self, class: FaultClass) -> Self {
        self.0.fault.class = class;
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Keeps an error whose words are in the sentence already: [`origin`](Self::origin) gives it, and the chain of
    /// causes goes on behind it, so that nothing is printed twice.
    #[must_use]
    pub fn retelling(mut self, origin: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(origin.into());
        self.0.retold = true;
        self
    }

    /// The error that this one was made of, to look at its type.
    #[must_use]
    pub fn origin(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// What the reader can do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Who has to act, on what, and how.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The same run may work later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.fault.class == FaultClass::Transient
    }

    /// A refusal by the file system.
    pub(crate) fn storage(doing: impl fmt::Display, source: std::io::Error) -> Self {
        let said = source.to_string();
        Self::new(ErrorKind::Storage, format!("{doing} failed: {said}")).retelling(source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.fault.advice {
            Some(advice) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("fault", &self.0.fault)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.0.source.as_deref() {
            Some(source) if self.0.retold => source.source(),
            source => source.map(|e| e as _),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_printed_in_one_place_only() {
        let cause = || std::io::Error::other("the disk");
        let error = Error::storage("writing", cause());
        assert_eq!(error.to_string(), "writing failed: the disk");
        assert!(error.source().is_none() && error.origin().is_some_and(|origin| origin.is::<std::io::Error>()));
        let error = Error::new(ErrorKind::Data, "a line is no operation").caused_by(cause());
        assert_eq!(error.to_string(), "a line is no operation");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the disk"));
    }
}
