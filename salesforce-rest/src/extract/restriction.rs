use std::collections::BTreeMap;
use std::fmt;

use salesforce_http::Result;
use salesforce_soql::ast::{FieldGroup, Name, Query, SelectItem};
use salesforce_types::describe::{Field, FieldType};
use serde::{Deserialize, Serialize};

use crate::bulk::Fields;
use crate::{Client, DescribeCache};

/// Why the rows of a query cannot be read by a job, or would not be the same as over REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Restriction {
    /// It has groups or a count.
    Aggregate,
    /// It has an `OFFSET`.
    Offset,
    /// It has a `TYPEOF`.
    TypeOf,
    /// It has child rows.
    ChildQuery,
    /// It selects what a function makes of a field.
    Function,
    /// It has `FIELDS(ALL)` or `FIELDS(CUSTOM)`.
    FieldGroup,
    /// It is not understood here, so that its columns are not known.
    Unknown,
    /// A field of several parts: an address, a location. Its parts can be read.
    Compound(Box<str>),
    /// A field of bytes.
    Binary(Box<str>),
    /// A field whose values are of types of their own, which CSV does not tell: `OldValue` of a history.
    Untyped(Box<str>),
    /// The describe does not have the field.
    NotDescribed(Box<str>),
    /// A parent of which only fields were asked for that may be empty: whether it is there cannot be told from CSV.
    UnclearParent(Box<str>),
}

impl Restriction {
    /// What the text of a query alone says.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let Ok(query) = salesforce_soql::parse(text) else { return Some(Self::Unknown) };
        if query.is_count() || query.is_aggregate() {
            return Some(Self::Aggregate);
        }
        if query.offset.is_some() {
            return Some(Self::Offset);
        }
        query.select.iter().find_map(|item| match item {
            SelectItem::Field { alias: None, .. } | SelectItem::Fields(FieldGroup::Standard) => None,
            SelectItem::Field { alias: Some(_), .. } => Some(Self::Aggregate),
            SelectItem::Fields(_) => Some(Self::FieldGroup),
            SelectItem::Function { .. } => Some(Self::Function),
            SelectItem::TypeOf(_) => Some(Self::TypeOf),
            SelectItem::Child(_) => Some(Self::ChildQuery),
        })
    }

    /// What the org's describes say of the fields.
    pub(super) async fn of_fields(client: &Client, describes: &DescribeCache, text: &str) -> Result<Option<Self>> {
        let Ok(query) = salesforce_soql::parse(text) else { return Ok(Some(Self::Unknown)) };
        // A second name for a parent stands for a path that would have to be followed.
        if !query.from.joined.is_empty() {
            return Ok(Some(Self::Unknown));
        }
        let columns = columns(&query);
        let named = columns.iter().map(|column| &**column);
        let fields = Fields::of(client, Some(describes), query.from.object.as_str(), named).await?;
        let standard = query.select.contains(&SelectItem::Fields(FieldGroup::Standard));
        let group = fields.object_at("").filter(|_| standard).into_iter().flat_map(|object| &object.fields);
        if let Some(why) = group.filter(|field| !field.custom).find_map(|field| of_field(&field.name, field)) {
            return Ok(Some(why));
        }
        let why = columns.iter().find_map(|column| match fields.get(column) {
            Some(field) => of_field(column, field),
            None => Some(Self::NotDescribed(column.as_str().into())),
        });
        Ok(why.or_else(|| unclear_parent(&columns, &fields)))
    }
}

/// Whether a query can be read by the key of its rows.
pub(super) fn has_key(text: &str) -> bool {
    salesforce_soql::parse(text).is_ok_and(|query| {
        let free = query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
        let id =
            query.select.iter().any(|item| matches!(item, SelectItem::Field { path, alias: None } if path.is("Id")));
        free && id && !query.is_count() && !query.is_aggregate()
    })
}

/// The selected paths, without the object's own name or alias in front.
fn columns(query: &Query) -> Vec<String> {
    let own = |name: &Name| {
        name.is(query.from.object.as_str()) || query.from.alias.as_ref().is_some_and(|alias| name.is(alias.as_str()))
    };
    let path = |item: &SelectItem| match item {
        SelectItem::Field { path, .. } => {
            let skip = usize::from(path.parents().first().is_some_and(own));
            Some(path.names().skip(skip).map(Name::as_str).collect::<Vec<_>>().join("."))
        }
        _ => None,
    };
    query.select.iter().filter_map(path).collect()
}

