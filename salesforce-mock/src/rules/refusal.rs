use std::fmt;

/// Why the org did not do what was asked: one item of an error answer, with the status it travels under.
///
/// The texts are those of recorded answers (REST reference 14.2) where there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code, such as `REQUIRED_FIELD_MISSING`.
    pub code: &'static str,
    /// The text.
    pub message: String,
    /// The fields it is about. Some answers leave the key out.
    pub fields: Option<Vec<String>>,
    /// What a duplicate rule found: the `duplicateResult` of a `DUPLICATES_DETECTED`.
    pub duplicates: Option<Box<serde_json::Value>>,
}

impl Refusal {
    /// A refusal with status 400 that names no field.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into(), fields: None, duplicates: None }
    }

    /// The same with that status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same for these fields.
    #[must_use]
    pub fn fields<S: AsRef<str>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields = Some(fields.into_iter().map(|field| field.as_ref().to_owned()).collect());
        self
    }

    /// The same with an empty list of fields.
    #[must_use]
    pub fn no_fields(self) -> Self {
        self.fields::<&str>([])
    }

    /// There is no such row.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new("NOT_FOUND", "The requested resource does not exist").status(404)
    }

    /// The row is in the recycle bin.
    #[must_use]
    pub fn is_deleted() -> Self {
        Self::new("ENTITY_IS_DELETED", "entity is deleted").status(404).no_fields()
    }

    /// The body is no JSON that can be read as what is expected.
    #[must_use]
    pub fn json(message: impl Into<String>) -> Self {
        Self::new("JSON_PARSER_ERROR", message)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}
