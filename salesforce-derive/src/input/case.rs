//! How serde turns the names of fields into keys.

use syn::ext::IdentExt;
use syn::{Error, Ident, LitStr, Result};

/// A name without `r#`, as serde takes it.
pub(super) fn without_raw(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// What `rename_all` says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Case {
    #[default]
    AsWritten,
    Upper,
    Pascal,
    Camel,
    Kebab,
    UpperKebab,
}

impl Case {
    pub(super) fn read(rule: &LitStr) -> Result<Self> {
        Ok(match rule.value().as_str() {
            "lowercase" | "snake_case" => Self::AsWritten,
            "UPPERCASE" | "SCREAMING_SNAKE_CASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::UpperKebab,
            other => return Err(Error::new(rule.span(), format!("`{other}` is no rule of serde's `rename_all`"))),
        })
    }

    pub(super) fn apply(self, field: &str) -> String {
        match self {
            Self::AsWritten => field.to_owned(),
            Self::Upper => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let pascal = pascal(field);
                let first = pascal.chars().next().map_or(0, char::len_utf8);
                pascal[..first].to_ascii_lowercase() + &pascal[first..]
            }
            Self::Kebab => field.replace('_', "-"),
            Self::UpperKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(field: &str) -> String {
    let mut capital = true;
    field
        .chars()
        .filter_map(|c| {
            let first = std::mem::replace(&mut capital, c == '_') && c != '_';
            (c != '_').then(|| if first { c.to_ascii_uppercase() } else { c })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_serde_makes_of_them() {
        for (rule, expected) in [
            (Case::AsWritten, "number_of_employees"),
            (Case::Upper, "NUMBER_OF_EMPLOYEES"),
            (Case::Pascal, "NumberOfEmployees"),
            (Case::Camel, "numberOfEmployees"),
            (Case::Kebab, "number-of-employees"),
            (Case::UpperKebab, "NUMBER-OF-EMPLOYEES"),
        ] {
            assert_eq!(rule.apply("number_of_employees"), expected);
        }
        assert_eq!(Case::Pascal.apply("_x__c2"), "XC2");
    }
}
