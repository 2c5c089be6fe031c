//! Whatever the text, this reads what `serde_json` reads.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use super::*;
use crate::{RecordId, Timestamp};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be compared")]
struct Row {
    #[serde(alias = "ID")]
    id: Option<RecordId>,
    name: Option<String>,
    amount: Option<f64>,
    small: Option<i8>,
    big: Option<i128>,
    flag: Option<bool>,
    stage: Option<Stage>,
    stamp: Option<Timestamp>,
    parent: Option<Box<Self>>,
    rows: Option<Vec<Self>>,
    raw: Option<Box<RawValue>>,
    any: Option<serde_json::Value>,
    pair: Option<(u8, String)>,
    by_number: Option<HashMap<u32, char>>,
    by_stage: Option<BTreeMap<Stage, ()>>,
    unread: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "or_none")]
    lenient: Option<u8>,
    #[serde(default, deserialize_with = "or_none")]
    lenient_row: Option<Small>,
    untagged: Option<Either>,
    wrapped: Option<Wrapped>,
}

/// A row that may be wrong in its middle and at its end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be compared")]
struct Small {
    id: RecordId,
    name: String,
    parent: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "the fields are there to be compared")]
struct Flat {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Open,
    Closed(u8),
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "the fields are there to be compared")]
enum Either {
    Number(u16),
    Text(String),
    Row { name: String },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "the field is there to be compared")]
struct Wrapped(Option<String>);

/// Swallows an error, as callers do who want a row even when a field is odd.
fn or_none<'de, D, T>(deserializer: D) -> std::result::Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(T::deserialize(deserializer).ok())
}

fn same<T: DeserializeOwned + Debug>(text: &str) {
    let by = |read: serde_json::Result<T>| read.map(|value| format!("{value:?}")).map_err(|error| error.to_string());
    assert_eq!(by(from_str(text)), by(serde_json::from_str(text)), "{text}");
}

fn all(text: &str) {
    same::<Row>(text);
    same::<Vec<Row>>(text);
    same::<Flat>(text);
    same::<serde_json::Value>(text);
    same::<Box<RawValue>>(text);
    same::<IgnoredAny>(text);
    same::<BTreeMap<String, Option<String>>>(text);
    same::<Option<f64>>(text);
    same::<String>(text);
    same::<Either>(text);
    // A `Record` keeps as text what is too deep for `serde_json`, so it is compared where that reads it too.
    let records = (from_str::<crate::Record>(text), serde_json::from_str::<crate::Record>(text));
    assert_eq!(records.0.ok(), records.1.ok(), "{text}");
}

/// The same with a layout, whosever it is: what is read by it is what `serde_json` reads.
fn known<T: DeserializeOwned + Debug>(layout: &Layout, text: &str) {
    let mut scanner = Scanner::new(text).with_layout(layout);
    let by_layout = T::deserialize(&mut scanner).ok().filter(|_| scanner.is_at_end());
    let plain = from_str::<T>(text).ok();
    // What is unusual is left to `serde_json`, with a layout and without.
    let mut scanner = Scanner::new(text);
    let without = T::deserialize(&mut scanner).ok().filter(|_| scanner.is_at_end());
    let print = |value: Option<T>| value.map(|value| format!("{value:?}"));
    let (by_layout, without, plain) = (print(by_layout), print(without), print(plain));
    assert_eq!(by_layout, without, "{text}");
    assert!(by_layout.is_none() || by_layout == plain, "{text}");
}

fn all_known(layout: &Layout, text: &str) {
    known::<Row>(layout, text);
    known::<Vec<Row>>(layout, text);
    known::<Flat>(layout, text);
    known::<serde_json::Value>(layout, text);
    known::<Box<RawValue>>(layout, text);
    known::<IgnoredAny>(layout, text);
    known::<BTreeMap<String, Option<String>>>(layout, text);
}

/// The text with something put in, taken out or cut off.
fn changed(text: &str, cut: prop::sample::Index, odd: Option<char>) -> Vec<String> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if places.is_empty() {
        return Vec::new();
    }
    let (before, behind) = text.split_at(places[cut.index(places.len())]);
    let rest = &behind[behind.chars().next().map_or(0, char::len_utf8)..];
    vec![before.to_owned(), format!("{before}{}{behind}", odd.unwrap_or('"')), format!("{before}{rest}")]
}

