use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
struct Row {
    #[serde(rename = "Name")]
    name: String,
}

#[derive(SObject)]
enum What {
    Account(Row),
    #[salesforce(object = "Other__c")]
    Other(Row),
}

fn main() {}
