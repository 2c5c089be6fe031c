//! API names and picklist values as names in Rust.

use std::collections::HashSet;

use salesforce_types::{FieldName, ObjectName};

use crate::error::{Error, Result};

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that `r#` does not make a name of.
const NEVER_NAMES: &[&str] = &["crate", "self", "super"];

/// Types that the code names: an object of that name gets another.
const TAKEN_TYPES: &[&str] = &[
    "Address",
    "AsRef",
    "Box",
    "Clone",
    "Date",
    "Debug",
    "Default",
    "Deserialize",
    "Drop",
    "Err",
    "Fn",
    "From",
    "Into",
    "Iterator",
    "Location",
    "MultiPicklist",
    "None",
    "Number",
    "Ok",
    "Option",
    "PartialEq",
    "Patch",
    "RecordId",
    "Result",
    "SObject",
    "Self",
    "Send",
    "Serialize",
    "Some",
    "String",
    "Sync",
    "TimeOfDay",
    "Timestamp",
    "ToString",
    "Value",
    "Vec",
];

/// Gives each thing a name of its own.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    pub(crate) fn of_types() -> Self {
        Self(TAKEN_TYPES.iter().map(|&name| name.to_owned()).collect())
    }

    /// For the variants of a picklist, where `Other` is for what is not listed.
    pub(crate) fn of_variants() -> Self {
        Self(["Other", "Self"].map(str::to_owned).into())
    }

    /// The first of these names that is free; when none is, the last with the first number that makes it so.
    pub(crate) fn take(&mut self, wanted: &[String]) -> String {
        let last = wanted.last().cloned().unwrap_or_default();
        let numbered = (2..).map(|n| format!("{last}{}{n}", if last.contains('_') { "_" } else { "" }));
        let free = wanted.iter().cloned().chain(numbered).find(|name| !self.0.contains(name));
        let name = free.expect("there are more numbers than names");
        self.0.insert(name.clone());
        name
    }
}

/// A name that Salesforce could have made, or what is wrong with the describe.
pub(crate) fn check_object(name: &str) -> Result<()> {
    let why = |invalid| Error::caused("a describe is of no object: its `name` is no name of one", invalid);
    name.parse::<ObjectName>().map(drop).map_err(why)
}

pub(crate) fn check_field(object: &str, name: &str) -> Result<()> {
    let why = |invalid| Error::caused(format!("the describe of {object} has a field whose `name` is none"), invalid);
    name.parse::<FieldName>().map(drop).map_err(why)
}

/// `BillingCity`, `ns__Billing_City__c` → `billing_city`, `ns_billing_city`; the second has its suffix, for when the
/// first is taken. What points to a row of another object ends in `_id`, as standard fields do.
pub(crate) fn field(name: &str, is_reference: bool) -> Vec<String> {
    let short = strip_suffix(name);
    let mut names = Vec::new();
    if is_reference && short != name && !snake(short).ends_with("_id") {
        names.push(snake(short) + "_id");
    }
    names.extend([snake(short), snake(name)]);
    names.iter().map(|name| escape(name)).collect()
}

/// `My_Object__c` → `MyObject`.
pub(crate) fn object(name: &str) -> String {
    pascal(strip_suffix(name))
}

/// The name of a picklist's value. Values whose names fall together are told apart by what they are, not by their
/// order: a value that an administrator inserts must not take the name of another.
#[derive(Debug, PartialEq)]
pub(crate) struct Variant {
    /// `A+` → `A`.
    pub(crate) plain: String,
    /// `A+` → `AU002B`.
    pub(crate) exact: String,
}

/// `Phone Inquiry` → `PhoneInquiry`; without Latin letters it is the code points, `日本` → `U65E5U672C`.
pub(crate) fn variant(value: &str) -> Variant {
    let exact = spelled(value);
    let plain = match value.is_ascii() || value.contains(|c: char| c.is_ascii_alphabetic()) {
        true => Some(pascal(value)).filter(|name| !name.is_empty()),
        false => None,
    };
    let name = |name: String| match name.bytes().next() {
        None => "Value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("V{name}"),
        Some(_) if name == "Other" || name == "Self" => name + "Value",
        Some(_) => name,
    };
    Variant { plain: name(plain.unwrap_or_else(|| exact.clone())), exact: name(exact) }
}