/// Values that are plain, and values that are not.
fn value() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "null",
        "true",
        "false",
        "nul",
        "truefalse",
        "0",
        "-0",
        "-0.0",
        "1",
        "255",
        "-129",
        "01",
        "1.",
        ".5",
        "1e5",
        "1E+400",
        "-1e-400",
        "12345678901234567890",
        "123456789012345678901234567890.5",
        "0.1000000000000000055511151",
        "9007199254740993",
        "NaN",
        "-",
        "+1",
        "\"\"",
        "\"Open\"",
        "\"001D000000IqhSLIAZ\"",
        "{\"Closed\":7}",
        "\"2026-03-01T17:49:01.000+0000\"",
        "\"a\\nb\"",
        "\"\\u00e4\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\udead x\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\\"\"",
        "\"\\\\\"",
        "\"\u{1}\"",
        "\"a\tb\"",
        "\"\u{7f}\"",
        "\"ä😀 long enough for words\"",
        "\"12345678\"",
        "\"1234567\\\"\"",
        "\"no end",
        "[]",
        "[1,\"x\"]",
        "[1,]",
        "[,]",
        "[[[]]]",
        "{}",
        "{,}",
        "{\"a\":1,}",
        "{\"7\":\"x\"}",
        "{\"Open\":null}",
        "{\"\\u0037\":\"x\"}",
        "{\"name\":\"x\"}",
        "{\"a\" : [ 1 , { } ] }",
        "{1:2}",
        "",
    ]);
    let leaf = prop_oneof![4 => odd.prop_map(str::to_owned), 1 => "\"\\PC{0,20}\"", 1 => any::<f64>().prop_map(|n| n.to_string())];
    leaf.prop_recursive(3, 24, 4, |value| {
        let lists = prop::collection::vec(value.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(",")));
        prop_oneof![lists, object(value)]
    })
}

