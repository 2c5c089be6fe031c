//! A row on its way into a list of many.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ObjectName, RecordId, Value};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::sobject::belongs;

/// A row as JSON text, with its object known and `attributes` taken apart. Its values are not looked at. A clone is
/// cheap.
#[derive(Clone)]
pub(crate) struct Row(Arc<Parts>);

struct Parts {
    object: Option<ObjectName>,
    /// What `attributes` holds besides the type, such as the name of a part with a file.
    attributes: String,
    /// The fields, a JSON object.
    fields: String,
}

impl Parts {
    fn read_attributes(&mut self, value: &RawValue) -> Result<()> {
        let Members(members) = serde_json::from_str(value.get())
            .map_err(|error| invalid("has `attributes` that are no JSON object").with_source(error))?;
        for (name, value) in members {
            match &*name {
                "type" => {
                    let theirs: ObjectName = serde_json::from_str(value.get())
                        .map_err(|error| invalid("has a type that is no object's name").with_source(error))?;
                    match &self.object {
                        Some(object) if *object != theirs => {
                            return Err(invalid(&format!("is of {theirs} and stands among rows of {object}")));
                        }
                        Some(_) => {}
                        None => self.object = Some(theirs),
                    }
                }
                // Where the row was read, which may be another org, and what another tree called it.
                "url" | "referenceId" => {}
                _ => push(&mut self.attributes, &name, value.get()),
            }
        }
        Ok(())
    }
}

impl Row {
    /// Takes any row that is an object in JSON. It is `object`'s; without one, `attributes.type` says whose.
    pub(crate) fn new<R: Serialize + ?Sized>(row: &R, object: Option<&ObjectName>) -> Result<Self> {
        let text =
            serde_json::to_string(row).map_err(|error| invalid("cannot be written as JSON").with_source(error))?;
        let Members(members) =
            serde_json::from_str(&text).map_err(|error| invalid("is no JSON object").with_source(error))?;
        let mut parts = Parts { object: object.cloned(), attributes: String::new(), fields: "{".into() };
        for (name, value) in members {
            if name == "attributes" {
                parts.read_attributes(value)?;
            } else {
                push(&mut parts.fields, &name, value.get());
            }
        }
        parts.fields.push('}');
        match parts.object {
            Some(_) => Ok(Self(Arc::new(parts))),
            None => {
                Err(invalid("does not say whose it is: use `Record::new(object)`, or name the object once for all"))
            }
        }
    }

    /// A row that is nothing but an id, of an object that may be unknown.
    pub(crate) fn of_id(id: RecordId, object: Option<&ObjectName>) -> Self {
        let fields = format!(r#"{{"Id":"{id}"}}"#);
        Self(Arc::new(Parts { object: object.cloned(), attributes: String::new(), fields }))
    }

    pub(crate) fn object(&self) -> Option<&ObjectName> {
        self.0.object.as_ref()
    }

    /// About how many bytes it adds to a body.
    pub(crate) fn len(&self) -> usize {
        self.0.fields.len() + self.0.attributes.len() + 160
    }

    /// The row as JSON; `extra` is more of its attributes, and `tail` more of its members.
    pub(crate) fn write(&self, out: &mut String, extra: &str, tail: &str) {
        let object = self.0.object.as_ref().map(|object| format!(r#""type":"{object}""#)).unwrap_or_default();
        let attributes = [&*object, &*self.0.attributes, extra];
        out.push_str(r#"{"attributes":{"#);
        out.push_str(&attributes.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(","));
        out.push('}');
        let fields = self.0.fields.strip_prefix('{').and_then(|fields| fields.strip_suffix('}')).unwrap_or_default();
        for part in [fields, tail] {
            if !part.is_empty() {
                out.push(',');
                out.push_str(part);
            }
        }
        out.push('}');
    }

    /// The values of these fields; the names' case does not matter. What the row does not have is `None`. Other values
    /// are not read.
    pub(crate) fn values<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<Option<Value>> {
        let Members(members) = serde_json::from_str(&self.0.fields).unwrap_or_default();
        let value = |name: &str| {
            let exact = members.iter().find(|(member, _)| member == name);
            let (_, value) = exact.or_else(|| members.iter().find(|(member, _)| member.eq_ignore_ascii_case(name)))?;
            serde_json::from_str(value.get()).ok()
        };
        names.into_iter().map(value).collect()
    }

    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.values([name]).pop().flatten()
    }

    /// The row's id, which an update needs.
    pub(crate) fn id(&self) -> Result<RecordId> {
        let Some(Value::Text(text)) = self.value("Id") else {
            return Err(invalid("has no `Id`, and an update needs one"));
        };
        let id = text.parse().map_err(|error| invalid(&format!("has no good `Id`: {error}")))?;
        self.0.object.as_ref().map_or(Ok(()), |object| belongs(object, id))?;
        Ok(id)
    }
}

fn push(out: &mut String, name: &str, value: &str) {
    if !matches!(out.as_str(), "" | "{") {
        out.push(',');
    }
    // A string is always JSON.
    out.push_str(&serde_json::Value::from(name).to_string());
    out.push(':');
    out.push_str(value);
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("object", &self.0.object)
            .field("bytes", &self.0.fields.len())
            .finish_non_exhaustive()
    }
}

/// What the row is called stands before the sentence.
fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("it {what}"))
}

