use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::lock::Mutex as AsyncMutex;
use http::StatusCode;
use salesforce_http::Result;
use salesforce_types::describe::SObjectDescribe;

use super::describe::describe_request;
use crate::Client;

/// What an org says of its objects, kept for as long as you say.
///
/// The cache is yours: make one where you need it, share it by reference or `Arc`, drop it when the org may have
/// changed. It asks with `If-Modified-Since`, so that an object that did not change costs a call but no body. Callers
/// that ask for the same object at once cause one call.
///
/// ```no_run
/// use std::time::Duration;
/// use salesforce_rest::{Client, DescribeCache};
///
/// # async fn run(client: Client) -> salesforce_rest::Result<()> {
/// let cache = DescribeCache::new(client).keep_for(Duration::from_secs(600));
/// let account = cache.describe("Account").await?;
/// println!("{} fields, {:?}", account.describe.fields.len(), account.freshness);
/// # Ok(()) }
/// ```
///
/// Describes are of the client's user: what another user may see is another cache.
pub struct DescribeCache {
    client: Client,
    keep_for: Duration,
    capacity: usize,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    by_name: HashMap<String, Slot>,
    uses: u64,
}

struct Slot {
    entry: Arc<Entry>,
    last_use: u64,
}

#[derive(Default)]
struct Entry {
    /// How often the org was asked with success.
    checks: AtomicU64,
    held: AsyncMutex<Option<Held>>,
}

struct Held {
    describe: Arc<SObjectDescribe>,
    modified: Option<String>,
    checked: Duration,
    how: Freshness,
}

/// A describe out of a [`DescribeCache`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cached {
    /// What the org said.
    pub describe: Arc<SObjectDescribe>,
    /// When it said so.
    pub freshness: Freshness,
}

/// How fresh a cached answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// It came from the org for this call, or for one made at the same time.
    Fetched,
    /// The org said for this call, or for one made at the same time, that it did not change.
    Confirmed,
    /// The org was not asked: this long ago it said so.
    Held(Duration),
}

impl DescribeCache {
    /// An empty cache for 1,000 objects, which asks the org each time whether they have changed.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, keep_for: Duration::ZERO, capacity: 1_000, slots: Mutex::default() }
    }

    /// For how long an answer is given without asking the org; not at all unless said.
    #[must_use]
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.keep_for = time;
        self
    }

    /// How many objects are kept at most, one at least; the one that was not asked for the longest goes first.
    #[must_use]
    pub fn capacity(mut self, objects: usize) -> Self {
        self.capacity = objects.max(1);
        self
    }

    /// One object whole.
    ///
    /// # Errors
    ///
    /// As for [`Client::describe`]. What was held stays held.
    pub async fn describe(&self, object: &str) -> Result<Cached> {
        let request = describe_request(object)?;
        let clock = self.client.connection().clock();
        let entry = self.entry(object);
        let checks = entry.checks.load(Ordering::Acquire);
        let mut held = entry.held.lock().await;
        let request = match &*held {
            // Who waited for the call of another takes its answer.
            Some(held) if entry.checks.load(Ordering::Acquire) > checks => return Ok(held.cached(held.how)),
            Some(held) => {
                let age = clock.elapsed().saturating_sub(held.checked);
                if age < self.keep_for {
                    return Ok(held.cached(Freshness::Held(age)));
                }
                match &held.modified {
                    Some(modified) => request.header("If-Modified-Since", modified),
                    None => request,
                }
            }
            None => request,
        };
        let answer = self.client.send(request).await?;
        let (describe, modified, how) = match (&*held, answer.status()) {
            (Some(held), StatusCode::NOT_MODIFIED) => {
                (held.describe.clone(), held.modified.clone(), Freshness::Confirmed)
            }
            _ => {
                let modified = answer.header("last-modified").map(str::to_owned);
                (Arc::new(answer.json()?), modified, Freshness::Fetched)
            }
        };
        entry.checks.fetch_add(1, Ordering::Release);
        Ok(held.insert(Held { describe, modified, checked: clock.elapsed(), how }).cached(how))
    }

    /// Forgets an object, so that the next call fetches it.
    pub fn invalidate(&self, object: &str) {
        self.slots().by_name.remove(&object.to_ascii_lowercase());
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.slots().by_name.clear();
    }

    /// How many objects are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots().by_name.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entry(&self, object: &str) -> Arc<Entry> {
        let mut slots = self.slots();
        slots.uses += 1;
        let last_use = slots.uses;
        let name = object.to_ascii_lowercase();
        if !slots.by_name.contains_key(&name) && slots.by_name.len() >= self.capacity {
            let oldest = slots.by_name.iter().min_by_key(|(_, slot)| slot.last_use).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| slots.by_name.remove(&oldest));
        }
        let slot = slots.by_name.entry(name).or_insert_with(|| Slot { entry: Arc::default(), last_use });
        slot.last_use = last_use;
        slot.entry.clone()
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn cached(&self, freshness: Freshness) -> Cached {
        Cached { describe: self.describe.clone(), freshness }
    }
}

impl fmt::Debug for DescribeCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescribeCache")
            .field("keep_for", &self.keep_for)
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
