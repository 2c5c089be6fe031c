use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use salesforce_types::describe::SObjectDescribe;

use crate::error::{Error, Result};
use crate::name::{self, Names};
use crate::object::{Object, Parent};
use crate::{file, picklist};

/// Writes Rust code for some objects; see the [crate].
///
/// ```
/// use salesforce_codegen::Generator;
///
/// let describe = serde_json::from_str(
///     r#"{"name": "Badge__c", "label": "Badge", "createable": true, "fields": [
///         {"name": "Id", "type": "id", "label": "Record ID"},
///         {"name": "Level__c", "type": "double", "label": "Level", "nillable": true, "createable": true}]}"#,
/// )?;
/// let code = Generator::new([describe]).generate()?;
/// assert!(code.contains("pub struct Badge {") && code.contains("pub level: Option<Number>,"));
/// assert!(code.contains("pub struct BadgeDraft {") && code.contains("pub level: Patch<Number>,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is written until `generate` or `write` is called"]
pub struct Generator {
    describes: Vec<SObjectDescribe>,
    fields: BTreeMap<String, Vec<String>>,
    parents: bool,
    force: bool,
}

impl Generator {
    /// Code for these objects.
    pub fn new(describes: impl IntoIterator<Item = SObjectDescribe>) -> Self {
        Self { describes: describes.into_iter().collect(), fields: BTreeMap::new(), parents: false, force: false }
    }

    /// Of an object, these fields only; `Id` among them where it is wanted. All unless said.
    pub fn fields<F: Into<String>>(mut self, object: &str, fields: impl IntoIterator<Item = F>) -> Self {
        self.fields.entry(object.to_owned()).or_default().extend(fields.into_iter().map(Into::into));
        self
    }

    /// For each reference to exactly one of the objects, the parent too, as far as its id and its name go: `owner_id`
    /// and `owner`. A query may reach 55 parents.
    pub fn parents(mut self) -> Self {
        self.parents = true;
        self
    }

    /// Overwrites a file that this crate did not write, too.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// The code. It depends on nothing but the describes: the same ones give the same text, in whatever order they
    /// come.
    ///
    /// # Errors
    ///
    /// When a describe is none that an org gives: a name that cannot be one, a field or an object twice; when one of
    /// [`fields`](Self::fields), or the object that it is of, is not there.
    pub fn generate(&self) -> Result<String> {
        let mut describes: Vec<&SObjectDescribe> = self.describes.iter().collect();
        describes.sort_by_key(|describe| describe.name.to_ascii_lowercase());
        for describe in &describes {
            name::check_object(&describe.name)?;
        }
        let twice = describes.iter().zip(describes.iter().skip(1)).find(|(a, b)| a.name.eq_ignore_ascii_case(&b.name));
        if let Some((twice, _)) = twice {
            return Err(Error::new(format!("there are two describes of {}: give one", twice.name)));
        }
        if describes.is_empty() {
            return Err(Error::new("there is no describe of an object to write code for"));
        }
        let is_there = |object: &str| describes.iter().any(|describe| describe.name.eq_ignore_ascii_case(object));
        if let Some(object) = self.fields.keys().find(|object| !is_there(object)) {
            let object = object.escape_debug();
            return Err(Error::new(format!("fields of `{object}` are asked for, and there is no describe of it")));
        }
        self.code(&describes)
    }

    fn code(&self, describes: &[&SObjectDescribe]) -> Result<String> {
        let mut types = Names::of_types();
        // All objects get their names before anything else does, so that a field cannot take that of an object.
        let names: Vec<String> = describes.iter().map(|describe| types.take(&[name::object(&describe.name)])).collect();
        let mut parents: BTreeMap<String, Parent> = BTreeMap::new();
        if self.parents {
            for (describe, name) in describes.iter().zip(&names) {
                let parent = Parent::new(describe, types.take(&[format!("{name}Ref")]));
                parents.insert(describe.name.to_ascii_lowercase(), parent);
            }
        }
        let (mut imports, mut body) = (BTreeSet::from(["SObject"]), String::new());
        let mut is_written = false;
        let mut pointed_to = BTreeSet::new();
        for (describe, name) in describes.iter().zip(names) {
            let only = self.only(describe)?;
            let object = Object::new(describe, name, only.as_deref(), &parents, &mut types)?;
            object.write(&mut body, &mut imports);
            is_written |= object.is_writable();
            pointed_to.extend(object.points_to());
            object.picklists().for_each(|picklist| picklist::write(&mut body, picklist));
        }
        for (_, parent) in parents.iter().filter(|(object, _)| pointed_to.contains(*object)) {
            parent.write(&mut body, &mut imports);
        }
        let mut code = format!("{}\n\n", file::MARK);
        imports.iter().for_each(|import| code += &format!("use salesforce_types::{import};\n"));
        code += if is_written { "use serde::{Deserialize, Serialize};\n" } else { "use serde::Deserialize;\n" };
        Ok(code + &body)
    }

    /// The fields that were asked for, in small letters; they have to be there.
    fn only(&self, describe: &SObjectDescribe) -> Result<Option<Vec<String>>> {
        // The case of an object's name does not matter, so that there may be several lists.
        let mut lists = self.fields.iter().filter(|(object, _)| object.eq_ignore_ascii_case(&describe.name)).peekable();
        if lists.peek().is_none() {
            return Ok(None);
        }
        let fields: Vec<&String> = lists.flat_map(|(_, fields)| fields).collect();
        if let Some(missing) = fields.iter().find(|field| describe.field(field).is_none()) {
            let (object, missing) = (&describe.name, missing.escape_debug());
            return Err(Error::new(format!("{object} has no field `{missing}`, or the user does not see it")));
        }
        Ok(Some(fields.iter().map(|field| field.to_ascii_lowercase()).collect()))
    }

    /// Writes the code into a file: whole or not at all, and only if it is not there already, so that nothing is built
    /// anew. Says whether it wrote.
    ///
    /// # Errors
    ///
    /// As for [`generate`](Self::generate); when the file was written by somebody else and [`force`](Self::force) is
    /// not set; when it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<bool> {
        file::write(path.as_ref(), &self.generate()?, self.force)
    }

    /// Whether the file holds just this code.
    ///
    /// # Errors
    ///
    /// As for [`generate`](Self::generate); when the file cannot be read.
    pub fn is_current(&self, path: impl AsRef<Path>) -> Result<bool> {
        file::holds(path.as_ref(), &self.generate()?)
    }
}
