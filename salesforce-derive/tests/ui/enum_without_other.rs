use salesforce_types::SObject;

#[derive(serde::Deserialize, SObject)]
struct User {
    #[serde(rename = "Name")]
    name: String,
}

#[derive(SObject)]
enum Owner {
    User(User),
}

#[derive(SObject)]
enum Who {
    Lead,
    Other,
}

#[derive(SObject)]
enum What {
    Other,
}

fn main() {}
