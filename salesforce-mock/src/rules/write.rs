use salesforce_types::RecordId;
use salesforce_types::describe::FieldType;

use super::convert::convert;
use super::draft::{Draft, Given, Input};
use super::{Refusal, derived};
use crate::schema::{DefaultValue, Field, Object};
use crate::store::{Row, Store};
use crate::value::Value;

/// Audit fields that may be given on create when the org allows it.
const AUDIT_FIELDS: [&str; 4] = ["CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate"];

/// The cells of a new row, or why it is refused.
pub(crate) fn for_create(store: &Store, object: &Object, draft: &Draft) -> Result<Vec<Value>, Vec<Refusal>> {
    if !object.createable {
        return Err(unsupported(object, "create"));
    }
    if draft.get("Id").is_some() {
        let text = "cannot specify Id in an insert call";
        return Err(vec![Refusal::new("INVALID_FIELD_FOR_INSERT_UPDATE", text).fields(["Id"])]);
    }
    let audit = store.audit_fields_on_create;
    let writable = |field: &Field| field.createable || audit && AUDIT_FIELDS.contains(&&*field.name);
    let given = given(store, object, draft, writable)?;
    let mut cells = vec![Value::Null; object.fields.len()];
    for (field, value) in given {
        cells[field] = value;
    }
    fill_defaults(store, object, &mut cells);
    derived::complete(store, object, None, &mut cells);
    let mut refusals = Vec::new();
    let missing: Vec<&str> = object
        .fields
        .iter()
        .filter(|field| is_required(field) && field.createable && cells[field.index].is_null())
        .map(|field| &*field.name)
        .collect();
    if !missing.is_empty() {
        refusals.push(missing_fields(&missing));
    }
    refusals.extend(derived::check(object, &cells));
    refusals.extend(duplicates(store, object, None, &cells, |_| true));
    if refusals.is_empty() { Ok(cells) } else { Err(refusals) }
}

/// The cells of a row that change, or why it is refused.
pub(crate) fn for_update(
    store: &Store,
    object: &Object,
    row: &Row,
    draft: &Draft,
) -> Result<Vec<(usize, Value)>, Vec<Refusal>> {
    if !object.updateable {
        return Err(unsupported(object, "update"));
    }
    if draft.get("Id").is_some() {
        let text = "The Id field should not be specified in the sobject data.";
        return Err(vec![Refusal::new("INVALID_FIELD", text)]);
    }
    let given = given(store, object, draft, |field| field.updateable)?;
    let before: Vec<Value> = object.fields.iter().map(|field| row.get(field.index).clone()).collect();
    let mut cells = before.clone();
    for (field, value) in &given {
        // A checkbox is never empty.
        let boolean = object.fields[*field].kind == FieldType::Boolean;
        cells[*field] = if boolean && value.is_null() { Value::Bool(false) } else { value.clone() };
    }
    derived::complete(store, object, Some(row), &mut cells);
    let changed = |field: &Field| given.iter().any(|(place, _)| *place == field.index);
    let mut refusals = Vec::new();
    let emptied: Vec<&str> = object
        .fields
        .iter()
        .filter(|field| changed(field) && !field.nillable && cells[field.index].is_null())
        .map(|field| &*field.name)
        .collect();
    if !emptied.is_empty() {
        refusals.push(missing_fields(&emptied));
    }
    refusals.extend(derived::check(object, &cells));
    refusals.extend(duplicates(store, object, Some(row.id()), &cells, changed));
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let stamp = Value::DateTime(store.clock.stamp());
    let known = object.known;
    for (place, value) in
        [(known.modified_date, &stamp), (known.stamp, &stamp), (known.modified_by, &Value::Id(store.user))]
    {
        if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
            *cell = value.clone();
        }
    }
    Ok(cells.into_iter().enumerate().filter(|(place, value)| before[*place] != *value).collect())
}

fn unsupported(object: &Object, verb: &str) -> Vec<Refusal> {
    let text = format!("entity type {} does not support {verb}", object.name);
    vec![Refusal::new("INVALID_TYPE_FOR_OPERATION", text)]
}

fn is_required(field: &Field) -> bool {
    !field.nillable && !field.defaulted_on_create && field.is_stored()
}

