//! Changes of components and what follows from them. Nothing is real until [`Work::commit`]: what is dropped before
//! has not happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use salesforce_types::{RecordId, Timestamp};

use super::check;
use super::component::{Component, Components, Key};
use super::kind::Kind;
use super::known::{self, known};
use super::packages::Packages;
use crate::Org;
use crate::schema::{RecordType, Schema, put_with_parts};
use crate::seed::Fill;
use crate::seed::project::{data, field, object};
use crate::store::Store;
use crate::value::Value;
use crate::xml::Element;

/// Why a component is refused.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) text: String,
}

impl Problem {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// What a change did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    pub(crate) created: bool,
    pub(crate) changed: bool,
}

/// A row that follows from a component.
#[derive(Clone, Debug)]
enum RowOf {
    /// A permission set, a profile or a record of a custom metadata type.
    Component(Key),
    RecordType {
        object: String,
        name: String,
    },
}

/// An org's components and schema, while they are changed.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) components: Components,
    pub(crate) schema: Schema,
    reshaped: bool,
    rows: Vec<RowOf>,
    pub(crate) now: Timestamp,
    /// The package that brings what is put.
    pub(crate) namespace: Option<Arc<str>>,
    pub(crate) packages: Packages,
    classes: Vec<(String, Option<String>)>,
    problems: Vec<String>,
    /// Fields that have other names than before: the old and the new one.
    renamed: Vec<(String, String)>,
}

impl Work {
    pub(crate) fn new(org: &mut Org) -> Self {
        known::follow(&mut org.metadata, &org.store, &org.classes);
        Self {
            components: org.metadata.components.clone(),
            schema: Schema::clone(org.store.schema()),
            reshaped: false,
            rows: Vec::new(),
            now: org.store.clock.stamp(),
            namespace: None,
            packages: org.metadata.packages.clone(),
            classes: Vec::new(),
            problems: Vec::new(),
            renamed: Vec::new(),
        }
    }

    /// Adds a component or changes the one of that name.
    pub(crate) fn put(
        &mut self,
        kind: &'static Kind,
        name: &str,
        body: Element,
        files: BTreeMap<String, Bytes>,
    ) -> Result<Done, Problem> {
        check::component(self, kind, name, &body)?;
        let before = self.components.get(kind, name).cloned();
        let old = before.as_ref().map(|before| before.body.clone()).unwrap_or_default();
        let body = match kind.name {
            "CustomObject" => overlaid(&old, body),
            "Profile" => check::overlaid_profile(&old, body),
            _ => body,
        };
        let same = before.as_ref().is_some_and(|before| before.body == body && before.files == files);
        if same {
            return Ok(Done { created: false, changed: false });
        }
        match kind.name {
            "CustomObject" => self.put_object(name, &body)?,
            "CustomField" => self.put_field(name, &body)?,
            "RecordType" => self.put_record_type(name, &body),
            "PermissionSet" | "Profile" | "CustomMetadata" => {
                self.rows.push(RowOf::Component((kind.name, name.to_owned())));
            }
            "ApexClass" => {
                let text = files.values().next().map(|text| String::from_utf8_lossy(text).into_owned());
                self.classes.push((name.to_owned(), Some(text.unwrap_or_default())));
            }
            _ => {}
        }
        if let Some((parent, _)) = kind.parent.filter(|(parent, _)| *parent != "CustomObject") {
            let (parent, file) = (known(parent), kind.file_name(name));
            if self.components.get(parent, file).is_none() {
                let body = Element::new(parent.name, Vec::new());
                let stamps = Some((self.now, self.now));
                self.components.put(parent, file, Component { body, stamps, ..Component::default() });
            }
        }
        let created = before.is_none();
        let stamps =
            before.as_ref().and_then(|before| before.stamps).map_or((self.now, self.now), |(made, _)| (made, self.now));
        let id = before.as_ref().and_then(|before| before.id);
        let namespace = before.and_then(|before| before.namespace.clone()).or_else(|| self.namespace.clone());
        self.components.put(kind, name, Component { body, files, id, namespace, stamps: Some(stamps) });
        Ok(Done { created, changed: true })
    }

