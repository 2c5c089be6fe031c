use std::fs::{self, File};
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::zipped::{copy, each};
use super::{ArchiveError, ArchiveErrorKind, Cap};

/// What was unpacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unpacked {
    /// How many files.
    pub files: usize,
    /// How many bytes they have together.
    pub bytes: u64,
}

/// Unpacks a zip into a new folder, file after file; no more of it is in memory than a buffer.
///
/// The folder appears when everything is in it, and not at all when something is wrong: until then the files are in a
/// folder beside it, which is removed again.
///
/// ```
/// use salesforce_metadata::archive::{Archive, Cap, unpack};
///
/// let mut archive = Archive::new();
/// archive.add("classes/Ping.cls", "public class Ping {}")?;
/// let place = std::env::temp_dir().join(format!("unpack-{}", std::process::id()));
/// let unpacked = unpack(std::io::Cursor::new(archive.to_zip()?), &place, Cap::default())?;
/// assert_eq!(unpacked.files, 1);
/// assert_eq!(Archive::from_folder(&place, Cap::default())?, archive);
/// # std::fs::remove_dir_all(&place).unwrap();
/// # Ok::<(), salesforce_metadata::archive::ArchiveError>(())
/// ```
///
/// It blocks; in a program that is async, give it to `spawn_blocking`.
///
/// # Errors
/// [`Exists`](ArchiveErrorKind::Exists) when the folder is there and has something in it; as
/// [`Archive::from_zip`](super::Archive::from_zip); [`Io`](ArchiveErrorKind::Io).
pub fn unpack<R: Read + Seek>(zip: R, folder: &Path, cap: Cap) -> Result<Unpacked, ArchiveError> {
    let staging = Staging::beside(folder)?;
    let mut unpacked = Unpacked::default();
    each(BufReader::new(zip), cap, |path, file, left| {
        let bytes = copy(file, &mut staging.create(path.as_str())?, left)?;
        unpacked.files += 1;
        unpacked.bytes += bytes;
        Ok(bytes)
    })?;
    staging.publish()?;
    Ok(unpacked)
}

/// A folder that takes the place of another when it is complete, and is removed otherwise.
pub(super) struct Staging {
    at: PathBuf,
    target: PathBuf,
}

impl Staging {
    pub(super) fn beside(target: &Path) -> Result<Self, ArchiveError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_some()) || target.is_file() {
            let message = format!("`{}` is there already; nothing was written", target.display());
            return Err(ArchiveError::new(ArchiveErrorKind::Exists, message));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{}.partial", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let at = target.with_file_name(name);
        fs::create_dir_all(&at).map_err(|error| ArchiveError::io(error, "created", &at))?;
        Ok(Self { at, target: target.to_owned() })
    }

    /// A new file in it, with the folders that it is in.
    pub(super) fn create(&self, path: &str) -> Result<File, ArchiveError> {
        let place = self.at.join(path);
        let create = || File::options().write(true).create_new(true).open(&place);
        let made = create().or_else(|error| match (error.kind(), place.parent()) {
            (std::io::ErrorKind::NotFound, Some(parent)) => fs::create_dir_all(parent).and_then(|()| create()),
            _ => Err(error),
        });
        made.map_err(|error| match error.kind() {
            // Also where names that differ in case are one on this disk.
            std::io::ErrorKind::AlreadyExists => ArchiveError::twice(path),
            _ => ArchiveError::io(error, "written", &place),
        })
    }

    pub(super) fn publish(self) -> Result<(), ArchiveError> {
        // An empty folder gives way on some systems only.
        let _ = fs::remove_dir(&self.target);
        fs::rename(&self.at, &self.target).map_err(|error| ArchiveError::io(error, "put in place", &self.target))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // It is gone already if it was published.
        let _ = fs::remove_dir_all(&self.at);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::archive::Archive;

    fn archive() -> Archive {
        let mut archive = Archive::new();
        archive.add("package.xml", "<Package/>").unwrap();
        archive.add("classes/a/Ping.cls", vec![7; 100_000]).unwrap();
        archive
    }

    fn names(place: &Path) -> Vec<String> {
        fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_zip_becomes_a_folder_and_leaves_nothing_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let zip = archive().to_zip().unwrap();
        let unpacked = unpack(Cursor::new(&zip), &place.path().join("org"), Cap::default()).unwrap();
        assert_eq!(unpacked, Unpacked { files: 2, bytes: 100_010 });
        assert_eq!(Archive::from_folder(&place.path().join("org"), Cap::default()).unwrap(), archive());
        assert_eq!(names(place.path()), ["org"]);
    }

    #[test]
    fn nothing_is_half_written() {
        let place = tempfile::tempdir().unwrap();
        let mut zip = archive().to_zip().unwrap();
        let too_much = Cap { files: 9, bytes: 50_000 };
        assert!(unpack(Cursor::new(&zip), &place.path().join("org"), too_much).is_err());
        zip[60] ^= 0xff;
        assert!(unpack(Cursor::new(&zip), &place.path().join("org"), Cap::default()).is_err());
        assert!(names(place.path()).is_empty(), "{:?}", names(place.path()));
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("mine"), "x").unwrap();
        let zip = archive().to_zip().unwrap();
        let error = unpack(Cursor::new(&zip), place.path(), Cap::default()).unwrap_err();
        assert_eq!(error.kind(), ArchiveErrorKind::Exists);
        assert_eq!(names(place.path()), ["mine"]);
        let empty = place.path().join("empty");
        fs::create_dir(&empty).unwrap();
        unpack(Cursor::new(&zip), &empty, Cap::default()).unwrap();
    }
}
