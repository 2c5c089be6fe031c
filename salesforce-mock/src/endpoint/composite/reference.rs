//! `@{ref.field}`: a value from the answer to an earlier request.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::rules::Members;

/// What stands in front of a reference.
const OPEN: &str = "@{";

/// The answers so far, by reference ids. An answer is taken apart when it is first referred to.
#[derive(Debug)]
pub(super) struct Answers {
    bodies: HashMap<String, Bytes>,
    trees: HashMap<String, Node>,
    /// Whether a reference may lead to null.
    nulls: bool,
}

/// JSON, with the digits of its numbers.
#[derive(Debug)]
enum Node {
    Object {
        raw: Box<str>,
        members: HashMap<String, Self>,
    },
    List {
        raw: Box<str>,
        items: Vec<Self>,
    },
    Text {
        raw: Box<str>,
        text: String,
    },
    /// A number, a checkbox or null.
    Plain(Box<str>),
}

impl Answers {
    pub(super) fn new(nulls: bool) -> Self {
        Self { bodies: HashMap::new(), trees: HashMap::new(), nulls }
    }

    pub(super) fn add(&mut self, id: &str, body: Bytes) {
        self.bodies.insert(id.to_owned(), body);
    }

    /// A URL with the values in place of its references. Letters that would end a parameter are escaped.
    pub(super) fn in_url(&mut self, url: &str, limit: usize) -> Result<String, String> {
        self.replace(url, limit, |text| {
            let mut escaped = String::with_capacity(text.len());
            for letter in text.chars() {
                match letter {
                    '%' => escaped.push_str("%25"),
                    '&' => escaped.push_str("%26"),
                    '+' => escaped.push_str("%2B"),
                    '#' => escaped.push_str("%23"),
                    letter => escaped.push(letter),
                }
            }
            escaped
        })
    }

    /// JSON with the values in place of the references in its texts. A text that is one reference becomes the value
    /// itself, a number among them; in a longer one it becomes a part of the text.
    pub(super) fn in_body(&mut self, body: &str, limit: usize) -> Result<String, String> {
        if !body.contains(OPEN) {
            return Ok(body.to_owned());
        }
        let mut out = String::with_capacity(body.len());
        let mut rest = body;
        while let Some(start) = rest.find('"') {
            out.push_str(&rest[..start]);
            let (token, behind) = rest[start..].split_at(token_length(&rest[start..]));
            rest = behind;
            let is_name = rest.trim_start().starts_with(':');
            if is_name || !token.contains(OPEN) {
                out.push_str(token);
                continue;
            }
            let text: String = serde_json::from_str(token).map_err(|_| "The body cannot be read".to_owned())?;
            match whole(&text) {
                Some(reference) => out.push_str(self.find(reference)?.raw()),
                None => {
                    let text = self.replace(&text, limit.saturating_sub(out.len()), str::to_owned)?;
                    out.push_str(&serde_json::Value::from(text).to_string());
                }
            }
            if out.len() > limit {
                return Err(too_long());
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn replace(&mut self, text: &str, limit: usize, escape: fn(&str) -> String) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, reference, behind)) = next(rest) {
            out.push_str(before);
            out.push_str(&escape(self.find(reference)?.text()));
            rest = behind;
            if out.len() > limit {
                return Err(too_long());
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The value of `ref.records[0].Id`.
    fn find(&mut self, reference: &str) -> Result<&Node, String> {
        let end = reference.find(['.', '[']).unwrap_or(reference.len());
        let (id, path) = reference.split_at(end);
        let missing = || format!("Invalid reference specified. No value for {reference} found in {id}");
        if !self.trees.contains_key(id) {
            let body = self.bodies.get(id).ok_or_else(missing)?;
            let raw: &RawValue = serde_json::from_slice(body).map_err(|_| missing())?;
            self.trees.insert(id.to_owned(), Node::of(raw).ok_or_else(missing)?);
        }
        let nulls = self.nulls;
        let node = self.trees.get(id).and_then(|node| node.at(path));
        node.filter(|node| nulls || node.raw() != "null").ok_or_else(missing)
    }
}

impl Node {
    fn of(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        let raw = || text.into();
        Some(match text.as_bytes().first()? {
            b'{' => {
                let members: Members<'_> = serde_json::from_str(text).ok()?;
                let members = members.0.into_iter().map(|(name, raw)| Some((name, Self::of(raw)?)));
                Self::Object { raw: raw(), members: members.collect::<Option<_>>()? }
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::List { raw: raw(), items: items.into_iter().map(Self::of).collect::<Option<_>>()? }
            }
            b'"' => Self::Text { raw: raw(), text: serde_json::from_str(text).ok()? },
            _ => Self::Plain(raw()),
        })
    }

    /// What lies behind a path such as `.records[0].Id`.
    fn at(&self, mut path: &str) -> Option<&Self> {
        let mut node = self;
        while !path.is_empty() {
            if let Some(rest) = path.strip_prefix('[') {
                let (index, rest) = rest.split_once(']')?;
                let Self::List { items, .. } = node else { return None };
                (node, path) = (items.get(index.parse::<usize>().ok()?)?, rest);
            } else {
                let rest = path.strip_prefix('.')?;
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (name, rest) = rest.split_at(end);
                let Self::Object { members, .. } = node else { return None };
                (node, path) = (members.get(name)?, rest);
            }
        }
        Some(node)
    }

    /// The JSON of the value.
    fn raw(&self) -> &str {
        match self {
            Self::Object { raw, .. } | Self::List { raw, .. } | Self::Text { raw, .. } | Self::Plain(raw) => raw,
        }
    }

    /// The value inside of a text.
    fn text(&self) -> &str {
        match self {
            Self::Text { text, .. } => text,
            Self::Plain(raw) if &**raw == "null" => "",
            other => other.raw(),
        }
    }
}

/// The reference ids that a text refers to.
pub(super) fn ids(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, reference, behind)) = next(rest) {
        found.push(reference.split(['.', '[']).next().unwrap_or_default());
        rest = behind;
    }
    found
}

/// The text before the next reference, the reference, and what stands behind it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(OPEN)?;
    let (reference, behind) = rest.split_once('}')?;
    Some((before, reference, behind))
}

