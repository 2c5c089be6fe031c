//! What the org fills in by itself, object by object.

use std::sync::Arc;

use super::{Draft, Refusal};
use crate::Blob;
use crate::schema::{Object, Schema};
use crate::store::{Row, Store};
use crate::value::{Decimal, Value};

/// A stage of an opportunity: its name, its probability, its forecast.
const STAGES: [(&str, i64, &str); 8] = [
    ("Prospecting", 10, "Pipeline"),
    ("Qualification", 10, "Pipeline"),
    ("Needs Analysis", 20, "Pipeline"),
    ("Value Proposition", 50, "Pipeline"),
    ("Proposal/Price Quote", 75, "Pipeline"),
    ("Negotiation/Review", 90, "Pipeline"),
    ("Closed Won", 100, "Closed"),
    ("Closed Lost", 0, "Omitted"),
];

/// The cells of one row by the names of their fields.
struct Cells<'a> {
    object: &'a Object,
    cells: &'a mut [Value],
}

impl Cells<'_> {
    fn get(&self, name: &str) -> &Value {
        const NOTHING: &Value = &Value::Null;
        self.object.field(name).and_then(|field| self.cells.get(field.index)).unwrap_or(NOTHING)
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).as_text().unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(cell) = self.object.field(name).and_then(|field| self.cells.get_mut(field.index)) {
            *cell = value.into();
        }
    }
}

/// Fills in what follows from the other cells. `before` is the row that is changed, or nothing for a new one.
pub(crate) fn complete(store: &Store, object: &Object, before: Option<&Row>, cells: &mut [Value]) {
    let changed = |name: &str, cells: &Cells<'_>| {
        let place = object.field(name).map(|field| field.index);
        before.is_none_or(|row| place.is_none_or(|place| row.get(place) != cells.get(name)))
    };
    let mut row = Cells { object, cells };
    if object.field("Name").is_some_and(|name| name.extra_type == Some("personname")) {
        let names = [row.text("FirstName"), row.text("LastName")];
        let name = names.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        row.set("Name", name.as_str());
    }
    match &*object.name {
        "Opportunity" if changed("StageName", &row) => {
            let stage = STAGES.iter().find(|stage| stage.0 == row.text("StageName"));
            let (probability, forecast) = stage.map_or((0, "Pipeline"), |stage| (stage.1, stage.2));
            let won = row.text("StageName") == "Closed Won";
            let closed = won || row.text("StageName") == "Closed Lost";
            if before.is_some() || row.get("Probability").is_null() {
                row.set("Probability", Decimal::from(probability));
            }
            row.set("ForecastCategoryName", forecast);
            row.set("IsClosed", closed);
            row.set("IsWon", won);
        }
        "Case" if changed("Status", &row) => {
            let closed = row.text("Status") == "Closed";
            row.set("IsClosed", closed);
            row.set("ClosedDate", if closed { Value::DateTime(store.clock.stamp()) } else { Value::Null });
        }
        "Task" => {
            let (closed, high) = (row.text("Status") == "Completed", row.text("Priority") == "High");
            row.set("IsClosed", closed);
            row.set("IsHighPriority", high);
        }
        "CampaignMember" => {
            let responded = row.text("Status") == "Responded";
            row.set("HasResponded", responded);
        }
        "PricebookEntry" if before.is_none() => {
            let product = row.get("Product2Id").as_id().and_then(|id| store.find(id));
            let name = product.and_then(|(object, product)| Some(product.get(object.known.name?).clone()));
            row.set("Name", name.unwrap_or_default());
        }
        "Attachment" | "Document" | "StaticResource" => {
            let length = row.get("Body").as_blob().map_or(0, Blob::len);
            row.set("BodyLength", Value::Int(i64::try_from(length).unwrap_or(i64::MAX)));
        }
        "ContentVersion" if before.is_none() => file(&mut row),
        _ => {}
    }
}

