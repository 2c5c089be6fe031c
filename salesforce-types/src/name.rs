use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::Invalid;
use crate::invalid::serde_as_text;

/// The longest API name Salesforce makes: 15 of a namespace, 40 of a name, two separators and a suffix, with room.
const LONGEST: usize = 128;

fn check(what: &'static str, text: &str) -> Result<(), Invalid> {
    let invalid = |reason| Err(Invalid::new(what, text, reason));
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return invalid("expected a letter first");
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return invalid("expected letters, digits and `_` only");
    }
    if text.len() > LONGEST {
        return invalid("it is longer than 128 characters");
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The namespace of the managed package it comes from: `ns` of `ns__Name__c`.
            #[must_use]
            pub fn namespace(&self) -> Option<&str> {
                let (namespace, rest) = self.0.split_once("__")?;
                (rest.contains("__")).then_some(namespace)
            }

            /// What follows the last `__`: `c` for custom, `mdt`, `e`, `r`, `x`, `b`, `Share`, `History`, ….
            #[must_use]
            pub fn suffix(&self) -> Option<&str> {
                self.0.rsplit_once("__").map(|(_, suffix)| suffix)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                check($what, text)?;
                Ok(Self(text.into()))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0.eq_ignore_ascii_case(other)
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                for byte in self.0.bytes() {
                    state.write_u8(byte.to_ascii_lowercase());
                }
                state.write_u8(0xff);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        serde_as_text!($name, $what);
    };
}

name! {
    /// The API name of an object, such as `Account` or `ns__Invoice__c`. Compared without regard to case, as the
    /// server does.
    ///
    /// ```
    /// use salesforce_types::ObjectName;
    ///
    /// let name: ObjectName = "ns__Invoice__c".parse()?;
    /// assert_eq!((name.namespace(), name.suffix()), (Some("ns"), Some("c")));
    /// assert_eq!(name, "NS__invoice__C".parse::<ObjectName>()?);
    /// assert!("Account WHERE".parse::<ObjectName>().is_err());
    /// # Ok::<(), salesforce_types::Invalid>(())
    /// ```
    ObjectName, "object name"
}

name! {
    /// The API name of a field, such as `Name` or `Amount__c`. Compared without regard to case, as the server does.
    FieldName, "field name"
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_that_could_carry_an_injection_are_refused() {
        for bad in ["", "1st", "_x", "Name'", "Name FROM Account", "a.b", "Straße", &"a".repeat(129)] {
            assert!(bad.parse::<FieldName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn equal_names_have_equal_hashes() {
        let names: HashSet<ObjectName> = ["Account", "ACCOUNT", "Contact"].map(|name| name.parse().unwrap()).into();
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn a_name_without_a_namespace_has_none() {
        let name: FieldName = "Amount__c".parse().unwrap();
        assert_eq!((name.namespace(), name.suffix()), (None, Some("c")));
        assert_eq!("Name".parse::<FieldName>().unwrap().suffix(), None);
    }
}
