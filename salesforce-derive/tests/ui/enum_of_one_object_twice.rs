use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
struct User {
    #[serde(rename = "Name")]
    name: String,
}

#[derive(SObject)]
enum Owner {
    User(User),
    #[salesforce(object = "user")]
    Person(User),
    Other,
}

fn main() {}
