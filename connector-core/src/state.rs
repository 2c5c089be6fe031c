use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Mode, Stamp, StreamName, Window};

/// Where the last published run left every stream. Small, and readable by later versions.
///
/// What a version does not understand reads as [`StreamState::Unknown`]: the stream is read completely, it is never an
/// error.
///
/// ```
/// use connector_core::{State, StreamState};
///
/// let state: State = serde_json::from_str(r#"{"version":9,"streams":{"A":{"kind":"from_the_future"}}}"#).unwrap();
/// assert_eq!(state.get("A"), &StreamState::Unknown);
/// assert_eq!(state.get("never seen"), &StreamState::Unknown);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StateText")]
pub struct State {
    version: u32,
    streams: BTreeMap<StreamName, StreamState>,
}

/// The version that this code writes.
const VERSION: u32 = 1;

/// As stored; every part may be missing or strange.
#[derive(Deserialize)]
struct StateText {
    #[serde(default)]
    streams: serde_json::Value,
}

impl From<StateText> for State {
    fn from(text: StateText) -> Self {
        let streams = match text.streams {
            serde_json::Value::Object(map) => {
                map.into_iter().map(|(name, state)| (StreamName::from(name), StreamState::from(state))).collect()
            }
            _ => BTreeMap::new(),
        };
        Self { version: VERSION, streams }
    }
}

impl Default for State {
    fn default() -> Self {
        Self { version: VERSION, streams: BTreeMap::new() }
    }
}

impl State {
    /// The state of a stream; [`StreamState::Unknown`] when there is none.
    #[must_use]
    pub fn get(&self, stream: &str) -> &StreamState {
        self.streams.get(stream).unwrap_or(&StreamState::Unknown)
    }

    /// Sets the state of a stream.
    pub fn set(&mut self, stream: StreamName, state: StreamState) {
        self.streams.insert(stream, state);
    }

    /// All streams that have a state.
    pub fn iter(&self) -> impl Iterator<Item = (&StreamName, &StreamState)> {
        self.streams.iter()
    }

    /// Whether no stream has a state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }
}

/// Where one stream stands between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "serde_json::Value", tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamState {
    /// Everything before `hi` has been read.
    Watermark {
        /// The first instant that has not been read: the end of the window by the source's clock, never the largest
        /// stamp seen.
        hi: Stamp,
        /// The field that the window was laid over.
        key: String,
        /// When the last complete reading ended its window.
        last_complete: Option<Stamp>,
        /// A digest of the stream's shape at that time.
        schema: Option<String>,
    },
    /// The next run has to read everything.
    NeedsComplete {
        /// Why.
        why: String,
    },
    /// Nothing is known: the next run reads everything.
    #[default]
    Unknown,
}

impl From<serde_json::Value> for StreamState {
    fn from(value: serde_json::Value) -> Self {
        #[derive(Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum Known {
            Watermark {
                hi: Stamp,
                key: String,
                #[serde(default)]
                last_complete: Option<Stamp>,
                #[serde(default)]
                schema: Option<String>,
            },
            NeedsComplete {
                #[serde(default)]
                why: String,
            },
        }
        match serde_json::from_value(value) {
            Ok(Known::Watermark { hi, key, last_complete, schema }) => {
                Self::Watermark { hi, key, last_complete, schema }
            }
            Ok(Known::NeedsComplete { why }) => Self::NeedsComplete { why },
            Err(_) => Self::Unknown,
        }
    }
}

/// How far one slice of a run has been read: everything before it has been delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Which slice of its stream.
    pub part: u32,
    /// Belongs to a complete reading.
    pub mode: Mode,
    /// The window that is being read.
    pub window: Window,
    /// The key of the last row delivered; reading goes on behind it.
    #[serde(default)]
    pub after: Option<Key>,
    /// A shortcut to the same place. It may have died; then `after` is the way.
    #[serde(default)]
    pub locator: Option<Locator>,
    /// Nothing is left to read.
    #[serde(default)]
    pub done: bool,
}

impl Checkpoint {
    /// The beginning of a slice.
    #[must_use]
    pub fn start(slice: &crate::Slice) -> Self {
        Self { part: slice.part, mode: slice.mode, window: slice.window, after: None, locator: None, done: false }
    }

    /// The same slice, behind this key.
    #[must_use]
    pub fn after(mut self, key: Option<Key>) -> Self {
        self.after = key;
        self
    }

    /// The same place, with a shortcut to it.
    #[must_use]
    pub fn locator(mut self, locator: Option<Locator>) -> Self {
        self.locator = locator;
        self
    }

    /// The end of the slice.
    #[must_use]
    pub fn done(mut self, done: bool) -> Self {
        self.done = done;
        self
    }
}

/// The place of a row in the order of reading: by stamp, and by id among equal stamps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Key {
    /// The stamp; none where reading goes by id alone.
    #[serde(default)]
    pub stamp: Option<Stamp>,
    /// The id.
    pub id: Box<str>,
}

impl Key {
    /// The place of the row with this id.
    #[must_use]
    pub fn new(stamp: Option<Stamp>, id: impl Into<Box<str>>) -> Self {
        Self { stamp, id: id.into() }
    }
}

/// The server's own text for a place in an answer, and when it gave it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Locator {
    /// The text.
    pub text: String,
    /// When it was given out.
    pub born: Stamp,
    /// How many rows the answer had delivered before it.
    #[serde(default)]
    pub rows: u64,
    /// How many rows the answer was to have.
    #[serde(default)]
    pub total: Option<u64>,
}

impl Locator {
    /// A locator given out at `born`.
    #[must_use]
    pub fn new(text: impl Into<String>, born: Stamp) -> Self {
        Self { text: text.into(), born, rows: 0, total: None }
    }

    /// Says how many of how many rows lie before it.
    #[must_use]
    pub fn progress(mut self, rows: u64, total: Option<u64>) -> Self {
        (self.rows, self.total) = (rows, total);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_its_text_and_forgets_nothing() {
        let mut state = State::default();
        let known = StreamState::Watermark {
            hi: Stamp::from_millis(1_000),
            key: "SystemModstamp".into(),
            last_complete: Some(Stamp::EPOCH),
            schema: None,
        };
        state.set("A".into(), known.clone());
        state.set("B".into(), StreamState::NeedsComplete { why: "the log was cut".into() });
        let text = serde_json::to_string(&state).unwrap();
        let back: State = serde_json::from_str(&text).unwrap();
        assert_eq!(back, state);
        assert_eq!(back.get("A"), &known);
    }

    #[test]
    fn a_state_that_is_not_understood_is_unknown_and_no_error() {
        for text in [
            r#"{}"#,
            r#"{"version":1,"streams":null}"#,
            r#"{"version":1,"streams":[1]}"#,
            r#"{"version":"x","streams":{"A":3}}"#,
            r#"{"version":1,"streams":{"A":{"kind":"watermark","hi":"never","key":"K"}}}"#,
        ] {
            let state: State = serde_json::from_str(text).unwrap();
            assert_eq!(state.get("A"), &StreamState::Unknown, "{text}");
        }
    }
}
