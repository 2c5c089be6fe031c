//! An ingest job at work: its lines become rows.

use std::collections::HashSet;
use std::sync::Arc;

use salesforce_types::describe::FieldType;

use crate::Org;
use crate::bulk::{Dialect, Kind, Line, Lines, Load, Outcome};
use crate::endpoint::collection::{existing, row_id, upsert_one};
use crate::rules::{Draft, Given, Input, Refusal, WriteOptions, convert};
use crate::schema::{Field, Object};

/// The rows of one transaction.
const CHUNK: usize = 200;

/// The longest header line.
const MOST_HEADER: usize = 32_000;

/// A column of an upload.
enum Column<'o> {
    Field(&'o Field),
    /// `Type:Relationship.Field`
    Parent {
        name: &'o str,
        kind: Option<Box<str>>,
        key: Box<str>,
    },
}

/// Reads the lines of an upload, or says why the job fails.
pub(super) fn read(org: &Org, object: &str, dialect: Dialect, load: &mut Load) -> Result<(), String> {
    let data = load.data.clone().unwrap_or_default();
    let mut lines = Vec::new();
    for line in Lines::new(&data, dialect) {
        lines.push(line.map_err(|_| {
            let ending = dialect.ending();
            format!("ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {ending}")
        })?);
    }
    if lines.is_empty() {
        return Err("InvalidBatch : The upload has no header line".into());
    }
    load.header = lines.remove(0).cells;
    if load.header.iter().map(|name| name.len() + 1).sum::<usize>() > MOST_HEADER {
        return Err(format!("InvalidBatch : The header line is longer than {MOST_HEADER} characters"));
    }
    let schema = Arc::clone(org.store.schema());
    let object = schema.object(object).ok_or("InvalidBatch : The object is gone")?;
    columns(object, &load.header)?;
    load.data = None;
    load.lines = lines;
    Ok(())
}

fn columns<'o>(object: &'o Object, header: &[String]) -> Result<Vec<Column<'o>>, String> {
    let column = |name: &String| {
        let unknown = || format!("InvalidBatch : Field name not found : {name}");
        let Some((parent, key)) = name.split_once('.') else {
            return object.field(name).map(Column::Field).ok_or_else(unknown);
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
    let (operation, version) = (job.operation, job.version);
    let Kind::Ingest(load) = &mut job.kind else { return };
    let Some(object) = schema.object(&job.object) else { return };
    let lines = std::mem::take(&mut load.lines);
    let header = std::mem::take(&mut load.header);
    let key = load.key.as_deref().and_then(|key| object.field(key));
    let from = load.outcomes.len();
    let mut outcomes = Vec::new();
    let options = WriteOptions { version, ..WriteOptions::default() };
    if let Ok(columns) = columns(object, &header) {
        for chunk in lines.get(from..to.min(lines.len())).unwrap_or_default().chunks(CHUNK) {
            let mut seen = HashSet::new();
            for line in chunk {
                let done = draft(&columns, line).and_then(|draft| match (operation, key) {
                    ("insert", _) => Ok((org.store.create_with(object, &draft, &options)?, true)),
                    ("upsert", Some(key)) => {
                        let done = upsert_one(org, object, key, draft, &options, &mut seen)?;
                        Ok((done.id.ok_or_else(Vec::new)?, done.created == Some(true)))
                    }
                    _ => change(org, object, operation, draft, &options).map(|id| (id, false)),
                });
                outcomes.push(match done {
                    Ok((id, created)) => Outcome::Done { id, created },
                    Err(errors) => Outcome::Failed { id: id_of(&header, line), error: text_of(&errors) },
                });
            }
        }
    }
    if let Kind::Ingest(load) = &mut org.bulk.jobs[place].kind {
        load.outcomes.extend(outcomes);
        (load.lines, load.header) = (lines, header);
    }
}

fn change(
    org: &mut Org,
    object: &Object,
    operation: &str,
    mut draft: Draft,
    options: &WriteOptions,
) -> Result<salesforce_types::RecordId, Vec<Refusal>> {
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
    org.store.automation.take_locks(&[id]).map_err(one)?;
    org.store.delete(id).map_err(one)?;
    if operation == "hardDelete" {
        org.store.purge(id).map_err(one)?;
    }
    Ok(id)
}

/// The values of a line. An empty cell says nothing; `#N/A` says that there is to be nothing.
fn draft(columns: &[Column<'_>], line: &Line) -> Result<Draft, Vec<Refusal>> {
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
                    let kind = xsd(&field.kind);
                    let text = format!(
                        "Failed to deserialize field at col {place}. Due to, '{cell}' is not a valid value for the type \
                         xsd:{kind}"
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

fn xsd(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "boolean",
        FieldType::Int | FieldType::Long => "int",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "double",
        FieldType::Date => "date",
        FieldType::DateTime => "dateTime",
        FieldType::Time => "time",
        FieldType::Base64 => "base64Binary",
        _ => "string",
    }
}

/// The id that a line gives.
fn id_of(header: &[String], line: &Line) -> String {
    let place = header.iter().position(|name| name.eq_ignore_ascii_case("Id"));
    place.and_then(|place| line.cells.get(place)).cloned().unwrap_or_default()
}

/// `CODE:message:Fields --`, several one after the other.
fn text_of(errors: &[Refusal]) -> String {
    let one = |error: &Refusal| {
        let fields = error.fields.as_deref().unwrap_or_default().join(", ");
        let space = if fields.is_empty() { "" } else { " " };
        format!("{}:{}:{fields}{space}--", error.code, error.message)
    };
    errors.iter().map(one).collect::<Vec<_>>().join(" ")
}
