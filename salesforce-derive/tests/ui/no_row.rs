use salesforce_types::SObject;

#[derive(serde::Deserialize)]
struct User {
    #[allow(dead_code, reason = "only the names count")]
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