fn object(value: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "Id",
        "ID",
        "Name",
        "Amount",
        "Small",
        "Big",
        "Flag",
        "Stage",
        "Stamp",
        "Parent",
        "Rows",
        "Raw",
        "Any",
        "Pair",
        "ByNumber",
        "ByStage",
        "Unread",
        "Lenient",
        "LenientRow",
        "Untagged",
        "Wrapped",
        "attributes",
        "records",
        "N\\u0061me",
        "other",
        "",
    ]);
    let mark = prop::sample::select(vec![":", ":", ":", " :\n ", ""]);
    let member = (name, mark, value).prop_map(|(name, mark, value)| format!("\"{name}\"{mark}{value}"));
    let comma = prop::sample::select(vec![",", ",", ",", " , ", ";", ""]);
    (prop::collection::vec(member, 0..8), comma).prop_map(|(members, comma)| format!("{{{}}}", members.join(comma)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_text_reads_as_serde_json_reads_it(text in prop_oneof![value(), object(value().boxed())], cut in any::<prop::sample::Index>(), odd in any::<Option<char>>()) {
        all(&text);
        for text in changed(&text, cut, odd) {
            all(&text);
        }
    }

    #[test]
    fn a_scanner_passes_over_what_serde_json_passes_over(text in value()) {
        let mut scanner = Scanner::new(&text);
        let skipped = scanner.skip().ok().filter(|_| scanner.is_at_end());
        let raw = serde_json::from_str::<Box<RawValue>>(&text).ok();
        prop_assert_eq!(skipped, raw.as_ref().map(|raw| raw.get()), "{}", text);
    }

    #[test]
    fn the_end_of_a_string_is_found_wherever_it_is(before in "[ -!#-\\[\\]-~äß€😀]{0,40}", mark in prop::sample::select(vec!['"', '\\', '\n', '\0', '\u{1f}']), after in "\\PC{0,20}") {
        let text = format!("\"{before}{mark}{after}");
        same::<String>(&text);
        same::<String>(&format!("{text}\""));
        same::<IgnoredAny>(&format!("{text}\""));
    }
}

#[test]
fn depth_is_what_serde_json_takes_and_overflows_no_stack() {
    for depth in [1, 30, 31, 32, 33, 34, 126, 127, 128, 129, 200] {
        for (open, close, middle) in
            [("[", "]", ""), ("{\"Parent\":", "}", "null"), ("{\"Any\":", "}", "1"), ("[{\"a\":", "}]", "1")]
        {
            let text = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            all(&text);
            all(&text[..text.len() - 1]);
        }
    }
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(from_str::<IgnoredAny>(&deep).is_ok());
    assert!(from_str::<serde_json::Value>(&deep).is_err());
}

/// What is left of an object after an error in it is no member of the row that it is in.
#[test]
fn an_error_that_is_swallowed_in_an_object_gives_no_half_of_it() {
    let bad = r#""Id":"no id""#;
    for object in ["{B}", r#"{B,"Name":"x"}"#, r#"{"Name":"x",B}"#, r#"{"Parent":{B},"Name":7}"#, r#"{"Name":"x"}"#] {
        let object = object.replace('B', bad);
        all(&format!(r#"{{"LenientRow":{object},"Name":"y"}}"#));
        all(&format!(r#"{{"Rows":[{{"LenientRow":{object}}}],"Name":"y"}}"#));
        all(&format!(r#"{{"LenientRow":{object}"#));
    }
}

#[test]
fn after_an_error_nothing_can_be_read() {
    let mut scanner = Scanner::new("x true true");
    assert!(scanner.skip().is_err() && scanner.skip().is_err() && scanner.peek().is_none() && !scanner.is_at_end());
}

proptest! {
    #[test]
    fn no_layout_changes_what_is_read(row in object(value().boxed()), other in object(value().boxed()), cut in any::<prop::sample::Index>(), odd in any::<Option<char>>()) {
        let layout = Layout::of(&Scanner::new(&row));
        let mut learnt = Layout::default();
        learnt.note(&other);
        learnt.note(&row);
        for text in [vec![row.clone(), other, format!("[{row},{row}]")], changed(&row, cut, odd)].concat() {
            all_known(&layout, &text);
            all_known(&learnt, &text);
            // The thread remembers the row before.
            let records = (from_str::<crate::Record>(&row).ok(), from_str::<crate::Record>(&text).ok());
            prop_assert_eq!(records.0, serde_json::from_str(&row).ok(), "{}", row);
            prop_assert_eq!(records.1, serde_json::from_str(&text).ok(), "{}", text);
        }
    }

    #[test]
    fn a_row_with_a_known_layout_gives_what_it_gives_without(rows in prop::collection::vec(object(value().boxed()), 1..6), alike in 1..4_usize) {
        let rows: Vec<_> = rows.iter().filter(|row| from_str::<IgnoredAny>(row).is_ok()).flat_map(|row| vec![row; alike]).collect();
        let layout = rows.first().map_or_else(Layout::default, |row| Layout::of(&Scanner::new(row)));
        for row in &rows {
            let (mut scanner, mut places) = (Scanner::new(row), Vec::new());
            prop_assert_eq!(layout.row(&mut scanner, &mut places), Ok(&***row));
            prop_assert!(scanner.is_at_end());
            prop_assert!(places.is_empty() || places.len() == layout.len());
            let (plain, known) = (crate::RowRef::new(row), crate::RowRef::new(row).with_layout(&layout, &places));
            for name in ["Id", "id", "Name", "Raw", "records", "other", "", "nowhere"] {
                prop_assert_eq!(plain.get(name), known.get(name), "{} of {}", name, row);
            }
        }
    }

    #[test]
    fn what_is_no_object_has_no_layout(text in prop_oneof![value(), object(value().boxed())]) {
        let (mut scanner, layout) = (Scanner::new(&text), Layout::of(&Scanner::new(&text)));
        let row = layout.row(&mut scanner, &mut Vec::new()).is_ok() && scanner.is_at_end();
        prop_assert_eq!(row, text.starts_with('{') && serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
    }
}
