//! Campaigns, products, opportunities, contracts.

use std::time::Duration;

use super::{DAY, Demo};
use crate::seed::{first_stamp, words};
use crate::value::Value;

impl Demo {
    pub(super) fn sales(&mut self) {
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
}
