use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
struct Account {
    name: String,
    #[serde(rename = "billing_city")]
    city: String,
}

fn main() {}
