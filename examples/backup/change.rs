use connector_core::Catalog;
use futures_util::TryStreamExt;
use salesforce_examples::Result;
use salesforce_rest::{Client, Soql};
use salesforce_types::describe::{Field, FieldType, SObjectDescribe};
use salesforce_types::{Record, RecordId};

/// What was done to the org.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    pub(crate) created: u64,
    /// Refused by the org's own rules, such as a parent that its children hold back.
    pub(crate) refused: u64,
}

/// Of each object: so many rows to update, to delete, to create.
const EACH: (usize, usize, usize) = (20, 5, 5);

/// Changes rows of every object that can be changed, as other users of the org would between two backups.
pub(crate) async fn change(client: &Client, catalog: &Catalog) -> Result<Changes> {
    let mut changes = Changes::default();
    for stream in catalog.selected() {
        let object = stream.name.as_str();
        let describe = client.describe(object).await?;
        if !(describe.createable && describe.updateable && describe.deletable) {
            continue;
        }
        let (update, delete, create) = EACH;
        let query = Soql::trusted(format!("SELECT Id FROM {object} ORDER BY Id LIMIT {}", update + delete));
        let rows: Vec<Record> = client.query(query).stream().try_collect().await?;
        let ids: Vec<RecordId> = rows.iter().filter_map(Record::id).collect();
        let handle = client.sobject_named(object);
        let (to_update, to_delete) = ids.split_at(ids.len().min(update));
        for template in to_update.iter().take(create) {
            let row = handle.get(*template).await?;
            note(&mut changes.created, &mut changes.refused, handle.create(&copy_of(&row, &describe)).await)?;
        }
        if let Some(field) = describe.fields.iter().find(|field| is_plain_text(field)) {
            for (number, id) in to_update.iter().enumerate() {
                let row = Record::new(object).with(&field.name, format!("changed {number} äöü"));
                note(&mut changes.updated, &mut changes.refused, handle.update(*id, &row).await)?;
            }
        }
        for id in to_delete {
            note(&mut changes.deleted, &mut changes.refused, handle.delete(*id).await)?;
        }
    }
    Ok(changes)
}

/// A refusal is the org's good right, and is counted; any other error is one.
fn note<T>(done: &mut u64, refused: &mut u64, outcome: salesforce_rest::Result<T>) -> Result<()> {
    match outcome {
        Ok(_) => *done += 1,
        Err(error) if !error.api_errors().is_empty() && !error.is_retryable() => *refused += 1,
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn is_plain_text(field: &Field) -> bool {
    let text = matches!(field.field_type, FieldType::String | FieldType::TextArea);
    text && field.updateable && field.nillable && !field.unique && !field.external_id && field.length >= 20
}

/// A new row with what can be set of an old one, but for what has to be unique.
fn copy_of(row: &Record, describe: &SObjectDescribe) -> Record {
    let mut copy = Record::new(describe.name.as_str());
    for (name, value) in row.fields() {
        let settable = describe.field(name).is_some_and(|field| {
            field.createable && !field.unique && !field.external_id && field.field_type != FieldType::Base64
        });
        if settable && !value.is_null() {
            copy.set(name, value.clone());
        }
    }
    copy
}
