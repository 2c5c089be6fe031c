use std::fs;
use std::io::Write;
use std::path::Path;

use bytes::Bytes;

use super::unpack::Staging;
use super::{Archive, ArchiveError, ArchiveErrorKind, Cap};

impl Archive {
    /// The files of a folder. Links are not followed, and names that begin with a dot are left out.
    ///
    /// # Errors
    /// [`Io`](ArchiveErrorKind::Io); [`TooLarge`](ArchiveErrorKind::TooLarge) for more than the cap allows;
    /// [`Path`](ArchiveErrorKind::Path) for a name that no archive has.
    pub fn from_folder(folder: &Path, cap: Cap) -> Result<Self, ArchiveError> {
        let (mut archive, mut left) = (Self::new(), cap.bytes);
        let mut folders = vec![(folder.to_owned(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            let unreadable = |error| ArchiveError::io(error, "read", &folder);
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let Ok(name) = entry.file_name().into_string() else {
                    let message = format!("a name in `{}` is not in Unicode", folder.display());
                    return Err(ArchiveError::new(ArchiveErrorKind::Path, message));
                };
                let kind = entry.file_type().map_err(unreadable)?;
                let path = format!("{prefix}{name}");
                if name.starts_with('.') || kind.is_symlink() {
                    continue;
                }
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{path}/")));
                    continue;
                }
                let content = fs::read(entry.path()).map_err(|error| ArchiveError::io(error, "read", &entry.path()))?;
                left = left.checked_sub(content.len() as u64).ok_or_else(|| too_large(cap))?;
                archive.add(&path, Bytes::from(content))?;
                if archive.len() > cap.files {
                    return Err(too_large(cap));
                }
            }
        }
        Ok(archive)
    }

    /// Writes the files into a new folder, which appears when everything is in it, as with [`unpack`](super::unpack).
    ///
    /// # Errors
    /// [`Exists`](ArchiveErrorKind::Exists), [`Io`](ArchiveErrorKind::Io).
    pub fn write_to(&self, folder: &Path) -> Result<(), ArchiveError> {
        let staging = Staging::beside(folder)?;
        for (path, content) in self.files() {
            let unwritable = |error| ArchiveError::io(error, "written", Path::new(path.as_str()));
            staging.create(path.as_str())?.write_all(content).map_err(unwritable)?;
        }
        staging.publish()
    }
}

fn too_large(cap: Cap) -> ArchiveError {
    let message = format!("the folder holds more than {} files or {} bytes", cap.files, cap.bytes);
    ArchiveError::new(ArchiveErrorKind::TooLarge, message)
}