    /// Takes a component away, with its parts.
    pub(crate) fn remove(&mut self, kind: &'static Kind, name: &str) -> Result<(), Problem> {
        let Some(component) = self.components.get(kind, name).cloned() else {
            let text = match kind.name {
                "CustomField" => "This custom field does not exist or is not accessible".to_owned(),
                _ => format!("No {} named: {name} found", kind.name),
            };
            return Err(Problem::new("INVALID_CROSS_REFERENCE_KEY", text));
        };
        if component.namespace.is_some() && self.namespace.is_none() {
            let text = format!("Cannot delete managed object: {name}");
            return Err(Problem::new("CANNOT_DELETE_MANAGED_OBJECT", text));
        }
        let standard = |name: &str| !name.rsplit('.').next().unwrap_or(name).contains("__");
        if matches!(kind.name, "CustomObject" | "CustomField") && standard(name) {
            let text = format!("Cannot delete standard component: {name}");
            return Err(Problem::new("INSUFFICIENT_ACCESS_OR_READONLY", text));
        }
        let parts: Vec<_> = self.components.parts(kind, name).map(|(kind, name, _)| (kind, name.to_owned())).collect();
        match kind.name {
            "CustomObject" => self.remove_object(name),
            "CustomField" => self.remove_field(name)?,
            "RecordType" => {
                if let Some((object, own)) = name.split_once('.') {
                    if let Some(object) = self.schema.object_mut(object) {
                        object.record_types.retain(|known| known.developer_name != own);
                        self.reshaped = true;
                    }
                    let (object, name) = (object.to_owned(), own.to_owned());
                    self.rows.push(RowOf::RecordType { object, name });
                }
            }
            "PermissionSet" | "Profile" | "CustomMetadata" => {
                self.rows.push(RowOf::Component((kind.name, name.to_owned())));
            }
            "ApexClass" => self.classes.push((name.to_owned(), None)),
            _ => {}
        }
        for (part, name) in parts {
            self.components.remove(part, &name);
        }
        self.components.remove(kind, name);
        Ok(())
    }

    /// Gives a component another name. The values of a field that is renamed go with it.
    pub(crate) fn rename(&mut self, kind: &'static Kind, old: &str, new: &str) -> Result<(), Problem> {
        let refused = |text: String| Err(Problem::new("FIELD_INTEGRITY_EXCEPTION", text));
        if matches!(kind.name, "CustomObject" | "Profile") || kind.has_content || kind.is_bundle {
            return refused(format!("A component of the type {} cannot be renamed", kind.name));
        }
        if self.components.get(kind, new).is_some() {
            let text = format!("There is already a component of type {} with the name {new}", kind.name);
            return Err(Problem::new("DUPLICATE_DEVELOPER_NAME", text));
        }
        let Some(component) = self.components.get(kind, old).cloned() else {
            let text = format!("no {} named {old} found", kind.name);
            return Err(Problem::new("INVALID_CROSS_REFERENCE_KEY", text));
        };
        if kind.name == "CustomField" {
            let ((object, own), (new_object, _)) = (check::in_object(old)?, check::in_object(new)?);
            if object != new_object {
                return refused(format!("A field cannot move from {object} to {new_object}"));
            }
            check::not_summed(self, object, own)?;
        }
        self.remove(kind, old)?;
        self.put(kind, new, component.body.clone(), component.files.clone())?;
        if kind.name == "CustomField" {
            self.renamed.push((old.to_owned(), new.to_owned()));
        }
        Ok(())
    }

    fn put_object(&mut self, name: &str, body: &Element) -> Result<(), Problem> {
        let Some(object) = self.schema.object_mut(name) else {
            let detail = body.get("sharingModel") == Some("ControlledByParent");
            let made = object::new(&self.schema, name, body, detail, &mut self.problems);
            let made = made.ok_or_else(|| Problem::new("CUSTOM_ENTITY_OR_FIELD_LIMIT", "no key prefix is left"))?;
            self.schema.add(made);
            self.schema.link();
            object::companions(&mut self.schema, name, body, &mut self.problems);
            self.reshaped = true;
            return Ok(());
        };
        if let Some(label) = body.get("label") {
            label.clone_into(&mut object.label);
        }
        if let Some(plural) = body.get("pluralLabel") {
            plural.clone_into(&mut object.plural);
        }
        let label = body.child("nameField").and_then(|name| name.get("label"));
        let name = object.fields.iter_mut().find(|field| field.name_field);
        if let (Some(label), Some(name)) = (label, name) {
            label.clone_into(&mut name.label);
        }
        self.reshaped = true;
        Ok(())
    }

    fn remove_object(&mut self, name: &str) {
        let stem = name.strip_suffix("__c").unwrap_or(name);
        for companion in ["ChangeEvent", "History", "Share", "Feed"] {
            self.schema.remove(&format!("{stem}__{companion}"));
        }
        self.schema.remove(name);
        self.reshaped = true;
    }

