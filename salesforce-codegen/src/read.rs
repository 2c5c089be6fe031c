use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use salesforce_types::describe::SObjectDescribe;

use crate::error::{Error, Result};

/// The most bytes that a describe may have; the largest real ones have some 10 MB.
const CAP: u64 = 256 * 1024 * 1024;

/// Describes that were saved as JSON, as `sobjects/X/describe` answers them: one file, or all files of a folder whose
/// names end in `.json`.
///
/// # Errors
///
/// When the path cannot be read, or a file holds no describe of an object.
///
/// ```no_run
/// // build.rs
/// use salesforce_codegen::{Generator, read};
///
/// println!("cargo::rerun-if-changed=describe");
/// let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
/// Generator::new(read("describe")?).write(out.join("sobjects.rs"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// and in the crate, with `salesforce-types` (feature `derive`) and `serde` as dependencies:
///
/// ```text
/// mod sobjects {
///     include!(concat!(env!("OUT_DIR"), "/sobjects.rs"));
/// }
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Vec<SObjectDescribe>> {
    let path = path.as_ref();
    let failed = |error| Error::caused(format!("`{}` cannot be read", path.display()), error);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![read_file(path)?]);
    }
    let entries: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(failed)?;
    let mut files: Vec<_> =
        entries.into_iter().filter(|file| file.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::new(format!("`{}` holds no file that ends in `.json`", path.display())));
    }
    files.iter().map(|file| read_file(file)).collect()
}

fn read_file(path: &Path) -> Result<SObjectDescribe> {
    let shown = path.display();
    let mut json = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(CAP).read_to_end(&mut json))
        .map_err(|error| Error::caused(format!("`{shown}` cannot be read"), error))?;
    let describe: SObjectDescribe = serde_json::from_slice(&json)
        .map_err(|error| Error::caused(format!("`{shown}` holds no describe of an object"), error))?;
    match describe.name.is_empty() {
        true => Err(Error::new(format!("`{shown}` holds no describe of an object: it has no `name`"))),
        false => Ok(describe),
    }
}
