//! What is derived for, as a plain struct; what cannot be is refused here, in a sentence at the place of the mistake.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type};

mod case;
mod ours;
mod serde;

use ours::Ours;

/// What is derived for.
pub(crate) enum Input {
    /// A struct: rows of an object.
    Row(Row),
    /// An enum: a parent of one of several objects.
    OneOf(OneOf),
}

pub(crate) struct Row {
    pub(crate) ident: Ident,
    pub(crate) object: String,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The API name, which is the one that serde reads.
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// Whether a function of the caller's reads it.
    pub(crate) read_with: bool,
}

pub(crate) struct OneOf {
    pub(crate) ident: Ident,
    pub(crate) branches: Vec<Branch>,
    /// The fields of any other object, if they matter.
    pub(crate) other: Option<Type>,
}

pub(crate) struct Branch {
    pub(crate) variant: Ident,
    pub(crate) object: String,
    pub(crate) row: Type,
}

/// The variant for every object that the others do not name.
const OTHER: &str = "Other";

impl Input {
    pub(crate) fn read(input: &DeriveInput) -> Result<Self> {
        if let Some(parameter) = input.generics.params.first() {
            let why = "a row has no parameters: which fields it has must be known where it is written, and it owns \
                       their values";
            return Err(Error::new(parameter.span(), why));
        }
        match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => Row::read(input, fields).map(Self::Row),
                Fields::Unnamed(_) | Fields::Unit => Err(Error::new(
                    input.ident.span(),
                    "a row is a struct with named fields, since their names are the fields of the object",
                )),
            },
            Data::Enum(data) => OneOf::read(input, data).map(Self::OneOf),
            Data::Union(data) => {
                Err(Error::new(data.union_token.span(), "a row is a struct, and a polymorphic parent is an enum"))
            }
        }
    }
}

