use std::collections::{BTreeMap, btree_map};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use salesforce_types::describe::SObjectDescribe;

/// What is known of an org: the describes of some of its objects.
///
/// A describe is what `sobjects/X/describe` answers, and says what the user who asked may see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// By their names in small letters.
    objects: BTreeMap<Box<str>, SObjectDescribe>,
}

impl Schema {
    /// Reads one saved describe, or a JSON array of them.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the text is no JSON, or an object in it has no name or no fields, as in the list of all
    /// objects.
    pub fn from_json(json: &str) -> Result<Self, SchemaError> {
        let describes = if json.trim_start().starts_with('[') {
            serde_json::from_str(json)
        } else {
            serde_json::from_str(json).map(|describe| vec![describe])
        };
        let describes: Vec<SObjectDescribe> = describes.map_err(|error| SchemaError::new(Reason::Json(error)))?;
        if describes.iter().any(|describe| describe.name.is_empty() || describe.fields.is_empty()) {
            return Err(SchemaError::new(Reason::NoDescribe));
        }
        Ok(describes.into_iter().collect())
    }

    /// Reads a file as [`from_json`](Self::from_json) does, or every file of a folder whose name ends in `.json`.
    ///
    /// # Errors
    ///
    /// [`SchemaError`], which names the file, if one cannot be read or is no describe, and for a folder without any.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SchemaError> {
        let path = path.as_ref();
        if !path.is_dir() {
            return Self::read_file(path);
        }
        let entries = fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let entries = entries.map_err(|error| SchemaError::new(Reason::Io(error)).of(path))?;
        let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        if files.is_empty() {
            return Err(SchemaError::new(Reason::Empty).of(path));
        }
        files.sort();
        let mut schema = Self::default();
        for file in files {
            schema.extend(Self::read_file(&file)?);
        }
        Ok(schema)
    }

    fn read_file(file: &Path) -> Result<Self, SchemaError> {
        let text = fs::read_to_string(file).map_err(|error| SchemaError::new(Reason::Io(error)).of(file))?;
        Self::from_json(&text).map_err(|error| error.of(file))
    }

    /// The object of that name; its case does not matter.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&SObjectDescribe> {
        self.objects.get(name.to_ascii_lowercase().as_str())
    }

    /// All objects, by name.
    pub fn objects(&self) -> impl Iterator<Item = &SObjectDescribe> {
        self.objects.values()
    }
}

/// The last describe of an object counts.
impl Extend<SObjectDescribe> for Schema {
    fn extend<I: IntoIterator<Item = SObjectDescribe>>(&mut self, describes: I) {
        let named = |describe: SObjectDescribe| (describe.name.to_ascii_lowercase().into(), describe);
        self.objects.extend(describes.into_iter().map(named));
    }
}

impl FromIterator<SObjectDescribe> for Schema {
    fn from_iter<I: IntoIterator<Item = SObjectDescribe>>(describes: I) -> Self {
        let mut schema = Self::default();
        schema.extend(describes);
        schema
    }
}

/// Its objects, by name: so one schema extends another.
impl IntoIterator for Schema {
    type Item = SObjectDescribe;
    type IntoIter = btree_map::IntoValues<Box<str>, SObjectDescribe>;

    fn into_iter(self) -> Self::IntoIter {
        self.objects.into_values()
    }
}

/// A saved describe that is none, or cannot be read.
#[derive(Debug)]
pub struct SchemaError {
    reason: Reason,
    file: Option<PathBuf>,
}

#[derive(Debug)]
enum Reason {
    Io(io::Error),
    Json(serde_json::Error),
    NoDescribe,
    Empty,
}

impl SchemaError {
    fn new(reason: Reason) -> Self {
        Self { reason, file: None }
    }

    fn of(mut self, file: &Path) -> Self {
        self.file = Some(file.into());
        self
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display())?,
            None => f.write_str("the text")?,
        }
        f.write_str(match self.reason {
            Reason::Io(_) => " cannot be read",
            Reason::Json(_) => " is no JSON of a describe",
            Reason::NoDescribe => {
                " is no describe of an object, since it has no name or no fields: save the answer of sobjects/X/describe"
            }
            Reason::Empty => " has no file that ends in .json",
        })
    }
}

impl std::error::Error for SchemaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Io(error) => Some(error),
            Reason::Json(error) => Some(error),
            Reason::NoDescribe | Reason::Empty => None,
        }
    }
}
