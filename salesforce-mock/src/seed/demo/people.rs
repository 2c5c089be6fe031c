//! Companies and people.

use std::time::Duration;

use super::{DAY, Demo};
use crate::seed::random::Random;
use crate::seed::words::{self, CITIES, FIRST_NAMES, LAST_NAMES};
use crate::seed::{Fill, first_stamp};
use crate::value::Value;

impl Demo {
    pub(super) fn people_and_companies(&mut self) {
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
