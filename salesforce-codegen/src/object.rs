//! An object as two structs: the row that is read, and the draft that is written.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use salesforce_types::describe::{Field, SObjectDescribe};

use crate::error::{Error, Result};
use crate::field::FieldCode;
use crate::name::{self, Names};
use crate::picklist::Picklist;
use crate::{ALLOW, text};

pub(crate) struct Object<'d> {
    describe: &'d SObjectDescribe,
    name: String,
    draft: String,
    columns: Vec<Column<'d>>,
    parents: Vec<(String, &'d Field, &'d Parent)>,
}

struct Column<'d> {
    name: String,
    field: &'d Field,
    picklist: Option<Picklist>,
}

impl<'d> Object<'d> {
    /// `only` are the fields to write, in small letters.
    pub(crate) fn new(
        describe: &'d SObjectDescribe,
        name: String,
        only: Option<&[String]>,
        parents: &'d BTreeMap<String, Parent>,
        types: &mut Names,
    ) -> Result<Self> {
        let object = &describe.name;
        let mut seen = HashSet::new();
        for field in &describe.fields {
            name::check_field(object, &field.name)?;
            if !seen.insert(field.name.to_ascii_lowercase()) {
                return Err(Error::new(format!("the describe of {object} has the field {} twice", field.name)));
            }
        }
        let is_wanted = |field: &&Field| only.is_none_or(|only| only.contains(&field.name.to_ascii_lowercase()));
        let mut fields: Vec<&Field> = describe.fields.iter().filter(is_wanted).collect();
        if fields.is_empty() {
            return Err(Error::new(format!("the describe of {object} has no field to ask for")));
        }
        // Id first, then by name; a custom field takes no name from a standard one.
        let order = |field: &Field| (field.name.contains("__"), field.name != "Id", field.name.to_ascii_lowercase());
        fields.sort_by_key(|field| order(field));
        let draft = types.take(&[format!("{name}Draft")]);
        let mut names = Names::default();
        let is_reference = |field: &Field| !field.reference_to.is_empty();
        let columns: Vec<Column<'d>> = fields
            .iter()
            .map(|field| {
                let field_name = names.take(&name::field(&field.name, is_reference(field)));
                let picklist = Picklist::new(&name, &field_name, field, types);
                Column { name: field_name, field, picklist }
            })
            .collect();
        let parents = fields
            .iter()
            .filter_map(|field| {
                let [target] = field.reference_to.as_slice() else { return None };
                let parent = parents.get(&target.to_ascii_lowercase())?;
                let relationship = field.relationship_name.as_deref()?;
                Some((relationship, *field, parent))
            })
            .map(|(relationship, field, parent)| {
                name::check_field(object, relationship)?;
                Ok((names.take(&name::field(relationship, false)), field, parent))
            })
            .collect::<Result<_>>()?;
        Ok(Self { describe, name, draft, columns, parents })
    }

    pub(crate) fn picklists(&self) -> impl Iterator<Item = &Picklist> {
        self.columns.iter().filter_map(|column| column.picklist.as_ref())
    }

    pub(crate) fn points_to(&self) -> impl Iterator<Item = String> {
        self.parents.iter().map(|(_, _, parent)| parent.object.to_ascii_lowercase())
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.columns.iter().any(Column::is_writable)
    }

    pub(crate) fn write(&self, code: &mut String, imports: &mut BTreeSet<&'static str>) {
        let object = &self.describe.name;
        let label = text::doc(&self.describe.label, object);
        *code += &row_head(&label, object, &self.name);
        for column in &self.columns {
            let FieldCode { code: ty, imports: names, is_never_null } = column.code();
            imports.extend(names);
            let ty = if is_never_null { ty } else { format!("Option<{ty}>") };
            *code += &column.write(&ty, "");
        }
        for (name, field, parent) in &self.parents {
            let relationship = field.relationship_name.as_deref().unwrap_or_default();
            let label = text::doc(&field.label, relationship);
            *code += &write_field(&label, name, relationship, &format!("Option<{}>", parent.name), "");
        }
        *code += "}\n";
        if self.is_writable() {
            imports.insert("Patch");
            self.write_draft(code, &label);
        }
    }

    fn write_draft(&self, code: &mut String, label: &str) {
        *code += &format!(
            "\n/// {label}: what a create or an update sets.\n{ALLOW}\n#[derive(Clone, Debug, Default, PartialEq, \
             Serialize)]\n#[serde(rename_all = \"PascalCase\")]\npub struct {} {{\n",
            self.draft
        );
        for column in self.columns.iter().filter(|column| column.is_writable()) {
            let skip = "    #[serde(skip_serializing_if = \"Patch::is_unset\")]\n";
            *code += &column.write(&format!("Patch<{}>", column.code().code), skip);
        }
        *code += "}\n";
    }
}

impl Column<'_> {
    fn code(&self) -> FieldCode {
        FieldCode::new(self.field, self.picklist.as_ref())
    }

    fn is_writable(&self) -> bool {
        self.field.createable || self.field.updateable
    }

    fn write(&self, ty: &str, attribute: &str) -> String {
        let note = match (attribute.is_empty(), self.field.createable, self.field.updateable) {
            (false, true, false) => " (on create only)",
            (false, false, true) => " (on update only)",
            _ => "",
        };
        let label = text::doc(&self.field.label, &self.field.name) + note;
        write_field(&label, &self.name, &self.field.name, ty, attribute)
    }
}

fn row_head(label: &str, object: &str, name: &str) -> String {
    format!(
        "\n/// {label}\n{ALLOW}\n#[derive(Clone, Debug, PartialEq, Deserialize, SObject)]\n\
         #[salesforce(object = \"{object}\")]\n#[serde(rename_all = \"PascalCase\")]\npub struct {name} {{\n"
    )
}

fn write_field(label: &str, name: &str, key: &str, ty: &str, attribute: &str) -> String {
    let rename = match name::key(name) == key {
        true => String::new(),
        false => format!("    #[serde(rename = \"{key}\")]\n"),
    };
    format!("    /// {label}\n{rename}{attribute}    pub {name}: {ty},\n")
}

/// An object as another one's parent: its id and its name.
pub(crate) struct Parent {
    object: String,
    label: String,
    name: String,
    name_field: Option<Field>,
}

impl Parent {
    pub(crate) fn new(describe: &SObjectDescribe, name: String) -> Self {
        let is_name = |field: &&Field| field.name_field && field.name.parse::<salesforce_types::FieldName>().is_ok();
        let name_field = describe.fields.iter().find(is_name).filter(|field| !field.name.eq_ignore_ascii_case("Id"));
        let label = text::doc(&describe.label, &describe.name);
        Self { object: describe.name.clone(), label, name, name_field: name_field.cloned() }
    }

    pub(crate) fn write(&self, code: &mut String, imports: &mut BTreeSet<&'static str>) {
        imports.insert("RecordId");
        *code += &row_head(&format!("{}: its id and its name.", self.label), &self.object, &self.name);
        *code += &write_field("The record's id.", "id", "Id", "RecordId", "");
        if let Some(field) = &self.name_field {
            let mut names = Names::default();
            names.take(&["id".to_owned()]);
            let FieldCode { code: ty, imports: of_name, .. } = FieldCode::new(field, None);
            imports.extend(of_name);
            let label = text::doc(&field.label, &field.name);
            *code += &write_field(
                &label,
                &names.take(&name::field(&field.name, false)),
                &field.name,
                &format!("Option<{ty}>"),
                "",
            );
        }
        *code += "}\n";
    }
}
