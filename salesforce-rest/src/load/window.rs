//! The rows in memory: sent, sent again, reported.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use salesforce_http::{Effect, Error, ErrorKind, was_given_back};
use salesforce_types::ErrorCode;

use super::Course;
use super::lanes::{self, Locked};
use crate::collections::{Chunk, MOST, Pending, Sent, cut};
use crate::{Outcome, Written};

/// The pause before rows are sent for the second time, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// After so many calls that failed one after another, or so many rows side by side that are wrong each alone, the trouble
/// is not with a row.
const FAILURES_IN_A_ROW: u32 = 16;

/// What became of the rows of a window so far.
#[derive(Default)]
struct Ledger {
    outcomes: Mutex<Vec<Outcome>>,
    again: Mutex<Vec<(Locked, Error)>>,
    /// Why nothing more is sent.
    fatal: Mutex<Option<Error>>,
    /// The records whose rows wait to be sent again: a later row of the same record must not overtake them.
    held: Mutex<HashSet<Box<str>>>,
}

/// Nothing is left half done under a lock, so one that a panic left behind is as good as any.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    fn report(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        locked(&self.outcomes).extend(outcomes);
    }

    fn fatal(&self) -> Option<Error> {
        locked(&self.fatal).clone()
    }

    fn stop(&self, error: &Error) {
        locked(&self.fatal).get_or_insert_with(|| error.clone());
    }

    fn put_back(&self, rows: impl IntoIterator<Item = (Locked, Error)>) {
        let mut held = locked(&self.held);
        let note = |(row, _): &(Locked, Error)| held.extend(row.own.clone());
        locked(&self.again).extend(rows.into_iter().inspect(note));
    }

    /// Puts those rows back whose record waits, and hands out the others.
    fn hold_back(&self, rows: Vec<Locked>) -> Vec<Locked> {
        let waits = |row: &Locked| {
            let held = locked(&self.held);
            row.own.as_ref().is_some_and(|own| held.contains(own))
        };
        let (waiting, free): (Vec<_>, Vec<_>) = rows.into_iter().partition(waits);
        let message = "this row was not sent: an earlier row of the same record could not be written";
        self.put_back(waiting.into_iter().map(|row| (row, Error::new(ErrorKind::Busy, message))));
        free
    }
}

