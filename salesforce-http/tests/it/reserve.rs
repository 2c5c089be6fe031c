//! What is left to others, and what an org would refuse and therefore is not sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use http::header::CONTENT_TYPE;
use salesforce_http::{
    Body, BodyStream, Clock, Connection, ErrorKind, ManualClock, Request, Reserve, ReserveReached, Transport,
    TransportError,
};
use salesforce_types::Timestamp;

use crate::support::{LOCKED, Script, Step, Tokens, answer, with};

const MINUTE: Duration = Duration::from_secs(60);

/// An org that counts the calls of all its users, and refuses one too many.
#[derive(Clone, Debug)]
struct Counting {
    clock: ManualClock,
    state: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    used: u64,
    refused: u64,
    running: usize,
}

impl Counting {
    fn new(used: u64) -> Self {
        let state = Arc::new(Mutex::new(Counts { used, ..Counts::default() }));
        Self { clock: ManualClock::new(Timestamp::EPOCH), state }
    }

    fn connection(&self, reserve: Reserve) -> Connection {
        Connection::builder(Tokens::default())
            .transport(Arc::new(self.clone()))
            .clock(Arc::new(self.clock.clone()))
            .reserve(reserve)
            .build()
            .unwrap()
    }

    fn used(&self) -> u64 {
        self.state.lock().unwrap().used
    }
}

impl Transport for Counting {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let free = request.uri().path() == "/services/data/";
        let mut state = self.state.lock().unwrap();
        state.used += u64::from(!free);
        let (used, over) = (state.used, state.used > 1000);
        state.refused += u64::from(over && !free);
        let (status, body) = match over && !free {
            true => (403, r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]"#),
            false => (200, "[]"),
        };
        let mut response = http::Response::builder().status(status).header(CONTENT_TYPE, "application/json");
        if !free {
            response = response.header("Sforce-Limit-Info", format!("api-usage={used}/1000"));
        }
        let body = BodyStream::from(bytes::Bytes::from_static(body.as_bytes()));
        std::future::ready(Ok(response.body(body).unwrap())).boxed()
    }
}

#[tokio::test]
async fn b3_01_calls_end_at_the_reserve_and_not_at_the_orgs_limit() {
    let org = Counting::new(750);
    let connection = org.connection(Reserve::new().daily_percent(20));
    let mut done = 0;
    let error = loop {
        match connection.send(Request::get("limits")).await {
            Ok(_) => done += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((done, org.used()), (50, 800));
    let reached = ReserveReached::of(&error).unwrap();
    assert_eq!((reached.used(), reached.allowed(), reached.reserved()), (800, 1000, 200));
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Limit, Some(15 * MINUTE)));
    assert_eq!(
        error.to_string(),
        "GET limits failed: nothing was sent: 800 of the org's 1000 calls of the last 24 hours are used and 200 are \
         reserved for others; go on in 15 minutes"
    );
    connection.send(Request::get("/services/data/")).await.expect("what costs no call is always allowed");

    // Without the reserve, the org itself has to refuse.
    let org = Counting::new(990);
    let connection = org.connection(Reserve::new());
    let calls = join_all((0..20).map(|_| connection.send(Request::get("limits")))).await;
    assert_eq!(calls.iter().filter(|call| call.is_err()).count(), 10);
    assert_eq!(org.state.lock().unwrap().refused, 10);
}

#[tokio::test]
async fn b3_01_others_count_and_what_they_free_is_noticed() {
    let org = Counting::new(0);
    let connection = org.connection(Reserve::new().daily_calls(500));
    connection.send(Request::get("limits")).await.unwrap();
    org.state.lock().unwrap().used = 600; // others were busy
    connection.send(Request::get("limits")).await.expect("nothing has told us yet");
    assert!(connection.send(Request::get("limits")).await.is_err());
    org.state.lock().unwrap().used = 100; // a day went by
    org.clock.advance(14 * MINUTE);
    assert!(connection.send(Request::get("limits")).await.is_err());
    org.clock.advance(MINUTE);
    for _ in 0..5 {
        connection.send(Request::get("limits")).await.unwrap();
    }
}