    fn put_field(&mut self, name: &str, body: &Element) -> Result<(), Problem> {
        let (object_name, own) = check::in_object(name)?;
        if !own.contains("__") {
            // The files of standard fields change labels and histories.
            return Ok(());
        }
        let sets = known("GlobalValueSet");
        let sets = self.components.of(sets).map(|(name, set)| (name.to_owned(), set.body.clone())).collect();
        let mut problems = Vec::new();
        let mut element = body.clone();
        element.children.push(Element::leaf("fullName", own));
        let read = field::read(object_name, &element, &sets, &mut problems);
        let Some(read) = read else {
            let text = problems.pop().unwrap_or_else(|| format!("{name}: the field cannot be read"));
            return Err(Problem::new("FIELD_INTEGRITY_EXCEPTION", text));
        };
        let detail = read.reference.as_ref().is_some_and(|to| to.master_detail.is_some());
        let object = self.schema.object_mut(object_name).ok_or_else(|| check::no_object(object_name))?;
        put_with_parts(object, read);
        if detail && object.is_custom() {
            // The owner of a detail is that of its master.
            object.fields.retain(|field| &*field.name != "OwnerId");
        }
        self.problems.append(&mut problems);
        self.schema.link();
        self.reshaped = true;
        Ok(())
    }

    fn remove_field(&mut self, name: &str) -> Result<(), Problem> {
        let (object_name, own) = check::in_object(name)?;
        check::not_summed(self, object_name, own)?;
        if let Some(object) = self.schema.object_mut(object_name) {
            object.fields.retain(|field| {
                !field.name.eq_ignore_ascii_case(own)
                    && !field.compound.as_ref().is_some_and(|compound| compound.eq_ignore_ascii_case(own))
            });
        }
        self.schema.link();
        self.reshaped = true;
        Ok(())
    }

    fn put_record_type(&mut self, name: &str, body: &Element) {
        let Some((object_name, own)) = name.split_once('.') else { return };
        let Some(object) = self.schema.object_mut(object_name) else { return };
        let label = body.get("label").unwrap_or(own).to_owned();
        let active = body.get("active") != Some("false");
        match object.record_types.iter_mut().find(|known| known.developer_name == own) {
            Some(known) => (known.label, known.active) = (label, active),
            None => {
                // The id is that of the row, which is made in the end.
                let id = crate::ids::id("012".parse().expect("the prefix of record types"), 0);
                object.record_types.push(RecordType { id, developer_name: own.to_owned(), label, active });
                object.put(object::record_type_field());
            }
        }
        self.schema.link();
        self.reshaped = true;
        self.rows.push(RowOf::RecordType { object: object_name.to_owned(), name: own.to_owned() });
    }

    /// Makes the changes real.
    pub(crate) fn commit(mut self, org: &mut Org) {
        let rows = std::mem::take(&mut self.rows);
        for row in &rows {
            if let RowOf::RecordType { object, name } = row {
                self.record_type_row(&mut org.store, object, name);
            }
        }
        if self.reshaped {
            field::settle(&mut self.schema, &mut Vec::new());
            let gone = org.store.schema().objects().iter().any(|object| self.schema.object(&object.name).is_none());
            org.store.reshape(std::mem::take(&mut self.schema), &self.renamed);
            if gone {
                // Cursors know objects by their positions.
                org.cursors = crate::soql::Cursors::default();
            }
        }
        for row in rows {
            if let RowOf::Component(key) = row {
                self.component_row(&mut org.store, &key);
            }
        }
        for (name, text) in self.classes {
            org.classes.retain(|(known, _)| *known != name);
            org.classes.extend(text.map(|text| (name, text)));
        }
        org.store.problems.append(&mut self.problems);
        org.metadata.components = self.components;
        org.metadata.packages = self.packages;
        org.metadata.followed = None;
    }

