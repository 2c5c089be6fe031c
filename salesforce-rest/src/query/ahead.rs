use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use salesforce_http::{Request, Response, Result};

use super::Cursor;
use crate::Client;

/// Pages that are fetched before their turn.
///
/// A locator ends in the number of rows before it, so that those of later pages can be counted out. That is how orgs
/// behave and is written nowhere, so nothing depends on it: a page is used only when the page before it names it as the
/// next one, and the first that does not, or an error before its turn, puts an end to fetching ahead.
pub(super) struct Ahead<'c> {
    client: &'c Client,
    pages: usize,
    places: VecDeque<Cursor>,
    answers: FuturesOrdered<BoxFuture<'c, Result<Response>>>,
    /// Those that came while something else was waited for.
    came: VecDeque<Result<Response>>,
}

impl<'c> Ahead<'c> {
    pub(super) fn new(client: &'c Client, pages: usize) -> Self {
        // Nobody polls them while a row is looked at, and a call that is made then has to have a place.
        let pages = pages.min(client.connection().concurrency() - 1);
        Self { client, pages, places: VecDeque::new(), answers: FuturesOrdered::new(), came: VecDeque::new() }
    }

    /// Waits for this, while the pages ahead get on.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            while let Poll::Ready(Some(answer)) = self.answers.poll_next_unpin(context) {
                self.came.push_back(answer);
            }
            work.as_mut().poll(context)
        })
        .await
    }

    /// The page at `next`, whether it is on its way or not. `at` is the place that named it, `total` what it announced.
    pub(super) async fn get(&mut self, at: Option<&Cursor>, next: &Cursor, total: Option<u64>) -> Result<Response> {
        if self.places.front().is_some_and(|place| place != next) {
            self.stop();
        }
        self.fill(at, next, total);
        if self.places.pop_front().is_some() {
            let came = self.came.pop_front();
            match if came.is_some() { came } else { self.answers.next().await } {
                Some(Ok(answer)) => return Ok(answer),
                // Asked for before its turn. Now it is its turn.
                _ => self.stop(),
            }
        }
        self.client.send(Request::follow(next.as_str())).await
    }

    pub(super) fn stop(&mut self) {
        self.pages = 0;
        self.places.clear();
        self.answers = FuturesOrdered::new();
        self.came.clear();
    }

    /// Asks for pages from `next` on, until enough are under way.
    fn fill(&mut self, at: Option<&Cursor>, next: &Cursor, total: Option<u64>) {
        let (Some((stem, offset)), Some(total)) = (counted(next), total) else { return };
        let before = at.and_then(counted).map_or(Some(0), |(same, before)| (same == stem).then_some(before));
        let Some(step) = before.and_then(|before| offset.checked_sub(before)).filter(|step| *step > 0) else { return };
        let mut place = match self.places.back().and_then(counted) {
            Some((_, last)) => last + step,
            None => offset,
        };
        while self.places.len() < self.pages && place < total {
            let Ok(cursor) = format!("{stem}-{place}").parse::<Cursor>() else { return };
            let (client, request) = (self.client, Request::follow(cursor.as_str()));
            let mut answer = async move { client.send(request).await }.boxed();
            // Asked once, it is sent: otherwise it would wait until the page before it is waited for again.
            self.answers.push_back(match (&mut answer).now_or_never() {
                Some(answer) => std::future::ready(answer).boxed(),
                None => answer,
            });
            self.places.push_back(cursor);
            place += step;
        }
    }
}

/// A locator and the number of rows before it.
fn counted(cursor: &Cursor) -> Option<(&str, u64)> {
    let (stem, offset) = cursor.as_str().rsplit_once('-')?;
    Some((stem, offset.parse().ok().filter(|_| offset.bytes().all(|byte| byte.is_ascii_digit()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_counts_rows_only_when_it_ends_in_digits() {
        let counted = |text: &str| counted(&text.parse().unwrap()).map(|(stem, offset)| (stem.to_owned(), offset));
        assert_eq!(counted("/query/0r8Qz00000FgHiJkLm-2000"), Some(("/query/0r8Qz00000FgHiJkLm".into(), 2000)));
        for other in ["/query/0r8Qz00000FgHiJkLm", "/query/0r8-", "/query/0r8-+5", "/query/0r8-99999999999999999999"] {
            assert_eq!(counted(other), None, "{other}");
        }
    }
}
