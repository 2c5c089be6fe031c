//! An ingest job at work: its lines become rows.

use std::collections::HashSet;
use std::sync::Arc;

use salesforce_types::RecordId;
use salesforce_types::describe::FieldType;

use crate::Org;
use crate::bulk::{CHUNK, Dialect, Kind, Line, Lines, Load, Outcome, Unreadable};
use crate::endpoint::collection::{existing, row_id, upsert_one};
use crate::endpoint::sobject::matches;
use crate::rules::{Draft, Given, Input, Refusal, WriteOptions, convert};
use crate::schema::{Field, Object};

/// The longest header line.
const MOST_HEADER: usize = 32_000;

/// A column of an upload.
pub(super) enum Column<'o> {
    Field(&'o Field),
    /// `Type:Relationship.Field`
    Parent {
        name: &'o str,
        kind: Option<Box<str>>,
        key: Box<str>,
    },
}

/// Reads the lines of an upload, or says why the job fails: then none of it counts as read.
pub(super) fn read(org: &Org, object: &str, operation: &str, dialect: Dialect, load: &mut Load) -> Result<(), String> {
    let data = load.data.clone().unwrap_or_default();
    let text = std::str::from_utf8(&data)
        .map_err(|error| format!("ClientInputError : The upload is not UTF-8 at byte {}", error.valid_up_to()))?;
    let unreadable = |why: Unreadable| why.sentence(dialect);
    let mut lines = Lines::new(text, dialect);
    let header = lines.next().ok_or("InvalidBatch : The upload has no header line")?.map_err(unreadable)?.cells;
    if header.iter().map(|name| name.len() + 1).sum::<usize>() > MOST_HEADER {
        return Err(format!("InvalidBatch : The header line is longer than {MOST_HEADER} characters"));
    }
    let schema = Arc::clone(org.store.schema());
    let object = schema.object(object).ok_or("InvalidBatch : The object is gone")?;
    columns(object, operation, &header)?;
    let (mut rows, mut chunks) = (0, Vec::new());
    let mut begin = lines.at();
    while let Some(line) = lines.next() {
        line.map_err(unreadable)?;
        if rows % CHUNK == 0 {
            chunks.push(begin);
        }
        rows += 1;
        begin = lines.at();
    }
    (load.header, load.rows, load.chunks) = (header, rows, chunks);
    Ok(())
}

pub(super) fn columns<'o>(object: &'o Object, operation: &str, header: &[String]) -> Result<Vec<Column<'o>>, String> {
    if matches!(operation, "delete" | "hardDelete")
        && let Some(name) = header.iter().find(|name| header.len() > 1 || !name.eq_ignore_ascii_case("Id"))
    {
        return Err(format!("InvalidBatch : The only column of a {operation} is Id, not {name}"));
    }
    let column = |name: &String| {
        let unknown = || format!("InvalidBatch : Field name not found : {name}");
        let Some((parent, key)) = name.split_once('.') else {
            let field = object.field(name).ok_or_else(unknown)?;
            if field.kind == FieldType::Base64 {
                return Err(format!("InvalidBatch : Binary data is not supported in Bulk API 2.0 : {name}"));
            }
            return Ok(Column::Field(field));
        };
        let (kind, parent) = match parent.split_once(':') {
            Some((kind, parent)) => (Some(kind), parent),
            None => (None, parent),
        };
        let field = object.parent(parent).ok_or_else(unknown)?;
        let reference = field.reference.as_ref().ok_or_else(unknown)?;
        match kind {
            Some(_) if reference.to.len() == 1 => {
                let text = "type is not needed for non polymorphic foreign key references";
                return Err(format!("InvalidBatch : {text} : {name}"));
            }
            None if reference.to.len() > 1 => return Err(unknown()),
            _ => {}
        }
        let name = reference.parent.as_deref().ok_or_else(unknown)?;
        Ok(Column::Parent { name, kind: kind.map(Into::into), key: key.into() })
    };
    header.iter().map(column).collect()
}

/// Works on lines up to one, chunk by chunk.
pub(super) fn work(org: &mut Org, place: usize, to: usize) {
    let schema = Arc::clone(org.store.schema());
    let job = &mut org.bulk.jobs[place];
    let (operation, version, dialect) = (job.operation, job.version, job.dialect);
    let Kind::Ingest(load) = &mut job.kind else { return };
    let Some(object) = schema.object(&job.object) else { return };
    let mut load = std::mem::take(load);
    let key = load.key.as_deref().and_then(|key| object.field(key));
    let options = WriteOptions { version, assign: load.assign, ..WriteOptions::default() };
    if let Ok(columns) = columns(object, operation, &load.header) {
        while load.outcomes.len() < to.min(load.rows) {
            let begun = load.outcomes.len();
            let mut seen = HashSet::new();
            for line in load.chunk(begun / CHUNK, dialect).iter().take(to - begun) {
                let done = draft(&columns, line)
                    .and_then(|draft| write(org, object, (operation, key), draft, &options, &mut seen));
                load.outcomes.push(match done {
                    Ok((id, created)) => Outcome::Done { id, created },
                    Err(errors) => {
                        Outcome::Failed { id: id_of(org, object, key, &columns, line), error: text_of(&errors) }
                    }
                });
            }
        }
    }
    org.bulk.jobs[place].kind = Kind::Ingest(load);
}

