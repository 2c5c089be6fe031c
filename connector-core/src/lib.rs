#![doc = include_str!("../README.md")]

mod cancel;
mod catalog;
mod clock;
mod engine;
mod error;
pub mod folder;
mod identity;
mod name;
mod plan;
mod progress;
mod record;
mod report;
mod sink;
mod source;
mod stamp;
mod state;
#[cfg(feature = "testing")]
pub mod testing;

pub use cancel::Cancel;
pub use catalog::{Catalog, LeftOut, Replication, StreamInfo};
pub use clock::{Clock, SystemClock};
pub use engine::{Run, run};
pub use error::{Error, ErrorKind, Fault, FaultClass, Result, Scope};
pub use folder::FolderSink;
pub use identity::{CheckReport, Identity};
pub use name::{RunId, StreamName};
pub use plan::{Mode, Plan, Slice, StreamPlan, Window};
pub use progress::{Event, Observer};
pub use record::{Batch, Evidence, Operation, RawJson, Record};
pub use report::{Counts, Outcome, RunReport, StreamReport};
pub use sink::{Begun, Published, RunHeader, Sink, SinkRun, SliceKey, Unfinished};
pub use source::Source;
pub use stamp::Stamp;
pub use state::{Checkpoint, Key, Locator, State, StreamState};