    fn record_type_row(&mut self, store: &mut Store, object: &str, name: &str) {
        let schema = Arc::clone(store.schema());
        let Some(types) = schema.object("RecordType") else { return };
        let field = |name: &str| types.field(name).map(|field| field.index);
        let (Some(of), Some(by)) = (field("SobjectType"), field("DeveloperName")) else { return };
        let is = |row: &crate::store::Row, place: usize, text: &str| row.get(place).as_text() == Some(text);
        let row = store.table(types).rows().find(|row| is(row, of, object) && is(row, by, name)).map(|row| row.id());
        let wanted = self.schema.object_mut(object);
        let wanted = wanted.and_then(|object| object.record_types.iter_mut().find(|own| own.developer_name == name));
        match (wanted, row) {
            (Some(own), Some(id)) => {
                own.id = id;
                set(store, id, &[("Name", Value::text(&own.label)), ("IsActive", Value::Bool(own.active))]);
            }
            (Some(own), None) => {
                own.id = Fill::new(&schema, "RecordType")
                    .set("Name", &*own.label)
                    .set("DeveloperName", name)
                    .set("SobjectType", object)
                    .set("IsActive", own.active)
                    .load(store, self.now);
            }
            (None, Some(id)) => store.purge_row(types, id),
            (None, None) => {}
        }
    }

    fn component_row(&mut self, store: &mut Store, (kind, name): &Key) {
        let kind = known(kind);
        let component = self.components.get(kind, name).cloned();
        if kind.name == "CustomMetadata" {
            custom_metadata(store, name, component.as_deref(), self.now, &mut self.problems);
            return;
        }
        let schema = Arc::clone(store.schema());
        let Some(object) = schema.object(kind.name) else { return };
        let row = known::row_of(store, kind, name);
        let Some(component) = component else {
            if let Some(id) = row {
                store.purge_row(object, id);
            }
            return;
        };
        let id = row.unwrap_or_else(|| {
            let mut cells = vec![Value::Null; object.fields.len()];
            for (field, value) in
                [("Name", Value::text(name)), ("IsCustom", Value::Bool(true)), ("UserType", Value::text("Standard"))]
            {
                if let Some(field) = object.field(field) {
                    cells[field.index] = value;
                }
            }
            store.load(object, cells, self.now)
        });
        let body = &component.body;
        let mut values = Vec::new();
        if kind.name == "PermissionSet" {
            values.push(("Label".to_owned(), Value::text(body.get("label").unwrap_or(name))));
            values.push(("Description".to_owned(), body.get("description").map_or(Value::Null, Value::text)));
        }
        for field in object.fields.iter().filter(|field| field.name.starts_with("Permissions")) {
            let named = |element: &&Element| element.get("name") == field.name.strip_prefix("Permissions");
            let given = body.all("userPermissions").find(named).map(|given| given.is_true("enabled"));
            // What a profile does not name stays as it is; a permission set has nothing else than what it names.
            if let Some(given) = given.or((kind.name == "PermissionSet").then_some(false)) {
                values.push((field.name.to_string(), Value::Bool(given)));
            }
        }
        let values: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        set(store, id, &values);
        let component = Component { id: Some(id), ..Component::clone(&component) };
        self.components.put(kind, name, component);
    }
}

/// Sets cells of a row by the names of their fields, with a new stamp.
fn set(store: &mut Store, id: RecordId, values: &[(&str, Value)]) {
    let now = store.clock.stamp();
    let Some((object, _)) = store.find(id) else { return };
    let mut cells: Vec<_> =
        values.iter().filter_map(|(name, value)| Some((object.field(name)?.index, value.clone()))).collect();
    let known = object.known;
    cells.extend([known.modified_date, known.stamp].into_iter().flatten().map(|place| (place, Value::DateTime(now))));
    store.set_cells(id, cells);
}

fn custom_metadata(
    store: &mut Store,
    name: &str,
    component: Option<&Component>,
    now: Timestamp,
    problems: &mut Vec<String>,
) {
    let schema = Arc::clone(store.schema());
    let (kind, own) = name.split_once('.').unwrap_or((name, ""));
    let Some(object) = schema.object(&format!("{kind}__mdt")) else { return };
    if let Some(field) = object.field("DeveloperName") {
        let old: Vec<_> = store.table(object).having(field, &Value::text(own)).iter().map(|row| row.id()).collect();
        old.into_iter().for_each(|id| store.purge_row(object, id));
    }
    if let Some(component) = component {
        let wrong = data::custom_metadata_row(store, name, &component.body, now);
        problems.extend(wrong.into_iter().map(|problem| format!("{name}: {problem}")));
    }
}

/// What a file says, over what was known: elements that it names replace those of the same name.
fn overlaid(before: &Element, mut body: Element) -> Element {
    let kept: Vec<_> = before.children.iter().filter(|child| body.child(&child.name).is_none()).cloned().collect();
    body.children.extend(kept);
    body.children.sort_by(|left, right| left.name.cmp(&right.name));
    body
}
