use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::object_in_url;
use crate::json::{self, Layout, Scanner};
use crate::{Record, RecordId};

/// A row as the text it came as: fields are decoded when they are asked for, and nothing is copied.
///
/// It is what a backup reads: a few fields to know what a row is, and its text to keep.
///
/// ```
/// use salesforce_types::RowRef;
///
/// let row = RowRef::new(r#"{"attributes":{"type":"Contact"},"Name":"O\u0027Neill","N":1.50,"Account":{"Name":"Acme"}}"#);
/// assert_eq!(row.object().as_deref(), Some("Contact"));
/// assert_eq!(row.get("Name").unwrap().as_str().unwrap(), "O'Neill");
/// assert_eq!(row.get("N").unwrap().as_json(), "1.50");
/// assert_eq!(row.get_path("Account.Name").unwrap().as_str().unwrap(), "Acme");
/// assert_eq!(row.get("Phone"), None);
/// ```
#[derive(Clone, Copy)]
pub struct RowRef<'t> {
    text: &'t str,
    /// The names of the fields, and where the value of each is; without places if that is not known.
    layout: Option<&'t Layout>,
    places: &'t [u32],
}

/// The value of one field of a [`RowRef`], as the text it came as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FieldRef<'t>(&'t str);

impl<'t> RowRef<'t> {
    /// The text of one object of JSON, which was checked before, as a page of a query is. Behind a place where it is no
    /// JSON there are no fields.
    #[must_use]
    pub const fn new(json: &'t str) -> Self {
        Self { text: json, layout: None, places: &[] }
    }

    /// The same with what [`Layout::row`] found out about this row, so that no field has to be searched.
    #[must_use]
    pub fn with_layout(self, layout: &'t Layout, places: &'t [u32]) -> Self {
        let known = !places.is_empty() && places.len() == layout.len();
        if known { Self { layout: Some(layout), places, ..self } } else { self }
    }

    /// The text, as it came.
    #[must_use]
    pub const fn as_json(self) -> &'t str {
        self.text
    }

    /// The value of a field; `None` if the row does not have it. The name's case does not matter.
    ///
    /// In a row that does not stem from a page, fields are searched from the front: take [`fields`](Self::fields) for
    /// many.
    #[must_use]
    pub fn get(self, field: &str) -> Option<FieldRef<'t>> {
        if let Some(layout) = self.layout {
            return self.known(layout, layout.position(field)?);
        }
        let mut other = None;
        for (name, value) in self.members() {
            if name == field {
                return Some(value);
            }
            if other.is_none() && name.eq_ignore_ascii_case(field) {
                other = Some(value);
            }
        }
        other
    }

    /// The value of that number: it ends where the next name begins.
    fn known(self, layout: &Layout, at: usize) -> Option<FieldRef<'t>> {
        let place = |at: usize| self.places.get(at).and_then(|place| usize::try_from(*place).ok());
        let end = match place(at + 1) {
            Some(next) => next.checked_sub(layout.mark(at + 1)?.len())?,
            None => self.text.len().checked_sub(1)?,
        };
        self.text.get(place(at)?..end).map(FieldRef)
    }

    /// The value at the end of a path over parents, such as `Account.Owner.Name`.
    #[must_use]
    pub fn get_path(self, path: &str) -> Option<FieldRef<'t>> {
        match path.split_once('.') {
            None => self.get(path),
            Some((parent, rest)) => self.get(parent)?.as_row()?.get_path(rest),
        }
    }

    /// The fields in the order of the answer, without `attributes`.
    pub fn fields(self) -> impl Iterator<Item = (Cow<'t, str>, FieldRef<'t>)> {
        self.members().filter(|(name, value)| name != "attributes" || value.as_row().is_none())
    }

    fn members(self) -> impl Iterator<Item = (Cow<'t, str>, FieldRef<'t>)> {
        let (mut scanner, mut first) = (Scanner::new(self.text), true);
        let mut inside = scanner.eat(b'{').is_ok();
        std::iter::from_fn(move || {
            let name = scanner.name(&mut first).ok().flatten().filter(|_| inside)?;
            let member = name.decode().ok().zip(scanner.skip().ok().map(FieldRef));
            inside = member.is_some();
            member
        })
    }

    /// The row's id, if it has the field `Id` and it holds one.
    #[must_use]
    pub fn id(self) -> Option<RecordId> {
        self.get("Id")?.as_str()?.parse().ok()
    }

    /// The object's name, from `attributes`; the generic `Name` is looked through, as [`Record::object`] does.
    #[must_use]
    pub fn object(self) -> Option<Cow<'t, str>> {
        let attributes = self.get("attributes")?.as_row()?;
        let object = attributes.get("type")?.as_str()?;
        if object != "Name" {
            return Some(object);
        }
        let url = attributes.get("url").and_then(FieldRef::as_str);
        let real = url.as_deref().and_then(object_in_url).map(|name| Cow::Owned(name.to_owned()));
        Some(real.unwrap_or(object))
    }

    /// Decodes the row, into a struct of yours or a [`Record`].
    ///
    /// # Errors
    ///
    /// When it is not what `T` expects.
    pub fn to<T: Deserialize<'t>>(self) -> serde_json::Result<T> {
        json::from_str(self.text)
    }
}

impl<'t> FieldRef<'t> {
    /// The text, as it came: a number with all its digits, a string with its quotes.
    #[must_use]
    pub const fn as_json(self) -> &'t str {
        self.0
    }

    /// Whether the field is empty.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The text, if it is text; a copy only where it is written with escapes.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'t, str>> {
        Scanner::new(self.0).quoted().ok()?.decode().ok()
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The parent, if it is one, or another object.
    #[must_use]
    pub fn as_row(self) -> Option<RowRef<'t>> {
        self.0.starts_with('{').then_some(RowRef::new(self.0))
    }

    /// Decodes the value.
    ///
    /// # Errors
    ///
    /// When it is not what `T` expects.
    pub fn to<T: Deserialize<'t>>(self) -> serde_json::Result<T> {
        json::from_str(self.0)
    }
}

impl<'t> From<&'t RawValue> for RowRef<'t> {
    fn from(row: &'t RawValue) -> Self {
        Self::new(row.get())
    }
}

impl TryFrom<RowRef<'_>> for Record {
    type Error = serde_json::Error;

    fn try_from(row: RowRef<'_>) -> serde_json::Result<Self> {
        row.to()
    }
}

/// By their text.
impl PartialEq for RowRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RowRef<'_> {}

impl fmt::Display for RowRef<'_> {
    /// The text, as it came.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl fmt::Debug for RowRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowRef({})", self.text)
    }
}

impl fmt::Debug for FieldRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldRef({})", self.0)
    }
}
