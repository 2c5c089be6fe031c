//! Every order in which a crowd, its renewal and the end of its callers can fall out.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use salesforce_http::{Error, ErrorKind};

use super::*;

fn token(number: usize) -> Arc<AccessToken> {
    Arc::new(AccessToken::new(format!("token-{number}").into(), "https://acme.my.salesforce.com").unwrap())
}

/// An exchange that takes some polls, as a call over the network does.
struct Exchange {
    left: usize,
    number: usize,
    fails: bool,
}

impl Future for Exchange {
    type Output = Landed;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Landed> {
        match self.left {
            0 if self.fails => Poll::Ready(Err(Error::new(ErrorKind::Busy, format!("failure {}", self.number)))),
            0 => Poll::Ready(Ok(token(self.number))),
            _ => {
                self.left -= 1;
                Poll::Pending
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Poll(usize),
    Drop(usize),
}

#[derive(Default)]
struct Seen {
    orders: usize,
    shared: usize,
    inherited: usize,
}

/// Plays one order. Returns what may come next, or nothing when all callers have ended.
fn play(order: &[Step], callers: usize, fails: bool, seen: &mut Seen) -> Vec<Step> {
    let flight = Flight::default();
    let refused = token(0);
    flight.state().token = Some(refused.clone());
    let begun = AtomicUsize::new(0);
    let call = || {
        Box::pin(flight.other_than(Some(&refused), |held| {
            assert!(held.is_some_and(|held| Arc::ptr_eq(&held, &refused)));
            let number = begun.fetch_add(1, Ordering::SeqCst) + 1;
            Exchange { left: 2, number, fails }.boxed()
        }))
    };
    let mut crowd: Vec<Option<Pin<Box<dyn Future<Output = Landed> + '_>>>> =
        (0..callers).map(|_| Some(call() as Pin<Box<dyn Future<Output = Landed> + '_>>)).collect();
    let mut polled = vec![false; callers];
    let (mut ends, mut dropped) = (Vec::new(), 0);
    let mut context = Context::from_waker(Waker::noop());
    for step in order {
        match *step {
            Step::Poll(who) => {
                polled[who] = true;
                if let Some(Poll::Ready(landed)) = crowd[who].as_mut().map(|call| call.as_mut().poll(&mut context)) {
                    crowd[who] = None;
                    ends.push(landed);
                }
            }
            Step::Drop(who) => {
                crowd[who] = None;
                dropped += usize::from(polled[who]);
            }
        }
    }
    let next: Vec<Step> =
        (0..callers).filter(|who| crowd[*who].is_some()).flat_map(|who| [Step::Poll(who), Step::Drop(who)]).collect();
    if next.is_empty() {
        seen.orders += 1;
        let begun = begun.load(Ordering::SeqCst);
        let any = polled.iter().any(|polled| *polled);
        if fails {
            // Those who waited share one failure; whoever comes after it tries anew.
            assert!(begun <= callers, "{order:?}");
        } else {
            assert_eq!(begun, usize::from(any), "one exchange, whatever the order: {order:?}");
            assert!(ends.iter().all(|end| end.as_ref().is_ok_and(|token| !Arc::ptr_eq(token, &refused))));
            assert!(ends.windows(2).all(|two| match two {
                [Ok(one), Ok(other)] => Arc::ptr_eq(one, other),
                _ => false,
            }));
        }
        seen.shared += usize::from(ends.len() > 1);
        seen.inherited += usize::from(dropped > 0 && !ends.is_empty());
    }
    next
}

fn explore(order: &mut Vec<Step>, callers: usize, fails: bool, seen: &mut Seen) {
    for step in play(order, callers, fails, seen) {
        order.push(step);
        explore(order, callers, fails, seen);
        order.pop();
    }
}

#[test]
fn b10_01_one_renewal_in_every_order_of_polls_and_drops() {
    let mut seen = Seen::default();
    explore(&mut Vec::new(), 3, false, &mut seen);
    assert!(seen.orders > 500 && seen.shared > 100 && seen.inherited > 100, "{}", seen.orders);
}

#[test]
fn b10_01_a_failure_is_shared_and_never_blocks_the_next_in_any_order() {
    let mut seen = Seen::default();
    explore(&mut Vec::new(), 2, true, &mut seen);
    assert!(seen.orders > 50 && seen.shared > 0, "{}", seen.orders);
}

#[test]
fn a_renewal_that_everybody_left_is_there_for_who_comes_later() {
    let flight = Flight::default();
    let begun = AtomicUsize::new(0);
    let call = || {
        Box::pin(flight.other_than(None, |_| {
            begun.fetch_add(1, Ordering::SeqCst);
            Exchange { left: 1, number: 1, fails: false }.boxed()
        }))
    };
    let mut context = Context::from_waker(Waker::noop());
    assert!(call().as_mut().poll(&mut context).is_pending());
    let Poll::Ready(Ok(first)) = call().as_mut().poll(&mut context) else { panic!("it had one poll to go") };
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    flight.forget();
    let mut again = call();
    assert!(again.as_mut().poll(&mut context).is_pending());
    let Poll::Ready(Ok(second)) = again.as_mut().poll(&mut context) else { panic!("it had one poll to go") };
    assert!(!Arc::ptr_eq(&first, &second));

    // A renewal that nobody waited for is not taken for one of what came after it.
    flight.forget();
    assert!(call().as_mut().poll(&mut context).is_pending());
    flight.forget();
    assert!(call().as_mut().poll(&mut context).is_pending());
    assert_eq!(begun.load(Ordering::SeqCst), 4);
}
