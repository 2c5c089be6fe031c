//! Reads objects and fields from a text with a line per field. `standard.txt` explains the form by example.

use std::fmt;

use salesforce_types::KeyPrefix;
use salesforce_types::describe::FieldType;

use super::{
    Choice, DefaultValue, Field, Formula, NumberFormat, Object, ObjectKind, OnParentDelete, Reference, Schema,
    put_with_parts,
};
use super::{Summary, SummaryKind};
use crate::value::Value;

/// A line of a table of objects that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    line: usize,
    reason: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the table of objects: {}", self.line, self.reason)
    }
}

impl std::error::Error for TableError {}

/// Adds what the text describes. The caller links the schema afterwards.
pub(super) fn read(schema: &mut Schema, text: &str) -> Result<(), TableError> {
    let mut current: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let fail = |reason: String| TableError { line: number + 1, reason };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix("object ") {
            let object = object(header).map_err(fail)?;
            current = Some(object.name.to_string());
            schema.add(object);
        } else if let Some(name) = line.strip_prefix("extend ") {
            schema.object(name).ok_or_else(|| fail(format!("there is no object {name}")))?;
            current = Some(name.to_owned());
        } else {
            let name = current.as_deref().ok_or_else(|| fail("a field stands before the first object".into()))?;
            let object = schema.object_mut(name).ok_or_else(|| fail(format!("there is no object {name}")))?;
            match line.strip_prefix("also ") {
                Some(line) => also(object, line).map_err(fail)?,
                None => fields(object, line).map_err(fail)?,
            }
        }
    }
    Ok(())
}

/// `Account 001 Accounts : owner search`
fn object(header: &str) -> Result<Object, String> {
    let (head, flags) = header.split_once(':').unwrap_or((header, ""));
    let mut words = head.split_whitespace();
    let name = words.next().ok_or("an object needs a name")?;
    let prefix = words.next().unwrap_or("-");
    let shown = !prefix.starts_with('(');
    let prefix = prefix.trim_matches(['(', ')']);
    let prefix: Option<KeyPrefix> = match prefix {
        "-" => None,
        prefix => Some(prefix.parse().map_err(|_| format!("`{prefix}` is no key prefix"))?),
    };
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let kind = match () {
        () if flags.contains(&"history") => ObjectKind::History,
        () if flags.contains(&"feed-of") => ObjectKind::Feed,
        () if flags.contains(&"share") => ObjectKind::Share,
        () => ObjectKind::of_name(name),
    };
    let mut object = Object::new(name, prefix, kind, flags.contains(&"owner"));
    object.prefix_shown = shown;
    let plural = words.collect::<Vec<_>>().join(" ");
    if !plural.is_empty() {
        object.plural = plural;
    }
    for flag in flags {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("owner" | "history" | "feed-of" | "share", "") => {}
            ("nosearch", "") => object.searchable = false,
            ("nolayout", "") => (object.layoutable, object.mru_enabled) = (false, false),
            ("merge", "") => object.mergeable = true,
            ("feed", "") => object.feed_enabled = true,
            ("nocreate", "") => object.createable = false,
            ("noupdate", "") => object.updateable = false,
            ("nodelete", "") => (object.deletable, object.undeletable) = (false, false),
            ("noundelete", "") => object.undeletable = false,
            ("noreplicate", "") => object.replicateable = false,
            ("setting", "") => {
                object.custom_setting = true;
                (object.layoutable, object.searchable, object.mru_enabled) = (false, false, false);
            }
            ("of", parent) => {
                let what = match object.kind {
                    ObjectKind::ChangeEvent => "ChangeEvent",
                    ObjectKind::History => "History",
                    ObjectKind::Feed => "Feed",
                    ObjectKind::Share => "Share",
                    _ => return Err(format!("{name} cannot belong to {parent}")),
                };
                object.associate = Some((what, parent.into()));
            }
            ("filter", fields) => object.requires_filter = fields.split(',').map(Into::into).collect(),
            _ => return Err(format!("`{flag}` is no flag of an object")),
        }
    }
    Ok(object)
}

