use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::Refusal;
use crate::endpoint::{envelope, unknown_type};
use crate::rules::{self, Draft, Input, Place};
use crate::schema::{Object, Schema};

/// The most rows of a call (REST reference 11.5).
const MOST_RECORDS: usize = 200;

/// How often the object may change from a row to the next, plus one.
const MOST_CHUNKS: usize = 10;

/// Objects of the setup: their rows and others do not go into one transaction.
const SETUP: &[&str] =
    &["User", "UserRole", "Group", "GroupMember", "Profile", "PermissionSet", "PermissionSetAssignment", "RecordType"];

/// A row as it was sent: its object's position, and its values.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) object: usize,
    pub(super) draft: Draft,
}

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(rename = "allOrNone", default)]
    all_or_none: bool,
    #[serde(borrow, default)]
    records: Vec<&'b RawValue>,
}

/// Reads `{"allOrNone":…,"records":[…]}`.
pub(super) fn parse(schema: &Schema, body: &[u8]) -> Result<(bool, Vec<Record>), Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| rules::Refusal::json("Invalid UTF-8 in the request body"))?;
    let envelope: Envelope<'_> = envelope::parse(body)?;
    if envelope.records.is_empty() {
        return Err(Refusal::bad("REQUIRED_FIELD_MISSING", "At least 1 record is required"));
    }
    check_size(envelope.records.len())?;
    let mut place = Place::new(text);
    let records = envelope.records.into_iter().map(|raw| {
        let draft = Draft::from_part(raw, &mut place)?;
        let kind = match draft.get("attributes") {
            Some(Input::Object(attributes)) => attributes.get("type"),
            _ => None,
        };
        let Some(Input::Text(kind)) = kind else {
            return Err(Refusal::bad("INVALID_TYPE", "The attributes of each record have to hold its type"));
        };
        let object = schema.object(kind).ok_or_else(|| unknown_type(kind))?.index;
        Ok(Record { object, draft })
    });
    Ok((envelope.all_or_none, records.collect::<Result<_, Refusal>>()?))
}

pub(super) fn check_size(records: usize) -> Result<(), Refusal> {
    too_many(records, MOST_RECORDS)
}

/// The refusal of more rows than a call takes.
pub(super) fn too_many(records: usize, most: usize) -> Result<(), Refusal> {
    if records <= most {
        return Ok(());
    }
    let text = format!("record limit reached. cannot submit more than {most} records into this call");
    Err(Refusal::bad("EXCEEDED_ID_LIMIT", text))
}

/// Rows of one object that stand together are one chunk. `objects` are the positions of the rows' objects.
pub(super) fn check_chunks(objects: impl Iterator<Item = usize>) -> Result<(), Refusal> {
    let (mut chunks, mut last) = (0, None);
    for object in objects {
        chunks += usize::from(last != Some(object));
        last = Some(object);
    }
    if chunks <= MOST_CHUNKS {
        return Ok(());
    }
    let text = format!(
        "Cannot have more than {MOST_CHUNKS} chunks in a single operation. Please rearrange the data to reduce \
         chunking."
    );
    Err(Refusal::bad("EXCEEDED_MAX_TYPES_LIMIT", text))
}

/// The refusals of rows that must not be written together with the first one, by the objects of the rows. A row of no
/// object is refused as such.
pub(super) fn separate(objects: &[Option<&Object>]) -> Vec<Option<rules::Refusal>> {
    let is_setup = |object: &Object| SETUP.contains(&&*object.name);
    let first = objects.iter().flatten().next();
    let mixed = |object: &Object, first: &Object| {
        let text = "DML operation on setup object is not permitted after you have updated a non-setup object (or vice \
                    versa)";
        let text = format!("{text}: {}, original object: {}", object.name, first.name);
        (is_setup(object) != is_setup(first)).then(|| rules::Refusal::new("MIXED_DML_OPERATION", text))
    };
    objects.iter().map(|object| mixed((*object)?, first?)).collect()
}
