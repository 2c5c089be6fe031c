use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
struct Account(String);

#[derive(serde::Deserialize, SObject)]
struct Contact;

#[derive(serde::Deserialize, SObject)]
struct Lead {}

fn main() {}
