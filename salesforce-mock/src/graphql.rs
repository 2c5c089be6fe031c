//! A small GraphQL: rows of objects by `uiapi { query { … } }`, with filters, order and pages.

mod connection;
mod document;
mod filter;
mod node;

use serde_json::{Map, Value, json};

use crate::store::Store;
use document::{Field, Operation};

/// Why a request, or a part of it, has no data.
#[derive(Debug)]
pub(crate) struct Problem {
    message: String,
    /// The place in the document, in bytes.
    at: usize,
    path: Vec<String>,
    kind: &'static str,
}

impl Problem {
    /// The document cannot be read.
    fn syntax(at: usize, message: &str) -> Self {
        Self { message: message.to_owned(), at, path: Vec::new(), kind: "InvalidSyntax" }
    }

    /// The document asks for what there is not; `place` is the way to it.
    fn invalid(at: usize, place: &str, message: &str) -> Self {
        let message = if place.is_empty() {
            format!("Validation error : {message}")
        } else {
            format!("Validation error (FieldUndefined@[{place}]) : {message}")
        };
        Self { message, at, path: Vec::new(), kind: "ValidationError" }
    }

    fn unknown_field(field: &Field, place: &str, of: &str) -> Self {
        let place = if place.is_empty() { field.name.clone() } else { format!("{place}/{}", field.name) };
        Self::invalid(field.at, &place, &format!("Field '{}' in type '{of}' is undefined", field.name))
    }

    fn unknown_argument(field: &Field, argument: &str) -> Self {
        let text = format!("Argument '{argument}' of field '{}' is unknown or has a wrong value", field.name);
        Self::invalid(field.at, "", &text)
    }

    fn write(&self, document: &str) -> Value {
        let (line, column) = document::place(document, self.at);
        json!({
            "message": self.message,
            "locations": [{"line": line, "column": column}],
            "path": self.path,
            "extensions": {"ErrorType": self.kind},
        })
    }
}

/// What a request is answered with.
pub(crate) fn answer(store: &Store, query: &str, operation: Option<&str>, variables: &Map<String, Value>) -> Value {
    let mut problems = Vec::new();
    let data = document::parse(query, variables)
        .and_then(|operations| chosen(operations, operation))
        .and_then(|operation| run(store, &operation, &mut problems));
    let data = match data {
        Ok(data) => data,
        Err(problem) => {
            problems = vec![problem];
            Value::Null
        }
    };
    let problems: Vec<_> = problems.iter().map(|problem| problem.write(query)).collect();
    json!({"data": data, "errors": problems})
}

fn chosen(mut operations: Vec<Operation>, name: Option<&str>) -> Result<Operation, Problem> {
    let place = match name {
        Some(name) => operations.iter().position(|operation| operation.name.as_deref() == Some(name)),
        None => (operations.len() == 1).then_some(0),
    };
    let Some(place) = place else {
        let text = "the request does not say which of its operations is meant";
        return Err(Problem::invalid(0, "", text));
    };
    let operation = operations.swap_remove(place);
    if operation.kind == "query" {
        return Ok(operation);
    }
    let message = format!("Operation '{}' is not supported", operation.kind);
    Err(Problem { message, at: 0, path: Vec::new(), kind: "OperationNotSupported" })
}

fn run(store: &Store, operation: &Operation, problems: &mut Vec<Problem>) -> Result<Value, Problem> {
    let mut data = Map::new();
    for field in &operation.fields {
        if field.name != "uiapi" {
            return Err(Problem::unknown_field(field, "", "Query"));
        }
        let mut uiapi = Map::new();
        for part in &field.fields {
            if part.name != "query" {
                return Err(Problem::unknown_field(part, "uiapi", "UIAPI"));
            }
            let mut found = Map::new();
            for object in &part.fields {
                let connection = connection::Connection::plan(store, object)?;
                let rows = connection.run(store).unwrap_or_else(|refusal| {
                    problems.push(Problem {
                        message: refusal.message,
                        at: object.at,
                        path: vec![field.key.clone(), part.key.clone(), object.key.clone()],
                        kind: "DataFetchingException",
                    });
                    Value::Null
                });
                found.insert(object.key.clone(), rows);
            }
            uiapi.insert(part.key.clone(), found.into());
        }
        data.insert(field.key.clone(), uiapi.into());
    }
    Ok(data.into())
}
