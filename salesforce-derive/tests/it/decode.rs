use salesforce_types::SObject;
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct User {
    username: String,
}

#[derive(Debug, PartialEq, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Queue {
    id: String,
}

#[derive(Debug, PartialEq, SObject)]
enum Owner {
    User(User),
    #[salesforce(object = "Group")]
    Queue(Queue),
    Other,
}

#[derive(Debug, PartialEq, SObject)]
enum Who {
    User(User),
    Other(Queue),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    owner: Option<Owner>,
}

fn owner(json: &str) -> Option<Owner> {
    serde_json::from_str::<Row>(&format!(r#"{{"Owner":{json}}}"#)).unwrap().owner
}

#[test]
fn the_object_decides_which_variant_it_is() {
    let user = Some(Owner::User(User { username: "a".into() }));
    assert_eq!(owner(r#"{"attributes":{"type":"User","url":"/u"},"Username":"a"}"#), user);
    assert_eq!(owner(r#"{"Username":"a","attributes":{"url":"/u","type":"User"}}"#), user);
    assert_eq!(owner(r#"{"attributes":{"type":"Group"},"Id":"x"}"#), Some(Owner::Queue(Queue { id: "x".into() })));
    assert_eq!(owner("null"), None);
}

#[test]
fn the_generic_name_of_a_parent_is_seen_through() {
    let json = r#"{"attributes":{"type":"Name","url":"/services/data/v68.0/sobjects/User/005"},"Username":"a"}"#;
    assert_eq!(owner(json), Some(Owner::User(User { username: "a".into() })));
}

#[test]
fn an_object_without_a_variant_is_other_and_never_none() {
    let json = r#"{"attributes":{"type":"Partner"},"Id":"x"}"#;
    assert_eq!(owner(json), Some(Owner::Other));
    assert_eq!(serde_json::from_str::<Who>(json).unwrap(), Who::Other(Queue { id: "x".into() }));
}

#[test]
fn a_parent_that_does_not_say_what_it_is_is_an_error() {
    let error = serde_json::from_str::<Row>(r#"{"Owner":{"Id":"x"}}"#).unwrap_err();
    assert!(error.to_string().starts_with("the parent does not say of which object it is"), "{error}");
}

#[test]
fn a_parent_that_lacks_what_its_variant_needs_is_an_error_that_names_it() {
    let error = serde_json::from_str::<Row>(r#"{"Owner":{"attributes":{"type":"User"}}}"#).unwrap_err();
    assert!(error.to_string().starts_with("a parent of User: missing field `Username`"), "{error}");
}
