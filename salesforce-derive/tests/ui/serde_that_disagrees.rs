use std::collections::BTreeMap;

use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Account {
    name: String,
}

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    name: String,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

#[derive(serde::Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Lead {
    name: String,
    #[salesforce(skip)]
    score: u32,
    #[salesforce(skip)]
    #[serde(with = "text")]
    rating: Option<String>,
}

mod text {
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

fn main() {}
