use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use salesforce_http::{AccessToken, Result};

type Landed = Result<Arc<AccessToken>>;

/// The token in use and, if one is under way, the renewal that a whole crowd waits for.
///
/// The renewal belongs to this and not to the caller that began it: whoever is dropped while waiting leaves it to the
/// others, and to those who come later.
#[derive(Default)]
pub(crate) struct Flight(Mutex<State>);

#[derive(Default)]
struct State {
    token: Option<Arc<AccessToken>>,
    current: Option<Shared<BoxFuture<'static, Landed>>>,
}

impl Flight {
    /// The token to use: any that is held but the refused one; or what the renewal under way brings; or what one that
    /// begins now brings. `start` gets the token held until now.
    pub(crate) async fn other_than(
        &self,
        refused: Option<&Arc<AccessToken>>,
        start: impl FnOnce(Option<Arc<AccessToken>>) -> BoxFuture<'static, Landed>,
    ) -> Landed {
        let current = {
            let mut state = self.state();
            if let Some(token) = state.good(refused) {
                return Ok(token);
            }
            match &state.current {
                Some(current) => current.clone(),
                None => {
                    let begun = start(state.token.clone()).shared();
                    state.current.insert(begun).clone()
                }
            }
        };
        let landed = current.clone().await;
        let mut state = self.state();
        // The first of the crowd clears it away. A later renewal is another one and stays.
        if state.current.as_ref().is_some_and(|other| other.ptr_eq(&current)) {
            state.current = None;
            if let Ok(token) = &landed {
                state.token = Some(token.clone());
            }
        }
        landed
    }

    /// Forgets the token, and a renewal that began before: the next call gets another.
    pub(crate) fn forget(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn good(&self, refused: Option<&Arc<AccessToken>>) -> Option<Arc<AccessToken>> {
        let good = |token: &&Arc<AccessToken>| refused.is_none_or(|refused| !Arc::ptr_eq(token, refused));
        self.token.as_ref().filter(good).cloned()
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("under_way", &self.state().current.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
