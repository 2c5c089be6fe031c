use salesforce_rest::ChildRows;
use salesforce_types::{RecordId, SObject};
use serde::Deserialize;

#[test]
fn the_names_are_those_that_serde_reads() {
    #[derive(SObject, Deserialize)]
    #[serde(rename_all(serialize = "camelCase", deserialize = "PascalCase"), default)]
    #[derive(Default)]
    #[allow(dead_code, reason = "only the names count")]
    struct Invoice {
        id: Option<RecordId>,
        number_of_lines: i32,
        r#type: String,
        #[serde(rename = "Total__c")]
        total: String,
        #[serde(rename(deserialize = "ns__Due__c", serialize = "due"), alias = "Due__c")]
        due: String,
        #[serde(skip)]
        cache: Vec<u8>,
        #[salesforce(skip)]
        note: String,
        #[serde(rename = "attributes")]
        attributes: Option<String>,
        #[serde(bound = "", default = "Default::default")]
        open: bool,
    }
    assert_eq!(Invoice::NAME, "Invoice");
    assert_eq!(Invoice::fields(), ["Id", "NumberOfLines", "Type", "Total__c", "ns__Due__c", "Open"]);
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "only the names count")]
struct User {
    name: String,
    manager: Option<Box<Manager>>,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "only the names count")]
struct Manager {
    email: Option<String>,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
#[salesforce(object = "Task")]
#[allow(dead_code, reason = "only the names count")]
struct ToDo {
    subject: Option<String>,
    what: Option<What>,
}

#[derive(SObject)]
#[allow(dead_code, reason = "only the names count")]
enum What {
    Account(Box<User>),
    #[salesforce(object = "Invoice__c")]
    Invoice(Manager),
    Other(Named),
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "only the names count")]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
#[salesforce(object = "Account")]
#[allow(dead_code, reason = "only the names count")]
struct Account {
    id: RecordId,
    owner: User,
    tasks: ChildRows<ToDo>,
    #[serde(deserialize_with = "salesforce_rest::complete_child_rows")]
    notes: Vec<Named>,
}

const TASK: &str = "TYPEOF What WHEN Account THEN Name, Manager.Email WHEN Invoice__c THEN Email ELSE Name END";

#[test]
fn parents_children_and_polymorphic_parents_are_written_as_a_select_list_has_them() {
    assert_eq!(ToDo::NAME, "Task");
    assert_eq!(ToDo::fields(), ["Subject", TASK]);
    let tasks = format!("(SELECT Subject, {TASK} FROM Tasks)");
    assert_eq!(
        Account::fields(),
        ["Id", "Owner.Name", "Owner.Manager.Email", tasks.as_str(), "(SELECT Name FROM Notes)"]
    );
}

#[test]
fn the_list_is_made_once() {
    assert!(std::ptr::eq(Account::fields(), Account::fields()));
}

#[test]
fn the_list_is_soql() {
    let query = salesforce_rest::Soql::select::<Account>("WHERE Name LIKE 'A%'");
    let text = query.text().unwrap();
    assert!(text.starts_with("SELECT Id, Owner.Name") && text.ends_with("FROM Account WHERE Name LIKE 'A%'"), "{text}");
}

/// The derive that `salesforce-rest` hands out names no other crate.
#[test]
fn the_derive_of_rest_does_the_same() {
    mod own {
        use salesforce_rest::SObject;

        #[derive(serde::Deserialize, SObject)]
        #[serde(rename_all = "PascalCase")]
        #[allow(dead_code, reason = "only the names count")]
        pub(super) struct Contact {
            last_name: String,
            owner: Option<super::User>,
        }
    }
    assert_eq!(own::Contact::fields(), ["LastName", "Owner.Name", "Owner.Manager.Email"]);
}
