//! A request, taken apart for the endpoints.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use salesforce_types::ApiVersion;

use crate::Body;
use crate::answer::Refusal;
use crate::multipart::{self, Form, Kept};
use crate::route;
use crate::rules::{self, Draft, Input};

/// The longest body that is read as JSON or as a form (REST reference 1.4).
pub(crate) const MAX_BODY: usize = 50 * 1024 * 1024;

/// What an endpoint needs to know of a request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) version: ApiVersion,
    /// Whether the call is a part of one that is done whole or not at all.
    pub(crate) all_or_none: bool,
    query: Vec<(String, String)>,
    body: Body,
    /// A body of several parts that was read while it came.
    form: Option<Result<Form, rules::Refusal>>,
}

impl Call {
    pub(crate) fn new(mut parts: http::request::Parts, body: Body, version: ApiVersion) -> Self {
        let form = parts.extensions.remove();
        let query = parts.uri.query().map(route::pairs).unwrap_or_default();
        Self { method: parts.method, headers: parts.headers, version, all_or_none: false, query, body, form }
    }

    /// A call that came inside of another one.
    pub(crate) fn inner(method: Method, headers: HeaderMap, version: ApiVersion, query: &str, body: Body) -> Self {
        Self { method, headers, version, all_or_none: false, query: route::pairs(query), body, form: None }
    }

    /// A parameter of the query string.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All parameters of the query string, in their order.
    pub(crate) fn parameters(&self) -> &[(String, String)] {
        &self.query
    }

    /// A header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// An option in a header of the form `name=value; name=value`; commas do as well as semicolons.
    pub(crate) fn option(&self, header: &str, name: &str) -> Option<&str> {
        self.header(header)?.split([',', ';']).find_map(|option| {
            let (key, value) = option.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as it was sent, unpacked if it was compressed.
    pub(crate) fn bytes(&mut self) -> Result<Bytes, Refusal> {
        let too_large =
            |_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "EXCEEDED_MAX_SIZE_REQUEST", "The request is too large.");
        let sent = std::mem::take(&mut self.body).into_bytes(MAX_BODY).map_err(too_large)?;
        match self.header("content-encoding").map(str::to_ascii_lowercase).as_deref() {
            None | Some("identity") => Ok(sent),
            Some("gzip") => unpacked(flate2::read::MultiGzDecoder::new(&*sent)),
            Some("deflate") => unpacked(flate2::read::ZlibDecoder::new(&*sent)),
            Some(other) => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                format!("Content encoding not supported: {other}"),
            )),
        }
    }

    /// The body as it was sent, of at most that many bytes.
    pub(crate) fn bytes_up_to(&mut self, most: usize) -> Result<Bytes, Refusal> {
        std::mem::take(&mut self.body).into_bytes(most).map_err(|_| {
            let text = format!("The upload is larger than {most} bytes.");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "EXCEEDED_MAX_SIZE_REQUEST", text)
        })
    }

    /// The body as JSON text. Its content type has to say so.
    pub(crate) fn json_bytes(&mut self) -> Result<Bytes, Refusal> {
        let kind = self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                format!("Content type not supported: {}", if kind.is_empty() { "none" } else { kind }),
            ));
        }
        self.bytes()
    }

    /// The row that the body means: JSON, or JSON with the bytes of files beside it, of each of which at most `keep`
    /// bytes are held (REST reference 9.2).
    pub(crate) fn draft(&mut self, keep: usize) -> Result<Draft, Refusal> {
        let kind = self.header("content-type").unwrap_or_default().to_owned();
        if !multipart::is_form(&kind) {
            return Ok(Draft::from_json(&self.json_bytes()?)?);
        }
        let mut parts = self.parts(keep)?.0.into_iter();
        let Some(Kept::Whole(json)) = parts.next().filter(|part| !part.is_file).map(|part| part.content) else {
            return Err(Refusal::bad("INVALID_MULTIPART_REQUEST", "The first part has to hold the fields of the row"));
        };
        let mut draft = Draft::from_json(&json)?;
        for part in parts {
            if !part.is_file {
                let text = format!("The part {} needs a filename", part.name);
                return Err(Refusal::bad("INVALID_MULTIPART_REQUEST", text));
            }
            draft.set(
                &part.name,
                match part.content {
                    Kept::Whole(bytes) => Input::from(bytes),
                    Kept::Measured(blob) => Input::Blob(blob),
                },
            );
        }
        Ok(draft)
    }

    /// The parts of a body of several, of whose files at most `keep` bytes are held.
    pub(crate) fn parts(&mut self, keep: usize) -> Result<Form, Refusal> {
        let kind = self.header("content-type").unwrap_or_default().to_owned();
        match self.form.take() {
            Some(form) => Ok(form?),
            None => self.read_form(&kind, keep),
        }
    }

    fn read_form(&mut self, kind: &str, keep: usize) -> Result<Form, Refusal> {
        let mut reader = multipart::Reader::new(kind, keep)?;
        let unreadable = |_| Refusal::bad("INVALID_MULTIPART_REQUEST", "The body cannot be read");
        while let Some(piece) = self.body.next_piece() {
            reader.push(&piece.map_err(unreadable)?)?;
        }
        Ok(reader.finish()?)
    }

    /// The body as a form, with the parameters of the query string after it.
    pub(crate) fn form(&mut self) -> Result<Vec<(String, String)>, Refusal> {
        let body = self.bytes()?;
        let mut form = route::pairs(&String::from_utf8_lossy(&body));
        form.append(&mut self.query);
        Ok(form)
    }
}

fn unpacked(reader: impl std::io::Read) -> Result<Bytes, Refusal> {
    use std::io::Read;
    let limit = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    match read {
        Ok(length) if length <= MAX_BODY => Ok(bytes.into()),
        Ok(_) => {
            Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "EXCEEDED_MAX_SIZE_REQUEST", "The request is too large."))
        }
        Err(_) => Err(Refusal::bad("JSON_PARSER_ERROR", "The request body is not what its Content-Encoding says.")),
    }
}
