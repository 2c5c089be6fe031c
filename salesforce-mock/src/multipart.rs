//! Bodies of several parts, read while they arrive.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::Blob;
use crate::rules::Refusal;

/// The longest boundary.
const MOST_BOUNDARY: usize = 70;

/// The longest head of a part, in bytes.
const MOST_HEAD: usize = 16 * 1024;

/// The most parts: the fields of a row, and its files.
const MOST_PARTS: usize = 5;

/// The most bytes of all parts that are no files.
const MOST_TEXT: usize = 50 * 1024 * 1024;

/// One part.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// Whether the part names a file.
    pub(crate) is_file: bool,
    pub(crate) content: Kept,
}

/// What was kept of a part.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    Whole(Bytes),
    Measured(Arc<Blob>),
}

/// A whole body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(pub(crate) Vec<Part>);

/// Reads a body that comes in pieces. Of its files no more than `keep` bytes are held together; of one beyond them its
/// length and MD5.
#[derive(Debug)]
pub(crate) struct Reader {
    /// What stands between parts, with the line end before it.
    delimiter: Vec<u8>,
    /// What was not looked at to its end yet.
    buffer: Vec<u8>,
    state: State,
    /// How many bytes of files and of other parts may still be held.
    keep: usize,
    text: usize,
    form: Form,
}

#[derive(Debug)]
enum State {
    Before,
    /// Behind a delimiter: a head comes, or the end.
    Head,
    Content(Open),
    End,
}

/// A part that is being read.
#[derive(Debug)]
struct Open {
    name: String,
    is_file: bool,
    length: u64,
    md5: Md5,
    kept: Option<Vec<u8>>,
    most: usize,
}

fn bad(text: &str) -> Refusal {
    Refusal::new("INVALID_MULTIPART_REQUEST", text)
}

/// Whether a content type means such a body.
pub(crate) fn is_form(content_type: &str) -> bool {
    content_type.trim_start().get(..19).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
}

impl Reader {
    pub(crate) fn new(content_type: &str, keep: usize) -> Result<Self, Refusal> {
        let boundary = content_type.split(';').find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
        });
        let fits = |boundary: &&str| (1..=MOST_BOUNDARY).contains(&boundary.len());
        let text = "The content type of a multipart body needs a boundary of 1 to 70 characters";
        let boundary = boundary.filter(fits).ok_or_else(|| bad(text))?;
        Ok(Self {
            delimiter: format!("\r\n--{boundary}").into(),
            // The first delimiter may stand at the very beginning.
            buffer: b"\r\n".to_vec(),
            state: State::Before,
            keep,
            text: MOST_TEXT,
            form: Form::default(),
        })
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.buffer.extend_from_slice(piece);
        while self.step()? {}
        Ok(())
    }

    /// The parts, when the body is at its end.
    pub(crate) fn finish(self) -> Result<Form, Refusal> {
        match self.state {
            State::End => Ok(self.form),
            _ => Err(bad("The multipart body ends before its last boundary")),
        }
    }

    /// One step; whether another may follow without a further piece.
    fn step(&mut self) -> Result<bool, Refusal> {
        match &mut self.state {
            State::End => {
                self.buffer.clear();
                Ok(false)
            }
            State::Head => {
                if self.buffer.starts_with(b"--") {
                    self.state = State::End;
                    return Ok(true);
                }
                let Some(end) = find(&self.buffer, b"\r\n\r\n") else {
                    return if self.buffer.len() > MOST_HEAD {
                        Err(bad("The head of a part is too long"))
                    } else {
                        Ok(false)
                    };
                };
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                if self.form.0.len() >= MOST_PARTS {
                    return Err(bad(&format!("A multipart body can have at most {MOST_PARTS} parts")));
                }
                let (name, is_file) = disposition(&String::from_utf8_lossy(&head))?;
                let most = if is_file { self.keep } else { self.text };
                let (length, md5, kept) = (0, Md5::new(), Some(Vec::new()));
                self.state = State::Content(Open { name, is_file, length, md5, kept, most });
                Ok(true)
            }
            State::Before | State::Content(_) => {
                let found = find(&self.buffer, &self.delimiter);
                let ready = found.unwrap_or_else(|| self.buffer.len().saturating_sub(self.delimiter.len() - 1));
                if let State::Content(open) = &mut self.state {
                    open.take(self.buffer.get(..ready).unwrap_or_default())?;
                }
                self.buffer.drain(..ready);
                if found.is_none() {
                    return Ok(false);
                }
                self.buffer.drain(..self.delimiter.len());
                if let State::Content(open) = std::mem::replace(&mut self.state, State::Head) {
                    let left = if open.is_file { &mut self.keep } else { &mut self.text };
                    *left -= open.kept.as_ref().map_or(0, Vec::len);
                    self.form.0.push(open.close());
                }
                Ok(true)
            }
        }
    }
}

