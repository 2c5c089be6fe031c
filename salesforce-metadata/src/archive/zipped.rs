use std::io::{Cursor, Read, Seek, Write};

use bytes::Bytes;
use zip::read::ZipFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{Archive, ArchiveError, ArchiveErrorKind, Cap, EntryPath};

impl Archive {
    /// The zip of the files: in the order of their paths, all of the same date, so that the same files are the same
    /// bytes.
    ///
    /// # Errors
    /// [`Broken`](ArchiveErrorKind::Broken) for what no zip holds: a file of more than 4 GB.
    pub fn to_zip(&self) -> Result<Vec<u8>, ArchiveError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content) in self.files() {
            zip.start_file(path.as_str(), options)?;
            zip.write_all(content).map_err(zip::result::ZipError::from)?;
        }
        Ok(zip.finish()?.into_inner())
    }

    /// The files of a zip.
    ///
    /// # Errors
    /// [`Broken`](ArchiveErrorKind::Broken), [`Path`](ArchiveErrorKind::Path), [`Twice`](ArchiveErrorKind::Twice);
    /// [`TooLarge`](ArchiveErrorKind::TooLarge) for more than the cap allows.
    pub fn from_zip(zip: &[u8], cap: Cap) -> Result<Self, ArchiveError> {
        Self::from_zip_where(zip, cap, |_| true)
    }

    /// Those files of a zip for which this is true; the others are not unpacked.
    pub(crate) fn from_zip_where(
        zip: &[u8],
        cap: Cap,
        wanted: impl Fn(&EntryPath) -> bool,
    ) -> Result<Self, ArchiveError> {
        let mut archive = Self::new();
        each(Cursor::new(zip), cap, |path, file, left| {
            if !wanted(&path) {
                return Ok(0);
            }
            // What the zip says of its size is not believed.
            let mut content = Vec::with_capacity(usize::try_from(file.size().min(1 << 20)).unwrap_or_default());
            let read = copy(file, &mut content, left)?;
            archive.add(path.as_str(), Bytes::from(content))?;
            Ok(read)
        })?;
        Ok(archive)
    }
}

/// Gives each file of a zip with how many bytes may still be taken, and expects how many were.
pub(super) fn each<R: Read + Seek>(
    zip: R,
    cap: Cap,
    mut take: impl FnMut(EntryPath, &mut ZipFile<'_, R>, u64) -> Result<u64, ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut zip = ZipArchive::new(zip)?;
    let mut left = cap;
    for index in 0..zip.len() {
        let mut file = zip.by_index(index)?;
        let name = file.name()?.into_owned();
        if let Some(folder) = name.strip_suffix('/') {
            EntryPath::new(folder)?;
            continue;
        }
        let path = EntryPath::new(&name)?;
        left.files = left.files.checked_sub(1).ok_or_else(|| too_large(cap))?;
        let taken = take(path, &mut file, left.bytes).map_err(|error| match error.kind() {
            ArchiveErrorKind::TooLarge => too_large(cap),
            _ => error,
        })?;
        left.bytes = left.bytes.saturating_sub(taken);
    }
    Ok(())
}

/// Copies a file of a zip, at most so many bytes of it.
pub(super) fn copy(file: &mut impl Read, out: &mut impl Write, most: u64) -> Result<u64, ArchiveError> {
    let broken = |error: std::io::Error| ArchiveError::from(zip::result::ZipError::from(error));
    let copied = std::io::copy(&mut file.take(most.saturating_add(1)), out).map_err(broken)?;
    match copied > most {
        true => Err(too_large(Cap { files: 0, bytes: most })),
        false => Ok(copied),
    }
}

fn too_large(cap: Cap) -> ArchiveError {
    let message = format!("the zip holds more than {} files or {} bytes; nothing was written", cap.files, cap.bytes);
    ArchiveError::new(ArchiveErrorKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
                .unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn kind(zip: &[u8], cap: Cap) -> ArchiveErrorKind {
        Archive::from_zip(zip, cap).unwrap_err().kind()
    }

    #[test]
    fn files_come_back_as_they_went_in() {
        let mut archive = Archive::new();
        archive.add("b/c.cls", "two").unwrap();
        archive.add("a.xml", "one").unwrap();
        let again = Archive::from_zip(&archive.to_zip().unwrap(), Cap::default()).unwrap();
        assert_eq!(again, archive);
        assert_eq!(archive.add("a.xml", "").unwrap_err().kind(), ArchiveErrorKind::Twice);
    }

    #[test]
    fn the_same_files_are_the_same_bytes_in_whatever_order_they_were_added() {
        let made = |names: [&str; 2]| {
            let mut archive = Archive::new();
            names.iter().for_each(|name| archive.add(name, name.to_string()).unwrap());
            archive.to_zip().unwrap()
        };
        assert_eq!(made(["a", "b"]), made(["b", "a"]));
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for slip in ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "c:\\x", "..\\x"] {
            assert_eq!(kind(&zip(&[("ok", b""), (slip, b"x")]), Cap::default()), ArchiveErrorKind::Path, "{slip}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_while_it_goes_off() {
        let bomb = zip(&[("a", &[0; 300_000]), ("b", &[0; 300_000])]);
        assert!(bomb.len() < 4_000);
        let cap = |files, bytes| Cap { files, bytes };
        assert_eq!(kind(&bomb, cap(9, 599_999)), ArchiveErrorKind::TooLarge);
        assert_eq!(kind(&bomb, cap(1, 1_000_000)), ArchiveErrorKind::TooLarge);
        assert_eq!(Archive::from_zip(&bomb, cap(2, 600_000)).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_zip_is_broken() {
        assert_eq!(kind(b"", Cap::default()), ArchiveErrorKind::Broken);
        assert_eq!(kind(b"<html>", Cap::default()), ArchiveErrorKind::Broken);
        let mut cut = zip(&[("a", b"some text that is long enough")]);
        cut.truncate(cut.len() / 2);
        assert_eq!(kind(&cut, Cap::default()), ArchiveErrorKind::Broken);
        let mut damaged = zip(&[("a", &[7; 5000])]);
        damaged[35] ^= 0xff;
        assert_eq!(kind(&damaged, Cap::default()), ArchiveErrorKind::Broken);
    }
}
