//! How many calls run at once, how many of them may be long ones, and what of the org's daily calls is left alone.

mod reserve;
mod route;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use salesforce_types::ApiUsage;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use self::reserve::{Known, costs_nothing};
pub use self::reserve::{Reserve, ReserveReached};
use self::route::{Route, Routes};
use crate::clock::Clock;
use crate::request::Request;
use crate::response::Head;
use crate::{Error, ErrorKind, Result};

/// A call that runs this long is one of those that an org counts and limits.
const LONG: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Limits {
    clock: Arc<dyn Clock>,
    places: Arc<Semaphore>,
    pub(crate) concurrency: usize,
    /// How many long calls may run at once: the org's allowance without what is left to others.
    long_calls: usize,
    reserve: Reserve,
    state: Mutex<State>,
    /// A call ended, or the org said how much is used.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    usage: Option<Known>,
    routes: Routes,
    running: HashMap<u64, Running>,
    last: u64,
}

/// A call that was let in.
#[derive(Debug)]
struct Running {
    route: Route,
    /// Whether it may turn out to be a long one.
    may_be_long: bool,
    counted: bool,
    /// When it was sent.
    since: Option<Duration>,
    /// Whether the org did what it was asked.
    answered: bool,
}

/// Why a call is not let in now.
enum Wait {
    ForLongCalls,
    ForDailyCalls(ReserveReached),
}

impl Limits {
    pub(crate) fn new(clock: Arc<dyn Clock>, concurrency: usize, long_calls: usize, reserve: Reserve) -> Self {
        let long_calls = long_calls.saturating_sub(reserve.long()).max(1);
        let places = Arc::new(Semaphore::new(concurrency));
        Self { clock, places, concurrency, long_calls, reserve, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits until the call may be sent. What it takes is free again when the place is dropped.
    pub(crate) async fn enter(self: &Arc<Self>, request: &Request) -> Result<Place> {
        let began = self.clock.elapsed();
        loop {
            let closed = |_| Error::new(ErrorKind::Other, "the connection is closed");
            let permit = self.places.clone().acquire_owned().await.map_err(closed)?;
            // Made before the look, so that nothing that changes in between is missed.
            let changed = self.changed.notified();
            // The look comes last, and who has to wait holds no permit: it may be needed by a call that need not.
            match self.admit(request, permit) {
                Ok(place) => return Ok(place),
                Err(Wait::ForLongCalls) => changed.await,
                Err(Wait::ForDailyCalls(reached)) => {
                    let waited = self.clock.elapsed().saturating_sub(began);
                    let pause = reached.come_back_in();
                    if waited.saturating_add(pause) > self.reserve.patience() {
                        return Err(reached.into());
                    }
                    match select(std::pin::pin!(changed), self.clock.sleep(pause)).await {
                        Either::Left(_) | Either::Right(_) => {}
                    }
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, request: &Request, permit: OwnedSemaphorePermit) -> Result<Place, Wait> {
        let now = self.clock.elapsed();
        let mut state = self.state();
        let counted = !costs_nothing(request);
        if counted {
            let ours = state.running.values().filter(|running| running.counted).count();
            let ours = u64::try_from(ours).unwrap_or(u64::MAX);
            if let Some(known) = &mut state.usage {
                self.reserve.allows(known, ours, now).map_err(Wait::ForDailyCalls)?;
            }
        }
        let route = Route::of(request);
        let may_be_long = state.routes.may_be_long(&route);
        let is_long = |running: &&Running| {
            running.may_be_long || running.since.is_some_and(|since| now.saturating_sub(since) >= LONG)
        };
        if may_be_long && state.running.values().filter(is_long).count() >= self.long_calls {
            return Err(Wait::ForLongCalls);
        }
        state.last += 1;
        let number = state.last;
        state.running.insert(number, Running { route, may_be_long, counted, since: None, answered: false });
        Ok(Place { limits: self.clone(), number, permit: Some(permit) })
    }

    /// Keeps what the answer says about the org's allowance.
    pub(crate) fn note(&self, head: &Head) {
        if let Some(usage) = head.header("sforce-limit-info").and_then(|text| text.parse().ok()) {
            self.state().usage = Some(Known::new(usage, self.clock.elapsed()));
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn usage(&self) -> Option<ApiUsage> {
        self.state().usage.as_ref().map(|known| known.usage().clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to make one call; dropped when its answer has been read.
#[derive(Debug)]
pub(crate) struct Place {
    limits: Arc<Limits>,
    number: u64,
    permit: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// The call leaves now.
    pub(crate) fn sent(&self) {
        let now = self.limits.clock.elapsed();
        if let Some(running) = self.limits.state().running.get_mut(&self.number) {
            running.since = Some(now);
        }
    }

    /// The org did what it was asked. What fails or is given up tells nothing of how long that takes.
    pub(crate) fn answered(&self) {
        if let Some(running) = self.limits.state().running.get_mut(&self.number) {
            running.answered = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.limits.clock.elapsed();
        let mut state = self.limits.state();
        if let Some(Running { route, since: Some(since), answered, .. }) = state.running.remove(&self.number) {
            let was_long = now.saturating_sub(since) >= LONG;
            if was_long || answered {
                state.routes.learn(route, was_long);
            }
        }
        drop(state);
        self.permit = None;
        self.limits.changed.notify_waiters();
    }
}
