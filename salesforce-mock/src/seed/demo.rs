mod billing;
mod files;
mod people;
mod sales;
mod service;

use std::time::Duration;

use salesforce_types::{RecordId, Timestamp};

use super::random::Random;
use super::{Fill, first_stamp, with_schema};
use crate::clock::OrgClock;
use crate::schema::Schema;
use crate::store::Store;
use crate::value::Value;

/// When the demo ends: rows in the bin were deleted then.
const LAST_STAMP: &str = "2025-12-30T16:00:00Z";
const DAY: u64 = 86_400;

/// The demo org: about 25,000 rows of some 25 objects, the same every time.
#[must_use]
pub fn demo() -> Store {
    demo_with(1)
}

/// The demo org of another seed: the same objects, other values.
#[must_use]
pub fn demo_with(seed: u64) -> Store {
    let mut store = with_schema(Schema::demo());
    store.clock = OrgClock::fixed(LAST_STAMP.parse().expect("a moment"));
    let mut demo = Demo { store, random: Random::new(seed), made: 0 };
    demo.people_and_companies();
    demo.sales();
    demo.service();
    demo.invoices();
    demo.specimens();
    demo.files();
    demo.around();
    demo.recycle();
    demo.store.clock = OrgClock::system();
    demo.store
}

struct Demo {
    store: Store,
    random: Random,
    /// How many rows were made: their stamps run on with it.
    made: u64,
}

impl Demo {
    /// A moment in the three years of the demo, later with every row, to the second.
    fn stamp(&mut self) -> Timestamp {
        self.made += 1;
        first_stamp().saturating_add(Duration::from_secs(self.made * 3500))
    }

    /// Adds a row with its own stamps; every third was changed later.
    fn add(&mut self, object: &str, set: impl FnOnce(Fill, &mut Random) -> Fill) -> RecordId {
        let created = self.stamp();
        let mut fill = set(Fill::new(self.store.schema(), object), &mut self.random);
        if self.random.percent(33) {
            let days = u64::try_from(self.random.number(20)).unwrap_or(0);
            fill = fill.modified(created.saturating_add(Duration::from_secs(days * DAY + 61)));
        }
        fill.load(&mut self.store, created)
    }

    fn add_all(
        &mut self,
        object: &str,
        count: usize,
        mut set: impl FnMut(Fill, &mut Random, usize) -> Fill,
    ) -> Vec<RecordId> {
        (0..count).map(|row| self.add(object, |fill, random| set(fill, random, row))).collect()
    }

    /// Rows that may point to one of their own kind made before.
    fn add_tree(
        &mut self,
        object: &str,
        count: usize,
        mut set: impl FnMut(Fill, &mut Random, Option<RecordId>, usize) -> Fill,
    ) -> Vec<RecordId> {
        let mut ids: Vec<RecordId> = Vec::with_capacity(count);
        for row in 0..count {
            let parent = if !ids.is_empty() && self.random.percent(20) { Some(*self.random.one(&ids)) } else { None };
            ids.push(self.add(object, |fill, random| set(fill, random, parent, row)));
        }
        ids
    }

    /// The ids of all rows of an object.
    fn ids(&self, object: &str) -> Vec<RecordId> {
        let object = self.store.schema().object(object);
        object.map(|object| self.store.table(object).rows().map(|row| row.id()).collect()).unwrap_or_default()
    }

    /// A few rows of the objects around the business.
    fn around(&mut self) {
        let (accounts, user) = (self.ids("Account"), self.store.user);
        self.add_all("AccountHistory", 60, |fill, random, row| {
            fill.set("AccountId", *random.one(&accounts))
                .set("Field", if row % 3 == 0 { "Name" } else { "Industry" })
                .set("DataType", "Text")
                .set("OldValue", if row % 4 == 0 { "" } else { "Banking" })
                .set("NewValue", "Énergie")
        });
        self.add_all("AccountShare", 40, |fill, random, _| {
            fill.set("AccountId", *random.one(&accounts))
                .set("UserOrGroupId", user)
                .set("AccountAccessLevel", "Edit")
                .set("OpportunityAccessLevel", "Read")
                .set("RowCause", "Manual")
        });
        for (name, rate) in [("Standard", 19_000), ("Reduced", 7_000), ("None", 0)] {
            self.add("Rate__mdt", |fill, _| {
                fill.set("Label", name)
                    .set("DeveloperName", name)
                    .set("MasterLabel", name)
                    .set("QualifiedApiName", name)
                    .set("Language", "en_US")
                    .set("Rate__c", Value::number(rate, 3))
            });
        }
        let organization = self.store.organization;
        self.add("Connector_Settings__c", |fill, _| {
            fill.set("Name", "Default").set("SetupOwnerId", organization).set("Endpoint__c", "https://example.com/")
        });
    }

    /// Some rows go to the bin: single ones, and an account with what belongs to it.
    fn recycle(&mut self) {
        for (object, every) in
            [("Contact", 90), ("Lead", 50), ("Case", 60), ("Task", 40), ("Specimen__c", 30), ("Note", 25)]
        {
            for id in self.ids(object).into_iter().skip(every / 2).step_by(every) {
                // What went with another row already, or is held back, is left alone.
                let _ = self.store.delete(id);
            }
        }
        for id in self.ids("Account").into_iter().skip(11).step_by(190) {
            let _ = self.store.delete(id);
        }
    }
}

#[cfg(test)]
mod tests;
