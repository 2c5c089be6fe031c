use std::fmt;
use std::time::Duration;

use salesforce_types::ApiUsage;

use crate::request::Request;
use crate::{Error, ErrorKind};

/// How old the last word of the org may be before one call is let through to hear another. Calls older than a day fall
/// out of the org's count all the time, and it says so only with an answer.
const ASK_AGAIN: Duration = Duration::from_secs(15 * 60);

const A_MINUTE: Duration = Duration::from_secs(60);

/// What a connection leaves to the other users of its org.
///
/// An org counts the calls of the last 24 hours, everybody's, and refuses those above its allowance. It also refuses a
/// call while too many long ones run. A connection that keeps a reserve stops before that, so that others never notice
/// it. Nothing is kept back unless asked for.
///
/// ```no_run
/// use std::time::Duration;
/// use salesforce_http::{Connection, Reserve, ReserveReached};
///
/// # async fn example(tokens: impl salesforce_http::TokenProvider + 'static) -> salesforce_http::Result<()> {
/// let connection = Connection::builder(tokens)
///     .reserve(Reserve::new().daily_percent(20).long_calls(5))
///     .build()?;
/// if let Err(error) = connection.send(salesforce_http::Request::get("limits")).await {
///     if let Some(reached) = ReserveReached::of(&error) {
///         // Nothing was sent. Keep the checkpoint and come back.
///         println!("{} of {} calls used; try in {:?}", reached.used(), reached.allowed(), reached.come_back_in());
///     }
/// }
/// # Ok(()) }
/// ```
///
/// The connection knows what the last answer said (`Sforce-Limit-Info`) and which of its own calls run. What others
/// use up between two answers it learns with the second. At the reserve, one call in 15 minutes is let through all the
/// same, to learn whether calls have become free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a reserve does nothing until a connection has it"]
pub struct Reserve {
    daily: Daily,
    long: usize,
    patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Daily {
    Percent(u8),
    Calls(u64),
}

impl Default for Reserve {
    fn default() -> Self {
        Self::new()
    }
}

impl Reserve {
    /// No reserve.
    pub const fn new() -> Self {
        Self { daily: Daily::Calls(0), long: 0, patience: Duration::ZERO }
    }

    /// Leaves this part of the daily calls; 100 is the most.
    pub fn daily_percent(mut self, percent: u8) -> Self {
        self.daily = Daily::Percent(percent.min(100));
        self
    }

    /// Leaves this many of the daily calls.
    pub fn daily_calls(mut self, calls: u64) -> Self {
        self.daily = Daily::Calls(calls);
        self
    }

    /// Leaves room for this many long calls, of those that
    /// [`long_calls`](crate::ConnectionBuilder::long_calls) says; one is always ours.
    pub fn long_calls(mut self, calls: usize) -> Self {
        self.long = calls;
        self
    }

    /// How long a call waits for daily calls to become free, rather than being refused: not at all unless said. The
    /// deadline of the call counts too.
    pub fn wait_up_to(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(super) fn long(&self) -> usize {
        self.long
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    fn of(&self, allowed: u64) -> u64 {
        match self.daily {
            // Rounded up: rather one more for the others.
            Daily::Percent(percent) => {
                let calls = (u128::from(allowed) * u128::from(percent)).div_ceil(100);
                u64::try_from(calls).unwrap_or(u64::MAX)
            }
            Daily::Calls(calls) => calls,
        }
    }

    /// Whether one more call leaves the reserve alone, while `running` of ours are under way.
    pub(super) fn allows(&self, known: &mut Known, running: u64, now: Duration) -> Result<(), ReserveReached> {
        let ApiUsage { used, allowed, .. } = known.usage;
        let reserved = self.of(allowed);
        if reserved == 0 || used.saturating_add(running) < allowed.saturating_sub(reserved) {
            return Ok(());
        }
        let age = now.saturating_sub(known.at);
        if age >= ASK_AGAIN {
            // The others wait for what this one hears, and do not wait long if it hears nothing.
            known.at = now.saturating_sub(ASK_AGAIN.saturating_sub(A_MINUTE));
            return Ok(());
        }
        Err(ReserveReached { used, allowed, reserved, come_back_in: ASK_AGAIN.saturating_sub(age) })
    }
}

/// What the org said of its daily calls, and when.
#[derive(Debug)]
pub(super) struct Known {
    usage: ApiUsage,
    at: Duration,
}

impl Known {
    pub(super) fn new(usage: ApiUsage, at: Duration) -> Self {
        Self { usage, at }
    }

    pub(super) fn usage(&self) -> &ApiUsage {
        &self.usage
    }
}

/// The list of versions is not counted by the org, and has to be at hand when nothing else may be called.
pub(super) fn costs_nothing(request: &Request) -> bool {
    request.path().trim_end_matches('/') == "/services/data"
}

/// The call would have used what is left to others and was not sent: go on from where you are when calls have become
/// free. Where a try of it had been sent before, [`tries`](Error::tries) and
/// [`outcome_unknown`](Error::outcome_unknown) tell of that, and the error holds what the org said to it.
///
/// It is the source of an error of kind [`Limit`](ErrorKind::Limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveReached {
    used: u64,
    allowed: u64,
    reserved: u64,
    come_back_in: Duration,
}

impl ReserveReached {
    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        std::error::Error::source(error)?.downcast_ref().copied()
    }