/// `WhatId Invoice__c`: one more object that a reference may point to.
fn also(object: &mut Object, line: &str) -> Result<(), String> {
    let (name, target) = line.split_once(' ').ok_or("a field and an object are expected")?;
    let field = object.fields.iter_mut().find(|field| &*field.name == name);
    let reference =
        field.and_then(|field| field.reference.as_mut()).ok_or_else(|| format!("{name} is no reference"))?;
    reference.to.push(target.trim().into());
    Ok(())
}

/// Adds the field of a line, with its parts when it is a compound one.
fn fields(object: &mut Object, line: &str) -> Result<(), String> {
    let (line, formula) = match line.split_once(" := ") {
        Some((line, formula)) => (line, Some(formula.trim())),
        None => (line, None),
    };
    let (line, choices) = match line.split_once(" = ") {
        Some((line, choices)) => (line, Some(choices)),
        None => (line, None),
    };
    let (line, label) = match line.split_once('"') {
        Some((before, rest)) => {
            let (label, after) = rest.split_once('"').ok_or("a label has no end")?;
            (format!("{before}{after}"), Some(label.to_owned()))
        }
        None => (line.to_owned(), None),
    };
    let mut words = line.split_whitespace();
    let name = words.next().ok_or("a field needs a name")?;
    let kind = words.next().ok_or_else(|| format!("{name} needs a type"))?;
    let (kind, arguments) = match kind.split_once('(') {
        Some((kind, arguments)) => (kind, arguments.strip_suffix(')').ok_or("a `)` is missing")?),
        None => (kind, ""),
    };
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| format!("`{text}` is no number"));
    let mut field = Field::new(name, kind_of(kind)?);
    if let Some(label) = label {
        field.label = label;
    }
    match field.kind {
        FieldType::Double | FieldType::Currency | FieldType::Percent if !arguments.is_empty() => {
            let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
            (field.precision, field.scale) = (number(precision)?, number(scale)?);
        }
        FieldType::Reference => field = field.with_reference(reference(arguments)),
        FieldType::Location => field.scale = if arguments.is_empty() { 7 } else { number(arguments)? },
        _ if !arguments.is_empty() => field = field.with_length(number(arguments)?),
        _ => {}
    }
    for flag in words {
        apply(&mut field, flag)?;
    }
    for choice in choices.into_iter().flat_map(|choices| choices.split('|')) {
        let choice = choice.trim();
        let (value, default) = choice.strip_prefix('*').map_or((choice, false), |value| (value, true));
        field.choices.push(Choice { default, ..Choice::new(value) });
        if default {
            field.default = Some(DefaultValue::Value(value.into()));
            field.defaulted_on_create = true;
        }
    }
    if let Some(formula) = formula {
        field = field.with_formula(Formula::new(formula, true));
    }
    put_with_parts(object, field);
    Ok(())
}

fn kind_of(word: &str) -> Result<FieldType, String> {
    let kind = match word {
        "ref" => FieldType::Reference,
        "bool" => FieldType::Boolean,
        "long" => FieldType::Long,
        other => FieldType::from(other),
    };
    match kind {
        FieldType::Other(other) => Err(format!("`{other}` is no type of a field")),
        known => Ok(known),
    }
}

fn reference(objects: &str) -> Reference {
    Reference {
        to: objects.split('|').map(Into::into).collect(),
        parent: None,
        children: None,
        on_delete: OnParentDelete::Keep,
        master_detail: None,
    }
}

