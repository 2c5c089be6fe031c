#![doc = include_str!("../README.md")]

use proc_macro::TokenStream;
use quote::quote;

mod expand;
mod input;

/// The object's name and the `SELECT` list of a struct, or the branches of a polymorphic parent; see the
/// [crate].
#[proc_macro_derive(SObject, attributes(salesforce))]
pub fn sobject(input: TokenStream) -> TokenStream {
    derive(input, &quote!(::salesforce_types))
}

/// The same for whoever depends on `salesforce-rest` only, which exports this one as `SObject`.
#[doc(hidden)]
#[proc_macro_derive(SObjectOfRest, attributes(salesforce))]
pub fn sobject_of_rest(input: TokenStream) -> TokenStream {
    derive(input, &quote!(::salesforce_rest))
}

/// `family` is the crate that the code may name.
fn derive(input: TokenStream, family: &proc_macro2::TokenStream) -> TokenStream {
    let code = syn::parse(input)
        .and_then(|input| input::Input::read(&input))
        .map(|input| expand::expand(&input, family))
        .unwrap_or_else(syn::Error::into_compile_error);
    code.into()
}