#[tokio::test]
async fn b3_01_queued_calls_stop_when_an_answer_reports_the_reserve_reached() {
    let usage = with(200, &[("Sforce-Limit-Info", "api-usage=800/1000")], "[]");
    let script = Script::new([Step::After(Duration::from_secs(1), Box::new(usage))]);
    let one = |builder: salesforce_http::ConnectionBuilder| builder.concurrency(1);
    let connection = script.build(Tokens::default(), |builder| one(builder).reserve(Reserve::new().daily_percent(20)));
    let calls = join_all((0..10).map(|_| connection.send(Request::get("limits"))));
    let calls = script.clock.run(calls).await;
    let stopped = calls.iter().filter(|call| call.as_ref().is_err_and(|error| ReserveReached::of(error).is_some()));
    assert_eq!((stopped.count(), script.sent().len()), (9, 1));
}

#[tokio::test]
async fn a_call_that_the_reserve_stops_on_its_way_tells_of_the_try_before() {
    let script = Script::new([with(400, &[("Sforce-Limit-Info", "api-usage=900/1000")], LOCKED)]);
    let connection = script.build(Tokens::default(), |builder| builder.reserve(Reserve::new().daily_percent(20)));
    let error = script.clock.run(connection.send(Request::post("sobjects/Account"))).await.unwrap_err();
    assert_eq!((error.kind(), error.tries(), script.sent().len()), (ErrorKind::Limit, 1, 1));
    assert_eq!(ReserveReached::of(&error).unwrap().used(), 900);
    assert_eq!((error.api_errors().len(), error.status().unwrap().as_u16()), (1, 400));
    assert_eq!(
        error.to_string(),
        "POST sobjects/Account failed with 400: not sent again: 900 of the org's 1000 calls of the last 24 hours are \
         used and 200 are reserved for others; go on in 15 minutes; before that: UNABLE_TO_LOCK_ROW: unable to obtain \
         exclusive access"
    );
}

#[tokio::test]
async fn a_call_that_is_told_to_waits_for_free_calls_but_not_for_ever() {
    let org = Counting::new(499);
    let patient = |time| org.connection(Reserve::new().daily_calls(500).wait_up_to(time));
    let connection = patient(20 * MINUTE);
    connection.send(Request::get("limits")).await.unwrap();
    let frees = async {
        org.clock.sleep(10 * MINUTE).await;
        org.state.lock().unwrap().used = 0;
    };
    let calls = join_all((0..10).map(|_| connection.send(Request::get("limits"))));
    let (calls, ()) = org.clock.run(futures_util::future::join(calls, frees)).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!((org.clock.elapsed(), org.used()), (15 * MINUTE, 10));

    org.state.lock().unwrap().used = 499;
    let connection = patient(20 * MINUTE);
    connection.send(Request::get("limits")).await.unwrap();
    let two = async {
        // The first goes through after a quarter of an hour, to ask; the second would wait longer than it may.
        connection.send(Request::get("limits")).await.unwrap();
        let both = || connection.send(Request::get("limits"));
        (both().await, both().await)
    };
    let (asked, refused) = org.clock.run(two).await;
    assert!(asked.is_ok());
    assert!(refused.is_ok(), "each waits its quarter of an hour");
    let impatient = patient(10 * MINUTE);
    impatient.send(Request::get("limits")).await.unwrap();
    let refused = org.clock.run(impatient.send(Request::get("limits"))).await.unwrap_err();
    assert!(ReserveReached::of(&refused).is_some());
}

/// An org that runs 25 calls of half a minute at once and refuses the 26th.
#[derive(Clone, Debug)]
struct Slow(Counting);

impl Transport for Slow {
    fn send(&self, _: http::Request<Body>) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let Self(Counting { clock, state }) = self.clone();
        Box::pin(async move {
            let refused = {
                let mut state = state.lock().unwrap();
                state.running += 1;
                state.running > 25
            };
            if !refused {
                clock.sleep(Duration::from_secs(30)).await;
            }
            state.lock().unwrap().running -= 1;
            let (status, body) = match refused {
                true => (
                    403,
                    r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentPerOrgLongTxn Limit exceeded."}]"#,
                ),
                false => (200, "[]"),
            };
            state.lock().unwrap().refused += u64::from(refused);
            let body = BodyStream::from(bytes::Bytes::from_static(body.as_bytes()));
            Ok(http::Response::builder().status(status).header(CONTENT_TYPE, "application/json").body(body).unwrap())
        })
    }
}