/// Words as [`pascal`] has them, and what is between them by its code points.
fn spelled(text: &str) -> String {
    let is_between = |c: char| !c.is_ascii_alphanumeric();
    let pieces = text.split_inclusive(is_between).map(|piece| match piece.chars().next_back() {
        Some(last) if is_between(last) && !last.is_whitespace() => format!("{}U{:04X}", pascal(piece), u32::from(last)),
        _ => pascal(piece),
    });
    pieces.collect()
}

/// What serde's `rename_all = "PascalCase"` makes of a field.
pub(crate) fn key(field: &str) -> String {
    field.trim_start_matches("r#").split('_').map(capital).collect()
}

fn strip_suffix(name: &str) -> &str {
    ["__c", "__r", "__s"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Words of ASCII letters and digits, each with a capital; a word in capitals only becomes one with a single capital.
fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let shouted = word.len() > 1 && !word.bytes().any(|byte| byte.is_ascii_lowercase());
            capital(&if shouted { word.to_ascii_lowercase() } else { word.to_owned() })
        })
        .collect()
}

/// A new word begins at a capital after a small letter or a digit, and at the last capital of several: `UTCOffset` is
/// `utc_offset`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins = letter.is_ascii_uppercase()
            && (before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                || (before.is_some_and(char::is_ascii_uppercase) && after.is_some_and(char::is_ascii_lowercase)));
        if (begins || letter == '_') && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        if letter != '_' {
            snake.push(letter.to_ascii_lowercase());
        }
    }
    snake.trim_end_matches('_').to_owned()
}

fn escape(name: &str) -> String {
    match name {
        name if NEVER_NAMES.contains(&name) => format!("{name}_"),
        name if KEYWORDS.contains(&name) => format!("r#{name}"),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_are_as_a_rust_program_writes_them() {
        for (name, expected) in [
            ("Id", "id"),
            ("NumberOfEmployees", "number_of_employees"),
            ("UTCOffset", "utc_offset"),
            ("OwnerID", "owner_id"),
            ("Billing_City__c", "billing_city"),
            ("ns__Level2Name__c", "ns_level2_name"),
            ("Place__Latitude__s", "place_latitude"),
            ("Vip__pc", "vip_pc"),
            ("Type", "r#type"),
            ("Gen__c", "r#gen"),
            ("Self__c", "self_"),
        ] {
            assert_eq!(field(name, false)[0], expected, "{name}");
        }
        assert_eq!(field("Parent__c", true)[0], "parent_id");
        assert_eq!(field("Account_Id__c", true)[0], "account_id");
        assert_eq!(field("AccountId", true)[0], "account_id");
    }

    #[test]
    fn a_name_that_is_taken_is_followed_by_the_next() {
        let mut names = Names::default();
        assert_eq!(names.take(&field("Name", false)), "name");
        assert_eq!(names.take(&field("Name__c", false)), "name_c");
        assert_eq!(names.take(&field("name_c__c", false)), "name_c_c");
        assert_eq!(names.take(&field("Name", false)), "name2");
    }

    #[test]
    fn values_become_names_of_variants() {
        for (value, expected) in [
            ("Phone Inquiry", "PhoneInquiry"),
            ("1 - High", "V1High"),
            ("USA", "Usa"),
            ("A/B", "AB"),
            ("Größe", "GrE"),
            ("日本", "U65E5U672C"),
            ("日本 2", "U65E5U672C2"),
            ("+", "U002B"),
            ("1 - 5", "V15"),
            ("Other", "OtherValue"),
            ("self", "SelfValue"),
            ("", "Value"),
        ] {
            assert_eq!(variant(value).plain, expected, "{value}");
        }
        for (value, expected) in [("A+", "AU002B"), ("A", "A"), ("Größe", "GrU00F6U00DFE"), ("1-5", "V1U002D5")] {
            assert_eq!(variant(value).exact, expected, "{value}");
        }
    }

    #[test]
    fn the_key_is_the_one_that_serde_makes() {
        assert_eq!((&*key("number_of_employees"), &*key("r#type"), &*key("id")), ("NumberOfEmployees", "Type", "Id"));
    }
}
