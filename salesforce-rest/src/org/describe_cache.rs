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
        let asking = Asking { cache: self, object, entry: self.entry(object) };
        let entry = &*asking.entry;
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
        if entry.checks.fetch_add(1, Ordering::Release) == 0 {
            self.make_room();
        }
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
        self.slots().by_name.values().filter(|slot| slot.entry.is_held()).count()
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
        let slot = slots
            .by_name
            .entry(object.to_ascii_lowercase())
            .or_insert_with(|| Slot { entry: Arc::default(), last_use });
        slot.last_use = last_use;
        slot.entry.clone()
    }

    /// Lets go what was not asked for the longest, when one more is held.
    fn make_room(&self) {
        let mut slots = self.slots();
        let held = || slots.by_name.iter().filter(|(_, slot)| slot.entry.is_held());
        if held().count() > self.capacity {
            let oldest = held().min_by_key(|(_, slot)| slot.last_use).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| slots.by_name.remove(&oldest));
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call for an object. When the last one ends and nothing is held, no trace is left of it.
struct Asking<'c> {
    cache: &'c DescribeCache,
    object: &'c str,
    entry: Arc<Entry>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut slots = self.cache.slots();
        let name = self.object.to_ascii_lowercase();
        let is_ours = slots.by_name.get(&name).is_some_and(|slot| Arc::ptr_eq(&slot.entry, &self.entry));
        // The slot's and ours; who else asks takes its own from the slot, under the lock.
        if is_ours && !self.entry.is_held() && Arc::strong_count(&self.entry) == 2 {
            slots.by_name.remove(&name);
        }
        // Counted out under the lock, or two that end at once would each leave it to the other.
        self.entry = Arc::default();
    }
}

impl Entry {
    fn is_held(&self) -> bool {
        self.checks.load(Ordering::Acquire) > 0
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