async fn refusals(
    change: impl FnOnce(salesforce_http::ConnectionBuilder) -> salesforce_http::ConnectionBuilder,
) -> u64 {
    let org = Slow(Counting::new(0));
    let builder = Connection::builder(Tokens::default())
        .transport(Arc::new(org.clone()))
        .clock(Arc::new(org.0.clock.clone()))
        .concurrency(100);
    let connection = change(builder).build().unwrap();
    let calls = join_all((0..60).map(|_| connection.send(Request::get("query"))));
    org.0.clock.run(calls).await;
    org.0.state.lock().unwrap().refused
}

#[tokio::test]
async fn g_06_the_26th_long_call_is_never_sent() {
    assert_eq!(refusals(|builder| builder).await, 0);
    assert!(refusals(|builder| builder.long_calls(usize::MAX)).await > 0, "the org refuses without the limiter");
}

async fn most_at_once(
    script: &Script,
    path: &str,
    calls: usize,
    builder: impl Fn(salesforce_http::ConnectionBuilder) -> salesforce_http::ConnectionBuilder,
) -> usize {
    let connection = script.build(Tokens::default(), builder);
    let calls = join_all((0..calls).map(|_| connection.send(Request::get(path))));
    script.clock.run(calls).await;
    script.most_at_once()
}

fn lasting(seconds: u64) -> Step {
    Step::After(Duration::from_secs(seconds), Box::new(with(200, &[], "[]")))
}

#[tokio::test]
async fn g_06_a_developer_org_has_five_and_some_are_left_to_others() {
    let five = |builder: salesforce_http::ConnectionBuilder| builder.concurrency(50).long_calls(5);
    assert_eq!(most_at_once(&Script::always(lasting(30)), "query", 12, five).await, 5);
    let three = |builder: salesforce_http::ConnectionBuilder| five(builder).reserve(Reserve::new().long_calls(2));
    assert_eq!(most_at_once(&Script::always(lasting(30)), "query", 12, three).await, 3);
    let one = |builder: salesforce_http::ConnectionBuilder| five(builder).reserve(Reserve::new().long_calls(9));
    assert_eq!(most_at_once(&Script::always(lasting(30)), "query", 4, one).await, 1);
}

#[tokio::test]
async fn b3_06_short_calls_pass_the_long_ones() {
    let script = Script::always(lasting(1));
    let connection = script.build(Tokens::default(), |builder| builder.concurrency(50).long_calls(1));
    script.clock.run(connection.send(Request::get("limits"))).await.unwrap();
    // One call is known to be short by now: many of its kind run at once.
    let calls = join_all((0..10).map(|_| connection.send(Request::get("limits"))));
    script.clock.run(calls).await;
    assert_eq!(script.most_at_once(), 10);
}

#[tokio::test]
async fn b3_06_a_call_that_turns_out_long_keeps_others_back() {
    // Short at first, then long: the calls that are under way by then count as what they are.
    let script = Script::new([lasting(1), lasting(60)]);
    let connection = script.build(Tokens::default(), |builder| builder.concurrency(50).long_calls(1));
    script.clock.run(connection.send(Request::get("query"))).await.unwrap();
    let surprise = connection.send(Request::get("query"));
    let other = async {
        script.clock.sleep(Duration::from_secs(25)).await;
        connection.send(Request::get("limits")).await
    };
    let (first, second) = script.clock.run(futures_util::future::join(surprise, other)).await;
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(
        script.sent()[2].at,
        Duration::from_secs(61),
        "of an unknown kind, it waits until the long one has ended"
    );
}

#[tokio::test]
async fn b3_06_a_call_that_failed_or_was_given_up_does_not_make_its_kind_a_short_one() {
    let failed = answer(400, r#"[{"errorCode":"MALFORMED_QUERY","message":"unexpected token"}]"#);
    for (first, waits) in [(failed, true), (lasting(9), false)] {
        let script = Script::new([first].into_iter().chain((0..4).map(|_| lasting(30))));
        let connection = script.build(Tokens::default(), |builder| builder.concurrency(50).long_calls(1));
        let call = connection.send(Request::get("query"));
        match waits {
            true => drop(script.clock.run(call).await.unwrap_err()),
            false => assert!(call.now_or_never().is_none()),
        }
        let calls = join_all((0..4).map(|_| connection.send(Request::get("query"))));
        script.clock.run(calls).await;
        assert_eq!(script.sent().iter().filter(|sent| sent.at == Duration::ZERO).count(), 2, "{waits}");
    }
}