impl Open {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.md5.update(bytes);
        let fits = self.length <= u64::try_from(self.most).unwrap_or(u64::MAX);
        match &mut self.kept {
            Some(kept) if fits => kept.extend_from_slice(bytes),
            _ if self.is_file => self.kept = None,
            _ => return Err(bad("A part that is no file is too long")),
        }
        Ok(())
    }

    fn close(self) -> Part {
        let content = match self.kept {
            Some(kept) => Kept::Whole(kept.into()),
            None => Kept::Measured(Arc::new(Blob::measured(self.length, self.md5))),
        };
        Part { name: self.name, is_file: self.is_file, content }
    }
}

/// The name of a part, and whether it names a file.
fn disposition(head: &str) -> Result<(String, bool), Refusal> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let parameter = |wanted: &str| {
        let parts = line?.split(';').filter_map(|part| part.split_once('='));
        let mut parts = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        parts.next().map(|(_, value)| value.trim().trim_matches('"').to_owned())
    };
    let name = parameter("name").ok_or_else(|| bad("Each part needs a Content-Disposition with a name"))?;
    Ok((name, parameter("filename").is_some()))
}

/// Where a text begins in bytes.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let first = *text.first()?;
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(from..)?.starts_with(text) {
            return Some(from);
        }
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"B-1\"";

    fn read(body: &[u8], size: usize, keep: usize) -> Result<Form, Refusal> {
        let mut reader = Reader::new(KIND, keep)?;
        body.chunks(size.max(1)).try_for_each(|piece| reader.push(piece))?;
        reader.finish()
    }

    fn body(content: &[u8]) -> Vec<u8> {
        let mut body =
            b"--B-1\r\nContent-Disposition: form-data; name=\"entity\"\r\nContent-Type: application/json\r\n\r\n\
                         {}\r\n--B-1\r\nContent-Disposition: form-data; name=\"Body\"; filename=\"a b.bin\"\r\n\r\n"
                .to_vec();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--B-1--\r\n");
        body
    }

    #[test]
    fn a_part_longer_than_is_kept_is_measured() {
        let form = read(&body(b"12345"), 3, 4).unwrap();
        assert!(matches!(&form.0[0].content, Kept::Whole(json) if json == "{}" ));
        let Kept::Measured(blob) = &form.0[1].content else { panic!("{form:?}") };
        assert_eq!((blob.len(), blob.md5()), (5, "827ccb0eea8a706c4c34a16891f84e7b"));
        assert!(blob.body().is_none() && form.0[1].is_file && form.0[1].name == "Body");
    }

    #[test]
    fn what_is_held_is_counted_over_all_parts() {
        let file = |name: &str| {
            format!("\r\n--B-1\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n123")
        };
        let head = "--B-1\r\nContent-Disposition: form-data; name=\"entity\"\r\n\r\n{}";
        let whole =
            |files: &[&str]| format!("{head}{}\r\n--B-1--", files.iter().copied().map(file).collect::<String>());
        let form = read(whole(&["A", "B", "C"]).as_bytes(), 5, 7).unwrap();
        let held: Vec<_> = form.0.iter().map(|part| matches!(part.content, Kept::Whole(_))).collect();
        assert_eq!(held, [true, true, true, false]);
        assert!(read(whole(&["A"; 4]).as_bytes(), 5, 7).is_ok());
        assert!(read(whole(&["A"; 5]).as_bytes(), 5, 7).is_err());
    }

    #[test]
    fn what_is_cut_or_has_no_boundary_is_refused() {
        assert!(Reader::new("multipart/form-data", 1).is_err());
        assert!(Reader::new(&format!("multipart/form-data; boundary={}", "b".repeat(71)), 1).is_err());
        let whole = body(b"x");
        for end in 0..whole.len() - 4 {
            assert!(read(&whole[..end], 7, 9).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_content_comes_through_in_any_pieces(content in prop::collection::vec(prop::sample::select(b"\r\n-B1x\0".to_vec()), 0..200), size in 1usize..40) {
            // What holds the delimiter is no content.
            prop_assume!(find(&content, b"\r\n--B-1").is_none());
            let form = read(&body(&content), size, 1000).unwrap();
            let Kept::Whole(kept) = &form.0[1].content else { panic!("{form:?}") };
            prop_assert_eq!(&kept[..], &content[..]);
        }

        #[test]
        fn no_body_panics(body in prop::collection::vec(prop::sample::select(b"\r\n-B1:;=\"a".to_vec()), 0..200), size in 1usize..40) {
            let _ = read(&body, size, 10);
        }
    }
}
