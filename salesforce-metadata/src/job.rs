//! What deploys and retrieves have in common: they run in the org, and are looked at until they have ended.

use std::sync::atomic::{AtomicU32, Ordering};

use salesforce_http::{Error, ErrorKind, Look, Poll, Progress, Result};
use salesforce_types::{ErrorCode, IdText, RecordId};

use crate::Client;
use crate::call::Reply;
use crate::component::shape::xml_struct;

xml_struct! {
    /// A job that has begun.
    pub(crate) struct AsyncResult {
        /// Whether it has ended already.
        done: bool = "done",
        /// Its id.
        id: Option<IdText> = "id",
    }
}

impl AsyncResult {
    pub(crate) fn id(&self, reply: &Reply) -> Result<RecordId> {
        let id = self.id.as_ref().and_then(IdText::id);
        id.ok_or_else(|| reply.error(ErrorKind::OutcomeUnknown, "the org does not say the id of what it began".into()))
    }
}

/// Whom to tell how far a job is.
pub(crate) struct Tell<'c, S>(Listener<'c, S>);

type Listener<'c, S> = Box<dyn FnMut(Progress<'_, S>) + Send + 'c>;

impl<'c, S> Tell<'c, S> {
    pub(crate) fn nobody() -> Self {
        Self(Box::new(|_| {}))
    }

    pub(crate) fn to(tell: impl FnMut(Progress<'_, S>) + Send + 'c) -> Self {
        Self(Box::new(tell))
    }
}

/// How often an org may say in a row that it does not know a job that it has just begun. It does for a moment, when the
/// job leaves the queue.
const UNKNOWN: u32 = 3;

/// Looks at a job until it has ended.
pub(crate) async fn patient<S, T, F: Future<Output = Result<Look<S, T>>>>(
    client: &Client,
    poll: Poll,
    tell: &mut Tell<'_, S>,
    mut look: impl FnMut() -> F,
) -> Result<T> {
    let unknown = AtomicU32::new(0);
    let look = || {
        let seen = look();
        let unknown = &unknown;
        async move {
            match seen.await {
                Err(error) if is_unknown(&error) && unknown.fetch_add(1, Ordering::Relaxed) < UNKNOWN => {
                    Err(Error::new(ErrorKind::Busy, "the org does not know the job for a moment").with_source(error))
                }
                Ok(seen) => {
                    unknown.store(0, Ordering::Relaxed);
                    Ok(seen)
                }
                failed => failed,
            }
        }
    };
    poll.until_done(client.connection(), look, |progress| (tell.0)(progress)).await
}

fn is_unknown(error: &Error) -> bool {
    error.api_errors().first().is_some_and(|first| first.code == ErrorCode::InvalidCrossReferenceKey)
}
