//! What stands around the bytes of a file in the body of its upload.

use bytes::Bytes;
use salesforce_http::{Error, ErrorKind, Result};

use super::{NewFile, UploadWay};

/// The most characters of base64 that an org reads in JSON (REST reference 9.2), read as the smaller of the things that
/// "37.5 MB" may mean: there is another way for files that are larger.
const BASE64: u64 = 37_500_000;

/// The most bytes that this many characters are.
pub(super) const MOST_IN_JSON: u64 = BASE64 / 4 * 3;

#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) content_type: String,
    pub(super) head: Bytes,
    pub(super) tail: Bytes,
}

impl Envelope {
    pub(super) fn new(file: &NewFile, way: UploadWay) -> Result<Self> {
        let invalid = |message: String| Error::new(ErrorKind::Invalid, format!("nothing was sent: {message}"));
        let field = file.kind().field();
        if file.row().get(field).is_some() {
            return Err(invalid(format!("the row has `{field}` itself, whose bytes come from the source")));
        }
        let row = serde_json::to_string(file.row()).map_err(|error| invalid(error.to_string()).with_source(error))?;
        Ok(match way {
            UploadWay::Multipart => {
                // No content can be written so that it holds it: it is made after the content is.
                let boundary = format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
                let name = plain(file.name().unwrap_or_default());
                Self {
                    content_type: format!("multipart/form-data; boundary={boundary}"),
                    head: format!(
                        "--{boundary}\r\nContent-Disposition: form-data; name=\"entity_content\"\r\n\
                         Content-Type: application/json\r\n\r\n{row}\r\n--{boundary}\r\nContent-Disposition: form-data; \
                         name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                    )
                    .into(),
                    tail: format!("\r\n--{boundary}--\r\n").into(),
                }
            }
            UploadWay::Base64 => {
                // A row always has its attributes, so that a comma can follow.
                let open = row.strip_suffix('}').unwrap_or(&row);
                Self {
                    content_type: "application/json".into(),
                    head: format!("{open},\"{field}\":\"").into(),
                    tail: Bytes::from_static(b"\"}"),
                }
            }
        })
    }
}

/// How long so many bytes are when they are sent this way, if they may be.
pub(super) fn length(bytes: u64, way: UploadWay) -> Option<u64> {
    match way {
        UploadWay::Multipart => Some(bytes),
        UploadWay::Base64 => (bytes <= MOST_IN_JSON).then(|| bytes.div_ceil(3) * 4),
    }
}

/// A name as it may stand in the head of a part. What the file is called is said by its row.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or("file");
    let fits = |char: char| char.is_ascii_alphanumeric() || "-_. ".contains(char);
    name.chars().map(|char| if fits(char) { char } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(envelope: &Envelope) -> (&str, &str) {
        (std::str::from_utf8(&envelope.head).unwrap(), std::str::from_utf8(&envelope.tail).unwrap())
    }

    #[test]
    fn a_multipart_body_has_the_row_and_names_the_field_of_the_bytes() {
        let file = NewFile::content_version("a/\"plän\"\r\nX: y.pdf");
        let envelope = Envelope::new(&file, UploadWay::Multipart).unwrap();
        let boundary = envelope.content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert!(boundary.len() <= 70);
        let (head, tail) = text(&envelope);
        assert_eq!(tail, format!("\r\n--{boundary}--\r\n"));
        assert!(head.starts_with(&format!("--{boundary}\r\n")));
        assert!(head.contains(r#"name="VersionData"; filename="_pl_n___X_ y.pdf""#), "{head}");
        assert!(head.contains(r#""PathOnClient":"a/\"plän\"\r\nX: y.pdf"}"#), "{head}");
        let other = Envelope::new(&file, UploadWay::Multipart).unwrap();
        assert_ne!(other.content_type, envelope.content_type);
    }

    #[test]
    fn a_body_of_json_has_the_bytes_as_its_last_field() {
        let file = NewFile::static_resource("Logo", "image/png");
        let envelope = Envelope::new(&file, UploadWay::Base64).unwrap();
        let (head, tail) = text(&envelope);
        let json: serde_json::Value = serde_json::from_str(&format!("{head}YWJj{tail}")).unwrap();
        assert_eq!((&json["Name"], &json["Body"]), (&"Logo".into(), &"YWJj".into()));
    }

    #[test]
    fn b4_08_base64_ends_at_its_limit_and_multipart_goes_on() {
        assert_eq!(length(28_125_000, UploadWay::Base64), Some(37_500_000));
        assert_eq!(length(28_125_001, UploadWay::Base64), None);
        assert_eq!(length(1, UploadWay::Base64), Some(4));
        assert_eq!(length(1 << 31, UploadWay::Multipart), Some(1 << 31));
    }

    #[test]
    fn a_row_that_has_the_bytes_itself_is_refused() {
        let path = "/services/data/v68.0/sobjects/Attachment/00PQz00000AbCdE/Body";
        let file = NewFile::attachment("001D000000IqhSL".parse().unwrap(), "a").with("Body", path);
        assert_eq!(Envelope::new(&file, UploadWay::Multipart).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