/// The members of an object in the order of the text, values unread.
#[derive(Default)]
struct Members<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A `Cow` by itself is never borrowed by serde.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use salesforce_types::Record;
    use serde_json::json;

    use super::*;

    fn text(row: &Row) -> String {
        let mut out = String::new();
        row.write(&mut out, "", "");
        out
    }

    fn named(row: &serde_json::Value) -> Result<Row> {
        Row::new(row, Some(&"Account".parse().unwrap()))
    }

    #[test]
    fn a_row_of_any_type_gets_its_object() {
        #[derive(Serialize)]
        struct Account {
            #[serde(rename = "Name")]
            name: &'static str,
        }
        let row = Row::new(&Account { name: "A\"ä" }, Some(&"Account".parse().unwrap())).unwrap();
        assert_eq!(text(&row), r#"{"attributes":{"type":"Account"},"Name":"A\"ä"}"#);
        let record = Record::new("Contact").with("Amount__c", "12.50".parse::<salesforce_types::Number>().unwrap());
        assert_eq!(text(&Row::new(&record, None).unwrap()), r#"{"attributes":{"type":"Contact"},"Amount__c":12.50}"#);
        assert_eq!(text(&named(&json!({})).unwrap()), r#"{"attributes":{"type":"Account"}}"#);
    }

    #[test]
    fn attributes_are_kept_but_for_where_the_row_was_before() {
        let row = named(
            &json!({"attributes": {"type": "account", "url": "/u", "referenceId": "r", "binaryPartName": "p"}, "X": null}),
        );
        assert_eq!(text(&row.unwrap()), r#"{"attributes":{"type":"Account","binaryPartName":"p"},"X":null}"#);
    }

    #[test]
    fn what_is_no_row_or_another_objects_is_refused() {
        for bad in
            [json!([]), json!("x"), json!(null), json!({"attributes": {"type": "Contact"}}), json!({"attributes": 1})]
        {
            assert_eq!(named(&bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
        assert!(Row::new(&json!({"Name": "A"}), None).is_err());
        assert!(Row::new(&Record::new("Account/../x"), None).is_err());
    }

    #[test]
    fn an_id_is_checked_as_far_as_it_can_be() {
        let id = |id: &str| named(&json!({"id": id})).unwrap().id();
        assert!(id("001D000000IqhSLIAZ").is_ok());
        assert!(id("001D000000IqhSLIAA").is_err() && id("003Dn00000srto9IAA").is_err() && id("x").is_err());
        assert!(named(&json!({})).unwrap().id().is_err());
        assert!(Row::of_id("001D000000IqhSL".parse().unwrap(), None).id().is_ok());
    }

    #[test]
    fn only_the_fields_asked_for_are_read_and_the_exact_name_comes_first() {
        let row = named(&json!({"name": "a", "Name": "b", "N__c": 1.50, "Deep__c": {"x": [1, {"y": null}]}})).unwrap();
        let number = Value::Number("1.5".parse().unwrap());
        assert_eq!(row.values(["name", "n__C", "Gone__c"]), [Some("a".into()), Some(number), None]);
        assert_eq!(row.value("NAME"), Some("b".into()));
        assert_eq!(named(&json!({})).unwrap().value("Name"), None);
    }

    #[test]
    fn debug_shows_no_value() {
        let row = named(&json!({"attributes": {"x": "canary"}, "Name": "canary"})).unwrap();
        assert!(!format!("{row:?}").contains("canary") && format!("{row:?}").contains("Account"));
    }
}
