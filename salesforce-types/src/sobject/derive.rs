//! What the code that `#[derive(SObject)]` writes is made of. Not for use by hand: it may change in any version.

mod field_list;
mod one_of;

use std::marker::PhantomData;

pub use field_list::FieldList;
pub use one_of::OneOf;
pub use serde;

pub use super::SObject;

/// Decodes one value of an open enum, for [`picklist!`](crate::picklist).
///
/// # Errors
///
/// When it is no text.
pub fn picklist_value<'de, D: serde::Deserializer<'de>, T: for<'v> From<&'v str>>(
    deserializer: D,
) -> Result<T, D::Error> {
    crate::picklist::value(deserializer)
}

/// The items of a `SELECT` list.
pub type Fields = &'static [&'static str];

/// A function that gives them, which is what a constant can hold.
pub type FieldsOf = fn() -> Fields;

/// The most parents on the way to a field (SOQL reference 3.1).
pub const MAX_PARENTS: usize = 5;

/// The most levels of child queries below a statement (SOQL reference 3.1).
pub const MAX_CHILD_LEVELS: usize = 5;

/// A field of a row that is no value: what it asks for.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A row.
    Parent(FieldsOf),
    /// Child rows.
    Children(FieldsOf),
    /// Child rows in a type that cannot show that some are missing.
    Vec(FieldsOf),
    /// A parent of one of several objects, and what to ask of any other.
    OneOf(&'static [(&'static str, FieldsOf)], FieldsOf),
}

/// How deep a row nests.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Parents on the longest way to a field.
    pub parents: usize,
    /// Levels of child rows.
    pub levels: usize,
    /// Whether it holds fields and parents only, so that it can be a parent itself.
    pub is_flat: bool,
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

impl Shape {
    /// A row of fields.
    pub const FIELDS: Self = Self { parents: 0, levels: 0, is_flat: true };

    /// A row that has one more field.
    #[must_use]
    pub const fn with(self, field: Option<(Kind, Self)>) -> Self {
        match field {
            None => self,
            Some((Kind::Parent(_), row)) => Self { parents: max(self.parents, row.parents + 1), ..self },
            Some((Kind::OneOf(..), row)) => {
                Self { parents: max(self.parents, row.parents + 1), is_flat: false, ..self }
            }
            Some((Kind::Children(_) | Kind::Vec(_), row)) => {
                Self { levels: max(self.levels, row.levels + 1), is_flat: false, ..self }
            }
        }
    }

    /// The shape of a parent that is one of several rows.
    #[must_use]
    pub const fn or(self, row: Self) -> Self {
        Self { parents: max(self.parents, row.parents), levels: 0, is_flat: self.is_flat && row.is_flat }
    }
}

/// A type that stands for other rows, when it is the type of a row's field.
pub trait Relation {
    /// Which rows.
    const KIND: Kind;
    /// How deep they nest.
    const SHAPE: Shape;
}

impl<T: SObject> Relation for T {
    const KIND: Kind = Kind::Parent(T::fields);
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Relation> Relation for Option<T> {
    const KIND: Kind = T::KIND;
    const SHAPE: Shape = T::SHAPE;
}

impl<T: SObject> Relation for Vec<T> {
    const KIND: Kind = Kind::Vec(T::fields);
    const SHAPE: Shape = T::SHAPE;
}

/// Tells at compile time whether a type is a [`Relation`]: then `Probe::<T>::FIELD` is the constant below, otherwise
/// that of [`Value`], which has to be in scope.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T: Relation> Probe<T> {
    /// Which rows the type stands for.
    pub const FIELD: Option<(Kind, Shape)> = Some((T::KIND, T::SHAPE));
}

/// Every other type: a value.
pub trait Value {
    /// No rows.
    const FIELD: Option<(Kind, Shape)> = None;
}

impl<T> Value for Probe<T> {}

/// Whether a field is a list that could hide that rows are missing.
#[must_use]
pub const fn is_vec(field: Option<(Kind, Shape)>) -> bool {
    matches!(field, Some((Kind::Vec(_), _)))
}

/// Whether a parent holds what only the object of a query can have.
#[must_use]
pub const fn is_deep_parent(field: Option<(Kind, Shape)>) -> bool {
    matches!(field, Some((Kind::Parent(_) | Kind::OneOf(..), Shape { is_flat: false, .. })))
}

/// Whether a row nests deeper than a query can.
#[must_use]
pub const fn is_too_deep(shape: Shape) -> bool {
    shape.parents > MAX_PARENTS || shape.levels > MAX_CHILD_LEVELS
}
