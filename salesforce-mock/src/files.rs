//! How large files may be, and how much of them the org holds.

use crate::rules::{Draft, Input, Refusal};
use crate::schema::Object;

/// How large files may be (REST reference 9.2), whatever call they come by, and how much of them the org holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Files {
    /// The most bytes of the files of an upload that the org holds: 64 MiB. Of a file beyond them it knows the length
    /// and the MD5, and its bytes cannot be read back. It does not count for what a test puts in itself.
    pub keep: usize,
    /// The most bytes of a `ContentVersion`: 2 GiB.
    pub most_version: u64,
    /// The most bytes of an `Attachment`: 25 MiB.
    pub most_attachment: u64,
    /// The most bytes of a `Document` or `StaticResource`: 5 MiB.
    pub most_document: u64,
    /// The most bytes of any other file: 500 MiB.
    pub most_other: u64,
    /// The most characters of a file that comes as base64 inside of JSON: 37.5 MiB.
    pub most_base64: usize,
}

const MIB: u64 = 1024 * 1024;

impl Default for Files {
    fn default() -> Self {
        Self {
            keep: 64 << 20,
            most_version: 2048 * MIB,
            most_attachment: 25 * MIB,
            most_document: 5 * MIB,
            most_other: 500 * MIB,
            most_base64: (37 << 20) + (1 << 19),
        }
    }
}

impl Files {
    /// Whether the files of a draft are small enough.
    pub(crate) fn check(&self, object: &Object, draft: &Draft) -> Result<(), Refusal> {
        let (most, code) = match &*object.name {
            "ContentVersion" => (self.most_version, "FILE_SIZE_LIMIT_EXCEEDED"),
            "Attachment" => (self.most_attachment, "MAXIMUM_SIZE_OF_ATTACHMENT"),
            "Document" | "StaticResource" => (self.most_document, "MAXIMUM_SIZE_OF_DOCUMENT"),
            _ => (self.most_other, "FILE_SIZE_LIMIT_EXCEEDED"),
        };
        let file =
            |name: &str| object.field(name).filter(|field| field.kind == salesforce_types::describe::FieldType::Base64);
        for (given, field) in draft.iter().filter_map(|given| Some((given, file(&given.name)?))) {
            let refused = |text: String| Err(Refusal::new(code, text).fields([&*field.name]));
            let length = match &given.value {
                Input::Text(text) if text.len() > self.most_base64 => {
                    let most = self.most_base64;
                    return refused(format!("{}: the base64 has more than the {most} characters allowed", field.label));
                }
                // Four characters are three bytes, less those that fill up the last four.
                Input::Text(text) => {
                    let filled = text.bytes().rev().take(2).filter(|byte| *byte == b'=').count();
                    u64::try_from((text.len() / 4 * 3).saturating_sub(filled)).unwrap_or(u64::MAX)
                }
                Input::Blob(blob) => blob.len(),
                _ => 0,
            };
            if length > most {
                return refused(format!("{}: the file is larger than the {most} bytes that are allowed", field.label));
            }
        }
        Ok(())
    }
}
