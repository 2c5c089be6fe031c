//! The attributes of serde that decide what a row is read from. Its own derive reports what is wrong with them.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, LitStr, Result};

use super::case::Case;

/// What serde's attributes say of the struct.
#[derive(Default)]
pub(super) struct Container {
    pub(super) rename: Case,
    pub(super) has_default: bool,
}

impl Container {
    pub(super) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut container = Self::default();
        each(attributes, |meta| {
            let refuse = |why: &str| Err(Error::new(meta.path.span(), why));
            if meta.path.is_ident("rename_all") {
                let rename = name(meta)?.map(|rule| Case::read(&rule)).transpose()?;
                container.rename = rename.unwrap_or(container.rename);
            } else if meta.path.is_ident("default") {
                container.has_default = true;
                skip_value(meta)?;
            } else if meta.path.is_ident("deny_unknown_fields") {
                return refuse("every row of an org has the key `attributes`, which this would refuse: leave it away");
            } else if ["transparent", "from", "try_from", "remote"].iter().any(|other| meta.path.is_ident(other)) {
                return refuse("with this, serde reads the row from something else than its fields: leave it away");
            } else {
                skip_value(meta)?;
            }
            Ok(())
        })?;
        Ok(container)
    }
}

/// What serde's attributes say of a field.
#[derive(Default)]
pub(super) struct Field {
    /// The key, and where it is given.
    pub(super) name: Option<(String, Span)>,
    pub(super) skipped: bool,
    pub(super) has_default: bool,
    pub(super) flatten: bool,
    /// `with` or `deserialize_with`.
    pub(super) read_with: bool,
}

impl Field {
    pub(super) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut field = Self::default();
        each(attributes, |meta| {
            let is = |name: &str| meta.path.is_ident(name);
            field.skipped |= is("skip") || is("skip_deserializing");
            field.has_default |= is("default");
            field.flatten |= is("flatten");
            field.read_with |= is("with") || is("deserialize_with");
            if is("rename") {
                field.name = name(meta)?.map(|name| (name.value(), name.span())).or(field.name.take());
                return Ok(());
            }
            skip_value(meta)
        })?;
        Ok(field)
    }
}

fn each(attributes: &[Attribute], mut read: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    let of_serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    of_serde.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(|meta| read(&meta)))
}

/// `= "…"`, or what is said for reading in `(serialize = "…", deserialize = "…")`.
fn name(meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
    if meta.input.peek(syn::token::Paren) {
        let mut found = None;
        meta.parse_nested_meta(|inner| {
            let value = inner.value()?.parse()?;
            if inner.path.is_ident("deserialize") {
                found = Some(value);
            }
            Ok(())
        })?;
        return Ok(found);
    }
    meta.value()?.parse().map(Some)
}

/// Passes over whatever an attribute is given.
fn skip_value(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(syn::token::Paren) {
        meta.parse_nested_meta(|inner| skip_value(&inner))
    } else if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<syn::Lit>().map(drop)
    } else {
        Ok(())
    }
}
