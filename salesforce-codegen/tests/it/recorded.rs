//! Recorded describes: the code that they give is in `recorded/`, compiles here with warnings denied, and is up to date.

use std::path::{Path, PathBuf};

use salesforce_codegen::{Generator, read};
use salesforce_types::SObject;

#[deny(warnings)]
#[rustfmt::skip]
mod lead;
#[deny(warnings)]
#[rustfmt::skip]
mod whole;

fn fixtures() -> Option<PathBuf> {
    let set = std::env::var_os("SALESFORCE_FIXTURES").map(PathBuf::from);
    let path = set.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures"));
    let found = path.join("describe").is_dir().then_some(path);
    if found.is_none() {
        println!("skipped: no fixtures");
    }
    found
}

fn describe(fixtures: &Path, name: &str) -> salesforce_types::describe::SObjectDescribe {
    read(fixtures.join("describe").join(name)).unwrap().remove(0)
}

/// Compares; writes instead when `SALESFORCE_CODEGEN_BLESS` is set.
fn check(generator: &Generator, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recorded").join(file);
    if std::env::var_os("SALESFORCE_CODEGEN_BLESS").is_some() {
        generator.write(&path).unwrap();
    }
    assert!(generator.is_current(&path).unwrap(), "{file} is not up to date: run with SALESFORCE_CODEGEN_BLESS=1");
}

#[test]
fn the_code_of_three_recorded_describes_is_up_to_date() {
    let Some(fixtures) = fixtures() else { return };
    let files = ["cci_Event.json", "cci_Lead.json", "opportunity_describe.json"];
    check(&Generator::new(files.map(|file| describe(&fixtures, file))).parents(), "whole.rs");
    let fields = ["Address", "City", "CleanStatus", "FirstName"];
    let lead = describe(&fixtures, "cci_Lead.json");
    let fields = fields.into_iter().filter(|field| lead.field(field).is_some());
    check(&Generator::new([lead.clone()]).fields("Lead", fields), "lead.rs");
}

#[test]
fn the_code_of_a_describe_reads_a_recorded_row() {
    let Some(fixtures) = fixtures() else { return };
    let json = std::fs::read(fixtures.join("query/read-list-leads.json")).unwrap();
    #[derive(serde::Deserialize)]
    struct Page {
        records: Vec<lead::Lead>,
    }
    let page: Page = serde_json::from_slice(&json).unwrap();
    assert_eq!(page.records.len(), 8);
    let bertha = &page.records[0];
    let address = bertha.address.as_ref().unwrap();
    assert_eq!((bertha.first_name.as_deref(), address.city.as_deref()), (Some("Bertha"), Some("Tallahassee")));
}

#[test]
fn a_row_asks_for_what_the_describe_lists_and_a_draft_sends_what_is_set() {
    use salesforce_types::Patch;
    assert_eq!(whole::Opportunity::NAME, "Opportunity");
    assert_eq!(whole::Opportunity::fields()[0], "Id");
    assert!(whole::Opportunity::fields().contains(&"StageName"));
    let stage = whole::OpportunityStageName::from("Closed Won");
    let draft = whole::OpportunityDraft { stage_name: stage.into(), amount: Patch::Null, ..Default::default() };
    assert_eq!(serde_json::to_string(&draft).unwrap(), r#"{"Amount":null,"StageName":"Closed Won"}"#);
}