impl Course<'_> {
    /// Sends the rows until each is done, refused or unknown. The error is why the load cannot go on.
    pub(super) async fn window(&self, rows: Vec<Pending>) -> (Vec<Outcome>, Option<Error>) {
        let ledger = Ledger::default();
        let lanes = lanes::spread(rows, &self.operation, &self.group_by, self.concurrency, MOST);
        let send = |lane| self.lane(lane, MOST, &ledger);
        stream::iter(lanes).map(send).buffer_unordered(self.concurrency).collect::<Vec<()>>().await;

        for round in 1.. {
            let again = std::mem::take(&mut *locked(&ledger.again));
            if again.is_empty() {
                break;
            }
            if round >= self.tries || ledger.fatal().is_some() {
                let refused = |(row, error): (Locked, Error)| row.pending.refused(&self.operation, &self.manner, error);
                ledger.report(again.into_iter().map(refused));
                break;
            }
            let after = again.iter().filter_map(|(_, error)| error.retry_after()).max();
            self.client.connection().clock().sleep(pause(round, after, fastrand::f64())).await;
            locked(&ledger.held).clear();
            // One call at a time, so that these rows do not lock each other out. A later row of a record that is locked
            // was held back and is among the others.
            let (locked, others): (Vec<_>, Vec<_>) = again.into_iter().partition(|(_, error)| is_lock(error));
            for (rows, most) in [(locked, (MOST >> (2 * round).min(8)).max(1)), (others, MOST)] {
                let mut lane: Vec<Locked> = rows.into_iter().map(|(row, _)| row).collect();
                lane.sort_by_key(|row| row.pending.position);
                self.lane(lane, most, &ledger).await;
            }
        }
        let outcomes = std::mem::take(&mut *locked(&ledger.outcomes));
        (outcomes, ledger.fatal())
    }

    /// Sends the rows one call after another.
    async fn lane(&self, rows: Vec<Locked>, most: usize, ledger: &Ledger) {
        let mut calls = self.calls(rows, most);
        calls.reverse();
        let mut wrong = 0;
        while let Some(call) = calls.pop() {
            if let Some(fatal) = ledger.fatal() {
                let call = Chunk { rows: call.into_iter().map(|row| row.pending).collect() };
                ledger.report(call.not_sent(&self.operation, &self.manner, &fatal));
                continue;
            }
            let call = ledger.hold_back(call);
            if call.is_empty() {
                continue;
            }
            if let Some((first, second)) = self.call(call, ledger, &mut wrong).await {
                calls.push(second);
                calls.push(first);
            }
        }
    }

    /// The rows over calls: as many as an org takes, and no record twice in one.
    fn calls(&self, rows: Vec<Locked>, most: usize) -> Vec<Vec<Locked>> {
        let mut parts: Vec<Vec<Locked>> = Vec::new();
        let mut seen = HashSet::new();
        for row in rows {
            let twice = row.own.clone().is_some_and(|own| !seen.insert(own));
            if twice {
                seen.clear();
                seen.extend(row.own.clone());
            }
            match parts.last_mut().filter(|_| !twice) {
                Some(part) => part.push(row),
                None => parts.push(vec![row]),
            }
        }
        let within = |part: Vec<Locked>| {
            let pending = part.iter().map(|row| row.pending.clone()).collect();
            let mut rows = part.into_iter();
            let chunks = cut(pending, &self.operation, most);
            chunks.into_iter().map(move |chunk| rows.by_ref().take(chunk.rows.len()).collect()).collect::<Vec<_>>()
        };
        parts.into_iter().flat_map(within).collect()
    }

    /// Notes a call that failed, and not for its rows. Too many of them end the load.
    fn failed(&self, error: &Error, ledger: &Ledger) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW {
            ledger.stop(error);
        }
    }

    /// Sends one call and notes what came of it, or hands its rows back in two parts. `wrong` counts the rows of the lane
    /// that were wrong each alone, one after another.
    async fn call(&self, rows: Vec<Locked>, ledger: &Ledger, wrong: &mut u32) -> Option<(Vec<Locked>, Vec<Locked>)> {
        let chunk = Chunk { rows: rows.iter().map(|row| row.pending.clone()).collect() };
        let harmless = chunk.effect(&self.operation, &self.manner) != Effect::Once;
        match chunk.send(self.client, &self.operation, &self.manner).await {
            Sent::Answered(outcomes) => {
                self.failures.store(0, Ordering::Relaxed);
                *wrong = 0;
                for (row, outcome) in rows.into_iter().zip(outcomes) {
                    match outcome.error().filter(|error| may_come_again(error)).cloned() {
                        Some(error) => {
                            let lost = matches!(outcome.result, Written::Unknown(_));
                            ledger.put_back([(row.lost_if(lost), error)]);
                        }
                        None => ledger.report([outcome]),
                    }
                }
            }
            Sent::Lost(unknown, error) => {
                self.failed(&error, ledger);
                if harmless && error.broke_off() {
                    ledger.put_back(rows.into_iter().map(|row| (row.lost_if(true), error.clone())));
                } else {
                    ledger.report(unknown);
                }
            }
            Sent::Failed(error) if error.is_retryable() => {
                self.failed(&error, ledger);
                // What was not said to be given back is not sent twice.
                if harmless || error.api_errors().first().is_none_or(was_given_back) {
                    ledger.put_back(rows.into_iter().map(|row| (row, error.clone())));
                } else {
                    ledger.report(chunk.refused(&self.operation, &self.manner, &error));
                }
            }
            Sent::Failed(error) if is_about_rows(&error) && rows.len() > 1 => {
                let (first, second) = rows.split_at(rows.len() / 2);
                return Some((first.to_vec(), second.to_vec()));
            }
            Sent::Failed(error) => {
                *wrong += 1;
                if !is_about_rows(&error) || *wrong >= FAILURES_IN_A_ROW {
                    ledger.stop(&error);
                }
                ledger.report(chunk.refused(&self.operation, &self.manner, &error));
            }
        }
        None
    }
}

/// Whether the org refused the row for a lock or for load, and did not write it.
fn may_come_again(error: &Error) -> bool {
    let first = error.api_errors().first();
    first.is_some_and(|first| was_given_back(first) || first.code == ErrorCode::TooManyApexRequests)
}

fn is_lock(error: &Error) -> bool {
    error.api_errors().first().is_some_and(|first| first.code == ErrorCode::UnableToLockRow)
}

/// A row can make a whole call wrong, such as a date that is none: the call's JSON is then refused as a whole.
fn is_about_rows(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict)
}

/// Anything up to a limit that doubles, so that a crowd spreads out, and at least half of it, since a lock is held for a
/// while. What the server asks for wins.
fn pause(round: u32, after: Option<Duration>, random: f64) -> Duration {
    let most = FIRST_PAUSE.saturating_mul(1 << (round - 1).min(10)).min(LONGEST_PAUSE);
    let own = most.mul_f64(0.5 + random / 2.0);
    after.map_or(own, |after| after.max(own))
}

#[cfg(test)]
mod tests {
    use salesforce_types::ApiError;

    use super::*;

    #[test]
    fn only_locks_and_load_bring_a_row_back() {
        let refused = |code: &str, message: &str| {
            may_come_again(&Error::refusal(None, vec![ApiError::new(ErrorCode::from(code), message)]))
        };
        assert!(refused("UNABLE_TO_LOCK_ROW", "") && refused("SERVER_UNAVAILABLE", ""));
        assert!(refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."));
        assert!(!refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
        for code in
            ["DUPLICATE_VALUE", "REQUIRED_FIELD_MISSING", "UNKNOWN_EXCEPTION", "NEW_CODE", "STORAGE_LIMIT_EXCEEDED"]
        {
            assert!(!refused(code, ""), "{code}");
        }
    }

    #[test]
    fn pauses_double_and_the_server_wins() {
        assert_eq!(pause(1, None, 1.0), FIRST_PAUSE);
        assert_eq!(pause(3, None, 0.0), FIRST_PAUSE * 2);
        assert_eq!(pause(40, None, 1.0), LONGEST_PAUSE);
        assert_eq!(pause(1, Some(Duration::from_secs(90)), 0.5), Duration::from_secs(90));
    }
}