impl Row {
    fn read(input: &DeriveInput, fields: &syn::FieldsNamed) -> Result<Self> {
        let container = serde::Container::read(&input.attrs)?;
        let object = Ours::read(&input.attrs, &["object"])?.object;
        let mut row = Self {
            object: object.unwrap_or_else(|| case::without_raw(&input.ident)),
            ident: input.ident.clone(),
            fields: Vec::new(),
        };
        let mut errors: Option<Error> = None;
        for field in &fields.named {
            match Field::read(field, &container, &input.ident) {
                Ok(Some(read)) => match row.fields.iter().find(|other| other.name.eq_ignore_ascii_case(&read.name)) {
                    Some(other) => errors.push(Error::new(
                        field.span(),
                        format!("`{}` and `{}` are the same field, `{}`", other.ident, read.ident, read.name),
                    )),
                    None => row.fields.push(read),
                },
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        if errors.is_none() && row.fields.is_empty() {
            errors.push(Error::new(input.ident.span(), "a row has at least one field that a query can ask for"));
        }
        errors.map_or(Ok(row), Err)
    }
}

/// Keeps all errors, so that one compilation shows them all.
trait Push {
    fn push(&mut self, error: Error);
}

impl Push for Option<Error> {
    fn push(&mut self, error: Error) {
        match self {
            Some(errors) => errors.combine(error),
            None => *self = Some(error),
        }
    }
}

impl Field {
    /// `None` for a field that is not asked for.
    fn read(field: &syn::Field, container: &serde::Container, row: &Ident) -> Result<Option<Self>> {
        let ident = field.ident.clone().expect("only the fields of a struct with named fields are read");
        let serde = serde::Field::read(&field.attrs)?;
        let skip = Ours::read(&field.attrs, &["skip"])?.skip;
        let name = match &serde.name {
            Some((name, _)) => name.clone(),
            None => container.rename.apply(&case::without_raw(&ident)),
        };
        // Every row has it, and no query can ask for it.
        if serde.skipped || name == "attributes" {
            return Ok(None);
        }
        if skip {
            // An `Option` is none without a default, but not where a function of the caller's reads it.
            let is_none = is(&field.ty, "Option") && !serde.read_with;
            let needs_value = !(serde.has_default || container.has_default || is_none || serde.flatten);
            return match needs_value {
                false => Ok(None),
                true => Err(Error::new(
                    ident.span(),
                    format!("`{ident}` is not asked for, so no row will have it: add `#[serde(default)]`"),
                )),
            };
        }
        if serde.flatten {
            let why =
                "`flatten` hides which fields there are: name them here, or leave them out by `#[salesforce(skip)]`";
            return Err(Error::new(field.span(), why));
        }
        let place = serde.name.as_ref().map_or(ident.span(), |(_, place)| *place);
        check_name(&name, "a field").map_err(|why| Error::new(place, why))?;
        if name.starts_with(|first: char| first.is_ascii_lowercase()) && !name.contains("__") {
            let why = format!(
                "no field is called `{name}`, since they begin with a capital: put `#[serde(rename_all = \
                 \"PascalCase\")]` on the struct, or `#[serde(rename = \"…\")]` on the field"
            );
            return Err(Error::new(place, why));
        }
        if mentions(field.ty.to_token_stream(), row) {
            let why = format!(
                "`{row}` holds itself, so its query would have no end: make another struct for the fields that `{name}` \
                 needs"
            );
            return Err(Error::new(field.ty.span(), why));
        }
        Ok(Some(Self { ident, name, ty: field.ty.clone(), read_with: serde.read_with }))
    }
}

impl OneOf {
    fn read(input: &DeriveInput, data: &syn::DataEnum) -> Result<Self> {
        Ours::read(&input.attrs, &[])?;
        let mut other = None;
        let mut one_of = Self { ident: input.ident.clone(), branches: Vec::new(), other: None };
        for variant in &data.variants {
            let is_other = variant.ident == OTHER;
            let object = Ours::read(&variant.attrs, &["object"])?.object;
            if is_other && object.is_some() {
                let why = "`Other` is for every object that no other variant names, so it has none of its own: call the \
                           variant something else";
                return Err(Error::new(variant.span(), why));
            }
            let row = match &variant.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(fields.unnamed[0].ty.clone()),
                Fields::Unit => None,
                _ => {
                    let why = format!("a variant holds one row, such as `{0}({0})`", variant.ident);
                    return Err(Error::new(variant.span(), why));
                }
            };
            match row {
                row if is_other => other = Some(row),
                Some(row) => {
                    let object = object.unwrap_or_else(|| case::without_raw(&variant.ident));
                    let same = one_of.branches.iter().find(|branch| branch.object.eq_ignore_ascii_case(&object));
                    if let Some(Branch { variant: first, .. }) = same {
                        let why = format!("`{first}` and `{}` are the same object, `{object}`", variant.ident);
                        return Err(Error::new(variant.span(), why));
                    }
                    one_of.branches.push(Branch { variant: variant.ident.clone(), object, row });
                }
                None => {
                    let why = format!(
                        "`{0}` has to hold the row of a parent of that object, such as `{0}(User)`; only `Other` may be \
                         empty",
                        variant.ident
                    );
                    return Err(Error::new(variant.span(), why));
                }
            }
        }
        if one_of.branches.is_empty() {
            return Err(Error::new(input.ident.span(), "a polymorphic parent has a variant for at least one object"));
        }
        let missing = "a variant `Other` is missing: an org may point to an object that the other variants do not name";
        one_of.other = other.ok_or_else(|| Error::new(input.ident.span(), missing))?;
        Ok(one_of)
    }
}

/// Whether a name could be one of Salesforce.
fn check_name(name: &str, what: &str) -> std::result::Result<(), String> {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match letters && name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.len() <= 128 {
        true => Ok(()),
        false => Err(format!("`{name}` is no name of {what}: expected letters, digits and `_`, a letter first")),
    }
}

fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Whether a type names the struct itself; `other::Row` is another one.
fn mentions(tokens: TokenStream, row: &Ident) -> bool {
    let mut after_colon = false;
    tokens.into_iter().any(|token| {
        let found = match &token {
            TokenTree::Ident(ident) => !after_colon && (ident == row || ident == "Self"),
            TokenTree::Group(group) => mentions(group.stream(), row),
            _ => false,
        };
        after_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        found
    })
}
