//! Orgs with rows in them.

mod demo;
mod fill;
mod generator;
pub(crate) mod project;
mod random;
mod words;

pub use demo::{demo, demo_with};
pub use fill::Fill;
pub use generator::generated;
pub use project::{ProjectError, from_project};

use std::sync::Arc;

use salesforce_types::{RecordId, Timestamp};

use crate::clock::OrgClock;
use crate::ids;
use crate::schema::Schema;
use crate::store::Store;

/// When the rows of a seed begin: 2023-01-02. They end before 2026, so that they lie in the past of every real clock.
const FIRST_STAMP: &str = "2023-01-02T08:00:00Z";

/// An org with its own row, a profile, the user who works in it, a second user, a queue and a price book.
#[must_use]
pub fn empty() -> Store {
    with_schema(Schema::standard())
}

/// The same with another schema, which has to hold the standard objects.
#[must_use]
pub fn with_schema(schema: Schema) -> Store {
    let user = first("005");
    let mut store = Store::new(schema, OrgClock::system(), user, first("00D"));
    let stamp = first_stamp();
    let schema = Arc::clone(store.schema());
    let row = |object: &str| Fill::new(&schema, object);
    row("Organization")
        .set("Name", "Acme Mock Ltd")
        .set("OrganizationType", "Developer Edition")
        .set("InstanceName", "MOCK1")
        .set("IsSandbox", false)
        .set("IsReadOnly", false)
        .set("DefaultLocaleSidKey", "en_US")
        .set("LanguageLocaleKey", "en_US")
        .set("TimeZoneSidKey", "GMT")
        .set("FiscalYearStartMonth", 1)
        .set("City", "Berlin")
        .set("Country", "Germany")
        .load(&mut store, stamp);
    let profile = row("Profile")
        .set("Name", "System Administrator")
        .set("UserType", "Standard")
        .set("PermissionsApiEnabled", true)
        .set("PermissionsViewAllData", true)
        .set("PermissionsModifyAllData", true)
        .load(&mut store, stamp);
    for (first, last, username, alias) in
        [("Ada", "Admin", USERNAME, "admin"), ("Ulla", "Öztürk", "ulla.oeztuerk@acme-mock.example", "ulla")]
    {
        let name = format!("{first} {last}");
        row("User")
            .set("Username", username)
            .set("FirstName", first)
            .set("LastName", last)
            .set("Name", &*name)
            .set("Email", username)
            .set("Alias", alias)
            .set("CommunityNickname", alias)
            .set("IsActive", true)
            .set("TimeZoneSidKey", "GMT")
            .set("LocaleSidKey", "en_US")
            .set("EmailEncodingKey", "UTF-8")
            .set("LanguageLocaleKey", "en_US")
            .set("UserType", "Standard")
            .set("ProfileId", profile)
            .load(&mut store, stamp);
    }
    row("Group")
        .set("Name", "Support Queue")
        .set("DeveloperName", "Support_Queue")
        .set("Type", "Queue")
        .set("DoesIncludeBosses", true)
        .load(&mut store, stamp);
    row("Pricebook2")
        .set("Name", "Standard Price Book")
        .set("IsActive", true)
        .set("IsStandard", true)
        .load(&mut store, stamp);
    store
}

/// The user name of [`Store::user`] in every seed.
pub const USERNAME: &str = "admin@acme-mock.example";

fn first(prefix: &str) -> RecordId {
    ids::id(prefix.parse().expect("a prefix of the standard objects"), 1)
}

fn first_stamp() -> Timestamp {
    FIRST_STAMP.parse().expect("a moment")
}
