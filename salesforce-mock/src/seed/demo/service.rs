//! Assets, cases, tasks, events.

use std::time::Duration;

use super::{DAY, Demo};
use crate::seed::first_stamp;
use crate::seed::words::{self, SUBJECTS};
use crate::value::Value;

impl Demo {
    pub(super) fn service(&mut self) {
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
}
