use std::fmt;

/// An object whose records hold a file, and where it holds it.
///
/// For other base64 fields, such as `QuoteDocument.Document`, there is [`blob`](crate::SObjectHandle::blob).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A version of a file: `VersionData`, of `ContentSize` bytes (`ContentSizeLong` from 66.0, where files may have
    /// more than 2 GB), with an MD5 in `Checksum`.
    ContentVersion,
    /// An attachment of old: `Body`, of `BodyLength` bytes.
    Attachment,
    /// A document of a folder: `Body`, of `BodyLength` bytes.
    Document,
    /// A log of events as CSV: `LogFile`, of `LogFileLength` bytes.
    EventLogFile,
    /// What a page or a component loads: `Body`, of `BodyLength` bytes.
    StaticResource,
}

impl FileKind {
    const ALL: [Self; 5] =
        [Self::ContentVersion, Self::Attachment, Self::Document, Self::EventLogFile, Self::StaticResource];

    pub(super) fn of(object: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.object().eq_ignore_ascii_case(object))
    }

    /// The object's name.
    #[must_use]
    pub fn object(self) -> &'static str {
        match self {
            Self::ContentVersion => "ContentVersion",
            Self::Attachment => "Attachment",
            Self::Document => "Document",
            Self::EventLogFile => "EventLogFile",
            Self::StaticResource => "StaticResource",
        }
    }

    /// The field with the bytes.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::ContentVersion => "VersionData",
            Self::EventLogFile => "LogFile",
            Self::Attachment | Self::Document | Self::StaticResource => "Body",
        }
    }

    /// The fields that may say how long the file is; the first that the record has counts.
    pub(super) fn lengths(self) -> &'static [&'static str] {
        match self {
            Self::ContentVersion => &["ContentSizeLong", "ContentSize"],
            Self::EventLogFile => &["LogFileLength"],
            Self::Attachment | Self::Document | Self::StaticResource => &["BodyLength"],
        }
    }

    /// How many bytes an org takes (REST reference 9), read as the larger of the things that "2 GB" may mean: what lies
    /// between them is the org's to refuse.
    pub(super) fn most(self) -> u64 {
        const MIB: u64 = 1024 * 1024;
        match self {
            Self::ContentVersion => 2048 * MIB,
            Self::Attachment => 25 * MIB,
            Self::Document | Self::StaticResource => 5 * MIB,
            Self::EventLogFile => 0,
        }
    }

    /// The field with the MD5 of the bytes.
    pub(super) fn checksum(self) -> Option<&'static str> {
        (self == Self::ContentVersion).then_some("Checksum")
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.object())
    }
}
