use salesforce_types::SObject;

#[derive(serde::Deserialize)]
struct User {
    #[allow(dead_code)]
    name: String,
}

#[derive(SObject)]
enum Owner {
    User(User),
    Other,
}

fn select<Row: SObject>() {}

fn main() {
    select::<User>();
}
