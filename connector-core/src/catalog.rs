use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, StreamName};

/// Every stream of a source, exactly once: those that are read, and those that are skipped with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Catalog {
    /// The streams, in the order in which the source names them.
    pub streams: Vec<StreamInfo>,
}

impl Catalog {
    /// A catalog of these streams.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Data`] when a stream is named twice.
    pub fn new(streams: Vec<StreamInfo>) -> Result<Self> {
        let mut seen = BTreeSet::new();
        match streams.iter().find(|s| !seen.insert(&s.name)) {
            Some(twice) => {
                Err(Error::new(ErrorKind::Data, format!("the source names the stream {} twice", twice.name)))
            }
            None => Ok(Self { streams }),
        }
    }

    /// The streams that are read.
    pub fn selected(&self) -> impl Iterator<Item = &StreamInfo> {
        self.streams.iter().filter(|s| s.skipped.is_none())
    }

    /// The streams that are not read, each with the reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&StreamName, &str)> {
        self.streams.iter().filter_map(|s| Some((&s.name, s.skipped.as_deref()?)))
    }

    /// The stream of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&StreamInfo> {
        self.streams.iter().find(|s| s.name == name)
    }
}

/// One stream of a [`Catalog`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamInfo {
    /// Its name.
    pub name: StreamName,
    /// How it is kept up to date.
    pub replication: Replication,
    /// The field that tells versions apart, when there is one.
    #[serde(default)]
    pub key: Option<String>,
    /// About how many rows it has, when the source can say so cheaply.
    #[serde(default)]
    pub approx_rows: Option<u64>,
    /// The fields that are read. Empty when the stream is skipped, or when the source has no names for fields.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The fields that are not read, and why.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// Why the stream is not read; `None` when it is.
    #[serde(default)]
    pub skipped: Option<String>,
}

impl StreamInfo {
    /// A stream that is read.
    #[must_use]
    pub fn new(name: impl Into<StreamName>, replication: Replication) -> Self {
        Self {
            name: name.into(),
            replication,
            key: None,
            approx_rows: None,
            fields: Vec::new(),
            left_out: Vec::new(),
            skipped: None,
        }
    }

    /// A stream that is not read.
    #[must_use]
    pub fn skipped(name: impl Into<StreamName>, reason: impl Into<String>) -> Self {
        Self { skipped: Some(reason.into()), ..Self::new(name, Replication::FullOnly) }
    }

    /// Sets the field that tells versions apart.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets about how many rows it has.
    #[must_use]
    pub fn approx_rows(mut self, rows: Option<u64>) -> Self {
        self.approx_rows = rows;
        self
    }

    /// Sets the fields that are read.
    #[must_use]
    pub fn fields(mut self, fields: Vec<String>) -> Self {
        self.fields = fields;
        self
    }

    /// Sets the fields that are not read.
    #[must_use]
    pub fn left_out(mut self, left_out: Vec<LeftOut>) -> Self {
        self.left_out = left_out;
        self
    }
}

/// A field that a stream does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its name.
    pub field: String,
    /// Why, and where its content is kept instead.
    pub reason: String,
}

impl LeftOut {
    /// A field and the reason.
    #[must_use]
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// How a stream is kept up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replication {
    /// Rows change, and their key moves on when they do.
    Watermark,
    /// Rows are added and never change; the key is when they were.
    AppendOnly,
    /// Nothing tells what changed: every run reads all of it.
    FullOnly,
    /// Can only be asked for by the ids of its parents.
    ByParent,
}
