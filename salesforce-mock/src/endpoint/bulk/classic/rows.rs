//! Batches of rows to write.

use std::collections::HashSet;
use std::sync::Arc;

use http::Response;
use salesforce_types::RecordId;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::load;
use crate::bulk::{Dialect, Done, Form, Lines};
use crate::endpoint::element;
use crate::rules::{Draft, Place, Refusal, WriteOptions};
use crate::schema::Object;
use crate::xml::{self, Element};
use crate::{Body, Org};

/// The most rows of a batch.
const MOST: usize = 10_000;

/// A row of a batch, or why it is none.
type Drafted = Result<Draft, Vec<Refusal>>;

/// What became of a row: its id, and whether it is new.
type Outcome = Result<(RecordId, bool), Vec<Refusal>>;

/// Works on a batch. Its rows are written or refused one by one; a batch that cannot be read fails.
pub(super) fn run(org: &mut Org, place: usize, at: usize) {
    let now = org.now();
    let schema = Arc::clone(org.store.schema());
    let job = &org.bulk.classic[place];
    let (form, sent, operation) = (job.form, job.batches[at].sent.clone(), job.operation);
    let options = WriteOptions { version: job.version, assign: job.assign, ..WriteOptions::default() };
    let object = schema.object(&job.object);
    let key = object.zip(job.key.as_deref()).and_then(|(object, key)| object.field(key));
    let drafts = object.ok_or_else(|| "InvalidBatch : The object is gone".to_owned()).and_then(|object| {
        let drafts = match form {
            Form::Csv => of_csv(object, operation, &sent)?,
            Form::Json => of_json(object, &sent)?,
            Form::Xml => of_xml(object, &sent)?,
        };
        if drafts.len() > MOST {
            return Err(format!("InvalidBatch : Records in the batch exceed {MOST}"));
        }
        Ok((object, drafts))
    });
    let done = drafts.map(|(object, drafts)| {
        let mut seen = HashSet::new();
        let mut write = |draft| load::write(org, object, (operation, key), draft, &options, &mut seen);
        drafts.into_iter().map(|draft| draft.and_then(&mut write)).collect()
    });
    let batch = &mut org.bulk.classic[place].batches[at];
    match done {
        Ok(rows) => batch.done = Done::Rows(rows),
        Err(text) => batch.fail(text, now),
    }
}

fn of_csv(object: &Object, operation: &str, sent: &[u8]) -> Result<Vec<Drafted>, String> {
    let text = text_of(sent)?;
    // The first line ending is that of all.
    let ending = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let dialect =
        Dialect::of(None, Some(if ending { "CRLF" } else { "LF" })).expect("commas and both endings are known");
    let mut lines = Lines::new(text, dialect).map(|line| line.map_err(|why| why.sentence(dialect)));
    let header = lines.next().ok_or("InvalidBatch : The batch has no header line")??.cells;
    let columns = load::columns(object, operation, &header)?;
    lines.map(|line| Ok(load::draft(&columns, &line?))).collect()
}

fn of_json(object: &Object, sent: &[u8]) -> Result<Vec<Drafted>, String> {
    let text = text_of(sent)?;
    let unreadable =
        |error: serde_json::Error| format!("InvalidBatch : Failed to parse the JSON of the batch: {error}");
    let rows: Vec<&RawValue> = serde_json::from_str(text).map_err(unreadable)?;
    let mut place = Place::new(text);
    rows.into_iter()
        .map(|row| {
            let mut draft = Draft::from_part(row, &mut place).map_err(|refusal| format!("InvalidBatch : {refusal}"))?;
            draft.remove("attributes");
            known(object, &draft)?;
            Ok(Ok(draft))
        })
        .collect()
}

fn of_xml(object: &Object, sent: &[u8]) -> Result<Vec<Drafted>, String> {
    let root = xml::parse(text_of(sent)?.trim_start()).map_err(|error| format!("InvalidBatch : {error}"))?;
    root.all("sObject")
        .map(|row| {
            let draft = element::draft(row);
            known(object, &draft)?;
            Ok(Ok(draft))
        })
        .collect()
}

/// A name that the object does not have spoils the batch.
fn known(object: &Object, draft: &Draft) -> Result<(), String> {
    let unknown = draft.iter().find(|given| object.field(&given.name).or(object.parent(&given.name)).is_none());
    unknown.map_or(Ok(()), |given| Err(format!("InvalidBatch : Field name not found : {}", given.name)))
}

fn text_of(sent: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(sent)
        .map_err(|error| format!("ClientInputError : The batch is not UTF-8 at byte {}", error.valid_up_to()))?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// What became of the rows, in the order in which they were sent.
pub(super) fn outcomes(form: Form, outcomes: &[Outcome]) -> Response<Body> {
    match form {
        Form::Csv => super::body("text/csv", csv(outcomes)),
        Form::Json => super::json(&outcomes.iter().map(json_of).collect()),
        Form::Xml => super::xml(&Element::new("results", outcomes.iter().map(xml_of).collect())),
    }
}

fn csv(outcomes: &[Outcome]) -> Vec<u8> {
    let dialect = Dialect::of(None, None).expect("commas and LF are known");
    let mut out = Vec::new();
    let mut line = |cells: [&str; 4]| dialect.line(&mut out, cells.iter(), |out, cell| dialect.quoted(out, cell));
    line(["Id", "Success", "Created", "Error"]);
    for outcome in outcomes {
        match outcome {
            Ok((id, created)) => line([&id.to_string(), "true", if *created { "true" } else { "false" }, ""]),
            Err(errors) => line(["", "false", "false", &load::text_of(errors)]),
        }
    }
    out
}

fn json_of(outcome: &Outcome) -> Value {
    match outcome {
        Ok((id, created)) => json!({"success": true, "created": created, "id": id.to_string(), "errors": []}),
        Err(errors) => {
            let error = |error: &Refusal| {
                let fields = error.fields.as_deref().unwrap_or_default();
                json!({"message": error.message, "fields": fields, "statusCode": error.code,
                       "extendedErrorDetails": null})
            };
            let errors: Vec<_> = errors.iter().map(error).collect();
            json!({"success": false, "created": false, "id": null, "errors": errors})
        }
    }
}

fn xml_of(outcome: &Outcome) -> Element {
    let children = match outcome {
        Ok((id, created)) => vec![
            Element::leaf("id", id.to_string()),
            Element::leaf("success", "true"),
            Element::leaf("created", created.to_string()),
        ],
        Err(errors) => {
            let end = [Element::leaf("success", "false"), Element::leaf("created", "false")];
            errors.iter().map(element::error).chain(end).collect()
        }
    };
    Element::new("result", children)
}
