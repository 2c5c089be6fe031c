//! From the plain struct to code.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::input::{Input, OneOf, Row};

/// `family` is the crate that has the trait, and in `__derive` what the code is made of.
pub(crate) fn expand(input: &Input, family: &TokenStream) -> TokenStream {
    match input {
        Input::Row(row) => expand_row(row, family),
        Input::OneOf(one_of) => expand_one_of(one_of, family),
    }
}

fn expand_row(row: &Row, family: &TokenStream) -> TokenStream {
    let Row { ident, object, fields } = row;
    let names: Vec<_> = fields.iter().map(|field| &field.name).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let checks = fields.iter().map(|field| {
        let (name, ty) = (field.ident.to_string(), &field.ty);
        let cut = format!(
            "`{name}` holds child rows: an org may cut those into pages, and a Vec cannot show that some are missing. \
             Make it a ChildRows<…> of salesforce-rest, or read it with `#[serde(deserialize_with = \
             \"salesforce_rest::complete_child_rows\")]`, which refuses rows that were cut"
        );
        let deep = format!(
            "`{name}` is a parent, and holds child rows or a polymorphic parent: SOQL can ask only the object of the \
             query itself for these"
        );
        let read_with = field.read_with;
        quote_spanned! {ty.span()=>
            ::core::assert!(#read_with || !d::is_vec(d::Probe::<#ty>::FIELD), #cut);
            ::core::assert!(!d::is_deep_parent(d::Probe::<#ty>::FIELD), #deep);
        }
    });
    let too_deep = format!(
        "`{ident}` nests deeper than a query can: five parents on the way to a field, and five levels of child rows"
    );
    quote! {
        #[automatically_derived]
        impl #family::SObject for #ident {
            const NAME: &'static str = #object;

            const SHAPE: #family::__derive::Shape = {
                #[allow(unused_imports, reason = "a row of fields that are all rows needs no `Value`")]
                use #family::__derive::{self as d, Value as _};
                d::Shape::FIELDS #(.with(d::Probe::<#types>::FIELD))*
            };

            fn fields() -> &'static [&'static str] {
                #[allow(unused_imports, reason = "a row of fields that are all rows needs no `Value`")]
                use #family::__derive::{self as d, Value as _};
                static LIST: d::FieldList = d::FieldList::new();
                LIST.of(&[#((#names, d::Probe::<#types>::FIELD)),*])
            }
        }

        const _: () = {
            #[allow(unused_imports, reason = "a row of fields that are all rows needs no `Value`")]
            use #family::__derive::{self as d, Value as _};
            #(#checks)*
            ::core::assert!(!d::is_too_deep(<#ident as #family::SObject>::SHAPE), #too_deep);
        };
    }
}

fn expand_one_of(one_of: &OneOf, family: &TokenStream) -> TokenStream {
    let OneOf { ident, branches, other } = one_of;
    let d = quote!(#family::__derive);
    let objects: Vec<_> = branches.iter().map(|branch| &branch.object).collect();
    let row = |ty: &syn::Type| quote_spanned!(ty.span()=> <#ty as #family::SObject>);
    let rows: Vec<_> = branches.iter().map(|branch| row(&branch.row)).collect();
    let values = branches.iter().map(|branch| {
        let (variant, ty) = (&branch.variant, &branch.row);
        quote_spanned!(ty.span()=> parent.to::<#ty, _>().map(Self::#variant))
    });
    let shapes = branches.iter().map(|branch| &branch.row).chain(other).map(row);
    let (other_fields, other_value) = match other {
        None => (quote!(#d::OneOf::any_other), quote!(::core::result::Result::Ok(Self::Other))),
        Some(ty) => {
            let row = row(ty);
            (quote!(#row::fields), quote_spanned!(ty.span()=> parent.to::<#ty, _>().map(Self::Other)))
        }
    };
    quote! {
        #[automatically_derived]
        impl #d::Relation for #ident {
            const KIND: #d::Kind = #d::Kind::OneOf(&[#((#objects, #rows::fields)),*], #other_fields);
            const SHAPE: #d::Shape = #d::Shape::FIELDS #(.or(#shapes::SHAPE))*;
        }

        #[automatically_derived]
        impl<'de> #d::serde::Deserialize<'de> for #ident {
            fn deserialize<D: #d::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let parent = #d::OneOf::read(deserializer)?;
                #(if parent.is(#objects) {
                    return #values;
                })*
                #other_value
            }
        }
    }
}
