use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use salesforce_soql::check::{ProblemKind, Schema};
use salesforce_types::describe::FieldType;
use serde_json::{Value, json};

use crate::check::{describes, found, schema};
use crate::properties::scraps;
use crate::trees;

/// Every way to a field over at most so many parents, and a literal of its type.
fn ways(schema: &Schema, object: &str, parents: usize) -> Vec<(String, &'static str)> {
    let object = schema.object(object).expect("it is in the schema");
    let mut ways = Vec::new();
    for field in object.fields.iter().filter(|field| field.filterable && field.sortable) {
        let literal = match field.field_type {
            FieldType::Id | FieldType::Reference => "'001000000000001AAA'",
            FieldType::Picklist => "'Media'",
            FieldType::Boolean => "true",
            FieldType::Double => "-1.5e3",
            FieldType::Currency => "USD5.50",
            FieldType::Date => "LAST_N_DAYS:3",
            FieldType::DateTime => "2026-03-01T10:00:00Z",
            FieldType::Time => "10:00:00Z",
            FieldType::Location => "null",
            _ => "'it\\'s'",
        };
        ways.push((field.name.clone(), literal));
        if let ([parent], Some(relationship), true) = (&*field.reference_to, &field.relationship_name, parents > 0)
            && schema.object(parent).is_some()
        {
            let further = self::ways(schema, parent, parents - 1);
            ways.extend(further.into_iter().map(|(path, literal)| (format!("{relationship}.{path}"), literal)));
        }
    }
    ways
}

/// A text that remembers where its names are.
#[derive(Clone, Debug, Default)]
struct Written {
    text: String,
    names: Vec<Range<usize>>,
}

impl Written {
    fn path(&mut self, path: &str) {
        for (index, name) in path.split('.').enumerate() {
            self.text += if index == 0 { "" } else { "." };
            self.names.push(self.text.len()..self.text.len() + name.len());
            self.text += name;
        }
    }
}

/// A query of fields that exist and literals of their types.
fn right_query() -> impl Strategy<Value = Written> {
    let indices = || prop::collection::vec(any::<Index>(), 1..6);
    (select(vec!["Account", "Contact", "Visit__c"]), indices(), indices(), indices()).prop_map(
        |(object, selected, filtered, sorted)| {
            let ways = ways(&schema(), object, 2);
            let mut selected: Vec<_> = selected.iter().map(|index| &index.get(&ways).0).collect();
            selected.sort();
            selected.dedup();
            let mut query = Written { text: "SELECT ".into(), names: Vec::new() };
            for (index, path) in selected.into_iter().enumerate() {
                query.text += if index == 0 { "" } else { ",\n" };
                query.path(path);
            }
            query.text += &format!(" FROM {object}");
            for (index, (path, literal)) in filtered.iter().map(|index| index.get(&ways)).enumerate() {
                query.text += if index == 0 { " WHERE " } else { " AND " };
                query.path(path);
                query.text += &format!(" = {literal}");
            }
            for (index, (path, _)) in sorted.iter().map(|index| index.get(&ways)).enumerate() {
                query.text += if index == 0 { " ORDER BY " } else { ", " };
                query.path(path);
            }
            query
        },
    )
}

/// The describes with other values at some keys.
fn broken_describes() -> impl Strategy<Value = Value> {
    let keys = select(vec![
        "name",
        "fields",
        "type",
        "childRelationships",
        "childSObject",
        "relationshipName",
        "referenceTo",
        "picklistValues",
        "value",
        "queryable",
    ]);
    let values = select(vec![json!(null), json!(5), json!(""), json!("Account"), json!([]), json!({}), json!([null])]);
    prop::collection::vec((keys, values, any::<u8>()), 1..4).prop_map(|changes| {
        let mut all = describes();
        for (key, value, mask) in changes {
            let mut turn = 0;
            replace(&mut all, key, &value, &mut |_| {
                turn += 1;
                mask & (1 << (turn % 8)) != 0
            });
        }
        all
    })
}

fn replace(at: &mut Value, key: &str, value: &Value, choose: &mut dyn FnMut(&str) -> bool) {
    match at {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, key, value, choose)),
        Value::Object(entries) => {
            for (name, entry) in entries {
                if name == key && choose(name) {
                    *entry = value.clone();
                } else {
                    replace(entry, key, value, choose);
                }
            }
        }
        _ => {}
    }
}

fn looks_whole(schema: &Schema, text: &str) {
    let report = schema.check(text);
    for problem in report.problems() {
        assert!(text.get(problem.span()).is_some(), "{problem:?} in {text:?}");
        assert!(problem.row() > 0 && problem.column() > 0 && !problem.message().is_empty());
    }
    assert_eq!(report.to_string().is_empty(), report.problems().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_and_no_describe_panics(text: String, scraps in scraps(), tree in trees::query(), broken in broken_describes()) {
        let _ = Schema::from_json(&text);
        let _ = Schema::from_json(&format!("[{text}"));
        let schemas = [Some(schema()), Schema::from_json(&broken.to_string()).ok()];
        let query = "SELECT Id, Account__r.Name, (SELECT Id FROM Visits__r) FROM Visit__c WHERE Tags__c INCLUDES ('a') \
                     AND Account__r.Industry = 'x' AND Account__c IN (SELECT AccountId FROM Contact WHERE Name > 5)";
        for schema in schemas.iter().flatten() {
            for text in [&*text, &*scraps, &*tree.to_string(), query, &*query.replace("Visit__c", "Account")] {
                looks_whole(schema, text);
            }
        }
    }

    #[test]
    fn what_fits_the_describes_has_no_problem(query in right_query()) {
        let report = schema().check(&query.text);
        prop_assert!(report.problems().is_empty(), "{}\n{}", query.text, report);
    }

    #[test]
    fn one_wrong_name_is_one_problem_at_its_place(query in right_query(), which: Index) {
        let span = which.get(&query.names).clone();
        let mut text = query.text.clone();
        text.replace_range(span.clone(), "Zzyzx9");
        let report = schema().check(&text);
        let kind = match text[span.start..].strip_prefix("Zzyzx9") {
            Some(rest) if rest.starts_with('.') => ProblemKind::UnknownRelationship,
            _ => ProblemKind::UnknownField,
        };
        prop_assert_eq!(found(&report, &text), [(kind, "Zzyzx9")], "{}\n{}", text, report);
        prop_assert_eq!(report.problems()[0].span().start, span.start);
    }
}
