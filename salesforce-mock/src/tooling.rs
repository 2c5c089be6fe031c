//! What the Tooling API shows: objects, fields and classes as rows.
//!
//! The rows are made from the schema when they are asked for, so that they are never older than it.

mod entities;
mod packages;

use salesforce_soql::ast::{CompareOp, Condition, Operand, Query};

use crate::rules::Refusal;
use crate::schema::Schema;
use crate::store::Store;
use crate::{Org, OrgClock};

/// Objects that are no tables: what they can be asked is little.
const VIRTUAL: [&str; 2] = ["EntityDefinition", "FieldDefinition"];

/// Fields of which one has to be in a filter of `FieldDefinition`.
const REIFIED: [&str; 3] = ["EntityDefinitionId", "DurableId", "EntityDefinition.QualifiedApiName"];

const NOT_SUPPORTED: &str = "The requested operation is not yet supported by this SObject storage type, contact \
                             salesforce.com support for more information.";

/// The rows of an org's Tooling API.
pub(crate) fn store(org: &Org) -> Store {
    let mut schema = Schema::new();
    schema.add_table(include_str!("tooling/objects.txt")).expect("a test reads the built-in table");
    if !org.metadata.may_install {
        schema.remove("InstalledSubscriberPackage");
        schema.link();
    }
    let clock = OrgClock::fixed(org.now());
    let mut store = Store::new(schema, clock, org.store.user, org.store.organization);
    entities::fill(&mut store, org);
    packages::fill(&mut store, org);
    store
}

/// The query as it is run: virtual objects take few questions, and of them no `LIMIT` and no `OFFSET` (they ignore
/// both in silence).
pub(crate) fn admitted(text: &str) -> Result<String, Refusal> {
    // What is no query is refused where queries are run.
    let Ok(mut query) = salesforce_soql::parse_strict(text) else { return Ok(text.to_owned()) };
    if query.from.object.is("SubscriberPackageVersion") && !names_id(&query) {
        let text = "Implementation restriction: You can only perform queries of the form Id = 'X' on this object";
        return Err(Refusal::new("MALFORMED_QUERY", text));
    }
    let Some(object) = VIRTUAL.iter().find(|name| query.from.object.is(name)) else { return Ok(text.to_owned()) };
    if query.is_count() || query.is_aggregate() || query.group_by.is_some() {
        return Err(unsupported(NOT_SUPPORTED));
    }
    if let Some(filter) = &query.filter {
        plain(filter)?;
    }
    if *object == "FieldDefinition" && !is_reified(&query) {
        let text = "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]";
        return Err(Refusal::new("MALFORMED_QUERY", text));
    }
    if query.limit.is_none() && query.offset.is_none() {
        return Ok(text.to_owned());
    }
    (query.limit, query.offset) = (None, None);
    Ok(query.to_string())
}

fn unsupported(text: &str) -> Refusal {
    Refusal::new("EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", text)
}

/// Whether a condition is nothing but equalities that all have to hold.
fn plain(condition: &Condition) -> Result<(), Refusal> {
    match condition {
        Condition::And(parts) => parts.iter().try_for_each(plain),
        Condition::Or(_) => Err(unsupported("Disjunctions not supported")),
        Condition::Compare { op: CompareOp::Equal, .. } | Condition::In { negated: false, .. } => Ok(()),
        Condition::Compare { .. } | Condition::Not(_) | Condition::In { .. } => {
            Err(unsupported("Only equals comparisons permitted"))
        }
        _ => Err(unsupported("Unsupported filter type")),
    }
}

/// Whether a query asks for the row of one id.
fn names_id(query: &Query) -> bool {
    let names = |condition: &Condition| matches!(condition, Condition::Compare { left: Operand::Field(path), op: CompareOp::Equal, .. } if path.is("Id"));
    match &query.filter {
        Some(Condition::And(parts)) => parts.iter().any(names),
        Some(condition) => names(condition),
        None => false,
    }
}

fn is_reified(query: &Query) -> bool {
    let names = |condition: &Condition| {
        let (Condition::Compare { left: Operand::Field(path), .. } | Condition::In { left: Operand::Field(path), .. }) =
            condition
        else {
            return false;
        };
        REIFIED.iter().any(|column| path.is(column))
    };
    match &query.filter {
        Some(Condition::And(parts)) => parts.iter().any(names),
        Some(condition) => names(condition),
        None => false,
    }
}
