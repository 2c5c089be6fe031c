use std::collections::BTreeMap;

use super::{demo, demo_with};
use crate::store::Store;
use crate::value::Value;
use salesforce_types::describe::FieldType;

fn counts(store: &Store) -> BTreeMap<String, usize> {
    let objects = store.schema().objects().iter();
    objects.map(|object| (object.name.to_string(), store.table(object).len())).filter(|(_, rows)| *rows > 0).collect()
}

#[test]
fn the_demo_is_large_and_has_many_objects() {
    let counts = counts(&demo());
    let rows: usize = counts.values().sum();
    assert!((24_000..=27_000).contains(&rows), "{rows}: {counts:?}");
    assert!(counts.len() >= 20, "{counts:?}");
}

#[test]
fn the_demo_is_the_same_every_time_and_another_with_another_seed() {
    let all = |store: &Store| {
        let objects = store.schema().objects().iter();
        objects.flat_map(|object| store.table(object).rows().map(|row| format!("{row:?}"))).collect::<Vec<_>>()
    };
    let first = all(&demo());
    assert!(first == all(&demo()));
    assert!(first != all(&demo_with(2)));
}

/// What the demo is for: whoever copies it meets every kind of value.
#[test]
fn the_demo_has_every_kind_of_value() {
    let store = demo();
    let (mut deleted, mut texts, mut self_references, mut blobs) = (0, String::new(), 0, 0);
    let mut filled: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for object in store.schema().objects() {
        for row in store.table(object).rows() {
            deleted += usize::from(row.is_deleted());
            for field in &object.fields {
                let value = store.read(object, row, field);
                let count = filled.entry(field.kind.as_str().to_owned()).or_default();
                if value.is_null() {
                    count.0 += 1
                } else {
                    count.1 += 1
                }
                match &*value {
                    Value::Text(text) if texts.len() < 500_000 => texts.push_str(text),
                    Value::Blob(_) => blobs += 1,
                    Value::Id(id) if field.kind == FieldType::Reference => {
                        self_references += usize::from(id.key_prefix() == row.id().key_prefix());
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(deleted > 200 && self_references > 500 && blobs >= 40, "{deleted} {self_references} {blobs}");
    for part in ["\n", "\r\n", "\"", "'", "\\", "ü", "東", "👍", "\t"] {
        assert!(texts.contains(part), "{part:?}");
    }
    for (kind, (nulls, values)) in filled {
        assert!(values > 0 || matches!(&*kind, "complexvalue"), "{kind}");
        assert!(nulls > 0 || matches!(&*kind, "id" | "boolean" | "combobox" | "int" | "base64"), "{kind}");
    }
}

/// The demo goes around the rules; its rows have to keep them all the same.
#[test]
fn every_row_of_the_demo_keeps_the_rules() {
    let store = demo();
    for object in store.schema().objects() {
        for row in store.table(object).rows() {
            for field in object.fields.iter().filter(|field| field.is_stored()) {
                let value = row.get(field.index);
                let place = || format!("{}.{} of {}", object.name, field.name, row.id());
                assert!(field.nillable || !value.is_null(), "{} is empty", place());
                if let Some(text) = value.as_text() {
                    assert!(field.length == 0 || text.chars().count() <= field.length as usize, "{} is long", place());
                    assert_eq!(text.trim(), text, "{}", place());
                }
                if let (Some(id), Some(reference)) = (value.as_id(), &field.reference) {
                    let target = store.find(id);
                    let name = target.map(|(object, _)| object.name.clone());
                    assert!(name.is_some_and(|name| reference.to.contains(&name)), "{} points to nothing", place());
                }
                if field.restricted && !value.is_null() {
                    let values = value.as_text().unwrap_or_default().split(';');
                    for value in values {
                        assert!(field.choices.iter().any(|choice| &*choice.value == value), "{}: {value}", place());
                    }
                }
                let fits = match (&field.kind, value) {
                    (_, Value::Null) => true,
                    (FieldType::Boolean, Value::Bool(_)) | (FieldType::Int, Value::Int(_)) => true,
                    (FieldType::Double | FieldType::Currency | FieldType::Percent, Value::Decimal(number)) => {
                        number.round(field.scale) == *number
                    }
                    (FieldType::Date, Value::Date(_)) | (FieldType::DateTime, Value::DateTime(_)) => true,
                    (FieldType::Time, Value::Time(_)) | (FieldType::Base64, Value::Blob(_)) => true,
                    (FieldType::Id | FieldType::Reference, Value::Id(_)) => true,
                    (_, Value::Text(_)) => true,
                    _ => false,
                };
                assert!(fits, "{}: {value:?}", place());
            }
        }
    }
}
