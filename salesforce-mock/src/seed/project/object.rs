use std::collections::BTreeMap;
use std::path::Path;

use salesforce_types::describe::FieldType;

use super::files::{self, ObjectFiles};
use super::{ProjectError, field};
use crate::ids;
use crate::schema::{Field, NumberFormat, Object, ObjectKind, RecordType, Schema, put_with_parts};
use crate::xml::{self, Element};

/// Parts of an object's file that change nothing about its rows, or are read elsewhere.
const WITHOUT_EFFECT: [&str; 37] = [
    "actionOverrides",
    "allowInChatterGroups",
    "compactLayoutAssignment",
    "deploymentStatus",
    "enableActivities",
    "enableBulkApi",
    "enableDivisions",
    "enableEnhancedLookup",
    "enableFeeds",
    "enableHistory",
    "enableLicensing",
    "enableReports",
    "enableSearch",
    "enableSharing",
    "enableStreamingApi",
    "externalSharingModel",
    "sharingModel",
    "visibility",
    "searchLayouts",
    "description",
    "label",
    "pluralLabel",
    "nameField",
    "fullName",
    "gender",
    "startsWith",
    "eventType",
    "publishBehavior",
    "customSettingsType",
    "fields",
    "recordTypes",
    "customHelpPage",
    "household",
    "historyRetentionPolicy",
    "recordTypeTrackHistory",
    "recordTypeTrackFeedHistory",
    "enableDataTranslation",
];

