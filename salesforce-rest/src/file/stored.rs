use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_types::{Record, RecordId, Value};

use super::{FileError, FileKind};

/// A file in an org: where its bytes are, and what its record states of them.
///
/// ```
/// use salesforce_rest::{FileKind, Record, StoredFile};
///
/// // From a row that a query brought: its download needs no further call.
/// let row: Record = serde_json::from_str(
///     r#"{"attributes": {"type": "Attachment"}, "Id": "00PQz00000AbCdEMAV", "BodyLength": 12}"#,
/// )?;
/// let file = StoredFile::of(&row)?;
/// assert_eq!((file.kind(), file.length()), (FileKind::Attachment, Some(12)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    kind: FileKind,
    id: RecordId,
    length: Option<u64>,
    md5: Option<[u8; 16]>,
}

impl StoredFile {
    /// A file of which only the record's id is known. Its download reads the record first, which is one more call.
    #[must_use]
    pub fn new(kind: FileKind, id: RecordId) -> Self {
        Self { kind, id, length: None, md5: None }
    }

    /// A file whose row is at hand. It should have the length (`ContentSize` or `ContentSizeLong`, `BodyLength`,
    /// `LogFileLength`), and of a ContentVersion `Checksum` and `ContentLocation`; what it has not is not checked, and
    /// without a length the download reads the record.
    ///
    /// # Errors
    ///
    /// `Invalid` when it is no row of an object with a file; `NotFound` with [`FileError::NoBytes`] for links; `Decode`
    /// when what it states is no length or no MD5.
    pub fn of(row: &Record) -> Result<Self> {
        let invalid = |message: &str| Error::new(ErrorKind::Invalid, message);
        let kind = row.object().and_then(FileKind::of);
        let kind = kind.ok_or_else(|| invalid("the row does not say that it is of an object with a file"))?;
        let id = row.id().ok_or_else(|| invalid("the row of the file has no `Id`"))?;
        Self::new(kind, id).with_row(row)
    }

    /// The same with this length, as the record states it.
    #[must_use]
    pub fn with_length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    /// The same with this `Checksum`, as the record states it.
    ///
    /// # Errors
    ///
    /// `Decode` when it is no MD5 in hexadecimal digits.
    pub fn with_checksum(mut self, md5: &str) -> Result<Self> {
        let bad = || Error::new(ErrorKind::Decode, format!("the checksum `{}` is no MD5", md5.escape_debug()));
        if md5.len() != 32 || !md5.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let number = u128::from_str_radix(md5, 16).map_err(|_| bad())?;
        self.md5 = Some(number.to_be_bytes());
        Ok(self)
    }

    /// The same with this MD5.
    #[must_use]
    pub fn with_md5(mut self, md5: [u8; 16]) -> Self {
        self.md5 = Some(md5);
        self
    }

    /// The object.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// The record.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// How many bytes the record states.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The MD5 that the record states.
    #[must_use]
    pub fn md5(&self) -> Option<[u8; 16]> {
        self.md5
    }

    pub(super) fn with_row(mut self, row: &Record) -> Result<Self> {
        let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if text("ContentLocation").is_some_and(|place| place != "S")
            || (self.kind == FileKind::Document && text("Url").is_some())
        {
            return Err(FileError::NoBytes.error(&self.request().call()));
        }
        let stated = self.kind.lengths().iter().find_map(|name| row.get(name).filter(|value| !value.is_null()));
        if let Some(value) = stated {
            self.length = Some(length(value).ok_or_else(|| {
                Error::new(ErrorKind::Decode, "what the record states as the length of its file is none")
                    .with_call(self.request().call())
            })?);
        }
        match self.kind.checksum().and_then(text) {
            Some(checksum) => self.with_checksum(checksum),
            None => Ok(self),
        }
    }

    /// The call that reads the record with all that the user may see: which of the fields there are is the version's.
    pub(super) fn look_up(&self) -> Request {
        Request::get(format!("sobjects/{}/{}", self.kind, self.id))
    }

    /// The call that reads the bytes.
    pub(super) fn request(&self) -> Request {
        Request::get(format!("sobjects/{}/{}/{}", self.kind, self.id, self.kind.field()))
    }
}

/// Some lengths are doubles, such as `LogFileLength`.
fn length(value: &Value) -> Option<u64> {
    let number = value.as_number()?;
    if let Some(length) = number.as_i64() {
        return length.try_into().ok();
    }
    number.as_str().split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'))?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(json: &str) -> Result<StoredFile> {
        StoredFile::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn b4_04_the_long_size_counts_where_the_version_has_it() {
        let row = r#"{"attributes":{"type":"ContentVersion"},"Id":"068Qz00000Vv1AaIAJ","ContentLocation":"S",
            "Checksum":"d41d8cd98f00b204e9800998ecf8427e","ContentSize":2147483647,"ContentSizeLong":5000000000}"#;
        let long = file(row).unwrap();
        assert_eq!((long.length(), long.md5().unwrap()[0]), (Some(5_000_000_000), 0xd4));
        assert_eq!(file(&row.replace("5000000000", "null")).unwrap().length(), Some(2_147_483_647));
        assert!(file(&row.replace("d41d", "+41d")).is_err());
        assert_eq!(file(&row.replace(r#""S""#, r#""E""#)).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn the_length_of_a_log_is_a_double() {
        let row = |length: &str| {
            let start = r#"{"attributes":{"type":"EventLogFile"},"Id":"0ATQz00000AbCdE","LogFileLength":"#;
            file(&format!("{start}{length}}}"))
        };
        assert_eq!(row("42.0").unwrap().length(), Some(42));
        assert!(row("42.5").is_err() && row("-1").is_err() && row(r#""x""#).is_err());
    }
}
