use std::time::Duration;

use crate::{Connection, Error, ErrorKind, Result};

/// Waiting for a job that an org runs by itself: bulk, deploy, retrieve, reports.
///
/// The longer the job has run, the longer the pause until the next look: a tenth of the time, but a second at least
/// and a minute at most. So a job of seconds is not waited for much longer than it takes, and one of hours costs a call
/// a minute. There is no end to it unless one is asked for: a job that still runs is not given up.
///
/// ```
/// # use std::sync::Arc;
/// # use salesforce_http::{AccessToken, Clock, Connection, ManualClock, Result, TokenProvider, async_trait};
/// use std::time::Duration;
/// use salesforce_http::{Look, Poll, Progress};
/// # #[derive(Debug)] struct NoToken;
/// # #[async_trait] impl TokenProvider for NoToken {
/// #     async fn token(&self) -> Result<Arc<AccessToken>> { unreachable!() }
/// #     async fn renew(&self, _: &Arc<AccessToken>) -> Result<Arc<AccessToken>> { unreachable!() }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let clock = ManualClock::new(salesforce_types::Timestamp::EPOCH);
/// # let connection = Connection::builder(NoToken).clock(Arc::new(clock.clone())).build()?;
/// let mut rows = 0;
/// let look = || {
///     rows += 40; // stands for a call that asks for the job's state
///     async move { Ok(if rows < 100 { Look::Running(rows) } else { Look::Done(rows) }) }
/// };
/// let tell = |progress: Progress<'_, i32>| println!("{progress:?}");
/// let wait = Poll::new().until_done(&connection, look, tell);
/// assert_eq!(clock.run(wait).await?, 120);
/// # Ok(()) }
/// ```
///
/// To stop waiting, drop the future. The job goes on: cancelling it is a call of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "nothing is waited for until `until_done`"]
pub struct Poll {
    shortest: Duration,
    longest: Duration,
    give_up_after: Option<Duration>,
    patience: Duration,
}

/// What one look at a job found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look<S, T> {
    /// It still runs; this is how far it is.
    Running(S),
    /// It ended; this is what came of it, good or bad.
    Done(T),
}

/// What there is to tell while a job runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress<'a, S> {
    /// It runs.
    #[non_exhaustive]
    Running {
        /// How far it is.
        state: &'a S,
        /// How long it has been waited for.
        waited: Duration,
        /// When it will be looked at again.
        next_look: Duration,
    },
    /// A look failed for a reason that passes. Nothing is known of the job; it is looked at again.
    #[non_exhaustive]
    Missed {
        /// Why.
        error: &'a Error,
        /// When it will be looked at again.
        next_look: Duration,
    },
}

impl Default for Poll {
    fn default() -> Self {
        Self::new()
    }
}

impl Poll {
    /// A look after a second, and then at growing distances up to a minute.
    pub const fn new() -> Self {
        Self {
            shortest: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            give_up_after: None,
            patience: Duration::from_secs(3600),
        }
    }

    /// The shortest and the longest pause between two looks; a second and a minute unless said.
    pub fn pauses(mut self, shortest: Duration, longest: Duration) -> Self {
        (self.shortest, self.longest) = (shortest, longest.max(shortest));
        self
    }

    /// Stops waiting when the job still runs after this time. The job goes on.
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = Some(time);
        self
    }

    /// How long looks may fail, one after the other, for reasons that pass; an hour unless said. Each look has the
    /// connection's own retries besides.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// How long to wait after the job has been waited for this long.
    fn pause(&self, waited: Duration) -> Duration {
        (waited / 10).clamp(self.shortest, self.longest)
    }

    /// Looks at a job until it has ended, by the connection's clock. The first look is at once.
    ///
    /// # Errors
    /// The error of a look, unless it [passes](Error::is_retryable) within the [`patience`](Self::patience);
    /// [`Timeout`](ErrorKind::Timeout) when the time of [`give_up_after`](Self::give_up_after) is over.
    pub async fn until_done<S, T, F: Future<Output = Result<Look<S, T>>>>(
        self,
        connection: &Connection,
        mut look: impl FnMut() -> F,
        mut tell: impl FnMut(Progress<'_, S>),
    ) -> Result<T> {
        let clock = connection.clock();
        let began = clock.elapsed();
        let mut missed_since = None;
        loop {
            let seen = look().await;
            let now = clock.elapsed();
            let waited = now.saturating_sub(began);
            let next_look = match self.give_up_after {
                Some(end) => self.pause(waited).min(end.saturating_sub(waited)),
                None => self.pause(waited),
            };
            match seen {
                Ok(Look::Done(outcome)) => return Ok(outcome),
                Ok(Look::Running(state)) => {
                    missed_since = None;
                    tell(Progress::Running { state: &state, waited, next_look });
                }
                Err(error) => {
                    let since = *missed_since.get_or_insert(now);
                    if !error.is_retryable() || now.saturating_sub(since) >= self.patience {
                        return Err(error);
                    }
                    tell(Progress::Missed { error: &error, next_look });
                }
            }
            if self.give_up_after.is_some_and(|end| waited >= end) {
                let message = format!("the job still runs after {waited:?} and was not waited for any longer");
                return Err(Error::new(ErrorKind::Timeout, message));
            }
            clock.sleep(next_look).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_of_hours_costs_a_call_a_minute_and_a_short_one_is_not_stretched() {
        let looks = |job: u64| {
            let (mut waited, mut looks) = (Duration::ZERO, 1);
            while waited < Duration::from_secs(job) {
                waited += Poll::new().pause(waited);
                looks += 1;
            }
            (looks, waited.as_secs_f64() / job as f64)
        };
        let (few, late) = looks(5);
        assert!(few <= 6 && late <= 1.2, "{few} {late}");
        let (many, late) = looks(3 * 3600);
        assert!(many < 250 && late <= 1.1, "{many} {late}");
    }

    #[test]
    fn pauses_that_make_no_sense_do_not_panic() {
        let poll = Poll::new().pauses(Duration::from_secs(9), Duration::ZERO);
        assert_eq!(poll.pause(Duration::MAX), Duration::from_secs(9));
    }
}
