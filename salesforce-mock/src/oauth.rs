//! Who may log in: the app with its policies, what people granted it, and logins on their way.

mod app;
#[cfg(feature = "server")]
mod certificate;
mod family;
mod pending;

use std::collections::HashSet;
use std::fmt;

use salesforce_types::RecordId;

pub(crate) use app::is_offline;
pub use app::{App, AppKind};
pub(crate) use family::{Families, Known, Presented};
pub(crate) use pending::{Code, Device, INTERVAL, Pendings, Verdict};

use crate::Org;
use crate::ids::opaque;
use crate::session::SPREAD;

/// Everything about logins but the sessions themselves.
#[derive(Default)]
pub(crate) struct Logins {
    pub(crate) families: Families,
    pub(crate) pending: Pendings,
    pub(crate) frozen: HashSet<RecordId>,
    /// The apps beside the org's first one.
    more: Vec<App>,
    given: u64,
}

impl Logins {
    /// A text that was not given before.
    pub(crate) fn secret(&mut self, before: &str, length: usize) -> String {
        self.given += 1;
        format!("{before}{}", opaque((self.given ^ 0x5f5f).wrapping_mul(SPREAD), length))
    }
}

impl Org {
    /// Adds an app beside the [first one](Self::app): people of two programs log in to one org.
    pub fn add_app(&mut self, app: App) {
        self.logins.more.push(app);
    }

    /// The app of this consumer key.
    #[must_use]
    pub fn app_of(&self, client_id: &str) -> Option<&App> {
        std::iter::once(self.app()).chain(&self.logins.more).find(|app| app.knows(client_id).is_some())
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").field("families", &self.families).field("frozen", &self.frozen).finish_non_exhaustive()
    }
}
