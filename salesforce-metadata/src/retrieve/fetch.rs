//! The zip out of an answer while that comes in: it stands in it as base64, a third longer than it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use salesforce_http::{Effect, Error, ErrorKind, Result};
use salesforce_types::RecordId;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::RetrieveResult;
use crate::Client;
use crate::call::{self, Read};
use crate::component::shape::Xml;
use crate::xml::{Element, Node, XmlError};

/// The most that is kept of an answer besides its zip: what it says of up to 35,000 files.
const MOST: usize = 64 << 20;

/// Gets the zip of a retrieve that has ended. The org deletes it when it has sent it, so nobody may ask twice.
pub(super) async fn fetch(
    client: &Client,
    id: RecordId,
    out: &mut (impl AsyncWrite + Unpin),
) -> Result<(RetrieveResult, u64)> {
    let operation =
        Element::new("checkRetrieveStatus").with("asyncProcessId", id.to_string()).with("includeZip", "true");
    let request = client.connection().soap_request(&call::written(operation, Effect::Once)?)?;
    let call = request.call();
    let lost = |error: Error| {
        let message = "the zip was lost on its way, and the org hands it out once: retrieve again";
        Error::new(ErrorKind::OutcomeUnknown, message).with_call(call.clone()).with_source(error)
    };
    let unwritable = |error: std::io::Error| {
        let message = "the zip cannot be written, and the org hands it out once: make room, and retrieve again";
        Error::new(ErrorKind::Other, message).with_call(call.clone()).with_source(error)
    };
    let broken = |error: XmlError| lost(Error::from(error));
    let opened = client.connection().open(request).await;
    let mut answer = opened.map_err(|error| if error.outcome_unknown() { lost(error) } else { error })?;
    let mut split = Split::new();
    let mut bytes = 0;
    while let Some(piece) = answer.try_next().await.map_err(&lost)? {
        let zip = split.take(&piece).map_err(&broken)?;
        bytes += zip.len() as u64;
        out.write_all(&zip).await.map_err(unwritable)?;
    }
    out.flush().await.map_err(unwritable)?;
    let rest = split.done().map_err(&broken)?;
    let result = match call::read(&rest).map_err(&broken)? {
        Read::Fault(error) => return Err(error.with_call(call.clone())),
        Read::Response(element) => {
            let result =
                element.into_nodes().into_iter().filter_map(Node::into_element).find(|node| node.name() == "result");
            let Some(result) = result else {
                return Err(lost(Error::new(ErrorKind::Decode, "the answer has no result")));
            };
            RetrieveResult::read(result).map_err(&broken)?.checked().map_err(|error| error.with_call(call.clone()))?
        }
    };
    if bytes == 0 {
        let message = "the org has no zip for this retrieve any more: it was handed out before; retrieve again";
        return Err(Error::new(ErrorKind::NotFound, message).with_call(call.clone()));
    }
    Ok((result, bytes))
}

/// An answer, part for part: what stands before the zip, the zip, what stands behind it.
struct Split {
    state: State,
    /// What is not part of the zip.
    rest: Vec<u8>,
    /// Where the search for the zip goes on.
    searched: usize,
    /// Base64 of less than four characters, or what came last.
    carry: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Zip,
    After,
}

impl Split {
    fn new() -> Self {
        Self { state: State::Before, rest: Vec::new(), searched: 0, carry: Vec::new() }
    }

    /// Takes a piece of the answer and gives the bytes of the zip in it.
    fn take(&mut self, piece: &[u8]) -> Result<Vec<u8>, XmlError> {
        let mut piece = piece;
        let buffered;
        if self.state == State::Before {
            self.rest.extend_from_slice(piece);
            match self.find() {
                Some(at) => {
                    buffered = self.rest.split_off(at);
                    piece = &buffered;
                    self.state = State::Zip;
                }
                None => piece = &[],
            }
        }
        let mut zip = Vec::new();
        if self.state == State::Zip {
            let end = piece.iter().position(|byte| *byte == b'<');
            let (text, behind) = piece.split_at(end.unwrap_or(piece.len()));
            self.carry.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
            let whole = match end {
                // Padding stands in the last four characters only.
                Some(_) => self.carry.len(),
                None => self.carry.len().saturating_sub(1) / 4 * 4,
            };
            let chars: Vec<u8> = self.carry.drain(..whole).collect();
            zip = STANDARD.decode(chars).map_err(|error| XmlError::syntax_of("the zip in it is no base64", &error))?;
            piece = behind;
            if end.is_some() {
                self.state = State::After;
            }
        }
        if self.state == State::After {
            self.rest.extend_from_slice(piece);
        }
        if self.rest.len() > MOST {
            return Err(XmlError::too_large("the answer is longer than 64 MB besides its zip"));
        }
        Ok(zip)
    }

    /// Where the text of `zipFile` begins.
    fn find(&mut self) -> Option<usize> {
        const END: &[u8] = b"zipFile>";
        loop {
            let from = self.rest.get(self.searched..)?;
            let Some(found) = from.windows(END.len()).position(|window| window == END) else {
                // It may stand half in this piece, half in the next.
                self.searched = self.rest.len().saturating_sub(END.len());
                return None;
            };
            let at = self.searched + found;
            self.searched = at + END.len();
            let before = self.rest.get(..at).unwrap_or_default();
            let prefix = before.iter().rposition(|byte| *byte == b'<').and_then(|start| before.get(start + 1..));
            let is_prefix = |prefix: &[u8]| {
                let name = prefix.strip_suffix(b":").unwrap_or_default();
                prefix.is_empty()
                    || !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
            };
            if prefix.is_some_and(is_prefix) {
                return Some(self.searched);
            }
        }
    }

    /// The answer without its zip.
    fn done(self) -> Result<Vec<u8>, XmlError> {
        match self.state {
            State::Zip => Err(XmlError::syntax_of("the answer ends too early", &"in the middle of the zip")),
            _ => Ok(self.rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, size: usize) -> Result<(String, Vec<u8>), XmlError> {
        let mut split = Split::new();
        let mut zip = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            zip.extend(split.take(piece)?);
        }
        Ok((String::from_utf8(split.done()?).unwrap(), zip))
    }

    #[test]
    fn the_zip_is_found_however_the_answer_is_cut() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let mut text = STANDARD.encode(&bytes);
        text.insert(101, '\n');
        for tag in ["zipFile", "met:zipFile"] {
            let answer = format!("<r><id>1</id><{tag}>{text}</{tag}><z>2</z></r>");
            for size in [1, 2, 3, 5, 7, 64, 5000] {
                let (rest, zip) = split(&answer, size).unwrap();
                assert_eq!((&*rest, zip), (&*format!("<r><id>1</id><{tag}></{tag}><z>2</z></r>"), bytes.clone()));
            }
        }
    }

    #[test]
    fn an_answer_without_a_zip_stays_whole() {
        for answer in
            ["<r><zipFile xsi:nil='true'/></r>", "<r/>", "<r><notzipFile>QUJD</notzipFile></r>", "<r><zipFile/></r>"]
        {
            assert_eq!(split(answer, 3).unwrap(), (answer.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn a_zip_that_breaks_off_or_is_none_is_an_error() {
        assert!(split("<r><zipFile>QUJD", 4).is_err());
        assert!(split("<r><zipFile>!!!!!!!!</zipFile></r>", 4).is_err());
    }
}
