//! The way of a call, written down once:
//!
//! 1. limits: wait for a place among the calls that run at once, or stop at the reserve
//! 2. token: take the current one, or renew the one that was refused
//! 3. transport: send, and read the whole answer unless it is to be streamed
//! 4. note: what the org says about its allowance
//! 5. classify: an answer, or a failure with its verdict
//!
//! The verdict decides whether it goes round again. Every round takes the token and its host anew.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderValue, StatusCode, header};
use salesforce_types::ApiVersion;
use tracing::{Instrument, debug, debug_span, field, warn};
use url::Url;

use crate::body::BodyStream;
use crate::classify::{self, Failure, Retry};
use crate::clock::Clock;
use crate::limits::{Limits, Place};
use crate::request::{Effect, Request};
use crate::response::{Head, broken_body};
use crate::retry::{Budget, Policy};
use crate::token::{AccessToken, TokenProvider};
use crate::transport::Transport;
use crate::{Error, ErrorKind, Result};

/// The most of an error's body that is read.
const ERROR_BODY: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) policy: Policy,
    pub(crate) budget: Budget,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) response_cap: usize,
    pub(crate) api_version: ApiVersion,
    pub(crate) user_agent: HeaderValue,
    pub(crate) client_name: String,
    pub(crate) call_options: String,
    pub(crate) calls: AtomicU64,
}

/// Whether the answer's body is wanted whole or as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Whole,
    Stream,
}

pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Received,
    pub(crate) place: Place,
    pub(crate) tries: u32,
    /// The answer to an earlier try was lost, or the org broke it off.
    pub(crate) lost: bool,
}

pub(crate) enum Received {
    Whole(Bytes),
    Stream(BodyStream),
}

/// What is known of a call while it goes round.
struct Course<'r> {
    request: &'r Request,
    call: String,
    want: Want,
    cap: usize,
    started: Duration,
    /// How often it began anew.
    rounds: u32,
    /// How often something was sent.
    tries: u32,
    token: Option<Arc<AccessToken>>,
    refused: Option<Arc<AccessToken>>,
    renewed: bool,
    lost: bool,
    /// The org broke a try off, and did not say that it gave it back.
    broke_off: bool,
    /// What the last try that was sent ended with, unless with a token that was refused.
    before: Option<Error>,
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Retry(Duration),
    RenewThenRetry,
    Fail(Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Final,
    Refused,
    Budget,
    Deadline,
}

impl Pipeline {
    pub(crate) async fn run(&self, request: &Request, want: Want) -> Result<Answer> {
        let call = request.call();
        let span = debug_span!("salesforce", call, tries = field::Empty, status = field::Empty);
        let course = Course {
            request,
            call,
            want,
            cap: request.cap().unwrap_or(self.response_cap),
            started: self.clock.elapsed(),
            rounds: 0,
            tries: 0,
            token: None,
            refused: None,
            renewed: false,
            lost: false,
            broke_off: false,
            before: None,
        };
        self.go_round(course).instrument(span).await
    }

