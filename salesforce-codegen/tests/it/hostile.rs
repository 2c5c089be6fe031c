//! Whoever may name a field of an org does not write code here.

use std::collections::HashSet;

use proptest::prelude::*;
use salesforce_codegen::Generator;
use salesforce_types::describe::SObjectDescribe;
use serde_json::{Value, json};

fn describe(json: Value) -> SObjectDescribe {
    serde_json::from_value(json).unwrap()
}

/// Parses, and has no name twice.
fn check(code: &str) {
    let file = syn::parse_file(code).unwrap_or_else(|error| panic!("{error} in\n{code}"));
    let mut types = HashSet::new();
    for item in file.items {
        match item {
            syn::Item::Use(_) => {}
            syn::Item::Struct(item) => {
                assert!(types.insert(item.ident.to_string()), "{} is there twice in\n{code}", item.ident);
                let mut fields = HashSet::new();
                for field in item.fields {
                    let ident = field.ident.unwrap();
                    assert!(fields.insert(ident.clone()), "{ident} is there twice in\n{code}");
                }
            }
            syn::Item::Macro(item) => {
                let syn::ItemEnum { ident, variants, .. } = item.mac.parse_body().unwrap();
                assert!(types.insert(ident.to_string()), "{ident} is there twice in\n{code}");
                let mut seen = HashSet::from(["Other".to_owned()]);
                for variant in variants {
                    assert!(seen.insert(variant.ident.to_string()), "{} is there twice in\n{code}", variant.ident);
                    let (_, syn::Expr::Lit(value)) = variant.discriminant.unwrap() else {
                        panic!("no value in {code}")
                    };
                    assert!(matches!(value.lit, syn::Lit::Str(_)));
                }
            }
            _ => panic!("something else than structs and picklists in\n{code}"),
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}",
        "(Other|other|Self|self|USA|usa|Us A|1|2 b|-|/\\*|\\*/|\"|'|\\\\|\n|\r|//!|```|\u{202e}|#\\[x\\]|\\{\\}|;){0,4}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[A-Za-z](_?[A-Za-z0-9]){0,6}(__c|__s|__pc)?",
        4 => prop::sample::select(vec!["Id", "Name", "Name__c", "name_c", "Type", "Self__c", "Gen", "Option__c", "String"])
            .prop_map(str::to_owned),
        1 => text(),
    ]
}

