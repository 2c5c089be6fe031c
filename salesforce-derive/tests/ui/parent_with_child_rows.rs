use salesforce_rest::ChildRows;
use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    account: Option<Account>,
}

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Account {
    cases: ChildRows<Case>,
}

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Case {
    subject: String,
}

fn main() {}
