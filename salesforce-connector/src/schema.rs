//! What to read of an object, by its describe.

use connector_core::{LeftOut, Replication};
use salesforce_types::FieldName;
use salesforce_types::describe::{Field, FieldType, SObjectDescribe};

/// Fields that tell when a row came to be as it is, the best first.
const STAMPS: [&str; 4] = ["SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime"];

/// How one object is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) replication: Replication,
    /// The field that windows are laid over.
    pub(crate) key: Option<String>,
    /// The field that says which of two versions is the later one.
    pub(crate) stamp: Option<String>,
    /// Rows can be asked for in the order of their ids.
    pub(crate) ordered: bool,
    pub(crate) fields: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
}

impl Shape {
    /// The shape, or why the object cannot be read.
    pub(crate) fn of(object: &SObjectDescribe) -> Result<Self, &'static str> {
        let id = object.field("Id").ok_or("has no ids, so its rows cannot be told apart")?;
        let is_time = |field: &&Field| field.field_type == FieldType::DateTime;
        let stamps = || STAMPS.iter().filter_map(|name| object.field(name)).filter(is_time);
        // A name proves nothing: some objects have a SystemModstamp that cannot be asked for.
        let key = stamps().find(|field| field.filterable && field.sortable).map(|field| field.name.clone());
        let replication = match key.as_deref() {
            Some("SystemModstamp" | "LastModifiedDate") => Replication::Watermark,
            Some(_) => Replication::AppendOnly,
            None => Replication::FullOnly,
        };
        let (mut fields, mut left_out) = (Vec::new(), Vec::new());
        for field in &object.fields {
            match why_not(object, field) {
                None => fields.push(field.name.clone()),
                Some(reason) => left_out.push(LeftOut::new(field.name.clone(), reason)),
            }
        }
        let ordered = id.filterable && id.sortable;
        // Without an order by id nothing tells rows of one second apart, so there is no window that could be resumed.
        let (key, replication) = if ordered { (key, replication) } else { (None, Replication::FullOnly) };
        let stamp = stamps().next().map(|field| field.name.clone());
        Ok(Self { replication, key, stamp, ordered, fields, left_out })
    }
}

/// Changes when another set of fields is read, so that rows that did not change are read again.
pub(crate) fn digest(fields: &[String]) -> String {
    // FNV-1a: the same in every version and on every machine, and nobody has a reason to attack it.
    let bytes = fields.iter().flat_map(|name| name.bytes().chain([b',']));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Why a field is not asked for.
fn why_not(object: &SObjectDescribe, field: &Field) -> Option<String> {
    match field.field_type {
        FieldType::Address | FieldType::Location => {
            let parts: Vec<_> = object
                .fields
                .iter()
                .filter(|part| {
                    part.compound_field_name.as_deref() == Some(field.name.as_str()) && part.name != field.name
                })
                .map(|part| part.name.as_str())
                .collect();
            // A compound field without parts of its own would be lost.
            (!parts.is_empty()).then(|| format!("is put together from {}, which are read", parts.join(", ")))
        }
        FieldType::Base64 => {
            Some(format!("is the content of a file, at sobjects/{}/{{Id}}/{}", object.name, field.name))
        }
        _ if field.name.parse::<FieldName>().is_err() => Some("has a name that no query can hold".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: FieldType, usable: bool) -> Field {
        let mut field = Field::default();
        (field.name, field.field_type) = (name.into(), kind);
        (field.filterable, field.sortable) = (usable, usable);
        field
    }

    fn object(fields: Vec<Field>) -> SObjectDescribe {
        let mut object = SObjectDescribe::default();
        (object.name, object.fields) = ("X".into(), fields);
        object.fields.insert(0, field("Id", FieldType::Id, true));
        object
    }

    #[test]
    fn b1_02_the_first_stamp_that_can_be_filtered_and_sorted_is_the_key() {
        use Replication::{AppendOnly, FullOnly, Watermark};
        let time = FieldType::DateTime;
        for (fields, key, replication) in [
            (vec![("CreatedDate", true), ("SystemModstamp", true)], Some("SystemModstamp"), Watermark),
            (vec![("SystemModstamp", false), ("LastModifiedDate", true)], Some("LastModifiedDate"), Watermark),
            (vec![("SystemModstamp", false), ("CreatedDate", true)], Some("CreatedDate"), AppendOnly),
            (vec![("LoginTime", true)], Some("LoginTime"), AppendOnly),
            (vec![("SystemModstamp", false)], None, FullOnly),
            (vec![], None, FullOnly),
        ] {
            let fields = fields.into_iter().map(|(name, usable)| field(name, time.clone(), usable)).collect();
            let shape = Shape::of(&object(fields)).unwrap();
            assert_eq!((shape.key.as_deref(), shape.replication), (key, replication));
        }
        let shape = Shape::of(&object(vec![field("SystemModstamp", FieldType::String, true)])).unwrap();
        assert_eq!(shape.key, None, "a text of that name is no stamp");
    }

    #[test]
    fn a_key_that_is_only_filterable_is_none() {
        let mut stamp = field("SystemModstamp", FieldType::DateTime, true);
        stamp.sortable = false;
        let shape = Shape::of(&object(vec![stamp])).unwrap();
        assert_eq!((shape.key, shape.replication), (None, Replication::FullOnly));
        assert_eq!(shape.stamp.as_deref(), Some("SystemModstamp"), "it still tells versions apart");
    }

    #[test]
    fn ids_that_cannot_be_sorted_leave_no_way_but_the_whole() {
        let mut whole = object(vec![field("SystemModstamp", FieldType::DateTime, true)]);
        whole.fields[0].sortable = false;
        let shape = Shape::of(&whole).unwrap();
        assert_eq!((shape.ordered, shape.key, shape.replication), (false, None, Replication::FullOnly));
    }

    #[test]
    fn compound_fields_and_file_contents_are_left_out_and_their_parts_are_not() {
        let mut city = field("BillingCity", FieldType::String, true);
        city.compound_field_name = Some("BillingAddress".into());
        let mut first = field("FirstName", FieldType::String, true);
        first.compound_field_name = Some("Name".into());
        let shape = Shape::of(&object(vec![
            field("BillingAddress", FieldType::Address, true),
            city,
            field("Name", FieldType::String, true),
            first,
            field("Body", FieldType::Base64, false),
            field("Alone__c", FieldType::Location, false),
            field("a b", FieldType::String, true),
        ]))
        .unwrap();
        assert_eq!(shape.fields, ["Id", "BillingCity", "Name", "FirstName", "Alone__c"]);
        let left_out: Vec<_> = shape.left_out.iter().map(|l| (l.field.as_str(), l.reason.as_str())).collect();
        assert_eq!(
            left_out,
            [
                ("BillingAddress", "is put together from BillingCity, which are read"),
                ("Body", "is the content of a file, at sobjects/X/{Id}/Body"),
                ("a b", "has a name that no query can hold"),
            ]
        );
    }

    #[test]
    fn an_object_without_ids_cannot_be_read() {
        assert!(Shape::of(&SObjectDescribe::default()).is_err());
    }

    #[test]
    fn the_digest_changes_with_the_fields_and_with_nothing_else() {
        let shape = |names: &[&str]| {
            let fields = names.iter().map(|name| field(name, FieldType::String, true)).collect();
            digest(&Shape::of(&object(fields)).unwrap().fields)
        };
        assert_eq!(shape(&["A", "B"]), shape(&["A", "B"]));
        assert_ne!(shape(&["A", "B"]), shape(&["A"]));
        assert_ne!(shape(&["A", "B"]), shape(&["AB"]));
    }
}
