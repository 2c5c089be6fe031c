//! Zips: read with bounds, and written the same every time.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use bytes::Bytes;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Problem;

/// The files of a zip by their paths.
pub(crate) type Files = BTreeMap<String, Bytes>;

/// How large a zip may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) files: usize,
    pub(crate) unpacked: u64,
}

fn unreadable(error: impl std::fmt::Display) -> Problem {
    Problem::new("INVALID_ZIP", format!("The zip cannot be read: {error}"))
}

/// Whether a path stays below the folder it is unpacked into.
fn is_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(plain) && !path.contains(['\\', ':', '\0'])
}

/// The files of a zip. What an entry says of its size is not believed.
pub(crate) fn read(bytes: &[u8], bounds: Bounds) -> Result<Files, Problem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > bounds.files {
        let text = format!("Too many files in zip, limit is: {}", bounds.files);
        return Err(Problem::new("LIMIT_EXCEEDED", text));
    }
    let mut left = bounds.unpacked;
    let mut files = Files::new();
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(unreadable)?;
        let path = file.name().map_err(unreadable)?.into_owned();
        if file.is_dir() {
            continue;
        }
        if !is_inside(&path) {
            return Err(Problem::new("INVALID_ZIP", format!("The zip holds a path that leads out of it: {path:?}")));
        }
        let mut content = Vec::new();
        file.take(left.saturating_add(1)).read_to_end(&mut content).map_err(unreadable)?;
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or_else(|| {
            let text = format!("The zip is larger than {} bytes when it is unpacked", bounds.unpacked);
            Problem::new("LIMIT_EXCEEDED", text)
        })?;
        files.insert(path, content.into());
    }
    Ok(files)
}

/// A zip of files.
pub(crate) fn write(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // No time of an entry: the same files are the same bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (path, content) in files {
        let written = zip.start_file(path.as_str(), options).and_then(|()| Ok(zip.write_all(content)?));
        written.expect("a zip in memory takes any file that a zip can hold");
    }
    zip.finish().expect("a zip in memory can be ended").into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { files: 3, unpacked: 100 };

    fn files(all: &[(&str, &[u8])]) -> Files {
        all.iter().map(|(path, content)| ((*path).to_owned(), Bytes::copy_from_slice(content))).collect()
    }

    #[test]
    fn what_is_written_is_read_again_and_the_same_every_time() {
        let some = files(&[("a/b.txt", b"text"), ("package.xml", b"")]);
        assert_eq!(read(&write(&some), BOUNDS).unwrap(), some);
        assert_eq!(write(&some), write(&some));
    }

    #[test]
    fn zips_that_are_too_large_or_lead_out_are_refused() {
        let code = |files: &Files| read(&write(files), BOUNDS).unwrap_err().code;
        assert!(read(&write(&files(&[("a", &[0; 100])])), BOUNDS).is_ok());
        assert_eq!(code(&files(&[("a", &[0; 101])])), "LIMIT_EXCEEDED");
        assert_eq!(code(&files(&[("a", &[0; 60]), ("b", &[0; 60])])), "LIMIT_EXCEEDED");
        assert_eq!(code(&files(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")])), "LIMIT_EXCEEDED");
        for path in ["../a", "/a", "a/../b", "a\\b", "c:a", "a//b", "./a"] {
            assert_eq!(code(&files(&[(path, b"")])), "INVALID_ZIP", "{path}");
        }
        assert!(is_inside("a/b..c/.d"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(place in 0usize..200, byte: u8, length in 0usize..200) {
            let mut bytes = write(&files(&[("a/b.txt", b"some text"), ("c", b"some text")]));
            if let Some(one) = bytes.get_mut(place) {
                *one = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(length / 10));
            let _ = read(&bytes, BOUNDS);
        }
    }
}
