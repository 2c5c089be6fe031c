//! In-memory connectors, and the suite that every sink passes. Feature `testing`.
//!
//! ```
//! use connector_core::{Mode, run, testing::{MemorySink, MemorySource}};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let source = MemorySource::new("org-1");
//! source.put("Account", "a1", r#"{"Name":"Acme"}"#);
//! let sink = MemorySink::new();
//! let report = run(&source, &sink, Mode::Complete).await?;
//! assert_eq!(report.total().rows, 1);
//! assert_eq!(sink.folded().len(), 1);
//! # Ok::<(), connector_core::Error>(())
//! # }).unwrap();
//! ```

mod memory_sink;
mod memory_source;
pub mod suite;

use std::collections::BTreeMap;

pub use self::{memory_sink::MemorySink, memory_source::MemorySource};
use crate::{Operation, StreamName};

/// The latest version of every id of every stream.
pub type Folded = BTreeMap<(StreamName, Box<str>), Operation>;

/// Keeps the operation if it is later than the one that is there. Operations have to come run by run.
pub fn fold_into(folded: &mut Folded, stream: &StreamName, operation: Operation) {
    let rank = |o: &Operation| (o.record().version, o.record().deleted);
    match folded.entry((stream.clone(), operation.record().id.clone())) {
        std::collections::btree_map::Entry::Occupied(mut there) => {
            if rank(there.get()) <= rank(&operation) {
                there.insert(operation);
            }
        }
        std::collections::btree_map::Entry::Vacant(none) => {
            none.insert(operation);
        }
    }
}
