use std::fmt;

use async_trait::async_trait;
use futures_core::stream::BoxStream;

use crate::{Batch, Catalog, CheckReport, Checkpoint, Mode, Plan, Result, Slice, State};

/// Where records come from.
#[async_trait]
pub trait Source: fmt::Debug + Send + Sync {
    /// Which org this is, and whether it can be read. Does what reading will do, no more.
    ///
    /// # Errors
    ///
    /// When the source cannot be reached or refuses.
    async fn check(&self) -> Result<CheckReport>;

    /// Every stream of the source exactly once, those that cannot be read with the reason.
    ///
    /// # Errors
    ///
    /// When the source cannot be reached or refuses.
    async fn discover(&self) -> Result<Catalog>;

    /// What a run has to read, given where the last one ended. Decides the window of every stream by the source's own
    /// clock.
    ///
    /// # Errors
    ///
    /// When the source cannot be reached or refuses.
    async fn plan(&self, catalog: &Catalog, state: &State, mode: Mode) -> Result<Plan>;

    /// Reads a slice, from its beginning or behind a checkpoint of it.
    ///
    /// The last batch has a checkpoint that is [`done`](Checkpoint::done), also when there was no row at all. A row may
    /// be delivered twice; none may be left out. An error ends the stream of batches; its [`Scope`](crate::Scope)
    /// says whether other streams can go on.
    fn read<'a>(&'a self, slice: &'a Slice, from: Option<&'a Checkpoint>) -> BoxStream<'a, Result<Batch>>;

    /// The settings that a plan depends on, such as the streams that were chosen. A run left unfinished is continued
    /// only when they are still the same.
    fn settings(&self) -> String {
        String::new()
    }
}