/// The reference that is all of a text.
fn whole(text: &str) -> Option<&str> {
    let reference = text.strip_prefix(OPEN)?.strip_suffix('}')?;
    (!reference.contains(['}', '{'])).then_some(reference)
}

/// The length of the JSON text at the beginning, with its quotes; all there is when it does not end.
fn token_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

fn too_long() -> String {
    "The request is too large with its references resolved.".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        let mut answers = Answers::new(true);
        let body = br#"{"id":"001","n":1234567890123456.78,"none":null,"records":[{"Id":"a&b"}],"q":"say \"x\""}"#;
        answers.add("ref", Bytes::from_static(body));
        answers
    }

    #[test]
    fn a_reference_becomes_the_value_and_keeps_its_digits() {
        let body =
            r#"{"A":"@{ref.id}","B":"@{ref.n}","C":"n: @{ref.n}, @{ref.q}","@{ref.id}":"@{ref.none}","D":"\"@"}"#;
        assert_eq!(
            answers().in_body(body, 1000).unwrap(),
            r#"{"A":"001","B":1234567890123456.78,"C":"n: 1234567890123456.78, say \"x\"","@{ref.id}":null,"D":"\"@"}"#
        );
        assert_eq!(answers().in_url("x/@{ref.id}?q=@{ref.records[0].Id}", 100).unwrap(), "x/001?q=a%26b");
    }

    #[test]
    fn a_reference_to_nothing_is_refused_by_name() {
        for path in ["ref.ID", "ref.records[1].Id", "ref.records.Id", "ref[0]", "ref.records[x]", "other.id", ""] {
            let id = path.split(['.', '[']).next().unwrap();
            let text = format!("Invalid reference specified. No value for {path} found in {id}");
            assert_eq!(answers().in_url(&format!("@{{{path}}}"), 100), Err(text));
        }
        let mut strict = answers();
        strict.nulls = false;
        assert!(strict.in_url("@{ref.none}", 100).is_err());
    }

    #[test]
    fn what_grows_too_long_is_refused() {
        let mut answers = answers();
        answers.add("long", format!("{{\"text\":\"{}\"}}", "x".repeat(1000)).into());
        let body = format!("[{}\"\"]", "\"@{long.text}\",".repeat(100_000));
        assert_eq!(answers.in_body(&body, 1 << 20), Err(too_long()));
        assert_eq!(answers.in_url(&"@{long.text}".repeat(100_000), 1 << 20), Err(too_long()));
        let body = format!("[\"{}\"]", "-@{long.text}".repeat(100_000));
        assert_eq!(answers.in_body(&body, 1 << 20), Err(too_long()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", parts in "(@\\{|ref|\\.|\\[|\\]|0|\\}|\"|\\\\|id|é){0,30}") {
            for text in [&text, &parts] {
                let _ = (answers().in_url(text, 100), answers().in_body(text, 100), ids(text), whole(text));
            }
        }
    }
}
