//! Waiting for a job, by the connection's clock.

use std::future::{Ready, ready};
use std::sync::Mutex;
use std::time::Duration;

use salesforce_http::{Clock, Error, ErrorKind, Look, Poll, Progress, Result};

use crate::support::Script;

const HOUR: Duration = Duration::from_secs(3600);

/// A job that ends at this time.
fn job(script: &Script, ends: Duration) -> impl FnMut() -> Ready<Result<Look<Duration, &'static str>>> {
    let clock = script.clock.clone();
    move || match clock.elapsed() {
        now if now < ends => ready(Ok(Look::Running(now))),
        _ => ready(Ok(Look::Done("done"))),
    }
}

#[tokio::test]
async fn a_job_of_a_day_is_not_given_up() {
    let script = Script::new([]);
    let mut looks = 0;
    let connection = script.connection();
    let poll = Poll::new();
    let wait = poll.until_done(&connection, job(&script, 24 * HOUR), |_| looks += 1);
    assert_eq!(script.clock.run(wait).await.unwrap(), "done");
    assert!(script.clock.elapsed() <= 24 * HOUR + Duration::from_secs(60));
    assert!((1440..1520).contains(&looks), "{looks}");
}

#[tokio::test]
async fn an_end_is_kept_to_when_it_is_asked_for() {
    let script = Script::new([]);
    let connection = script.connection();
    let poll = Poll::new().give_up_after(HOUR);
    let error = script.clock.run(poll.until_done(&connection, job(&script, 2 * HOUR), |_| ())).await.unwrap_err();
    assert_eq!((error.kind(), script.clock.elapsed()), (ErrorKind::Timeout, HOUR));
}

#[tokio::test]
async fn looks_that_fail_for_a_while_are_told_and_do_not_end_the_wait() {
    let script = Script::new([]);
    let clock = script.clock.clone();
    let look = || match clock.elapsed() {
        now if now < HOUR / 2 => ready(Err(Error::new(ErrorKind::Busy, "down for maintenance"))),
        _ => ready(Ok(Look::<(), _>::Done("done"))),
    };
    let missed = Mutex::new(0);
    let tell = |progress: Progress<'_, ()>| {
        assert!(matches!(progress, Progress::Missed { error, .. } if error.kind() == ErrorKind::Busy));
        *missed.lock().unwrap() += 1;
    };
    let connection = script.connection();
    assert_eq!(script.clock.run(Poll::new().until_done(&connection, look, tell)).await.unwrap(), "done");
    assert!(*missed.lock().unwrap() > 10);
}

#[tokio::test]
async fn looks_that_fail_for_good_end_the_wait() {
    let script = Script::new([]);
    let connection = script.connection();
    let fails = |kind| move || ready(Err::<Look<(), ()>, _>(Error::new(kind, "no")));
    let error = script.clock.run(Poll::new().until_done(&connection, fails(ErrorKind::NotFound), |_| ())).await;
    assert_eq!((error.unwrap_err().kind(), script.clock.elapsed()), (ErrorKind::NotFound, Duration::ZERO));
    let poll = Poll::new().patience(HOUR / 2);
    let error = script.clock.run(poll.until_done(&connection, fails(ErrorKind::Connect), |_| ())).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Connect);
    assert!((HOUR / 2..HOUR / 2 + Duration::from_secs(61)).contains(&script.clock.elapsed()));
}

#[tokio::test]
async fn a_wait_can_be_spawned_and_ends_when_it_is_dropped() {
    let script = Script::new([]);
    let connection = script.connection();
    let waiting = tokio::spawn(async move {
        let look = || async { Ok(Look::<_, ()>::Running(connection.calls())) };
        Poll::new().until_done(&connection, look, |_| ()).await
    });
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(script.clock.next_wake(), None, "nothing waits on");
}