    /// Calls of the last 24 hours, everybody's, as the org last said.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Calls that the org allows in 24 hours.
    #[must_use]
    pub fn allowed(&self) -> u64 {
        self.allowed
    }

    /// How many of them are left to others.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.reserved
    }

    /// When the connection will ask the org again. Whether calls are free by then depends on how old those of the last
    /// 24 hours are, which only the org knows.
    #[must_use]
    pub fn come_back_in(&self) -> Duration {
        self.come_back_in
    }
}

impl fmt::Display for ReserveReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { used, allowed, reserved, come_back_in } = self;
        write!(
            f,
            "{used} of the org's {allowed} calls of the last 24 hours are used and {reserved} are \
             reserved for others; go on in {} minutes",
            come_back_in.as_secs().div_ceil(60)
        )
    }
}

impl std::error::Error for ReserveReached {}

impl From<ReserveReached> for Error {
    fn from(reached: ReserveReached) -> Self {
        Self::new(ErrorKind::Limit, format!("nothing was sent: {reached}"))
            .with_retry_after(Some(reached.come_back_in))
            .with_source(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(used: u64, allowed: u64) -> Known {
        Known::new(format!("api-usage={used}/{allowed}").parse().unwrap(), Duration::ZERO)
    }

    #[test]
    fn the_last_call_before_the_reserve_is_made_and_the_next_is_not() {
        let reserve = Reserve::new().daily_percent(20);
        let allows = |used, running| reserve.allows(&mut known(used, 15_000), running, Duration::ZERO);
        assert!(allows(11_999, 0).is_ok() && allows(11_000, 999).is_ok());
        assert!(allows(12_000, 0).is_err() && allows(11_000, 1_000).is_err());
        let reached = allows(13_000, 0).unwrap_err();
        assert_eq!((reached.used(), reached.allowed(), reached.reserved()), (13_000, 15_000, 3_000));
    }

    #[test]
    fn without_a_reserve_the_org_has_the_last_word() {
        assert!(Reserve::new().allows(&mut known(20_000, 15_000), 5, Duration::ZERO).is_ok());
    }

    #[test]
    fn at_the_reserve_one_call_in_a_quarter_of_an_hour_asks_again() {
        let reserve = Reserve::new().daily_calls(1);
        let mut known = known(15_000, 15_000);
        let later = Duration::from_secs(14 * 60);
        let reached = reserve.allows(&mut known, 0, later).unwrap_err();
        assert_eq!(reached.come_back_in(), Duration::from_secs(60));
        assert!(reserve.allows(&mut known, 0, ASK_AGAIN).is_ok());
        let reached = reserve.allows(&mut known, 0, ASK_AGAIN).unwrap_err();
        assert_eq!(reached.come_back_in(), A_MINUTE, "for what the one call hears");
    }

    #[test]
    fn shares_are_rounded_for_the_others_and_never_overflow() {
        assert_eq!(Reserve::new().daily_percent(33).of(10), 4);
        assert_eq!(Reserve::new().daily_percent(200).of(u64::MAX), u64::MAX);
        assert!(Reserve::new().daily_calls(u64::MAX).allows(&mut known(0, 10), u64::MAX, Duration::ZERO).is_err());
    }
}