fn missing_fields(fields: &[&str]) -> Refusal {
    let text = format!("Required fields are missing: [{}]", fields.join(", "));
    Refusal::new("REQUIRED_FIELD_MISSING", text).fields(fields)
}

/// The values that were given, by the position of their field. What cannot be read at all comes first and alone, then
/// what may not be written, then what is wrong with the values.
fn given(
    store: &Store,
    object: &Object,
    draft: &Draft,
    writable: impl Fn(&Field) -> bool,
) -> Result<Vec<(usize, Value)>, Vec<Refusal>> {
    store.files.check(object, draft).map_err(|refusal| vec![refusal])?;
    let mut values = Vec::with_capacity(draft.len());
    let mut not_writable: Vec<&str> = Vec::new();
    let mut refusals = Vec::new();
    for given in draft.iter().filter(|given| !given.name.eq_ignore_ascii_case("attributes")) {
        let parent = object.parent(&given.name).filter(|_| matches!(given.value, Input::Object(_) | Input::Null));
        let field = object.field(&given.name).or(parent).ok_or_else(|| {
            let text = format!("No such column '{}' on sobject of type {}", given.name, object.name);
            vec![Refusal::new("INVALID_FIELD", text)]
        })?;
        if !writable(field) {
            not_writable.push(&field.name);
            continue;
        }
        match value(store, field, given) {
            Ok(value) => values.push((field.index, value)),
            Err(refusal) if refusal.code == "JSON_PARSER_ERROR" => return Err(vec![refusal]),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if !not_writable.is_empty() {
        let text = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
             read/write for your profile or permission set.",
            not_writable.join(", ")
        );
        return Err(vec![Refusal::new("INVALID_FIELD_FOR_INSERT_UPDATE", text).fields(not_writable)]);
    }
    if refusals.is_empty() { Ok(values) } else { Err(refusals) }
}

fn value(store: &Store, field: &Field, given: &Given) -> Result<Value, Refusal> {
    if let (Some(_), Input::Object(parent)) = (&field.reference, &given.value) {
        return by_external_id(store, field, parent);
    }
    let value = convert(field, given)?;
    if let Some(id) = value.as_id() {
        points_to_something(store, field, id)?;
    }
    Ok(value)
}

/// Whether a lookup points to a row that is there and of an object that is meant.
fn points_to_something(store: &Store, field: &Field, id: RecordId) -> Result<(), Refusal> {
    let Some(reference) = &field.reference else { return Ok(()) };
    let right = |object: &Object| reference.to.iter().any(|name| name.eq_ignore_ascii_case(&object.name));
    match store.schema().object_of(id) {
        Some(object) if right(object) => {}
        // An object that the mock does not know cannot be checked.
        None if reference.to.iter().any(|name| store.schema().object(name).is_none()) => return Ok(()),
        _ => {
            let text = format!("{}: id value of incorrect type: {id}", field.label);
            return Err(Refusal::new("FIELD_INTEGRITY_EXCEPTION", text).fields([&*field.name]));
        }
    }
    match store.find(id) {
        Some((_, row)) if !row.is_deleted() => Ok(()),
        Some(_) => Err(Refusal::new("ENTITY_IS_DELETED", "entity is deleted").no_fields()),
        None => Err(Refusal::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").no_fields()),
    }
}

/// `{"Parent__r": {"Key__c": "P-17"}}`: the parent that has this key.
fn by_external_id(store: &Store, field: &Field, parent: &Draft) -> Result<Value, Refusal> {
    let kind = match parent.get("attributes") {
        Some(Input::Object(attributes)) => match attributes.get("type") {
            Some(Input::Text(name)) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    let targets = field.reference.iter().flat_map(|reference| &reference.to);
    let targets = targets.filter(|name| kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(name)));
    let keys: Vec<&Given> = parent.iter().filter(|given| !given.name.eq_ignore_ascii_case("attributes")).collect();
    let &[given] = &keys[..] else {
        let text = format!("{}: exactly one external id is expected", field.label);
        return Err(Refusal::new("INVALID_FIELD", text).fields([&*field.name]));
    };
    let mut known = None;
    for object in targets.filter_map(|name| store.schema().object(name)) {
        let key = object.field(&given.name).filter(|key| key.external_id || key.id_lookup);
        let Some(key) = key else { continue };
        known = Some(&object.name);
        let rows = store.table(object).having(key, &convert(key, given)?);
        let mut live = rows.into_iter().filter(|row| !row.is_deleted());
        match (live.next(), live.next()) {
            (Some(row), None) => return Ok(Value::Id(row.id())),
            (Some(_), Some(_)) => {
                let text = format!("{}: more than one record found for external id field", given.name);
                return Err(Refusal::new("DUPLICATE_EXTERNAL_ID", text).fields([&*given.name]));
            }
            _ => {}
        }
    }
    let shown = match &given.value {
        Input::Text(text) => text.to_string(),
        Input::Number(text) => text.to_string(),
        other => format!("{other:?}"),
    };
    let text = match known {
        Some(object) => {
            format!("Foreign key external ID: {shown} not found for field {} in entity {object}", given.name)
        }
        None => format!("No such column '{}' on sobject of type {}", given.name, field.name),
    };
    Err(Refusal::new("INVALID_FIELD", text).no_fields())
}

/// Values that no two rows may share. Rows in the recycle bin do not count.
fn duplicates(
    store: &Store,
    object: &Object,
    own: Option<RecordId>,
    cells: &[Value],
    asked: impl Fn(&Field) -> bool,
) -> Vec<Refusal> {
    let unique = object.fields.iter().filter(|field| field.unique && asked(field));
    let taken = |field: &Field| {
        let value = cells.get(field.index).filter(|value| !value.is_null())?;
        let rows = store.table(object).having(field, value);
        rows.into_iter().find(|row| !row.is_deleted() && Some(row.id()) != own).map(|row| row.id())
    };
    unique
        .filter_map(|field| {
            let other = taken(field)?;
            let text =
                format!("duplicate value found: {} duplicates value on record with id: {}", field.name, other.as_15());
            Some(Refusal::new("DUPLICATE_VALUE", text).no_fields())
        })
        .collect()
}

fn fill_defaults(store: &Store, object: &Object, cells: &mut [Value]) {
    let stamp = Value::DateTime(store.clock.stamp());
    let known = object.known;
    let user = Value::Id(store.user);
    let system = [
        (known.is_deleted, &Value::Bool(false)),
        (known.owner, &user),
        (known.created_date, &stamp),
        (known.created_by, &user),
        (known.modified_date, &stamp),
        (known.modified_by, &user),
        (known.stamp, &stamp),
    ];
    for (place, value) in system {
        if let Some(cell) = place.and_then(|place| cells.get_mut(place)).filter(|cell| cell.is_null()) {
            *cell = value.clone();
        }
    }
    for field in &object.fields {
        let Some(cell) = cells.get_mut(field.index).filter(|cell| cell.is_null()) else { continue };
        match &field.default {
            Some(DefaultValue::Value(value)) => *cell = value.clone(),
            Some(DefaultValue::Formula(formula)) => {
                if let Ok(expression) = &formula.expression {
                    *cell = in_type(field, store.evaluate_default(expression, object));
                }
            }
            None if field.kind == FieldType::Boolean && field.is_stored() => *cell = Value::Bool(false),
            None => {}
        }
    }
}

/// The outcome of a formula, if it fits the type of the field.
fn in_type(field: &Field, value: Value) -> Value {
    match (&field.kind, &value) {
        (FieldType::Double | FieldType::Currency | FieldType::Percent, Value::Decimal(number)) => {
            Value::Decimal(number.round(field.scale))
        }
        (FieldType::Int, Value::Decimal(number)) => number.as_whole().map_or(Value::Null, Value::Int),
        (FieldType::Date, Value::Date(_))
        | (FieldType::DateTime, Value::DateTime(_))
        | (FieldType::Boolean, Value::Bool(_)) => value,
        (FieldType::Date, Value::DateTime(moment)) => Value::Date(moment.date()),
        (kind, Value::Text(_)) if !matches!(kind, FieldType::Date | FieldType::DateTime | FieldType::Boolean) => value,
        _ => Value::Null,
    }
}
