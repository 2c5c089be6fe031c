use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, ErrorKind, Result};

/// Where things are in the folder, and the few ways in which files come to be.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
}

const MARKER: &str = "backup.json";
const LOCK: &str = "lock";
/// Files with this prefix are half-written; a crash may leave them.
const TEMPORARY: &str = ".tmp-";
const FORMAT: &str = "connector-core folder";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Marker {
    format: String,
    version: u32,
}

impl Layout {
    /// A folder to read from. It has to be there.
    pub(super) fn existing(root: PathBuf) -> Result<Self> {
        let layout = Self { root };
        match layout.marker()? {
            true => Ok(layout),
            false => Err(layout.foreign("it is not there, or empty, or holds something else")),
        }
    }

    /// A folder to write to: an earlier one, an empty one, or one that is made now. Nothing is written when it holds
    /// something else.
    pub(super) fn prepare(root: PathBuf) -> Result<Self> {
        let layout = Self { root };
        if !layout.marker()? {
            match fs::read_dir(&layout.root) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir_all(&layout.root).map_err(|e| layout.unwritable(e))?;
                }
                Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Err(layout.foreign("it is a file")),
                Err(e) => return Err(Error::storage(format!("reading the folder {}", layout.root.display()), e)),
                Ok(entries) => {
                    for entry in entries {
                        let name = entry.map_err(|e| layout.unwritable(e))?.file_name();
                        let ours = name.to_str().is_some_and(|n| n == LOCK || n.starts_with(TEMPORARY));
                        if !ours {
                            return Err(layout.foreign(&format!("it holds `{}`", name.to_string_lossy())));
                        }
                    }
                }
            }
        }
        Ok(layout)
    }

    /// Marks the folder as ours. The caller holds the lock.
    pub(super) fn claim(&self) -> Result<()> {
        if !self.marker()? {
            let marker = serde_json::json!(Marker { format: FORMAT.into(), version: VERSION });
            create_only(&self.root.join(MARKER), format!("{marker}\n").as_bytes()).map_err(|e| self.unwritable(e))?;
        }
        for dir in [self.manifests(), self.journals(), self.root.join("seg")] {
            fs::create_dir_all(&dir).map_err(|e| self.unwritable(e))?;
        }
        sync_dir(&self.root).map_err(|e| self.unwritable(e))
    }

    /// Whether the folder is marked as ours; an error when it is marked as something that cannot be read.
    fn marker(&self) -> Result<bool> {
        match fs::read(self.root.join(MARKER)) {
            Ok(text) => match serde_json::from_slice::<Marker>(&text) {
                Ok(marker) if marker.format == FORMAT && marker.version == VERSION => Ok(true),
                Ok(marker) if marker.format == FORMAT => {
                    Err(self.foreign(&format!("it was written in format {} by a later version", marker.version)))
                }
                _ => Err(self.foreign("its backup.json is not ours")),
            },
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            Err(e) => Err(Error::storage(format!("reading {}", self.root.join(MARKER).display()), e)),
        }
    }

    fn foreign(&self, why: &str) -> Error {
        Error::new(ErrorKind::Foreign, format!("the folder {} is no backup of ours: {why}", self.root.display()))
            .advice("choose another folder; nothing was written")
    }

    pub(super) fn unwritable(&self, source: io::Error) -> Error {
        Error::storage(format!("writing to the folder {}", self.root.display()), source)
            .advice("make it writable or choose another one")
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join(LOCK)
    }

    pub(super) fn manifests(&self) -> PathBuf {
        self.root.join("manifest")
    }

    pub(super) fn manifest(&self, seq: u64) -> PathBuf {
        self.manifests().join(format!("{seq:010}.json"))
    }

    pub(super) fn journals(&self) -> PathBuf {
        self.root.join("journal")
    }

    pub(super) fn journal(&self, run: &str) -> PathBuf {
        self.journals().join(format!("{}.jsonl", path_part(run)))
    }

    pub(super) fn segments_of(&self, run: &str) -> PathBuf {
        self.root.join("seg").join(path_part(run))
    }

    /// The path of a new segment, as a manifest names it.
    pub(super) fn segment(run: &str, stream: &str, number: u64) -> String {
        format!("seg/{}/{}/{number:06}.jsonl.zst", path_part(run), path_part(stream))
    }

    /// The place of a path that a manifest names; nothing outside the folder.
    pub(super) fn confined(&self, path: &str) -> Result<PathBuf> {
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if inside && !path.is_empty() {
            Ok(self.root.join(path))
        } else {
            Err(Error::new(ErrorKind::Corrupt, format!("a manifest names the segment `{path}` outside the folder")))
        }
    }
}

/// A name as one part of a path: other characters than letters, digits, `_` and `-` are written as `%XX`, and what
/// would be too long for a file system is cut and made unique by a digest.
fn path_part(name: &str) -> String {
    use std::fmt::Write as _;
    let mut part = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            part.push(char::from(byte));
        } else {
            let _ = write!(part, "%{byte:02X}");
        }
    }
    if part.is_empty() {
        part.push('%');
    }
    if part.len() > 120 {
        part.truncate(80);
        part.push('%');
        part.push_str(&hex(&Sha256::digest(name.as_bytes()))[..32]);
    }
    part
}

/// Digits of a digest.
pub(super) fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes a file that was not there: other processes see all of it or nothing, and a file that is there is left as it
/// is.
pub(super) fn create_only(path: &Path, content: &[u8]) -> io::Result<()> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let temporary = dir.join(format!("{TEMPORARY}{}", name.to_string_lossy()));
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    let made = match fs::hard_link(&temporary, path) {
        // A file system without hard links. The folder's lock keeps others out between the look and the rename.
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => match path.try_exists() {
            Ok(true) => Err(io::ErrorKind::AlreadyExists.into()),
            Ok(false) => return fs::rename(&temporary, path).and_then(|()| sync_dir(dir)),
            Err(e) => Err(e),
        },
        made => made,
    };
    let _ = fs::remove_file(&temporary);
    made.and_then(|()| sync_dir(dir))
}

/// Makes names in a folder durable, where the system offers that.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Makes a folder with all above it up to `root`, and their names durable.
pub(super) fn make_dir(root: &Path, dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    for above in dir.ancestors().skip(1).take_while(|above| above.starts_with(root)) {
        sync_dir(above)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stream_name_leaves_its_folder() {
        for name in ["", ".", "..", "../../etc/passwd", "a/b", r"a\b", "C:", "Ä\u{0}", "Account", "My__c"] {
            let part = path_part(name);
            assert_eq!(Path::new(&part).components().count(), 1, "{part}");
            assert!(matches!(Path::new(&part).components().next(), Some(Component::Normal(_))), "{part}");
        }
        assert_eq!(path_part("My__c"), "My__c");
        let long = "x".repeat(500);
        assert!(path_part(&long).len() <= 120);
        assert_ne!(path_part(&long), path_part(&(long.clone() + "y")));
    }

    #[test]
    fn a_manifest_cannot_point_outside() {
        let layout = Layout { root: "/backup".into() };
        for path in ["../x", "/etc/passwd", "seg/../../x", "", "./x/.."] {
            assert_eq!(layout.confined(path).unwrap_err().kind(), ErrorKind::Corrupt, "{path}");
        }
        assert!(layout.confined("seg/r/A/000001.jsonl.zst").is_ok());
    }

    #[test]
    fn create_only_leaves_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one");
        create_only(&path, b"first").unwrap();
        assert_eq!(create_only(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
