use std::fmt;

use salesforce_http::{Error, redact};
use serde::{Deserialize, Serialize};

use super::Restriction;
use crate::query::RawPage;

/// Which way an extraction goes, and why. It prints as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Route {
    /// Page after page over REST.
    Rest(WhyRest),
    /// By a job of Bulk API 2.0.
    Bulk(WhyBulk),
}

/// Why an extraction goes over REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WhyRest {
    /// It takes few calls.
    #[non_exhaustive]
    FewCalls {
        /// How many rows there are, if the org said so.
        rows: Option<u64>,
        /// How many calls they take.
        calls: u64,
        /// How many calls it may take at most.
        most: u64,
    },
    /// It asks for what no job gives.
    NotInBulk(Restriction),
    /// The org refused the job, with these words.
    Refused(Box<str>),
    /// The org took the job, and it failed with these words before there was a row.
    JobFailed(Box<str>),
}

/// Why an extraction goes by a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WhyBulk {
    /// It takes many calls over REST.
    #[non_exhaustive]
    ManyCalls {
        /// How many rows there are.
        rows: u64,
        /// How many calls they take over REST, if its pages are like the first one.
        calls: u64,
        /// How many calls it may take at most.
        most: u64,
    },
    /// There is more than a page, and the org did not say over REST how much.
    NotCounted,
    /// The org broke the query off over REST, where the time for it is short.
    TimedOut,
}

impl WhyBulk {
    /// Whether the first page over REST leaves few calls to make, or many.
    pub(super) fn of(first: Option<&RawPage>, most: u64) -> Result<WhyRest, Self> {
        let Some(first) = first else { return Ok(WhyRest::FewCalls { rows: Some(0), calls: 1, most }) };
        let on_page = first.len() as u64;
        if first.done && most > 0 {
            return Ok(WhyRest::FewCalls { rows: Some(on_page), calls: 1, most });
        }
        let rows = if first.done { Some(on_page) } else { first.total_size };
        let Some(rows) = rows else { return Err(Self::NotCounted) };
        let calls = rows.div_ceil(on_page.max(1)).max(1);
        if calls <= most {
            Ok(WhyRest::FewCalls { rows: Some(rows), calls, most })
        } else {
            Err(Self::ManyCalls { rows, calls, most })
        }
    }
}

/// What the org said, fit to be stored and printed.
pub(super) fn said(error: &Error) -> Box<str> {
    let said = error.api_errors().iter().map(|error| format!("{}: {}", error.code, error.message));
    let said = said.collect::<Vec<_>>().join("; ");
    let said = if said.is_empty() { error.to_string() } else { said };
    redact::secrets(&said).into()
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest(why) => write!(f, "over REST: {why}"),
            Self::Bulk(why) => write!(f, "by a job of Bulk API 2.0: {why}"),
        }
    }
}

impl fmt::Display for WhyRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewCalls { rows: Some(rows), calls, most } => {
                write!(f, "{} in {}, of at most {most}", Count(*rows, "row"), Count(*calls, "call"))
            }
            Self::FewCalls { rows: None, calls, most } => write!(f, "{}, of at most {most}", Count(*calls, "call")),
            Self::NotInBulk(restriction) => restriction.fmt(f),
            Self::Refused(said) => write!(f, "the org refused a job ({said})"),
            Self::JobFailed(said) => write!(f, "the job failed before there was a row ({said})"),
        }
    }
}

impl fmt::Display for WhyBulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyCalls { rows, calls, most } => {
                let (rows, calls) = (Count(*rows, "row"), Count(*calls, "call"));
                write!(f, "{rows} would take {calls} over REST, and at most {most} are wanted")
            }
            Self::NotCounted => f.write_str("there is more than a page, and the org did not say over REST how much"),
            Self::TimedOut => f.write_str("the org broke the query off over REST, where the time for it is short"),
        }
    }
}

/// `1 row`, `2 rows`.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}
