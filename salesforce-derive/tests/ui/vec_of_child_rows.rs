use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Account {
    contacts: Vec<Contact>,
}

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    name: String,
}

fn main() {}
