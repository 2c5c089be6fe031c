//! What became of one record among many.

use std::fmt;

use salesforce_http::Error;
use salesforce_soql::Soql;
use salesforce_soql::ast::Number;
use salesforce_types::{ErrorCode, IdText, RecordId, Value};

/// What became of one record among many: a value, not an error of the call.
///
/// ```
/// use salesforce_rest::{Outcome, Written};
///
/// fn report(outcome: &Outcome) -> String {
///     let row = outcome.position;
///     match &outcome.result {
///         Written::Done { id: Some(id), .. } => format!("row {row} is {id}"),
///         Written::Done { .. } => format!("row {row} is done"),
///         Written::Refused(error) => format!("row {row} was refused: {error}"),
///         Written::Unknown(unknown) => format!("row {row}: look for it before you send it again: {unknown}"),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Which of the rows given it is, counted from 0.
    pub position: usize,
    /// What became of it.
    pub result: Written,
}

/// Done, not done, or not known.
#[derive(Clone, Debug)]
pub enum Written {
    /// The org did it.
    Done {
        /// The record.
        id: Option<IdText>,
        /// Whether it is new, where the call could have found an old one.
        created: Option<bool>,
    },
    /// The org surely did not do it, in no try. The error's [`api_errors`](Error::api_errors) are the reasons given for this
    /// record; when the whole call failed, its error is the same for all records in it.
    Refused(Error),
    /// The org may have done it: an answer was lost, or it does not say how far the call came.
    Unknown(Unknown),
}

impl Outcome {
    pub(crate) fn new(position: usize, result: Written) -> Self {
        Self { position, result }
    }

    /// Whether the org did it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.result, Written::Done { .. })
    }

    /// The record, if it is done and the org named it.
    #[must_use]
    pub fn id(&self) -> Option<RecordId> {
        match &self.result {
            Written::Done { id, .. } => id.as_ref()?.id(),
            _ => None,
        }
    }

    /// Why it is not done, or not known to be.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.result {
            Written::Done { .. } => None,
            Written::Refused(error) => Some(error),
            Written::Unknown(unknown) => Some(unknown.error()),
        }
    }

    /// Whether nothing was wrong with this record: it was rolled back since another one of an all-or-none call was
    /// refused.
    #[must_use]
    pub fn is_rolled_back(&self) -> bool {
        let Written::Refused(error) = &self.result else { return false };
        error.api_errors().first().is_some_and(|first| first.code == ErrorCode::AllOrNoneOperationRolledBack)
    }
}

/// A record of which nobody knows whether it was written, and how to find out.
#[derive(Clone, Debug)]
pub struct Unknown {
    object: Option<Box<str>>,
    keys: Vec<(Box<str>, Value)>,
    error: Error,
}

impl Unknown {
    pub(crate) fn new(object: Option<&str>, keys: Vec<(Box<str>, Value)>, error: Error) -> Self {
        Self { object: object.map(Into::into), keys, error }
    }

    /// The record's object, if the call names it; a delete of ids of any objects does not.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// The fields and values that tell the record from others: its id, its external id, or what the call was told to
    /// settle by. What the row does not have is null.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.keys.iter().map(|(field, value)| (&**field, value))
    }

    /// How the answer was lost. When only that of an earlier try was, what the org said to a later one.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// A query for the record by its keys: `SELECT Id FROM … WHERE …`. `None` without an object or keys, and when one of
    /// the keys is empty or neither text, number nor boolean: the others alone may find another record.
    ///
    /// For a create, a row found means that it was done. A date is bound as text, which an org refuses to compare with
    /// a date field: settle by other fields.
    #[must_use]
    pub fn query(&self) -> Option<Soql> {
        let conditions: Vec<_> =
            self.keys.iter().enumerate().map(|(n, (field, _))| format!("{field} = :key{n}")).collect();
        if conditions.is_empty() {
            return None;
        }
        let text = format!("SELECT Id FROM {} WHERE {}", self.object.as_deref()?, conditions.join(" AND "));
        // Object and fields were read as names before they came here, and values are bound.
        self.keys.iter().enumerate().try_fold(Soql::trusted(text), |soql, (n, (_, value))| {
            let name = format!("key{n}");
            Some(match value {
                Value::Text(text) if !text.is_empty() => soql.bind(name, &**text),
                Value::Bool(value) => soql.bind(name, *value),
                Value::Number(number) => soql.bind(name, number.as_str().parse::<Number>().ok()?),
                _ => return None,
            })
        })
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use salesforce_http::ErrorKind;

    use super::*;

    fn unknown(object: Option<&str>, keys: &[(&str, Value)]) -> Unknown {
        let keys = keys.iter().map(|(field, value)| ((*field).into(), value.clone())).collect();
        Unknown::new(object, keys, Error::new(ErrorKind::OutcomeUnknown, "lost"))
    }

    #[test]
    fn what_is_unknown_can_be_asked_for_and_values_are_no_syntax() {
        let unknown = unknown(Some("Account"), &[("Ext__c", "x' OR Name != '".into()), ("N__c", 7.into())]);
        assert_eq!(
            unknown.query().unwrap().text().unwrap(),
            r"SELECT Id FROM Account WHERE Ext__c = 'x\' OR Name != \'' AND N__c = 7"
        );
    }

    #[test]
    fn without_a_firm_key_there_is_no_query() {
        assert!(unknown(Some("Account"), &[]).query().is_none());
        assert!(unknown(None, &[("Id", "001D000000IqhSLIAZ".into())]).query().is_none());
        for empty in [Value::Null, "".into()] {
            assert!(unknown(Some("Account"), &[("Ext__c", empty.clone())]).query().is_none());
            assert!(unknown(Some("Account"), &[("Name", "A".into()), ("Ext__c", empty)]).query().is_none());
        }
    }

    #[test]
    fn a_number_is_asked_for_digit_by_digit() {
        let number = Value::Number("1234567890123456.78".parse().unwrap());
        let query = unknown(Some("Account"), &[("N__c", number)]).query().unwrap();
        assert_eq!(query.text().unwrap(), "SELECT Id FROM Account WHERE N__c = 1234567890123456.78");
    }
}