/// Writes a row as the operation of a job says, by that key if it is an upsert; its id, and whether it is new.
pub(in crate::endpoint) fn write(
    org: &mut Org,
    object: &Object,
    how: (&str, Option<&Field>),
    draft: Draft,
    options: &WriteOptions,
    seen: &mut HashSet<String>,
) -> Result<(RecordId, bool), Vec<Refusal>> {
    match how {
        ("insert", _) => Ok((org.store.create_with(object, &draft, options)?, true)),
        ("upsert", Some(key)) => {
            let done = upsert_one(org, object, key, draft, options, seen)?;
            Ok((done.id.ok_or_else(Vec::new)?, done.created == Some(true)))
        }
        (operation, _) => change(org, object, operation, draft, options).map(|id| (id, false)),
    }
}

fn change(
    org: &mut Org,
    object: &Object,
    operation: &str,
    mut draft: Draft,
    options: &WriteOptions,
) -> Result<RecordId, Vec<Refusal>> {
    let one = |refusal| vec![refusal];
    let verb = if operation == "update" { "update" } else { "delete" };
    let Some(Input::Text(text)) = draft.remove("Id") else {
        let text = format!("Id not specified in {} {verb} call", if verb == "update" { "an" } else { "a" });
        return Err(vec![Refusal::new("MISSING_ARGUMENT", text).no_fields()]);
    };
    let id = row_id(object, &text).map_err(one)?;
    existing(org, id).map_err(one)?;
    if verb == "update" {
        org.store.update_with(id, &draft, options)?;
        return Ok(id);
    }
    org.store.delete(id).map_err(one)?;
    if operation == "hardDelete" {
        org.store.purge(id).map_err(one)?;
    }
    Ok(id)
}

/// The values of a line. An empty cell says nothing; `#N/A` says that there is to be nothing.
pub(super) fn draft(columns: &[Column<'_>], line: &Line) -> Result<Draft, Vec<Refusal>> {
    let one = |refusal: Refusal| Err(vec![refusal.no_fields()]);
    if line.malformed {
        return one(Refusal::new("INVALID_FIELD", "The CSV row has quotation marks where none may stand"));
    }
    if line.cells.len() != columns.len() {
        let text = format!("The CSV row has {} cells, the header has {}", line.cells.len(), columns.len());
        return one(Refusal::new("INVALID_FIELD", text));
    }
    let mut draft = Draft::new();
    for (place, (column, cell)) in columns.iter().zip(&line.cells).enumerate() {
        if cell.is_empty() {
            continue;
        }
        let value = if cell == "#N/A" { Input::Null } else { Input::from(cell.as_str()) };
        match column {
            Column::Field(field) => {
                let value = match (&field.kind, cell.as_str()) {
                    (FieldType::Boolean, "1" | "t" | "T") => Input::Bool(true),
                    (FieldType::Boolean, "0" | "f" | "F") => Input::Bool(false),
                    _ => value,
                };
                let given = Given { name: (&*field.name).into(), value, at: (1, place) };
                if convert(field, &given).is_err_and(|refusal| refusal.code == "JSON_PARSER_ERROR") {
                    let kind = field.kind.soap_type();
                    let text = format!(
                        "Failed to deserialize field at col {place}. Due to, '{cell}' is not a valid value for the type \
                         {kind}"
                    );
                    return Err(vec![Refusal::new("INVALID_FIELD", text).fields([&*field.name])]);
                }
                draft.set(&field.name, given.value);
            }
            Column::Parent { name, .. } if value == Input::Null => draft.set(name, Input::Null),
            Column::Parent { name, kind, key } => {
                let mut parent = Draft::new().with(key, value);
                if let Some(kind) = kind {
                    parent.set("attributes", Draft::new().with("type", &**kind));
                }
                draft.set(name, parent);
            }
        }
    }
    Ok(draft)
}

/// The id that a line gives, or that of the one row that its key means.
fn id_of(org: &Org, object: &Object, key: Option<&Field>, columns: &[Column<'_>], line: &Line) -> String {
    let cell = |wanted: &str| {
        let place = columns.iter().position(|column| matches!(column, Column::Field(field) if *field.name == *wanted));
        place.and_then(|place| line.cells.get(place))
    };
    // In a broken line the cells do not stand under their columns.
    let whole = !line.malformed && line.cells.len() == columns.len();
    match (cell("Id"), key.filter(|_| whole)) {
        (Some(id), _) => id.clone(),
        (None, Some(key)) => match cell(&key.name).map(|value| matches(org, object, key, value.trim())).as_deref() {
            Some([id]) => id.to_string(),
            _ => String::new(),
        },
        (None, None) => String::new(),
    }
}

/// `CODE:message:Fields --`, several one after the other.
pub(super) fn text_of(errors: &[Refusal]) -> String {
    let one = |error: &Refusal| {
        let fields = error.fields.as_deref().unwrap_or_default().join(", ");
        let space = if fields.is_empty() { "" } else { " " };
        format!("{}:{}:{fields}{space}--", error.code, error.message)
    };
    errors.iter().map(one).collect::<Vec<_>>().join(" ")
}