fn apply(field: &mut Field, flag: &str) -> Result<(), String> {
    let bad = || format!("`{flag}` is no flag of a field of this type");
    let (name, argument) = flag.split_once('=').unwrap_or((flag, ""));
    match name {
        "required" => field.nillable = false,
        "optional" => field.nillable = true,
        "name" => {
            (field.name_field, field.nillable) = (true, false);
            field.id_lookup = field.custom;
        }
        "readonly" => (field.createable, field.updateable) = (false, false),
        "createonly" => field.updateable = false,
        "defaulted" => field.defaulted_on_create = true,
        "unique" => field.unique = true,
        "external" => field.external_id = true,
        "sensitive" => field.case_sensitive = true,
        "idlookup" => field.id_lookup = true,
        "restricted" => field.restricted = true,
        "nosort" => field.sortable = false,
        "nofilter" => field.filterable = false,
        "html" => field.extra_type = Some("richtextarea"),
        "image" => field.extra_type = Some("imageurl"),
        "person" => {
            field.extra_type = Some("personname");
            if field.name_field {
                (field.createable, field.updateable) = (false, false);
            } else {
                field.compound = Some("Name".into());
            }
        }
        "auto" => {
            field.auto_number = Some(NumberFormat::parse(argument));
            (field.createable, field.updateable, field.defaulted_on_create) = (false, false, true);
        }
        "default" => {
            let value = match (&field.kind, argument) {
                (FieldType::Boolean, text) => Value::Bool(text == "true"),
                (FieldType::Int, text) => Value::Int(text.parse().map_err(|_| bad())?),
                (FieldType::Double | FieldType::Currency | FieldType::Percent, text) => {
                    Value::Decimal(text.parse().map_err(|_| bad())?)
                }
                (_, text) => text.into(),
            };
            (field.default, field.defaulted_on_create) = (Some(DefaultValue::Value(value)), true);
        }
        "count" | "sum" | "min" | "max" => {
            let parts: Vec<&str> = argument.split('.').collect();
            let (child, foreign_key, of) = match (name, &*parts) {
                ("count", [child, key]) => (*child, *key, None),
                (_, [child, key, of]) => (*child, *key, Some(*of)),
                _ => return Err(bad()),
            };
            let kind = match name {
                "count" => SummaryKind::Count,
                "sum" => SummaryKind::Sum,
                "min" => SummaryKind::Min,
                _ => SummaryKind::Max,
            };
            *field = field.clone().with_summary(Summary {
                kind,
                child: child.into(),
                foreign_key: foreign_key.into(),
                field: of.map(Into::into),
                filtered: false,
            });
        }
        "parent" | "children" | "clear" | "cascade" | "restrict" | "master" => {
            let reference = field.reference.as_mut().ok_or_else(bad)?;
            match name {
                "parent" => reference.parent = Some(argument.into()),
                "children" => reference.children = Some(argument.into()),
                "clear" => reference.on_delete = OnParentDelete::Clear,
                "cascade" => reference.on_delete = OnParentDelete::Cascade,
                "restrict" => reference.on_delete = OnParentDelete::Restrict,
                _ => {
                    reference.master_detail = Some(argument.parse().map_err(|_| bad())?);
                    reference.on_delete = OnParentDelete::Cascade;
                    (field.nillable, field.updateable) = (false, false);
                }
            }
        }
        _ => return Err(bad()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(&mut Schema::new(), text).unwrap_err().to_string()
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        assert_eq!(error("# x\nName string"), "line 2 of the table of objects: a field stands before the first object");
        assert_eq!(
            error("object A 001\nName strong"),
            "line 2 of the table of objects: `strong` is no type of a field"
        );
        assert_eq!(
            error("object A 001\nName string cascade"),
            "line 2 of the table of objects: `cascade` is no flag of a field of this type"
        );
        assert_eq!(error("object A 0001"), "line 1 of the table of objects: `0001` is no key prefix");
        assert_eq!(error("extend A"), "line 1 of the table of objects: there is no object A");
    }

    #[test]
    fn parts_of_compound_fields_are_added() {
        let mut schema = Schema::new();
        read(
            &mut schema,
            "object A__c a00 As : owner\nSite__c location(5)\nHome__c address\nobject B 001\nShippingAddress address",
        )
        .unwrap();
        schema.link();
        let custom = schema.object("a__c").unwrap();
        assert!(custom.field("Site__Latitude__s").is_some() && custom.field("Home__CountryCode__s").is_some());
        let standard = schema.object("B").unwrap();
        let parts: Vec<_> = standard.field("ShippingAddress").unwrap().parts.iter().map(|part| part.0).collect();
        assert_eq!(
            parts,
            ["city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street"]
        );
    }
}