/// Adds every object of the projects to the schema.
pub(super) fn read_all(
    schema: &mut Schema,
    objects: &BTreeMap<String, ObjectFiles>,
    value_sets: &BTreeMap<String, Element>,
    problems: &mut Vec<String>,
) -> Result<(), ProjectError> {
    let mut types = 0;
    for (name, files) in objects {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            problems.push(format!("{name:?} is no name of an object"));
            continue;
        }
        for (folder, count) in &files.others {
            problems.push(format!("{name}: {folder} not taken over ({count} files)"));
        }
        let mains = parse_all(&files.main)?;
        let record_types = parse_all(&files.record_types)?;
        let mut fields = parse_all(&files.fields)?;
        fields.extend(mains.iter().flat_map(|main| main.all("fields").cloned().collect::<Vec<_>>()));
        let main = mains.into_iter().next().unwrap_or_default();
        for part in &main.children {
            if !WITHOUT_EFFECT.contains(&&*part.name) {
                let problem = format!("{name}: {} not taken over", part.name);
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        let detail = fields.iter().any(|field| field.get("type") == Some("MasterDetail"));
        let Some(mut object) = schema.object(name).cloned().or_else(|| new(schema, name, &main, detail, problems))
        else {
            continue;
        };
        let own_types = main.all("recordTypes").chain(&record_types);
        object.record_types.extend(own_types.map(|element| {
            types += 1;
            record_type(types, element)
        }));
        if !object.record_types.is_empty() {
            object.put(record_type_field());
        }
        for element in &fields {
            if let Some(field) = field::read(name, element, value_sets, problems) {
                put_with_parts(&mut object, field);
            }
        }
        schema.add(object);
        schema.link();
        companions(schema, name, &main, problems);
    }
    field::settle(schema, problems);
    schema.link();
    Ok(())
}

fn parse_all(files: &[impl AsRef<Path>]) -> Result<Vec<Element>, ProjectError> {
    files
        .iter()
        .map(|file| {
            let file = file.as_ref();
            let mut root = xml::parse(&files::read(file)?).map_err(|reason| ProjectError::new(file, reason))?;
            if root.child("fullName").is_none() {
                let name = Element { name: "fullName".into(), text: files::stem(file), ..Element::default() };
                root.children.push(name);
            }
            Ok(root)
        })
        .collect()
}

/// An object that the schema does not have.
pub(crate) fn new(
    schema: &Schema,
    name: &str,
    main: &Element,
    detail: bool,
    problems: &mut Vec<String>,
) -> Option<Object> {
    let kind = ObjectKind::of_name(name);
    let first = match kind {
        ObjectKind::PlatformEvent => 'e',
        ObjectKind::CustomMetadata => 'm',
        _ if name.ends_with("__x") => 'x',
        _ if name.contains("__") => 'a',
        _ => 'z',
    };
    if first == 'x' || name.ends_with("__b") {
        problems.push(format!("{name}: kept as an ordinary object, without the rules of its kind"));
    }
    if first == 'z' {
        problems.push(format!("{name}: a standard object that is not built in, only the project's fields are known"));
    }
    let Some(prefix) = schema.free_prefix(first) else {
        problems.push(format!("{name}: no key prefix is left"));
        return None;
    };
    let setting = main.get("customSettingsType");
    let mut object = Object::new(name, Some(prefix), kind, !detail && setting.is_none());
    if let Some(label) = main.get("label") {
        label.clone_into(&mut object.label);
        object.plural = main.get("pluralLabel").map_or_else(|| format!("{label}s"), ToOwned::to_owned);
    }
    object.feed_enabled = main.is_true("enableFeeds");
    object.searchable = kind == ObjectKind::Data && main.get("enableSearch") != Some("false");
    let text = |name: &str, length: u32| Field::new(name, FieldType::String).with_length(length);
    match kind {
        ObjectKind::PlatformEvent => object.put(text("ReplayId", 1000).read_only()),
        ObjectKind::CustomMetadata => {
            let mut label = text("Label", 40);
            (label.name_field, label.nillable) = (true, false);
            object.put(label);
            for (name, length) in [("DeveloperName", 40), ("MasterLabel", 40), ("QualifiedApiName", 70)] {
                object.put(text(name, length));
            }
            object.put(Field::new("Language", FieldType::Picklist));
            object.put(text("NamespacePrefix", 15));
        }
        _ => object.put(name_field(main.child("nameField"))),
    }
    if setting.is_some() {
        object.custom_setting = true;
        (object.layoutable, object.searchable, object.mru_enabled) = (false, false, false);
        let mut owner = Field::new("SetupOwnerId", FieldType::Reference)
            .with_reference(field::points_to(&["Organization", "Profile", "User"], Some("SetupOwner".into())));
        owner.defaulted_on_create = true;
        object.put(owner);
    }
    Some(object)
}

/// The name of a custom object's rows: a text or an automatic number.
pub(crate) fn name_field(element: Option<&Element>) -> Field {
    let mut field = Field::new("Name", FieldType::String).with_length(80);
    (field.name_field, field.id_lookup) = (true, true);
    let Some(element) = element else { return field };
    if let Some(label) = element.get("label") {
        label.clone_into(&mut field.label);
    }
    if element.get("type") == Some("AutoNumber") {
        field.auto_number = Some(NumberFormat::parse(element.get("displayFormat").unwrap_or("{0}")));
        (field.nillable, field.defaulted_on_create) = (false, true);
        return field.read_only();
    }
    // A custom row without a name gets its id as one.
    field.defaulted_on_create = true;
    field
}

/// The field of an object that has record types.
pub(crate) fn record_type_field() -> Field {
    let reference = field::points_to(&["RecordType"], Some("RecordType".into()));
    let mut field = Field::new("RecordTypeId", FieldType::Reference).with_reference(reference);
    field.defaulted_on_create = true;
    field
}

/// A record type with the id that its row will get: the rows are made in the same order.
fn record_type(number: u64, element: &Element) -> RecordType {
    let name = element.get("fullName").unwrap_or_default().to_owned();
    RecordType {
        id: ids::id("012".parse().expect("the prefix of record types"), number),
        label: element.get("label").unwrap_or(&name).to_owned(),
        developer_name: name,
        active: element.get("active") != Some("false"),
    }
}

/// The objects that the platform puts beside a custom object: its history, its shares, its feed, its change events.
pub(crate) fn companions(schema: &mut Schema, name: &str, main: &Element, problems: &mut Vec<String>) {
    let Some(stem) = name.strip_suffix("__c").filter(|_| !main.children.is_empty()) else { return };
    if main.get("customSettingsType").is_some() {
        return;
    }
    let mut tables = vec![format!("object {stem}__ChangeEvent - : of={name}\nChangeEventHeader complexvalue readonly")];
    let mut with_prefix = |first: char, table: &str, schema: &Schema| {
        if let Some(prefix) = schema.free_prefix(first) {
            tables.push(table.replace("PREFIX", prefix.as_str()));
        }
    };
    if main.is_true("enableHistory") {
        let table = format!(
            "object {stem}__History (PREFIX) : of={name}\nParentId ref({name}) required readonly parent=Parent \
             children=Histories cascade\nField picklist required readonly\nDataType picklist readonly\n\
             OldValue anyType readonly\nNewValue anyType readonly"
        );
        with_prefix('h', &table, schema);
    }
    if main.get("sharingModel") != Some("ControlledByParent") {
        let table = format!(
            "object {stem}__Share (PREFIX) : of={name}\nParentId ref({name}) required createonly parent=Parent \
             children=Shares cascade\nUserOrGroupId ref(Group|User) required createonly parent=UserOrGroup\n\
             AccessLevel picklist(40) restricted required = Read | Edit | All\nRowCause picklist(40) createonly = Owner | *Manual"
        );
        with_prefix('s', &table, schema);
    }
    if main.is_true("enableFeeds") {
        let table = format!(
            "object {stem}__Feed - : of={name}\nParentId ref({name}) required readonly parent=Parent children=Feeds \
             cascade\nType picklist readonly\nBody textarea(10000) readonly"
        );
        with_prefix('f', &table, schema);
    }
    for table in tables {
        if let Err(error) = schema.add_table(&table) {
            problems.push(format!("{name}: {error}"));
        }
    }
}
