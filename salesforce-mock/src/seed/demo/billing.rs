//! The custom objects: invoices, and an object with a field of every type.

use std::time::Duration;

use salesforce_types::TimeOfDay;

use super::{DAY, Demo};
use crate::seed::first_stamp;
use crate::seed::words::{self, CITIES, SUBJECTS};
use crate::value::Value;

impl Demo {
    pub(super) fn invoices(&mut self) {
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
    pub(super) fn specimens(&mut self) {
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
}
