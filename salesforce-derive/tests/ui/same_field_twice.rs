use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
    #[serde(rename = "NAME")]
    title: String,
}

fn main() {}