fn of_field(column: &str, field: &Field) -> Option<Restriction> {
    match field.field_type {
        FieldType::Address | FieldType::Location => Some(Restriction::Compound(column.into())),
        FieldType::Base64 => Some(Restriction::Binary(column.into())),
        FieldType::AnyType | FieldType::ComplexValue | FieldType::Json | FieldType::Other(_) => {
            Some(Restriction::Untyped(column.into()))
        }
        _ => None,
    }
}

/// The first parent of which no field is selected that is always there with the parent.
fn unclear_parent(columns: &[String], fields: &Fields) -> Option<Restriction> {
    let mut clear = BTreeMap::<&str, bool>::new();
    for column in columns {
        for (dot, _) in column.match_indices('.') {
            let parent = &column[..dot];
            let direct = !column[dot + 1..].contains('.');
            let never_empty = direct && fields.get(column).is_some_and(is_never_empty);
            *clear.entry(parent).or_default() |= never_empty;
        }
    }
    let unclear = clear.into_iter().find(|(_, clear)| !clear);
    unclear.map(|(parent, _)| Restriction::UnclearParent(parent.into()))
}

fn is_never_empty(field: &Field) -> bool {
    let of_a_name = field.name_field && (field.name == "Name" || !field.nillable);
    let text = field.field_type.soap_type() == "xsd:string";
    of_a_name || (!field.nillable && !text)
}

impl fmt::Display for Restriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, why) = match self {
            Self::Aggregate => return f.write_str("a job has no groups and no counts"),
            Self::Offset => return f.write_str("a job has no OFFSET"),
            Self::TypeOf => return f.write_str("a job has no TYPEOF"),
            Self::ChildQuery => return f.write_str("a job has no child rows"),
            Self::Function => return f.write_str("what a function makes of a field cannot be told from a job's CSV"),
            Self::FieldGroup => return f.write_str("a job has no FIELDS(ALL) and no FIELDS(CUSTOM)"),
            Self::Unknown => return f.write_str("the query's columns are not understood before it is sent"),
            Self::Compound(field) => (field, "is a compound field, which a job does not give: its parts it does"),
            Self::Binary(field) => (field, "holds bytes, which a job does not give"),
            Self::Untyped(field) => (field, "has values of several types, which a job's CSV does not tell"),
            Self::NotDescribed(field) => (field, "is not in the describe, so that its cells could not be told"),
            Self::UnclearParent(field) => {
                (field, "may be missing, which a job's CSV tells only if its Id is selected with it")
            }
        };
        write!(f, "{} {why}", field.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_job_runs_is_known_from_the_text() {
        for (soql, why) in [
            ("SELECT Id, Owner.Name FROM Account WHERE CreatedDate = TODAY ORDER BY Id LIMIT 5", None),
            ("SELECT FIELDS(STANDARD) FROM Account", None),
            ("SELECT FIELDS(ALL) FROM Account LIMIT 200", Some(Restriction::FieldGroup)),
            ("SELECT COUNT() FROM Account", Some(Restriction::Aggregate)),
            ("SELECT Name, COUNT(Id) FROM Account GROUP BY Name", Some(Restriction::Aggregate)),
            ("SELECT Id FROM Account OFFSET 5", Some(Restriction::Offset)),
            ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", Some(Restriction::ChildQuery)),
            ("SELECT TYPEOF What WHEN Account THEN Phone END FROM Event", Some(Restriction::TypeOf)),
            ("SELECT toLabel(Status) FROM Case", Some(Restriction::Function)),
            ("SELECT Id FROM", Some(Restriction::Unknown)),
        ] {
            assert_eq!(Restriction::of_text(soql), why, "{soql}");
        }
    }

    #[test]
    fn a_column_has_no_alias_of_the_object_in_front() {
        let query = salesforce_soql::parse("SELECT a.Id, Account.Name, Owner.Name, a.Owner.Id FROM Account a").unwrap();
        assert_eq!(columns(&query), ["Id", "Name", "Owner.Name", "Owner.Id"]);
    }

    #[test]
    fn a_query_with_an_order_of_its_own_has_no_key() {
        assert!(has_key("SELECT Id, Name FROM Account WHERE Name != ''"));
        for soql in
            ["SELECT Name FROM Account", "SELECT Id FROM Account ORDER BY Name", "SELECT Id FROM Account LIMIT 9"]
        {
            assert!(!has_key(soql), "{soql}");
        }
    }
}
