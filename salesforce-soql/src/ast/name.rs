use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// An identifier: a letter, then letters, digits and `_`. Compared without regard to case, as the server does.
///
/// A name can hold no quote, blank or dot, so a text from outside that became one carries no query text with it.
///
/// ```
/// use salesforce_soql::ast::Name;
///
/// let name: Name = "Amount__c".parse()?;
/// assert!(name.is("amount__C"));
/// assert!("Name FROM Account".parse::<Name>().is_err());
/// # Ok::<(), salesforce_soql::ast::InvalidName>(())
/// ```
#[derive(Clone)]
pub struct Name(Box<str>);

impl Name {
    /// The longest name taken; the longest that Salesforce makes has some 60 characters.
    pub const LONGEST: usize = 255;

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if letters && text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.len() <= Self::LONGEST {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName(text.into()))
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// A field, and the parents on the way to it: `Account.Owner.Name`. It has at least one name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FieldPath {
    parents: Vec<Name>,
    name: Name,
}

impl FieldPath {
    /// A path of parents and a field.
    #[must_use]
    pub fn new(parents: Vec<Name>, name: Name) -> Self {
        Self { parents, name }
    }

    /// The last name: the field.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What stands before the field: an alias of the query, or relationships, or nothing.
    #[must_use]
    pub fn parents(&self) -> &[Name] {
        &self.parents
    }

    /// All names, from the first parent to the field.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.parents.iter().chain([&self.name])
    }

    /// Whether it is this path, written with dots, in any case.
    #[must_use]
    pub fn is(&self, path: &str) -> bool {
        let mut given = path.split('.');
        self.names().all(|name| given.next().is_some_and(|other| name.is(other))) && given.next().is_none()
    }
}

impl From<Name> for FieldPath {
    fn from(name: Name) -> Self {
        Self::new(Vec::new(), name)
    }
}

impl FromStr for FieldPath {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let mut names = text.split('.').map(Name::from_str).collect::<Result<Vec<_>, _>>();
        match names.as_mut().map(Vec::pop) {
            Ok(Some(name)) => Ok(Self::new(names?, name)),
            _ => Err(InvalidName(text.into())),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parent in &self.parents {
            write!(f, "{parent}.")?;
        }
        write!(f, "{}", self.name)
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldPath({self})")
    }
}

/// A text that is no identifier of SOQL, or no path of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName(Box<str>);

impl InvalidName {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no name: expected a letter, then letters, digits and `_`", self.0)
    }
}

impl std::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_carry_no_query_text() {
        for bad in ["", "1a", "_a", "a b", "a'b", "a.b", "a,b", "a(", "ä", "a\u{0}", &"a".repeat(256)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_needs_a_name_between_all_dots() {
        for bad in ["", ".", "a.", ".a", "a..b", "a.b c"] {
            assert!(bad.parse::<FieldPath>().is_err(), "{bad}");
        }
        let path: FieldPath = "Account.Owner.Name".parse().unwrap();
        assert!(path.is("account.owner.NAME"));
        assert!(!path.is("Account.Owner") && !path.is("Account.Owner.Name.x"));
        assert_eq!((path.parents().len(), path.name().as_str()), (2, "Name"));
    }
}
