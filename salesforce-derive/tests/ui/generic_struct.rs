use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Account<T> {
    name: T,
}

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Contact<'a> {
    name: &'a str,
}

fn main() {}
