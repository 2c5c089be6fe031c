//! Whatever a page holds, each way to read it gives what `serde_json` gives.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt};
use proptest::prelude::*;
use salesforce_rest::{ChildRows, Page, Record, Value};
use salesforce_types::{Number, RowRef};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::support::Script;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be compared")]
struct Row {
    id: Option<String>,
    name: Option<String>,
    amount: Option<f64>,
    digits: Option<Number>,
    count: Option<i64>,
    #[serde(default)]
    flag: bool,
    #[serde(rename = "Parent__r")]
    parent: Option<Box<Self>>,
    contacts: Option<ChildRows<Child>>,
    address: Option<Json>,
    #[serde(flatten)]
    rest: Rest,
}

/// The same without what makes serde buffer, which is read another way.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be compared")]
struct Child {
    id: Option<String>,
    name: Option<String>,
    amount: Option<f64>,
    digits: Option<Number>,
    count: Option<i64>,
    #[serde(default)]
    flag: bool,
    #[serde(rename = "Parent__r")]
    parent: Option<Box<Self>>,
    contacts: Option<ChildRows<Self>>,
    address: Option<Json>,
}

type Rest = BTreeMap<String, Json>;

const SIMPLE: [&str; 3] = ["Id", "Name", "Flag"];

/// What a field may hold; what is usual stands first and more than once.
fn values(name: &str) -> &'static [&'static str] {
    match name {
        "attributes" => &[
            r#"{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/003"}"#,
            r#"{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/003"}"#,
            r#"{"url":"\/u","type":"Name","more":[1]}"#,
            r#"{"type":"AggregateResult"}"#,
            "{}",
            "null",
        ],
        "Amount" => {
            &["12.50", "1234567.89", "0.1", "-0.0", "0", "-7", "null", "1e5", "9007199254740993", "0.30000000000000004"]
        }
        "Digits" => &["1.50", "-0", "123456789012345678901234567890.5", "1E400", "9007199254740993", "null"],
        "Count" => &["1", "0", "-1", "null", "999999999999999", "9223372036854775807", "-9223372036854775808"],
        "Flag" => &["true", "false"],
        "Parent__r" => &[
            r#"{"attributes":{"type":"Account","url":"/u"},"Name":"Acme"}"#,
            r#"{"attributes":{"type":"Account","url":"/u"},"Name":"O\u0027Neill"}"#,
            "null",
            r#"{"attributes":{"type":"Account","url":"/u"},"Name":null,"Parent__r":{"attributes":{"type":"Account"},"Count":7}}"#,
            r#"{"Name":"x","attributes":{"type":"Account"}}"#,
            r#"{"attributes":{"type":"User"},"Id":"005","Name":"x","Other":1}"#,
            "{}",
        ],
        "Contacts" => &[
            r#"{"totalSize":2,"done":true,"records":[{"attributes":{"type":"Contact"},"Name":"a"},{"attributes":{"type":"Contact"},"Name":"b"}]}"#,
            "null",
            r#"{"totalSize":2,"done":true,"records":[{"Name":"a"},{"Name":null,"Flag":true}]}"#,
            r#"{"totalSize":9,"done":false,"nextRecordsUrl":"/n-1","records":[{"Name":"a"}]}"#,
            r#"{"records":[],"done":true,"totalSize":0}"#,
        ],
        "Address" => &[r#"{"city":null,"latitude":1.10}"#, "null", "[1,[2.0]]", r#"{"city":"x"}"#],
        _ => &[
            r#""Doe""#,
            r#""a longer text, with ö and 😀 in it""#,
            r#""""#,
            "null",
            r#""line\nbreak \"quoted\" \\ \/ \u00e4 \ud83d\ude00""#,
            r#""ends in a backslash\\""#,
        ],
    }
}

/// Values of which a row, and so a page, cannot be read by some or all.
const ODD: [&str; 10] = ["7", "\"x\"", "{}", "[]", "1E400", "01", "\"\\ud83d\"", "\"\\x\"", "\"no end", "{\"a\":}"];

/// Rows of a few shapes, which take turns or follow each other.
fn page_text() -> impl Strategy<Value = String> {
    let names = vec![
        "attributes",
        "Id",
        "Name",
        "Amount",
        "Digits",
        "Count",
        "Flag",
        "Parent__r",
        "Contacts",
        "Address",
        "Other",
    ];
    let shape = prop_oneof![
        6 => prop::sample::subsequence(names.clone(), 0..=names.len()),
        2 => prop::sample::subsequence(names.clone(), 0..=names.len()).prop_shuffle(),
        1 => prop::collection::vec(prop::sample::select([&names[..], &["N\\u0061me", "name", ""]].concat()), 0..8),
    ];
    let run = (0..3_usize, 1..5_usize, prop::collection::vec(any::<u8>(), 12));
    let odd = prop::option::weighted(0.1, (0..12_usize, prop::sample::select(ODD.to_vec())));
    let comma = prop::sample::select(vec![",", ",", ",", ",", " ,\n "]);
    let colon = prop::sample::select(vec![":", ":", ":", ":", " : "]);
    (prop::collection::vec(shape, 3), prop::collection::vec((run, odd, comma, colon), 0..8)).prop_map(
        |(shapes, runs)| {
            let mut rows = Vec::new();
            for ((shape, count, choices), odd, comma, colon) in runs {
                for n in 0..count {
                    let member = |(at, name): (usize, &&str)| {
                        let values = values(name);
                        let choice = usize::from(choices[at % choices.len()]).wrapping_mul(n + 1);
                        // Mostly the usual ones.
                        let value = values[(choice % (values.len() * 3)).saturating_sub(values.len() * 2)];
                        let value = odd.filter(|odd| odd.0 == at && n + 1 == count).map_or(value, |odd| odd.1);
                        format!("\"{name}\"{colon}{value}")
                    };
                    let members: Vec<_> = shapes[shape].iter().enumerate().map(member).collect();
                    rows.push(format!("{{{}}}", members.join(comma)));
                }
            }
            format!(r#"{{"totalSize":{},"done":true,"records":[{}]}}"#, rows.len(), rows.join(","))
        },
    )
}

fn printed<T: std::fmt::Debug>(rows: Result<Vec<T>, impl Sized>) -> Option<Vec<String>> {
    rows.ok().map(|rows| rows.iter().map(|row| format!("{row:?}")).collect())
}

/// A page at once and a row at a time, of the same text.
async fn typed<T: DeserializeOwned + std::fmt::Debug + Send>(text: &str) {
    let expected = printed(serde_json::from_str::<Page<T>>(text).map(|page| page.records));
    let client = Script::default().answer(200, text).answer(200, text).client();
    let query = || client.query::<T>("SELECT Id FROM Contact");
    assert_eq!(printed(query().page().await.map(|page| page.records)), expected, "{text}");
    let rows: Vec<_> = query().stream().collect().await;
    let (rows, errors): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
    assert_eq!(errors.len(), usize::from(expected.is_none()), "{text}");
    if let Some(expected) = expected {
        assert_eq!(printed(rows.into_iter().collect()), Some(expected), "{text}");
    }
}

/// The names that a row has once, and their values.
fn once(row: &str) -> Vec<(String, Json)> {
    let names: Vec<String> = RowRef::new(row).fields().map(|(name, _)| name.to_lowercase()).collect();
    let Ok(Json::Object(members)) = serde_json::from_str(row) else { return Vec::new() };
    let once = |name: &String| names.iter().filter(|other| **other == name.to_lowercase()).count() == 1;
    members.into_iter().filter(|(name, _)| once(name) && name != "attributes").collect()
}

fn same_value(value: &Value, text: &str, json: &Json) {
    match value {
        Value::Null => assert!(json.is_null()),
        Value::Bool(flag) => assert_eq!(Some(*flag), json.as_bool()),
        Value::Text(said) => assert_eq!(Some(&**said), json.as_str()),
        // A float may have lost digits that the number has.
        Value::Number(number) => assert_eq!(number.as_str(), text),
        Value::Json(kept) => assert_eq!(kept.as_str(), text),
        Value::Record(parent) => same_record(parent, text),
        Value::Rows(rows) => {
            let children: Vec<&RawValue> =
                RowRef::new(text).get("records").unwrap().to().expect("child rows are a list");
            assert_eq!(rows.records.len(), children.len());
            rows.records.iter().zip(children).for_each(|(row, text)| same_record(row, text.get()));
        }
        other => panic!("{other:?} is new"),
    }
}

fn same_record(record: &Record, text: &str) {
    let names: Vec<_> = RowRef::new(text).fields().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(record.fields().map(|(name, _)| name).collect::<Vec<_>>(), names, "{text}");
    for (name, json) in once(text) {
        let value = RowRef::new(text).get(&name).unwrap().as_json();
        same_value(record.get(&name).unwrap(), value, &json);
    }
}

async fn untyped(text: &str) {
    typed::<Record>(text).await;
    let expected = serde_json::from_str::<Page<Box<RawValue>>>(text).ok().map(|page| page.records);
    let expected = expected.filter(|rows| rows.iter().all(|row| row.get().starts_with('{')));
    let client = Script::default().answer(200, text).client();
    let page = client.query::<()>("SELECT Id FROM Contact").raw_pages().try_next().await.ok().flatten();
    assert_eq!(page.is_some(), expected.is_some(), "{text}");
    let (Some(page), Some(expected)) = (page, expected) else { return };
    assert_eq!(page.rows().len(), expected.len());
    for (row, expected) in page.rows().zip(&expected) {
        assert_eq!(row.as_json(), expected.get());
        for name in [&["Amount", "Parent__r", "Contacts", "other", "nowhere", ""], &SIMPLE[..]].concat() {
            assert_eq!(row.get(name), RowRef::new(expected.get()).get(name), "{name} of {expected}");
        }
        for (name, json) in once(expected.get()) {
            assert_eq!(row.get(&name).unwrap().to::<Json>().unwrap(), json, "{name} of {expected}");
        }
        if let Ok(record) = row.to::<Record>() {
            same_record(&record, expected.get());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_way_to_read_a_page_reads_what_serde_json_reads(text in page_text(), cut in any::<prop::sample::Index>(), odd in any::<char>(), cuts in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let at = text.char_indices().map(|(at, _)| at).nth(cut.index(text.chars().count())).unwrap();
        let cut = if cuts { text[..at].to_owned() } else { format!("{}{odd}{}", &text[..at], &text[at..]) };
        runtime.block_on(async {
            for text in [&text, &cut] {
                typed::<Row>(text).await;
                typed::<Child>(text).await;
                typed::<Box<RawValue>>(text).await;
                typed::<Json>(text).await;
                untyped(text).await;
            }
        });
    }
}
