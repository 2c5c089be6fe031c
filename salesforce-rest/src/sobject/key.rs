//! Which record a call is about.

use salesforce_http::{Error, ErrorKind, Request, Result, path_segment};
use salesforce_types::{FieldName, ObjectName, RecordId};

use super::object_name;
use crate::external_id;

/// A record's place below `sobjects`.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Id(RecordId),
    External {
        field: Box<str>,
        value: Box<str>,
    },
    /// An id that an earlier part of a composite call will have.
    Reference(Box<str>),
}

impl Key {
    pub(crate) fn external(field: &str, value: &str) -> Self {
        Self::External { field: field.into(), value: value.into() }
    }

    /// The path, or why none can be made that leads to such a record.
    pub(crate) fn path(&self, object: &str) -> Result<String> {
        let object = object_name(object)?;
        match self {
            Self::Id(id) => {
                belongs(&object, *id).map_err(|error| error.at("nothing was sent"))?;
                Ok(format!("sobjects/{object}/{id}"))
            }
            Self::Reference(text) => Ok(format!("sobjects/{object}/{text}")),
            Self::External { field, value } => {
                let field: FieldName = field.parse().map_err(|error| invalid(&format!("{error}")))?;
                if field == *"Id" {
                    return Err(invalid("`Id` is no external id: use the call that takes an id"));
                }
                // Without a value, the path would be another resource's.
                if value.is_empty() {
                    return Err(invalid(&format!("the value of `{field}` is empty, and names no record")));
                }
                Ok(format!("sobjects/{object}/{field}/{}", path_segment(value)))
            }
        }
    }

    /// A call to this record. The list of namesakes, if there are any, is read whole.
    pub(crate) fn at(&self, object: &str, call: fn(String) -> Request) -> Result<Request> {
        let request = call(self.path(object)?);
        Ok(match self {
            Self::External { .. } => request.error_body(external_id::LONGEST_LIST),
            _ => request,
        })
    }
}

fn invalid(why: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("nothing was sent: {why}"))
}

/// The key prefixes of standard objects that are the same in every org.
const PREFIXES: [(&str, &str); 19] = [
    ("Account", "001"),
    ("Asset", "02i"),
    ("Attachment", "00P"),
    ("Campaign", "701"),
    ("Case", "500"),
    ("Contact", "003"),
    ("ContentDocument", "069"),
    ("ContentVersion", "068"),
    ("Contract", "800"),
    ("Event", "00U"),
    ("Group", "00G"),
    ("Lead", "00Q"),
    ("Opportunity", "006"),
    ("Order", "801"),
    ("Organization", "00D"),
    ("Product2", "01t"),
    ("Profile", "00e"),
    ("Task", "00T"),
    ("User", "005"),
];

/// Refuses an id that is surely another object's: the org would answer `MALFORMED_ID`. Of objects whose prefix differs
/// from org to org, only the org knows.
pub(crate) fn belongs(object: &ObjectName, id: RecordId) -> Result<()> {
    let theirs = id.key_prefix();
    match PREFIXES.iter().find(|(name, _)| *object == **name) {
        Some((name, prefix)) if theirs.as_str() != *prefix => {
            let message = format!("`{id}` is no id of {name}, whose ids begin with `{prefix}`");
            Err(Error::new(ErrorKind::Invalid, message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(object: &str, field: &str, value: &str) -> Result<String> {
        Key::external(field, value).path(object)
    }

    #[test]
    fn a_value_is_one_segment_whatever_is_in_it() {
        assert_eq!(path("Account", "Ext__c", "P-17").unwrap(), "sobjects/Account/Ext__c/P-17");
        assert_eq!(path("Account", "Ext__c", "a/b?c#d é").unwrap(), "sobjects/Account/Ext__c/a%2Fb%3Fc%23d%20%C3%A9");
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for (object, field, value) in [
            ("Account", "Ext__c", ""),
            ("Account", "Ext__c/../x", "1"),
            ("Account", "", "1"),
            ("Account", "Id", "001D000000IqhSLIAZ"),
            ("Account/x", "Ext__c", "1"),
        ] {
            assert_eq!(path(object, field, value).unwrap_err().kind(), ErrorKind::Invalid, "{object} {field} {value}");
        }
    }

    #[test]
    fn an_id_of_another_standard_object_is_refused_and_a_custom_one_is_the_orgs_to_judge() {
        let contact = "003Dn00000srto9IAA".parse().unwrap();
        let error = Key::Id(contact).path("account").unwrap_err();
        assert_eq!(
            error.to_string(),
            "nothing was sent: `003Dn00000srto9IAA` is no id of Account, whose ids begin with `001`"
        );
        assert!(Key::Id(contact).path("Contact").is_ok() && Key::Id(contact).path("Invoice__c").is_ok());
    }
}
