use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_core::future::BoxFuture;
use salesforce_types::Timestamp;

/// The time, and waiting. Everything that waits or measures takes it from here, so that tests of waiting take none.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment. Unlike [`now`](Self::now) it never goes back; deadlines are measured with it.
    fn elapsed(&self) -> Duration {
        self.now().since(Timestamp::EPOCH)
    }

    /// Ends when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock. Sleeping needs a tokio runtime with time enabled.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// The machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    pub fn new() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH.saturating_add(since)
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is told to go on. For tests.
///
/// ```
/// use std::time::Duration;
/// use salesforce_http::{Clock, ManualClock};
/// use salesforce_types::Timestamp;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let clock = ManualClock::new(Timestamp::EPOCH);
/// clock.run(clock.sleep(Duration::from_secs(3600))).await; // takes no time
/// assert_eq!(clock.now().as_millis(), 3_600_000);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    sleepers: Vec<(u64, Timestamp, Waker)>,
    next: u64,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State { now, sleepers: Vec::new(), next: 0 })))
    }

    /// Moves the time on and wakes whoever has slept enough.
    pub fn advance(&self, duration: Duration) {
        let now = self.state().now.saturating_add(duration);
        self.set(now);
    }

    /// When the first of the sleepers wants to wake.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state().sleepers.iter().map(|(_, at, _)| *at).min()
    }

    /// Runs a future to its end. Whenever nothing moves any more, the time jumps to the next sleeper's.
    ///
    /// Only for futures that wait for nothing but this clock: a real connection looks like standing still.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut yielded = false;
        std::future::poll_fn(|context| {
            loop {
                let noted = Arc::new(Noted { woken: AtomicBool::new(false), parent: context.waker().clone() });
                let waker = Waker::from(noted.clone());
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(output);
                }
                if noted.woken.load(Ordering::Acquire) {
                    continue;
                }
                // What the runtime holds back until it has its turn, such as a task that had its share, moves then.
                if !std::mem::replace(&mut yielded, true) {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                yielded = false;
                match self.next_wake() {
                    Some(at) => self.set(at),
                    None => return Poll::Pending,
                }
            }
        })
        .await
    }

    fn set(&self, now: Timestamp) {
        let woken: Vec<Waker> = {
            let mut state = self.state();
            state.now = state.now.max(now);
            let now = state.now;
            state.sleepers.extract_if(.., |(_, at, _)| *at <= now).map(|(_, _, waker)| waker).collect()
        };
        woken.iter().for_each(Waker::wake_by_ref);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut state = self.state();
        state.next += 1;
        Box::pin(Sleep { clock: self.clone(), number: state.next, until: state.now.saturating_add(duration) })
    }
}

struct Sleep {
    clock: ManualClock,
    number: u64,
    until: Timestamp,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        state.sleepers.retain(|(number, ..)| *number != self.number);
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.push((self.number, self.until, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.state().sleepers.retain(|(number, ..)| *number != self.number);
    }
}

struct Noted {
    woken: AtomicBool,
    parent: Waker,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.parent.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;

    use super::*;

    #[tokio::test]
    async fn sleepers_wake_in_order_and_not_before_their_time() {
        let clock = ManualClock::new(Timestamp::EPOCH);
        let seen = Mutex::new(Vec::new());
        let nap = |seconds| {
            let (clock, seen) = (clock.clone(), &seen);
            async move {
                clock.sleep(Duration::from_secs(seconds)).await;
                seen.lock().unwrap().push((seconds, clock.now().as_millis()));
            }
        };
        clock.run(join(nap(20), nap(10))).await;
        assert_eq!(*seen.lock().unwrap(), [(10, 10_000), (20, 20_000)]);
    }

    #[tokio::test]
    async fn a_dropped_sleeper_does_not_hold_the_clock() {
        let clock = ManualClock::new(Timestamp::EPOCH);
        drop(clock.sleep(Duration::from_secs(1)));
        assert_eq!(clock.next_wake(), None);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.elapsed(), Duration::from_secs(5));
    }
}
