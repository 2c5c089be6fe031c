//! How a query would be run, without running it.

use salesforce_soql::ast::{CompareOp, Condition, Operand};
use salesforce_types::describe::FieldType;
use serde_json::{Value as Json, json};

use super::filter::{self, where_clause};
use super::scope::View;
use super::source::Source;
use super::{check, rows, scope_of};
use crate::rules::Refusal;
use crate::schema::{Field, Object};
use crate::store::Store;

/// What part of an object's rows a filter may find at most for an index to be used: a standard one, a custom one.
const STANDARD_SELECTIVITY: f64 = 0.3;
const CUSTOM_SELECTIVITY: f64 = 0.1;

/// Standard fields with an index besides ids, references and keys.
const INDEXED: &[&str] = &["CreatedDate", "SystemModstamp", "LastModifiedDate", "Name", "RecordTypeId"];

/// The plans of a query, the cheapest first. A cost above 1 is that of a query that no index makes selective.
///
/// The plans are those that the documented rules for indexes lead to, whatever the mock itself looks up.
pub(crate) fn explain(store: &Store, text: &str, all_rows: bool) -> Result<Json, Refusal> {
    let source = Source(text);
    let query = salesforce_soql::parse_strict(text).map_err(|error| source.malformed(&error))?;
    let view = View { store, all_rows };
    let scope = scope_of(view, source, &query)?;
    check(&scope, &query)?;
    let object = scope.object;
    let conditions = conditions(query.filter.as_ref());
    let filter = query.filter.as_ref().map(|filter| where_clause(&scope, filter, filter::most_semi_joins()));
    let filter = filter.transpose()?;
    let found = rows::matching(view, object, filter.as_ref()).count();
    let all = store.table(object).live();
    let part = ratio(found, all);
    let mut notes: Vec<Json> = Vec::new();
    let mut note = |field: &str| {
        let text = "Not considering filter for optimization because unindexed";
        notes.push(json!({"description": text, "fields": [field], "tableEnumOrId": &*object.name}));
    };
    let fields: Vec<&Field> = conditions.iter().filter_map(|condition| field_of(object, condition)).collect();
    fields.iter().filter(|field| !is_indexed(field)).for_each(|field| note(&field.name));
    if !all_rows && object.known.is_deleted.is_some() {
        note("IsDeleted");
    }
    let plan = |kind: &str, fields: Vec<&str>, cost: f64| {
        json!({
            "cardinality": found,
            "fields": fields,
            "leadingOperationType": kind,
            "notes": notes,
            "relativeCost": cost,
            "sobjectCardinality": all,
            "sobjectType": &*object.name,
        })
    };
    let indexed = conditions.iter().filter(|condition| is_selective_form(condition));
    let indexed = indexed.filter_map(|condition| field_of(object, condition)).filter(|field| is_indexed(field));
    let mut plans: Vec<(f64, Json)> = indexed
        .map(|field| {
            let threshold = if field.custom { CUSTOM_SELECTIVITY } else { STANDARD_SELECTIVITY };
            let cost = part / threshold;
            (cost, plan("Index", vec![&field.name], cost))
        })
        .collect();
    plans.push((1.0 + part, plan("TableScan", Vec::new(), 1.0 + part)));
    plans.sort_by(|left, right| left.0.total_cmp(&right.0));
    let plans: Vec<Json> = plans.into_iter().map(|(_, plan)| plan).collect();
    Ok(json!({"plans": plans, "sourceQuery": text}))
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) / number(whole.max(1))
}

/// The conditions that all have to hold.
fn conditions(filter: Option<&Condition>) -> Vec<&Condition> {
    match filter {
        Some(Condition::And(parts)) => parts.iter().collect(),
        Some(condition) => vec![condition],
        None => Vec::new(),
    }
}

/// The object's own field that a condition is about.
fn field_of<'o>(object: &'o Object, condition: &Condition) -> Option<&'o Field> {
    let (Condition::Compare { left, .. } | Condition::Like { left, .. } | Condition::In { left, .. }) = condition
    else {
        return None;
    };
    match left {
        Operand::Field(path) if path.parents().is_empty() => object.field(path.name().as_str()),
        _ => None,
    }
}

/// Negated conditions use no index.
fn is_selective_form(condition: &Condition) -> bool {
    match condition {
        Condition::Compare { op, .. } => *op != CompareOp::NotEqual,
        Condition::In { negated, .. } => !negated,
        Condition::Like { .. } => true,
        _ => false,
    }
}

fn is_indexed(field: &Field) -> bool {
    field.unique
        || field.external_id
        || matches!(field.kind, FieldType::Id | FieldType::Reference)
        || INDEXED.contains(&&*field.name)
}
