use std::collections::{BTreeMap, HashMap, HashSet};

use connector_core::folder::Backup;
use connector_core::{Stamp, StreamInfo, StreamState};
use futures_util::TryStreamExt;
use salesforce_examples::Result;
use salesforce_rest::{Client, Soql};
use salesforce_types::{Record, Timestamp, Value};
use sha2::{Digest, Sha256};

use crate::table::thousands;

/// At most so many differences are printed; all are counted.
const PRINTED: usize = 10;

/// How the folded backup and the org differ.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) rows: u64,
    pub(crate) fields: u64,
    pub(crate) differences: u64,
    /// Rows that changed after the window of the last run: the next run reads them.
    pub(crate) newer: u64,
    pub(crate) examples: Vec<String>,
}

/// Compares every row of the stream in the backup with the org, field by field.
///
/// The org is asked anew with a query of its own, and not through the source that made the backup. Only a digest per row
/// is in memory. Formulas are left out: their values change without their row being touched, so an incremental backup
/// cannot know (requirement B1-16).
pub(crate) async fn compare(client: &Client, backup: &Backup, stream: &StreamInfo, to: &mut Comparison) -> Result<()> {
    let object = stream.name.as_str();
    let describe = client.describe(object).await?;
    let calculated: HashSet<&str> =
        describe.fields.iter().filter(|field| field.calculated).map(|field| field.name.as_str()).collect();
    let window = match backup.state().get(object) {
        StreamState::Watermark { hi, key, .. } => Some((*hi, key.clone())),
        _ => None,
    };

    let mut kept: HashMap<Box<str>, [u8; 16]> = HashMap::new();
    for version in backup.fold(object)? {
        let row = version?;
        kept.insert(row.record().id.clone(), digest(&row.record().fields.decode()?, &calculated));
    }

    let mut changed: BTreeMap<String, Record> = BTreeMap::new();
    let mut only_in_org = 0;
    let query = format!("SELECT {} FROM {object}", stream.fields.join(", "));
    let mut rows = client.query::<Record>(Soql::trusted(query)).include_deleted().stream();
    while let Some(row) = rows.try_next().await? {
        let id = row.id_text().ok_or_else(|| format!("a row of {object} has no Id"))?.to_string();
        to.rows += 1;
        to.fields += row.len() as u64;
        let same = match kept.remove(&*id) {
            Some(digest_kept) => digest_kept == digest(&row, &calculated),
            None => {
                only_in_org += u64::from(!is_newer(&row, window.as_ref()));
                to.newer += u64::from(is_newer(&row, window.as_ref()));
                continue;
            }
        };
        if same {
            continue;
        }
        if is_newer(&row, window.as_ref()) {
            to.newer += 1;
        } else {
            to.differences += 1;
            if changed.len() < PRINTED {
                changed.insert(id, row);
            }
        }
    }
    let only_in_backup = kept.len() as u64;
    to.differences += only_in_org + only_in_backup;
    for (count, place) in [(only_in_org, "only in the org"), (only_in_backup, "only in the backup")] {
        if count > 0 {
            to.examples.push(format!("{object}: {} rows are {place}", thousands(count)));
        }
    }
    if !changed.is_empty() {
        for version in backup.fold(object)? {
            let version = version?;
            if let Some(row) = changed.get(&*version.record().id) {
                to.examples.push(explain(object, row, &version.record().fields.decode()?, &calculated));
            }
        }
    }
    Ok(())
}

fn is_newer(row: &Record, window: Option<&(Stamp, String)>) -> bool {
    let stamp = |key: &str| row.get(key).and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    window.is_some_and(|(hi, key)| stamp(key).is_some_and(|stamp| stamp.as_millis() >= hi.as_millis()))
}

/// Of names and values; the order of the fields does not matter.
fn digest(row: &Record, calculated: &HashSet<&str>) -> [u8; 16] {
    let mut fields: Vec<(&str, &Value)> = row.fields().filter(|(name, _)| !calculated.contains(name)).collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    let mut hash = Sha256::new();
    for (name, value) in fields {
        hash.update(name.as_bytes());
        match value {
            Value::Text(text) => hash.update(["\u{1}", text, "\u{0}"].concat()),
            other => hash.update(["\u{2}", &*serde_json::to_string(other).unwrap_or_default(), "\u{0}"].concat()),
        }
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}

/// Names the fields that differ; values may be private and are not printed.
fn explain(object: &str, org: &Record, kept: &Record, calculated: &HashSet<&str>) -> String {
    let differ: Vec<&str> = org
        .fields()
        .filter(|(name, value)| !calculated.contains(name) && kept.get(name) != Some(value))
        .map(|(name, _)| name)
        .collect();
    let id = org.id_text().map(|id| id.to_string()).unwrap_or_default();
    format!("{object} {id}: {} in the org and in the backup are not the same", differ.join(", "))
}
