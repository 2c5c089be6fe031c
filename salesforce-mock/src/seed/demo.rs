use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use salesforce_types::{RecordId, TimeOfDay, Timestamp};

use super::random::Random;
use super::words::{self, CITIES, FIRST_NAMES, LAST_NAMES, SUBJECTS};
use super::{Fill, first_stamp, with_schema};
use crate::clock::OrgClock;
use crate::rules::Draft;
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

    fn people_and_companies(&mut self) {
        let users = self.ids("User");
        let accounts = self.add_tree("Account", 2000, |fill, random, parent, row| {
            let city = random.one(&CITIES);
            let fill = fill
                .set("Name", &*words::company(random))
                .set("ParentId", parent)
                .set("Type", *random.one(&["Prospect", "Customer - Direct", "Technology Partner"]))
                .set("Industry", *random.one(&["Banking", "Energy", "Retail", "Technology"]))
                .set("BillingStreet", &*format!("{}\n{} Straße", random.below(200), random.one(&LAST_NAMES)))
                .set("BillingCity", city.0)
                .set("BillingPostalCode", city.1)
                .set("BillingCountry", city.2)
                .set("External_Key__c", &*format!("ACC-{row:05}"))
                .set("OwnerId", *random.one(&users));
            let fill = if random.percent(60) {
                fill.set("BillingLatitude", Value::number(city.3, 6)).set("BillingLongitude", Value::number(city.4, 6))
            } else {
                fill
            };
            let fill = if random.percent(70) {
                fill.set("AnnualRevenue", Value::number(random.number(90_000) * 1000, 0))
                    .set("NumberOfEmployees", random.number(4000))
                    .set("Website", &*format!("https://www.example.com/{row}?a=1&b=ü"))
            } else {
                fill
            };
            if random.percent(40) { fill.set("Description", &*words::paragraph(random)) } else { fill }
        });
        self.add_tree("Contact", 4500, |fill, random, manager, row| {
            let fill = person(fill, random, row)
                .set("AccountId", if random.percent(95) { Some(*random.one(&accounts)) } else { None })
                .set("ReportsToId", manager)
                .set("Title", *random.one(&["CEO", "Einkäuferin", "Directeur", "Engineer", "部長"]))
                .set("MailingCity", random.one(&CITIES).0)
                .set("OwnerId", *random.one(&users));
            let fill = if random.percent(50) {
                let day = first_stamp().saturating_sub(Duration::from_secs(DAY * (8000 + random.below(9000) as u64)));
                fill.set("Birthdate", Value::Date(day.date()))
                    .set("Languages__c", *random.one(&["German;日本語", "French"]))
            } else {
                fill
            };
            if random.percent(20) { fill.set("Description", &*words::paragraph(random)) } else { fill }
        });
        self.add_all("Lead", 2000, |fill, random, row| {
            person(fill, random, row)
                .set("Company", &*words::company(random))
                .set("Status", *random.one(&["Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"]))
                .set("LeadSource", *random.one(&["Web", "Phone Inquiry", ""]))
                .set("AnnualRevenue", Value::number(random.number(90_000) * 1000, 0))
                .set("IsConverted", false)
                .set("IsUnreadByOwner", random.percent(30))
        });
    }

    fn sales(&mut self) {
        let (accounts, contacts, leads) = (self.ids("Account"), self.ids("Contact"), self.ids("Lead"));
        let campaigns = self.add_tree("Campaign", 40, |fill, random, parent, row| {
            fill.set("Name", &*format!("Kampagne «{row}»"))
                .set("ParentId", parent)
                .set("Status", *random.one(&["Planned", "In Progress", "Completed"]))
                .set("BudgetedCost", Value::number(random.number(100_000), 0))
                .set("ExpectedResponse", Value::number(random.number(10_000), 2))
                .set("IsActive", random.percent(50))
        });
        self.add_all("CampaignMember", 1000, |fill, random, row| {
            let responded = random.percent(30);
            let fill = fill
                .set("CampaignId", *random.one(&campaigns))
                .set("Status", if responded { "Responded" } else { "Sent" })
                .set("HasResponded", responded);
            match row % 2 {
                0 => fill.set("LeadId", *random.one(&leads)),
                _ => fill.set("ContactId", *random.one(&contacts)),
            }
        });
        let products = self.add_all("Product2", 120, |fill, random, row| {
            fill.set("Name", &*format!("Product {row} ½\""))
                .set("ProductCode", &*format!("P-{row:04}"))
                .set("StockKeepingUnit", &*format!("SKU-{row:04}"))
                .set("IsActive", row % 10 != 0)
                .set("Family", *random.one(&["Hardware", "Software", "Service"]))
        });
        let books = self.ids("Pricebook2");
        let entries = self.add_all("PricebookEntry", 120, |fill, random, row| {
            fill.set("Name", &*format!("Product {row} ½\""))
                .set("Pricebook2Id", books[0])
                .set("Product2Id", products[row])
                .set("UnitPrice", Value::number(100 + random.number(100_000), 2))
                .set("IsActive", true)
                .set("UseStandardPrice", false)
        });
        let opportunities = self.add_all("Opportunity", 3000, |fill, random, row| {
            let stages = [
                ("Prospecting", 10, "Pipeline"),
                ("Proposal/Price Quote", 75, "Pipeline"),
                ("Closed Won", 100, "Closed"),
                ("Closed Lost", 0, "Omitted"),
            ];
            let &(stage, probability, forecast) = random.one(&stages);
            let closes = first_stamp().saturating_add(Duration::from_secs(DAY * random.below(1400) as u64));
            let fill = fill
                .set("Name", &*format!("{} – Auftrag {row}", words::company(random)))
                .set("AccountId", *random.one(&accounts))
                .set("CampaignId", if random.percent(20) { Some(*random.one(&campaigns)) } else { None })
                .set("StageName", stage)
                .set("Probability", Value::number(probability, 0))
                .set("ForecastCategoryName", forecast)
                .set("IsClosed", stage.starts_with("Closed"))
                .set("IsWon", stage == "Closed Won")
                .set("IsPrivate", false)
                .set("CloseDate", Value::Date(closes.date()))
                .set("HasOpportunityLineItem", row < 1000);
            if random.percent(80) { fill.set("Amount", Value::number(random.number(100_000_000), 2)) } else { fill }
        });
        self.add_all("OpportunityLineItem", 2000, |fill, random, row| {
            let product = random.below(products.len());
            fill.set("OpportunityId", opportunities[row % 1000])
                .set("Product2Id", products[product])
                .set("PricebookEntryId", entries[product])
                .set("Quantity", Value::number(1 + random.number(1000), 1))
                .set("UnitPrice", Value::number(random.number(100_000), 2))
                .set("SortOrder", i64::from(row >= 1000))
        });
        self.add_all("Contract", 300, |fill, random, _| {
            fill.set("AccountId", *random.one(&accounts))
                .set("Status", *random.one(&["Draft", "Activated"]))
                .set("ContractTerm", 12 + random.number(24))
                .set("SpecialTerms", &*words::paragraph(random))
        });
    }

    fn service(&mut self) {
        let (accounts, contacts, leads) = (self.ids("Account"), self.ids("Contact"), self.ids("Lead"));
        let products = self.ids("Product2");
        let assets = self.add_tree("Asset", 500, |fill, random, parent, row| {
            fill.set("Name", &*format!("Asset {row}"))
                .set("ParentId", parent)
                .set("AccountId", *random.one(&accounts))
                .set("Product2Id", *random.one(&products))
                .set("SerialNumber", &*format!("SN{row:06}"))
                .set("Quantity", Value::number(random.number(500), 2))
        });
        let cases = self.add_tree("Case", 2500, |fill, random, parent, _| {
            let closed = random.percent(50);
            let fill = fill
                .set("ParentId", parent)
                .set("AccountId", *random.one(&accounts))
                .set("ContactId", if random.percent(80) { Some(*random.one(&contacts)) } else { None })
                .set("AssetId", if random.percent(30) { Some(*random.one(&assets)) } else { None })
                .set("Subject", *random.one(&SUBJECTS))
                .set("Description", &*words::paragraph(random))
                .set("Status", if closed { "Closed" } else { "New" })
                .set("Priority", *random.one(&["High", "Medium", "Low"]))
                .set("Origin", *random.one(&["Phone", "Email", "Web"]))
                .set("IsClosed", closed)
                .set("IsEscalated", random.percent(5));
            if closed {
                fill.set("ClosedDate", first_stamp().saturating_add(Duration::from_secs(DAY * 1000)))
            } else {
                fill
            }
        });
        let opportunities = self.ids("Opportunity");
        let who = [&contacts[..], &leads[..]];
        let what = [&accounts[..], &opportunities[..], &cases[..]];
        self.add_all("Task", 2500, |fill, random, _| {
            let (whose, about) = (*random.one(&who), *random.one(&what));
            let who = if random.percent(80) { Some(*random.one(whose)) } else { None };
            let what = if random.percent(70) { Some(*random.one(about)) } else { None };
            let (done, high) = (random.percent(60), random.percent(20));
            let due = first_stamp().saturating_add(Duration::from_secs(DAY * random.below(1300) as u64));
            let fill = fill
                .set("WhoId", who)
                .set("WhatId", what)
                .set("Subject", *random.one(&SUBJECTS))
                .set("Status", if done { "Completed" } else { "Not Started" })
                .set("Priority", if high { "High" } else { "Normal" })
                .set("IsClosed", done)
                .set("IsHighPriority", high)
                .set("IsArchived", false)
                .set("IsReminderSet", false)
                .set("TaskSubtype", "Task");
            let fill = if random.percent(90) { fill.set("ActivityDate", Value::Date(due.date())) } else { fill };
            if random.percent(30) { fill.set("Description", &*words::paragraph(random)) } else { fill }
        });
        self.add_all("Event", 800, |fill, random, _| {
            let (whose, about) = (*random.one(&who), *random.one(&what));
            let start = first_stamp().saturating_add(Duration::from_secs(DAY * random.below(1300) as u64));
            fill.set("WhoId", *random.one(whose))
                .set("WhatId", *random.one(about))
                .set("Subject", *random.one(&SUBJECTS))
                .set("StartDateTime", start)
                .set("ActivityDateTime", start)
                .set("ActivityDate", Value::Date(start.date()))
                .set("EndDateTime", start.saturating_add(Duration::from_secs(3600)))
                .set("DurationInMinutes", 60)
                .set("IsAllDayEvent", false)
                .set("IsPrivate", false)
                .set("IsArchived", false)
                .set("ShowAs", "Busy")
        });
    }

    fn invoices(&mut self) {
        let (accounts, contacts, products) = (self.ids("Account"), self.ids("Contact"), self.ids("Product2"));
        let invoices = self.add_tree("Invoice__c", 1200, |fill, random, corrects, row| {
            let issued = first_stamp().saturating_add(Duration::from_secs(DAY * random.below(1000) as u64));
            let paid = random.percent(60);
            let fill = fill
                .set("Account__c", *random.one(&accounts))
                .set("Contact__c", if random.percent(50) { Some(*random.one(&contacts)) } else { None })
                .set("Corrects__c", corrects.filter(|_| row % 7 == 0))
                .set("Status__c", if paid { "Paid" } else { "Sent" })
                .set("Currency__c", *random.one(&["EUR", "USD", "JPY"]))
                .set("Issued__c", Value::Date(issued.date()))
                .set("Due__c", Value::Date(issued.saturating_add(Duration::from_secs(DAY * 30)).date()))
                .set("External_Key__c", &*format!("INV-{row:05}"));
            if paid {
                fill.set("Paid_At__c", issued.saturating_add(Duration::from_secs(DAY * 9 + 3661)))
            } else {
                fill.set("Terms__c", &*words::paragraph(random))
                    .set("Discount__c", Value::number(random.number(3000), 2))
            }
        });
        self.add_all("Invoice_Line__c", 2000, |fill, random, _| {
            fill.set("Invoice__c", *random.one(&invoices))
                .set("Product__c", if random.percent(80) { Some(*random.one(&products)) } else { None })
                .set("Text__c", *random.one(&SUBJECTS))
                .set("Quantity__c", Value::number(1 + random.number(100_000), 3))
                .set("Unit_Price__c", Value::number(random.number(10_000_000), 4))
        });
    }

    /// Rows of the object that has a field of every type.
    fn specimens(&mut self) {
        let (accounts, products) = (self.ids("Account"), self.ids("Product2"));
        self.add_tree("Specimen__c", 300, |fill, random, parent, row| {
            let fill = fill
                .set("Name", &*format!("Specimen {row}"))
                .set("Key__c", &*format!("K-{row}"))
                .set("Checkbox__c", random.percent(50))
                .set("Choice__c", *random.one(&["Red", "Green", "Blue"]))
                .set("Parent__c", parent);
            // One in ten holds nothing else, so that every field is empty somewhere.
            if row % 10 == 9 {
                return fill;
            }
            let moment = first_stamp().saturating_add(Duration::from_secs(random.below(90_000_000) as u64));
            let city = random.one(&CITIES);
            fill.set("Text__c", *random.one(&SUBJECTS))
                .set("Unique_Text__c", &*format!("{}{row}", if row % 2 == 0 { "u" } else { "U" }))
                .set("Number_Key__c", Value::number(9_000_000_000_000_000 + i64::try_from(row).unwrap_or(0), 0))
                .set("Long_Text__c", &*words::paragraph(random).repeat(1 + random.below(40)))
                .set("Rich_Text__c", &*format!("<p>{}</p>", random.one(&SUBJECTS)))
                .set("Text_Area__c", "one\r\ntwo\nthree")
                .set("Secret__c", "****1234")
                .set("Number__c", Value::number(random.number(1_000_000_000_000) - 500_000_000_000, 6))
                .set("Whole__c", Value::number(random.number(1000), 0))
                .set("Currency__c", Value::number(random.number(1_000_000_000), 2))
                .set("Percent__c", Value::number(random.number(100_000), 3))
                .set("Date__c", Value::Date(moment.date()))
                .set("Moment__c", moment)
                .set(
                    "Time__c",
                    TimeOfDay::from_millis(u32::try_from(random.below(86_400_000)).unwrap_or(0))
                        .map_or(Value::Null, Value::Time),
                )
                .set("Phone__c", &*format!("+49 30 {:06}", random.below(1_000_000)))
                .set("Email__c", &*format!("specimen{row}@example.com"))
                .set("Url__c", &*format!("https://example.com/?q={row}&x=%20"))
                .set("Fixed_Choice__c", *random.one(&["One", "Two", "Three"]))
                .set("Choices__c", *random.one(&["Sweet", "Sweet;Sour", "Salty;Bitter;Umami"]))
                .set("Place__Latitude__s", Value::number(city.3, 6))
                .set("Place__Longitude__s", Value::number(city.4, 6))
                .set("Lookup__c", *random.one(&accounts))
                .set("Held__c", *random.one(&products))
        });
    }

    fn files(&mut self) {
        let (accounts, cases, contacts) = (self.ids("Account"), self.ids("Case"), self.ids("Contact"));
        self.add_all("Note", 150, |fill, random, row| {
            fill.set("ParentId", *random.one(&accounts))
                .set("Title", &*format!("Note {row} — «{}»", random.one(&SUBJECTS)))
                .set("IsPrivate", false)
                .set("Body", &*words::paragraph(random))
        });
        self.add_all("Attachment", 20, |fill, random, row| {
            let bytes = bytes_of(random, row * 700);
            let parents = *random.one(&[&cases, &contacts]);
            fill.set("ParentId", *random.one(parents))
                .set("Name", &*format!("Anhang {row}.bin"))
                .set("ContentType", "application/octet-stream")
                .set("IsPrivate", false)
                .set("BodyLength", i64::try_from(bytes.len()).unwrap_or(0))
                .set("Body", Value::Blob(Arc::new(bytes)))
        });
        let schema = Arc::clone(self.store.schema());
        let Some(versions) = schema.object("ContentVersion") else { return };
        let document = versions.field("ContentDocumentId").map_or(0, |field| field.index);
        for file in 0..20 {
            let draft = Draft::new()
                .with("PathOnClient", format!("Datei {file} é.{}", self.random.one(&["pdf", "txt", "png"])))
                .with("VersionData", bytes_of(&mut self.random, file * file * 150))
                .with("FirstPublishLocationId", accounts[file * 7 % accounts.len()]);
            let version = self.store.create(versions, &draft).expect("the demo's own file is accepted");
            if file % 5 == 0 {
                let of = self.store.find(version).and_then(|(_, row)| row.get(document).as_id());
                let draft = Draft::new()
                    .with("PathOnClient", format!("Datei {file} é v2.txt"))
                    .with("VersionData", bytes_of(&mut self.random, 2000))
                    .with("ContentDocumentId", of);
                self.store.create(versions, &draft).expect("the demo's own file is accepted");
            }
        }
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

fn person(fill: Fill, random: &mut Random, row: usize) -> Fill {
    let last = random.one(&LAST_NAMES);
    let fill = if random.percent(90) {
        let first = random.one(&FIRST_NAMES);
        fill.set("FirstName", *first).set("Name", &*format!("{first} {last}"))
    } else {
        fill.set("Name", *last)
    };
    let fill = if random.percent(75) { fill.set("Email", &*format!("person{row}@example.com")) } else { fill };
    let fill = if random.percent(60) { fill.set("Phone", &*format!("(617) 555-{:04}", row % 10_000)) } else { fill };
    fill.set("LastName", *last).set("Salutation", *random.one(&["Mr.", "Ms.", "Dr.", ""]))
}

fn bytes_of(random: &mut Random, length: usize) -> Bytes {
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use salesforce_types::describe::FieldType;

    fn counts(store: &Store) -> BTreeMap<String, usize> {
        let objects = store.schema().objects().iter();
        objects
            .map(|object| (object.name.to_string(), store.table(object).len()))
            .filter(|(_, rows)| *rows > 0)
            .collect()
    }

    #[test]
    fn the_demo_is_large_and_has_many_objects() {
        let counts = counts(&demo());
        let rows: usize = counts.values().sum();
        assert!((24_000..=27_000).contains(&rows), "{rows}: {counts:?}");
        assert!(counts.len() >= 20, "{counts:?}");
    }

    #[test]
    fn the_demo_is_the_same_every_time_and_another_with_another_seed() {
        let all = |store: &Store| {
            let objects = store.schema().objects().iter();
            objects.flat_map(|object| store.table(object).rows().map(|row| format!("{row:?}"))).collect::<Vec<_>>()
        };
        let first = all(&demo());
        assert!(first == all(&demo()));
        assert!(first != all(&demo_with(2)));
    }

    /// What the demo is for: whoever copies it meets every kind of value.
    #[test]
    fn the_demo_has_every_kind_of_value() {
        let store = demo();
        let (mut deleted, mut texts, mut self_references, mut blobs) = (0, String::new(), 0, 0);
        let mut filled: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for object in store.schema().objects() {
            for row in store.table(object).rows() {
                deleted += usize::from(row.is_deleted());
                for field in &object.fields {
                    let value = store.read(object, row, field);
                    let count = filled.entry(field.kind.as_str().to_owned()).or_default();
                    if value.is_null() {
                        count.0 += 1
                    } else {
                        count.1 += 1
                    }
                    match &*value {
                        Value::Text(text) if texts.len() < 500_000 => texts.push_str(text),
                        Value::Blob(_) => blobs += 1,
                        Value::Id(id) if field.kind == FieldType::Reference => {
                            self_references += usize::from(id.key_prefix() == row.id().key_prefix());
                        }
                        _ => {}
                    }
                }
            }
        }
        assert!(deleted > 200 && self_references > 500 && blobs >= 40, "{deleted} {self_references} {blobs}");
        for part in ["\n", "\r\n", "\"", "'", "\\", "ü", "東", "👍", "\t"] {
            assert!(texts.contains(part), "{part:?}");
        }
        for (kind, (nulls, values)) in filled {
            assert!(values > 0 || matches!(&*kind, "complexvalue"), "{kind}");
            assert!(nulls > 0 || matches!(&*kind, "id" | "boolean" | "combobox" | "int" | "base64"), "{kind}");
        }
    }

    /// The demo goes around the rules; its rows have to keep them all the same.
    #[test]
    fn every_row_of_the_demo_keeps_the_rules() {
        let store = demo();
        for object in store.schema().objects() {
            for row in store.table(object).rows() {
                for field in object.fields.iter().filter(|field| field.is_stored()) {
                    let value = row.get(field.index);
                    let place = || format!("{}.{} of {}", object.name, field.name, row.id());
                    assert!(field.nillable || !value.is_null(), "{} is empty", place());
                    if let Some(text) = value.as_text() {
                        assert!(
                            field.length == 0 || text.chars().count() <= field.length as usize,
                            "{} is long",
                            place()
                        );
                        assert_eq!(text.trim(), text, "{}", place());
                    }
                    if let (Some(id), Some(reference)) = (value.as_id(), &field.reference) {
                        let target = store.find(id);
                        let name = target.map(|(object, _)| object.name.clone());
                        assert!(name.is_some_and(|name| reference.to.contains(&name)), "{} points to nothing", place());
                    }
                    if field.restricted && !value.is_null() {
                        let values = value.as_text().unwrap_or_default().split(';');
                        for value in values {
                            assert!(field.choices.iter().any(|choice| &*choice.value == value), "{}: {value}", place());
                        }
                    }
                    let fits = match (&field.kind, value) {
                        (_, Value::Null) => true,
                        (FieldType::Boolean, Value::Bool(_)) | (FieldType::Int, Value::Int(_)) => true,
                        (FieldType::Double | FieldType::Currency | FieldType::Percent, Value::Decimal(number)) => {
                            number.round(field.scale) == *number
                        }
                        (FieldType::Date, Value::Date(_)) | (FieldType::DateTime, Value::DateTime(_)) => true,
                        (FieldType::Time, Value::Time(_)) | (FieldType::Base64, Value::Blob(_)) => true,
                        (FieldType::Id | FieldType::Reference, Value::Id(_)) => true,
                        (_, Value::Text(_)) => true,
                        _ => false,
                    };
                    assert!(fits, "{}: {value:?}", place());
                }
            }
        }
    }
}