/// What a file says about its bytes and its name.
fn file(row: &mut Cells<'_>) {
    let path = row.text("PathOnClient").to_owned();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    if row.get("Title").is_null() {
        row.set("Title", stem);
    }
    row.set("FileExtension", extension);
    let kind = if extension.is_empty() { "UNKNOWN".to_owned() } else { extension.to_uppercase() };
    row.set("FileType", kind.as_str());
    let (size, checksum) = match row.get("VersionData").as_blob() {
        Some(bytes) => (bytes.len(), Value::text(bytes.md5())),
        None => (0, Value::Null),
    };
    row.set("ContentSize", Value::Int(i64::try_from(size).unwrap_or(i64::MAX)));
    row.set("Checksum", checksum);
    row.set("PublishStatus", "P");
    row.set("IsLatest", true);
    row.set("VersionNumber", "1");
}

/// Rules of single objects that no field can state.
pub(super) fn check(object: &Object, cells: &[Value]) -> Option<Refusal> {
    let get = |name: &str| object.field(name).and_then(|field| cells.get(field.index));
    let empty = |name: &str| get(name).is_none_or(Value::is_null);
    if &*object.name == "CampaignMember" && empty("LeadId") == empty("ContactId") {
        let text = "Required fields are missing: [ContactId or LeadId]";
        return Some(Refusal::new("REQUIRED_FIELD_MISSING", text).fields(["ContactId", "LeadId"]));
    }
    None
}

/// What a new row brings with it: a file's first version makes its document, and a link to where it was published.
pub(crate) fn after_create(store: &mut Store, object: &Object, id: salesforce_types::RecordId) {
    if &*object.name != "ContentVersion" {
        return;
    }
    let schema: Arc<Schema> = Arc::clone(store.schema());
    let Some((_, row)) = store.find(id) else { return };
    let get = |name: &str| object.field(name).map_or(Value::Null, |field| row.get(field.index).clone());
    let place = |object: &Object, name: &str| object.field(name).map(|field| field.index);
    let shared = ["Title", "FileType", "FileExtension", "ContentSize", "PublishStatus", "OwnerId", "Description"];
    let mut facts: Vec<(&str, Value)> = shared.into_iter().map(|name| (name, get(name))).collect();
    facts.push(("ContentModifiedDate", get("CreatedDate")));
    facts.push(("LatestPublishedVersionId", Value::Id(id)));
    let location = get("FirstPublishLocationId");
    let (Some(documents), Some(own)) = (schema.object("ContentDocument"), place(object, "ContentDocumentId")) else {
        return;
    };
    let named = |object: &Object, facts: Vec<(&str, Value)>| -> Vec<(usize, Value)> {
        facts.into_iter().filter_map(|(name, value)| Some((place(object, name)?, value))).collect()
    };
    let Some(document) = get("ContentDocumentId").as_id() else {
        let mut cells = vec![Value::Null; documents.fields.len()];
        for (field, value) in named(documents, facts) {
            cells[field] = value;
        }
        if let Some(archived) = place(documents, "IsArchived") {
            cells[archived] = Value::Bool(false);
        }
        let stamp = store.clock.stamp();
        let document = store.load(documents, cells, stamp);
        store.set_cells(id, vec![(own, Value::Id(document))]);
        link(store, &schema, document, location);
        return;
    };
    let latest = place(object, "IsLatest");
    let versions: Vec<_> = store.table(object).pointing(own, document).map(Row::id).collect();
    for &version in versions.iter().filter(|&&version| version != id) {
        store.set_cells(version, latest.map(|latest| (latest, Value::Bool(false))).into_iter().collect());
    }
    let number = place(object, "VersionNumber");
    store
        .set_cells(id, number.map(|number| (number, versions.len().to_string().as_str().into())).into_iter().collect());
    facts.retain(|(name, _)| *name != "OwnerId");
    store.set_cells(document, named(documents, facts));
}

fn link(store: &mut Store, schema: &Schema, document: salesforce_types::RecordId, location: Value) {
    let Some(links) = schema.object("ContentDocumentLink") else { return };
    let owner = Value::Id(store.user);
    let entities = [(Some(owner), "I"), ((!location.is_null()).then_some(location), "V")];
    for (entity, share) in entities {
        let Some(entity) = entity.and_then(|entity| entity.as_id()) else { continue };
        let draft = Draft::new()
            .with("ContentDocumentId", document)
            .with("LinkedEntityId", entity)
            .with("ShareType", share)
            .with("Visibility", "AllUsers");
        // A location that was deleted meanwhile leaves the file without a link.
        let _ = store.create(links, &draft);
    }
}