prop_compose! {
    fn field()(
        name in name(),
        label in text(),
        kind in prop::sample::select(vec!["string", "picklist", "multipicklist", "reference", "double", "vector", "id"]),
        values in prop::collection::vec((text(), text(), any::<bool>()), 0..6),
        target in name(),
        relationship in prop::option::of(name()),
        flags in any::<[bool; 4]>(),
    ) -> Value {
        let values: Vec<_> = values.iter().map(|(value, label, active)| json!({"value": value, "label": label, "active": active})).collect();
        let target = (kind == "reference").then_some(target);
        json!({"name": name, "label": label, "type": kind, "picklistValues": values, "relationshipName": relationship,
            "referenceTo": target.as_slice(), "nillable": flags[0], "createable": flags[1], "updateable": flags[2],
            "nameField": flags[3]})
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_describe_gives_code_that_does_not_parse(
        objects in prop::collection::vec((name(), text(), prop::collection::vec(field(), 0..8)), 0..4),
        parents: bool,
    ) {
        let describes = objects.into_iter().map(|(name, label, fields)| {
            describe(json!({"name": name, "label": label, "fields": fields}))
        });
        let generator = Generator::new(describes);
        let generator = if parents { generator.parents() } else { generator };
        if let Ok(code) = generator.generate() {
            check(&code);
        }
    }
}

#[test]
fn names_that_fall_together_stay_apart() {
    let field = |name: &str| json!({"name": name, "type": "string", "label": "x"});
    let value = |value: &str| json!({"value": value, "label": value, "active": true});
    let values: Vec<_> = ["Web", "web", "WEB", "Web", "", "Other", "1", "Web2"].map(value).into();
    let code = Generator::new([
        describe(json!({"name": "Option__c", "fields": [field("Name"), field("name__c"), field("Name_c__c"), field("type")]})),
        describe(json!({"name": "Option", "fields": [{"name": "Kind", "type": "picklist", "picklistValues": values}]})),
        describe(json!({"name": "OptionKind", "fields": [field("Id")]})),
    ])
    .generate()
    .unwrap();
    check(&code);
    for part in
        ["pub name:", "pub name_c:", "pub name_c_c:", "pub r#type:", "Web2 =", "Web3 =", "OtherValue = \"Other\""]
    {
        assert!(code.contains(part), "{part} is missing in\n{code}");
    }
}

#[test]
fn a_describe_that_no_org_gives_is_an_error_in_a_sentence() {
    for (json, expected) in [
        (json!({"name": "Acc\"ount", "fields": []}), "a describe is of no object"),
        (json!({"name": "Account", "fields": []}), "has no field to ask for"),
        (json!({"name": "Account", "fields": [{"name": "a b"}]}), "has a field whose `name` is none"),
        (json!({"name": "Account", "fields": [{"name": "Id"}, {"name": "ID"}]}), "has the field ID twice"),
    ] {
        let error = Generator::new([describe(json)]).generate().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let account = || describe(json!({"name": "Account", "fields": [{"name": "Id"}]}));
    let twice = Generator::new([account(), account()]).generate().unwrap_err();
    assert!(twice.to_string().contains("two describes of Account"), "{twice}");
    let missing = Generator::new([account()]).fields("account", ["Nam"]).generate().unwrap_err();
    assert_eq!(missing.to_string(), "Account has no field `Nam`, or the user does not see it");
    let missing = Generator::new([account()]).fields("Accont", ["Id"]).generate().unwrap_err();
    assert_eq!(missing.to_string(), "fields of `Accont` are asked for, and there is no describe of it");
}

#[test]
fn fields_that_are_asked_for_in_several_lists_are_all_there() {
    let fields = ["Id", "Name", "Phone"].map(|name| json!({"name": name, "type": "string", "label": name}));
    let account = describe(json!({"name": "Account", "fields": fields}));
    let code = Generator::new([account]).fields("Account", ["Id"]).fields("account", ["name"]).generate().unwrap();
    assert!(code.contains("pub id:") && code.contains("pub name:") && !code.contains("pub phone:"), "{code}");
}

#[test]
fn a_value_that_is_inserted_takes_the_name_of_no_other() {
    let named = |values: &[&str]| -> std::collections::BTreeMap<String, String> {
        let values: Vec<_> =
            values.iter().map(|value| json!({"value": value, "label": value, "active": true})).collect();
        let field = json!({"name": "Rating", "type": "picklist", "picklistValues": values});
        let code = Generator::new([describe(json!({"name": "A", "fields": [field]}))]).generate().unwrap();
        check(&code);
        let lines = code.lines().filter_map(|line| line.trim().strip_suffix("\",")?.split_once(" = \""));
        lines.map(|(name, value)| (value.to_owned(), name.to_owned())).collect()
    };
    let before = named(&["日本", "A+", "A", "+"]);
    let after = named(&["中国", "日本", "A-", "A+", "A", "-", "+"]);
    assert_eq!(
        (&*before["日本"], &*before["A+"], &*before["A"], &*before["+"]),
        ("U65E5U672C", "AU002B", "A", "U002B")
    );
    assert!(before.iter().all(|(value, name)| after[value] == *name), "{before:?} {after:?}");
}

#[test]
fn the_order_of_describes_and_fields_does_not_matter() {
    let field = |name: &str| json!({"name": name, "type": "string"});
    let a = describe(json!({"name": "A", "fields": [field("Id"), field("B__c"), field("C")]}));
    let a2 = describe(json!({"name": "A", "fields": [field("C"), field("Id"), field("B__c")]}));
    let b = describe(json!({"name": "B", "fields": [field("Id")]}));
    let first = Generator::new([a, b.clone()]).generate().unwrap();
    assert_eq!(first, Generator::new([b, a2]).generate().unwrap());
}