    async fn go_round(&self, mut course: Course<'_>) -> Result<Answer> {
        loop {
            let tries = course.tries;
            let failure = match self.attempt(&mut course).await {
                Ok(answer) => {
                    self.budget.refill();
                    tracing::Span::current()
                        .record("status", answer.head.status.as_u16())
                        .record("tries", course.tries);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            course.lost |= failure.lost;
            let verdict = self.verdict(&failure, &course);
            let error = &failure.error;
            let status = error.status().map(|status| status.as_u16());
            debug!(?verdict, kind = ?error.kind(), status, request_id = error.request_id(), "the call failed");
            match verdict {
                Verdict::RenewThenRetry => {
                    course.renewed = true;
                    course.refused = course.token.clone();
                }
                Verdict::Retry(pause) => {
                    warn!(kind = ?error.kind(), status, tries = course.tries, ?pause, "will send the call again");
                    course.broke_off |= broke_off(&failure);
                    if course.tries > tries {
                        course.before = Some(failure.error);
                    }
                    self.clock.sleep(pause).await;
                }
                Verdict::Fail(why) => {
                    course.broke_off |= broke_off(&failure);
                    let error = match course.before.take() {
                        Some(before) if course.tries == tries => failure.error.after(before),
                        _ => failure.error,
                    };
                    return Err(conclude(error, &course, why));
                }
            }
        }
    }

    /// One round.
    async fn attempt(&self, course: &mut Course<'_>) -> Result<Answer, Failure> {
        course.rounds += 1;
        let place = self.before_sending(course, "waiting for a place", self.limits.enter(course.request)).await?;
        let token = match course.refused.clone() {
            Some(refused) => self.before_sending(course, "renewing the token", self.tokens.renew(&refused)).await?,
            None => self.before_sending(course, "waiting for a token", self.tokens.token()).await?,
        };
        course.refused = None;
        course.token = Some(token.clone());
        let (url, request) = self.prepare(course.request, &token).map_err(|error| Failure {
            error,
            retry: Retry::Never,
            lost: false,
        })?;
        place.sent();
        course.tries += 1;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let left = course.request.limit().unwrap_or(self.timeout).min(self.left(course));
        match self.within(left, self.exchange(course, &url, request)).await {
            Some(Ok((head, body))) => {
                place.answered();
                Ok(Answer { head, body, place, tries: course.tries, lost: course.lost || course.broke_off })
            }
            Some(Err(failure)) => Err(failure),
            None => Err(Failure {
                error: Error::new(ErrorKind::Timeout, format!("no answer within {left:?}: try later or ask for less")),
                retry: Retry::Repeatable,
                lost: true,
            }),
        }
    }

    /// A step that comes before anything of this round is sent.
    async fn before_sending<T>(
        &self,
        course: &Course<'_>,
        what: &str,
        step: impl Future<Output = Result<T>>,
    ) -> Result<T, Failure> {
        let failed = |error, retry| Err(Failure { error, retry, lost: false });
        match self.within(self.left(course), step).await {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) if error.is_retryable() => failed(error, Retry::NotRun),
            Some(Err(error)) => failed(error, Retry::Never),
            None => {
                let deadline = self.deadline(course);
                let message = format!("the deadline of {deadline:?} passed while {what}");
                failed(Error::new(ErrorKind::Timeout, message), Retry::Never)
            }
        }
    }

    /// Everything that goes on the wire. The token is attached here and nowhere else, after the host was compared.
    fn prepare(&self, request: &Request, token: &AccessToken) -> Result<(Url, http::Request<crate::Body>)> {
        let url = request.url(token.instance(), self.api_version)?;
        let invalid = |_| Error::new(ErrorKind::Invalid, "its URL or a header is longer or other than HTTP allows");
        let mut wire = http::Request::builder()
            .method(request.method().clone())
            .uri(url.as_str())
            .body(request.body_with(token, self.api_version)?)
            .map_err(invalid)?;
        let headers = wire.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(request.headers().clone());
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        let options = match request.headers().get("sforce-call-options").and_then(|theirs| theirs.to_str().ok()) {
            Some(theirs) => format!("{}; {theirs}", self.call_options),
            None => self.call_options.clone(),
        };
        let options = HeaderValue::try_from(options)
            .map_err(|_| Error::new(ErrorKind::Invalid, "`Sforce-Call-Options` cannot be a header"))?;
        headers.insert("sforce-call-options", options);
        headers.insert(header::AUTHORIZATION, token.header().clone());
        Ok((url, wire))
    }

    async fn exchange(
        &self,
        course: &Course<'_>,
        url: &Url,
        request: http::Request<crate::Body>,
    ) -> Result<(Head, Received), Failure> {
        let answer = self.transport.send(request).await.map_err(|error| {
            let (kind, message) = classify::transport_failure(&error, url.host_str(), course.cap);
            let (retry, lost) = (classify::retry_of(&error), !error.nothing_was_sent());
            Failure { error: Error::new(kind, message).with_source(error), retry, lost }
        })?;
        let (parts, body) = answer.into_parts();
        let head = Head { call: course.call.clone(), status: parts.status, headers: parts.headers };
        self.limits.note(&head);
        let good = head.status.is_success() || head.status == StatusCode::NOT_MODIFIED;
        if good && course.want == Want::Stream {
            return Ok((head, Received::Stream(body)));
        }
        let cap = if good { course.cap } else { ERROR_BODY };
        let said = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let body = match body.collect_expecting(said, cap).await {
            Ok(body) => body,
            // A status that says no is an answer even if its text is cut.
            Err(_) if !good => Bytes::new(),
            Err(error) => {
                let retry = classify::retry_of(&error);
                return Err(Failure { error: broken_body(&head, error, cap), retry, lost: true });
            }
        };
        if !good {
            return Err(classify::refusal(&head, url, &body, course.request.kept_error_body(), &*self.clock));
        }
        match classify::disguised(&head, url, &body) {
            Some(failure) => Err(failure),
            None => Ok((head, Received::Whole(body))),
        }
    }

    fn verdict(&self, failure: &Failure, course: &Course<'_>) -> Verdict {
        if failure.retry == Retry::Renew {
            return if course.renewed { Verdict::Fail(Why::Refused) } else { Verdict::RenewThenRetry };
        }
        if !self.policy.allows(failure.retry, course.request.effect(), course.rounds) {
            return Verdict::Fail(Why::Final);
        }
        let pause = self.policy.pause(course.rounds, failure.error.retry_after(), fastrand::f64());
        if pause >= self.left(course) {
            return Verdict::Fail(Why::Deadline);
        }
        if self.budget.spend() { Verdict::Retry(pause) } else { Verdict::Fail(Why::Budget) }
    }

    fn deadline(&self, course: &Course<'_>) -> Duration {
        course.request.limit().unwrap_or(self.deadline)
    }

    fn left(&self, course: &Course<'_>) -> Duration {
        self.deadline(course).saturating_sub(self.clock.elapsed().saturating_sub(course.started))
    }

    /// What the future yields, if it does so in time.
    async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(pin!(future), self.clock.sleep(time)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }
}

/// Whether the org ended a try that it had begun.
fn broke_off(failure: &Failure) -> bool {
    let timed_out = failure.error.kind() == ErrorKind::Timeout && !failure.error.api_errors().is_empty();
    !failure.lost && (timed_out || matches!(failure.retry, Retry::Repeatable | Retry::Few))
}

/// The error the caller sees, with what the whole course adds to it.
fn conclude(error: Error, course: &Course<'_>, why: Why) -> Error {
    let error = error.with_call(course.call.clone()).with_tries(course.tries).with_broke_off(course.broke_off);
    let (kind, said) = (error.kind(), error.message().to_owned());
    let error = match why {
        Why::Final => error,
        Why::Refused => error.recast(
            ErrorKind::Auth,
            format!(
                "{said}: the token was renewed and refused again; look at the app's scopes (`api`), the org's API \
                 Access Control and its IP restrictions"
            ),
        ),
        Why::Budget => error.recast(kind, format!("{said}; not sent again, too many calls of this connection failed")),
        Why::Deadline => error.recast(kind, format!("{said}; not sent again, the deadline would pass before")),
    };
    match course.request.effect() {
        Effect::Once if course.lost => {
            let message = format!("{}; the org may have done it: look before you repeat the call", error.message());
            error.recast(ErrorKind::OutcomeUnknown, message).with_outcome_unknown(true)
        }
        Effect::Repeatable => error.with_outcome_unknown(course.lost),
        Effect::None | Effect::Once => error,
    }
}
