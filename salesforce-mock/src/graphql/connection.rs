//! The rows of one object: which, in what order, and which of them on this page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Problem;
use super::document::Field;
use super::filter;
use super::node::Node;
use crate::rules::Refusal;
use crate::soql;
use crate::store::Store;

/// The rows of a page when nothing is said, and the most.
const FIRST: usize = 10;
const MOST: usize = 2000;

/// The rows that can be paged through without `upperBound`.
const REACH: usize = 4000;

/// The smallest page with `upperBound`.
const SMALLEST_BOUNDED: u64 = 200;

/// What is asked of one object.
#[derive(Debug)]
pub(super) struct Connection<'f> {
    soql: String,
    node: Node,
    fields: &'f [Field],
    first: usize,
    after: usize,
    reach: usize,
}

impl<'f> Connection<'f> {
    pub(super) fn plan(store: &Store, field: &'f Field) -> Result<Self, Problem> {
        let place = format!("uiapi/query/{}", field.name);
        let object =
            store.schema().object(&field.name).filter(|object| object.queryable && *object.name == *field.name);
        let object = object.ok_or_else(|| Problem::unknown_field(field, "uiapi/query", "RecordQuery"))?;
        let mut node = Node::default();
        for part in &field.fields {
            match part.name.as_str() {
                "edges" => {
                    for part in &part.fields {
                        match part.name.as_str() {
                            "node" => node.add(store, object, &part.fields, &format!("{place}/edges/node"))?,
                            "cursor" => {}
                            _ => return Err(Problem::unknown_field(part, &format!("{place}/edges"), "Edge")),
                        }
                    }
                }
                "pageInfo" => {
                    const KEYS: [&str; 4] = ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"];
                    if let Some(part) = part.fields.iter().find(|part| !KEYS.contains(&part.name.as_str())) {
                        return Err(Problem::unknown_field(part, &format!("{place}/pageInfo"), "PageInfo"));
                    }
                }
                "totalCount" => {}
                _ => return Err(Problem::unknown_field(part, &place, &format!("{}Connection", object.name))),
            }
        }
        let mut plan = Self { soql: String::new(), node, fields: &field.fields, first: FIRST, after: 0, reach: REACH };
        let (mut filter, mut order) = (None, None);
        for (name, value) in &field.arguments {
            let wrong = || Problem::unknown_argument(field, name);
            match name.as_str() {
                _ if value.is_null() => {}
                "first" => {
                    let first = value.as_u64().and_then(|first| usize::try_from(first).ok());
                    plan.first = first.filter(|first| (1..=MOST).contains(first)).ok_or_else(wrong)?;
                }
                "after" => plan.after = value.as_str().and_then(place_of).ok_or_else(wrong)?,
                "upperBound" => {
                    let bound = value.as_u64().and_then(|bound| usize::try_from(bound).ok()).ok_or_else(wrong)?;
                    let first = field.arguments.get("first").and_then(Value::as_u64);
                    if first.is_none_or(|first| first < SMALLEST_BOUNDED) {
                        let text = "upperBound needs a first of 200 to 2000";
                        return Err(Problem::invalid(field.at, "", text));
                    }
                    plan.reach = bound;
                }
                "where" => filter = filter::condition(object, value, 0).map_err(|()| wrong())?,
                "orderBy" => order = Some(filter::order(object, value).ok_or_else(wrong)?),
                _ => return Err(wrong()),
            }
        }
        plan.soql = format!("SELECT {} FROM {}", plan.node.paths().join(", "), object.name);
        if let Some(filter) = filter {
            plan.soql.extend([" WHERE ", &filter]);
        }
        if let Some(order) = order {
            plan.soql.extend([" ORDER BY ", &order]);
        }
        Ok(plan)
    }

    pub(super) fn run(&self, store: &Store) -> Result<Value, Refusal> {
        let page: Value =
            serde_json::from_slice(&soql::whole(store, &self.soql, false)?).expect("the page was written here");
        let rows = page.get("records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let reachable = rows.get(..rows.len().min(self.reach)).unwrap_or_default();
        let begin = self.after.min(reachable.len());
        let end = begin.saturating_add(self.first).min(reachable.len());
        let shown = reachable.get(begin..end).unwrap_or_default();
        let mut answer = Map::new();
        for field in self.fields {
            let value = match field.name.as_str() {
                "edges" => shown.iter().enumerate().map(|(at, row)| self.edge(field, row, begin + at + 1)).collect(),
                "pageInfo" => {
                    let cursor = |at: usize| if shown.is_empty() { Value::Null } else { cursor(at).into() };
                    picked(field, |name| match name {
                        "hasNextPage" => (end < reachable.len()).into(),
                        "hasPreviousPage" => (begin > 0).into(),
                        "startCursor" => cursor(begin + 1),
                        _ => cursor(end),
                    })
                }
                _ => json!(rows.len()),
            };
            answer.insert(field.key.clone(), value);
        }
        Ok(answer.into())
    }

    fn edge(&self, field: &Field, row: &Value, number: usize) -> Value {
        picked(field, |name| match name {
            "cursor" => cursor(number).into(),
            _ => self.node.write(row),
        })
    }
}

/// The fields that are asked for, under their keys.
fn picked(field: &Field, value: impl Fn(&str) -> Value) -> Value {
    field.fields.iter().map(|part| (part.key.clone(), value(&part.name))).collect::<Map<_, _>>().into()
}

/// The text that stands for the place after a row: callers hand it back as it is.
fn cursor(number: usize) -> String {
    STANDARD.encode(format!("v1:{number}"))
}

fn place_of(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("v1:")?.parse().ok()
}
