use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::subrequest::is_reference_id;
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::endpoint::envelope::parse;
use crate::endpoint::options::write_options;
use crate::endpoint::outcome::RowError;
use crate::endpoint::{object, unknown_type};
use crate::rules::{self, Draft, Input, Members, Place};
use crate::schema::{Object, Schema};
use crate::{Body, Org};

/// The most rows of a call, levels, and objects (REST reference 11.4).
const MOST_RECORDS: usize = 200;
const DEEPEST: usize = 5;
const MOST_TYPES: usize = 5;

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(borrow, default)]
    records: Vec<&'b RawValue>,
}

/// A row to be made, in the order in which rows are made: a level after the other.
struct Node {
    object: usize,
    reference_id: String,
    draft: Draft,
    level: usize,
    /// The row above, by its position, and the position of the field that points to it.
    parent: Option<(usize, usize)>,
}

/// `composite/tree/X`: rows and their children, all of them or none.
pub(crate) fn tree(org: &mut Org, mut call: Call, name: &str) -> Result<Response<Body>, Refusal> {
    let schema = Arc::clone(org.store.schema());
    let root = object(&schema, name)?;
    let options = write_options(org, &call)?;
    let body = call.json_bytes()?;
    let Envelope { records } = parse(&body)?;
    let text = std::str::from_utf8(&body).map_err(|_| rules::Refusal::json("Invalid UTF-8 in the request body"))?;
    let nodes = planted(&schema, root, records, &mut Place::new(text))?;
    check(&nodes)?;
    let mut errors = repeated(&nodes);
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let savepoint = org.store.begin();
    let mut made = Vec::with_capacity(nodes.len());
    for node in &nodes {
        // Children of a level in which a row was refused are not tried: their parents may not be there.
        if errors.iter().any(|(_, level, _)| *level < node.level) {
            break;
        }
        let object = schema.at(node.object);
        let mut draft = node.draft.clone();
        let parent = node.parent.and_then(|(parent, field)| Some((*made.get(parent)?, object.fields.get(field)?)));
        if let Some((Some(parent), field)) = parent {
            draft.set(&field.name, parent);
        }
        let id = org.store.create_with(object, &draft, &options);
        made.push(id.as_ref().ok().copied());
        if let Err(refusals) = id {
            errors.push((&node.reference_id, node.level, refusals));
        }
    }
    if !errors.is_empty() {
        org.store.roll_back(savepoint);
        return Ok(refused(errors));
    }
    org.store.keep(savepoint);
    let results: Vec<Json> = nodes
        .iter()
        .zip(made)
        .filter_map(|(node, id)| Some(json!({"referenceId": node.reference_id, "id": id?.to_string()})))
        .collect();
    Ok(answer::json(StatusCode::CREATED, &json!({"hasErrors": false, "results": results})))
}

/// The rows that were refused, with the level of each and why.
type Errors<'n> = Vec<(&'n String, usize, Vec<rules::Refusal>)>;

fn refused(errors: Errors<'_>) -> Response<Body> {
    let results: Vec<Json> = errors
        .into_iter()
        .map(|(id, _, refusals)| {
            let errors: Vec<RowError> = refusals.into_iter().map(RowError::from).collect();
            json!({"referenceId": id, "errors": errors})
        })
        .collect();
    answer::json(StatusCode::BAD_REQUEST, &json!({"hasErrors": true, "results": results}))
}

/// The rows of a tree, a level after the other.
fn planted(
    schema: &Schema,
    root: &Object,
    records: Vec<&RawValue>,
    place: &mut Place<'_>,
) -> Result<Vec<Node>, Refusal> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut level: Vec<_> = records.into_iter().map(|raw| (raw, root, None)).collect();
    for depth in 1.. {
        if level.is_empty() {
            break;
        }
        if depth > DEEPEST {
            let text = format!("Limit exceeded: a tree can have at most {DEEPEST} levels");
            return Err(Refusal::bad("LIMIT_EXCEEDED", text));
        }
        if nodes.len() + level.len() > MOST_RECORDS {
            let text = format!("record limit reached. cannot submit more than {MOST_RECORDS} records into this call");
            return Err(Refusal::bad("EXCEEDED_ID_LIMIT", text));
        }
        let mut below = Vec::new();
        for (raw, object, parent) in std::mem::take(&mut level) {
            let Members(members) = serde_json::from_str(raw.get()).map_err(|error| rules::unreadable(&error))?;
            let (children, fields): (Vec<_>, Vec<_>) =
                members.into_iter().partition(|(name, raw)| object.child(name).is_some() && raw.get().starts_with('{'));
            let draft = Draft::from_members(fields, place)?;
            let reference_id = attributes(schema, object, &draft)?;
            for (name, raw) in children {
                let Some(child) = object.child(&name) else { continue };
                let Envelope { records } = parse(raw.get().as_bytes())?;
                let parent = Some((nodes.len(), child.field));
                below.extend(records.into_iter().map(|raw| (raw, schema.at(child.object), parent)));
            }
            nodes.push(Node { object: object.index, reference_id, draft, level: depth, parent });
        }
        level = below;
    }
    Ok(nodes)
}

/// The reference id of a row, whose type has to be that of its place.
fn attributes(schema: &Schema, object: &Object, draft: &Draft) -> Result<String, Refusal> {
    let attribute = |name: &str| match draft.get("attributes") {
        Some(Input::Object(attributes)) => match attributes.get(name) {
            Some(Input::Text(text)) => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    };
    let missing = |what: &str| Refusal::bad("INVALID_INPUT", format!("The attributes of each record need a {what}"));
    let kind = attribute("type").ok_or_else(|| missing("type"))?;
    let kind = schema.object(&kind).ok_or_else(|| unknown_type(&kind))?;
    if kind.index != object.index {
        let text = format!("The type {} does not stand where records of {} are expected", kind.name, object.name);
        return Err(Refusal::bad("INVALID_INPUT", text));
    }
    let id = attribute("referenceId").ok_or_else(|| missing("referenceId"))?;
    if is_reference_id(&id) {
        Ok(id)
    } else {
        Err(Refusal::bad("INVALID_INPUT", format!("Invalid reference id: {id}")))
    }
}

fn check(nodes: &[Node]) -> Result<(), Refusal> {
    if nodes.is_empty() {
        return Err(Refusal::bad("REQUIRED_FIELD_MISSING", "At least 1 record is required"));
    }
    let types: BTreeSet<usize> = nodes.iter().map(|node| node.object).collect();
    if types.len() > MOST_TYPES {
        let text = format!("Limit exceeded: a tree can have at most {MOST_TYPES} types");
        return Err(Refusal::bad("EXCEEDED_MAX_TYPES_LIMIT", text));
    }
    Ok(())
}

/// The rows whose reference id stands before them already.
fn repeated(nodes: &[Node]) -> Errors<'_> {
    let mut seen = HashSet::new();
    let repeated = nodes.iter().filter(|node| !seen.insert(&node.reference_id));
    repeated
        .map(|node| {
            let text = "Duplicate ReferenceId provided in the request.";
            (&node.reference_id, node.level, vec![rules::Refusal::new("INVALID_INPUT", text)])
        })
        .collect()
}
