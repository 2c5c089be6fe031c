//! Who may log in: the app with its policies, what people granted it, and logins on their way.

mod app;
mod family;
mod pending;

use std::collections::HashSet;
use std::fmt;

use salesforce_types::RecordId;

pub use app::App;
pub(crate) use app::is_offline;
pub(crate) use family::{Families, Presented};
pub(crate) use pending::{Code, Device, INTERVAL, Pendings, Verdict};

use crate::ids::opaque;
use crate::session::SPREAD;

/// Everything about logins but the sessions themselves.
#[derive(Default)]
pub(crate) struct Logins {
    pub(crate) families: Families,
    pub(crate) pending: Pendings,
    pub(crate) frozen: HashSet<RecordId>,
    given: u64,
}

impl Logins {
    /// A text that was not given before.
    pub(crate) fn secret(&mut self, before: &str, length: usize) -> String {
        self.given += 1;
        format!("{before}{}", opaque((self.given ^ 0x5f5f).wrapping_mul(SPREAD), length))
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").field("families", &self.families).field("frozen", &self.frozen).finish_non_exhaustive()
    }
}
