use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
#[salesforce(table = "Account")]
struct Account {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(serde::Deserialize, SObject)]
struct Contact {
    #[salesforce(rename = "LastName")]
    last_name: String,
}

#[derive(serde::Deserialize, SObject)]
#[salesforce(object = "Con tact")]
struct Person {
    #[serde(rename = "Last Name")]
    last_name: String,
}

fn main() {}
