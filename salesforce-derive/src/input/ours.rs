use syn::{Attribute, Error, LitStr, Result};

use super::check_name;

/// What `#[salesforce(…)]` says.
#[derive(Default)]
pub(super) struct Ours {
    pub(super) object: Option<String>,
    pub(super) skip: bool,
}

impl Ours {
    /// Reads the attributes, of which those in `allowed` can stand at the place.
    pub(super) fn read(attributes: &[Attribute], allowed: &[&str]) -> Result<Self> {
        let mut ours = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("salesforce")) {
            attribute.parse_nested_meta(|meta| {
                let known = allowed.iter().any(|name| meta.path.is_ident(name));
                match known {
                    true if meta.path.is_ident("object") => {
                        let object: LitStr = meta.value()?.parse()?;
                        check_name(&object.value(), "an object").map_err(|why| Error::new(object.span(), why))?;
                        ours.object = Some(object.value());
                    }
                    true => ours.skip = true,
                    false => return Err(meta.error(unknown(allowed))),
                }
                Ok(())
            })?;
        }
        Ok(ours)
    }
}

fn unknown(allowed: &[&str]) -> String {
    match allowed {
        [] => "nothing of `salesforce` can stand on an enum; on a variant, `object = \"…\"` can".to_owned(),
        ["object"] => "`salesforce` knows `object = \"…\"` here, and nothing else".to_owned(),
        _ => "`salesforce` knows `skip` here, and nothing else; a field's name is given by `#[serde(rename = \"…\")]`"
            .to_owned(),
    }
}
