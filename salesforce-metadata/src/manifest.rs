use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use salesforce_types::ApiVersion;

use crate::component::shape::in_order;
use crate::types::{self, Wildcard};
use crate::xml::{Element, XmlError, XmlErrorKind};

/// What a deploy or a retrieve is about: types, and components of them. A `package.xml`.
///
/// Types and members are sorted, so the same manifest is always the same text.
///
/// ```
/// use salesforce_metadata::{ApiVersion, Manifest};
///
/// let manifest = Manifest::new(ApiVersion::V66)
///     .with("CustomObject", ["Account", "Invoice__c"])
///     .with_all("ApexClass")?;
/// assert!(Manifest::new(ApiVersion::V66).with_all("Report").is_err(), "reports have to be named");
/// assert_eq!(Manifest::from_file(manifest.to_file().as_bytes()).unwrap(), manifest);
/// # Ok::<(), salesforce_metadata::NoWildcard>(())
/// ```
///
/// `*` stands for components that are not part of a managed package, and of objects for custom ones only: standard
/// objects have to be named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    types: BTreeMap<String, BTreeSet<String>>,
    /// The name of a package, for packages that are developed in the org.
    pub full_name: Option<String>,
    /// The version that the files are, or shall be, in. Always set it when something is deployed.
    pub version: Option<ApiVersion>,
    /// Elements that only package developers use, as they were read.
    pub others: Vec<Element<'static>>,
}

/// A type of which `*` does not stand for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWildcard {
    of: String,
}

impl Manifest {
    /// A manifest of nothing yet.
    #[must_use]
    pub fn new(version: ApiVersion) -> Self {
        Self { version: Some(version), ..Self::default() }
    }

    /// The same with these components of a type. Names are those that a list gives, unchanged.
    #[must_use]
    pub fn with<S: Into<String>>(mut self, of: &str, members: impl IntoIterator<Item = S>) -> Self {
        for member in members {
            self.add(of, member);
        }
        self
    }

    /// The same with all components of a type.
    ///
    /// # Errors
    /// The type is documented to have no wildcard: `*` would give nothing, and say nothing.
    pub fn with_all(self, of: &str) -> Result<Self, NoWildcard> {
        match types::find(of) {
            Some(known) if known.wildcard == Wildcard::No => Err(NoWildcard { of: of.to_owned() }),
            _ => Ok(self.with(of, ["*"])),
        }
    }

    /// Adds a component of a type; false if it was there.
    pub fn add(&mut self, of: &str, member: impl Into<String>) -> bool {
        match self.types.get_mut(of) {
            Some(members) => members.insert(member.into()),
            None => self.types.entry(of.to_owned()).or_default().insert(member.into()),
        }
    }

    /// The types in it, each with its members.
    pub fn types(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.types.iter().map(|(name, members)| (&**name, members))
    }

    /// Each component in it, as its type and its name.
    pub fn components(&self) -> impl Iterator<Item = (&str, &str)> {
        self.types().flat_map(|(of, members)| members.iter().map(move |member| (of, &**member)))
    }

    /// Whether it names that component, `*` not being a name.
    #[must_use]
    pub fn contains(&self, of: &str, member: &str) -> bool {
        self.types.get(of).is_some_and(|members| members.contains(member))
    }

    /// How many components it names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.types.values().map(BTreeSet::len).sum()
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it asks for all of some type.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.components().any(|(_, member)| member == "*")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Element::parse_file`]; [`OtherElement`](XmlErrorKind::OtherElement) for what is no manifest,
    /// [`Value`](XmlErrorKind::Value) for members without a type and for a version that is none.
    pub fn from_file(file: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_file(file)?;
        if root.name() != "Package" {
            let message = format!("the file holds a `{}`, not a `Package`", root.name().escape_debug());
            return Err(XmlError::new(XmlErrorKind::OtherElement, message));
        }
        let mut manifest = Self::default();
        for child in root.elements() {
            match child.name() {
                "types" => manifest.read_type(child)?,
                "version" if manifest.version.is_some() => return Err(XmlError::duplicate("version")),
                "version" => {
                    let version = child.text().trim().parse().map_err(|error| {
                        XmlError::new(XmlErrorKind::Value, format!("the version of the manifest is none: {error}"))
                    })?;
                    manifest.version = Some(version);
                }
                "fullName" if manifest.full_name.is_some() => return Err(XmlError::duplicate("fullName")),
                "fullName" => manifest.full_name = Some(child.text().into_owned()),
                _ => manifest.others.push(child.clone().into_owned()),
            }
        }
        Ok(manifest)
    }

    fn read_type(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        let mut names = element.children("name");
        let name = names.next().map(Element::text).unwrap_or_default();
        let name = name.trim();
        if names.next().is_some() {
            return Err(XmlError::duplicate("name").inside("types"));
        }
        if name.is_empty() {
            return Err(XmlError::new(XmlErrorKind::Value, "the manifest has `types` without a name"));
        }
        let members = self.types.entry(name.to_owned()).or_default();
        members.extend(element.children("members").map(|member| member.text().trim().to_owned()));
        Ok(())
    }

    /// The text of its file.
    #[must_use]
    pub fn to_file(&self) -> String {
        self.to_element("Package").to_file()
    }

    pub(crate) fn to_element(&self, name: &'static str) -> Element<'static> {
        let types = self.types().filter(|(_, members)| !members.is_empty()).map(|(of, members)| {
            let element =
                members.iter().fold(Element::new("types"), |types, member| types.with("members", member.clone()));
            element.with("name", of.to_owned())
        });
        let nodes = self.full_name.iter().map(|full_name| Element::of_text("fullName", full_name.clone()));
        let version = self.version.iter().map(|version| Element::of_text("version", version.to_string()));
        let nodes = nodes.chain(types).chain(version).map(crate::xml::Node::Element).collect();
        Element::of_nodes(name, in_order(nodes, &self.others))
    }
}

impl fmt::Display for NoWildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`*` does not stand for all components of `{}`: list them and name them", self.of)
    }
}

impl std::error::Error for NoWildcard {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Result<Manifest, XmlErrorKind> {
        let file = format!(r#"<Package xmlns="http://soap.sforce.com/2006/04/metadata">{inner}</Package>"#);
        Manifest::from_file(file.as_bytes()).map_err(|error| error.kind())
    }

    #[test]
    fn a_type_that_is_there_twice_is_one() {
        let manifest = read("<types><name>Flow</name><members>A</members></types><types><members>B</members><members>A</members><name>Flow</name></types><version>58.0</version>").unwrap();
        assert_eq!(manifest.components().collect::<Vec<_>>(), [("Flow", "A"), ("Flow", "B")]);
        assert_eq!(manifest.version, Some(ApiVersion::new(58)));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        assert_eq!(read("<types><members>A</members></types>"), Err(XmlErrorKind::Value));
        assert_eq!(read("<version>x</version>"), Err(XmlErrorKind::Value));
        assert_eq!(read("<version>58.0</version><version>59.0</version>"), Err(XmlErrorKind::Duplicate));
        assert_eq!(read("<types><name>A</name><name>B</name></types>"), Err(XmlErrorKind::Duplicate));
    }

    #[test]
    fn its_text_is_the_same_in_whatever_order_it_was_made() {
        let one = Manifest::new(ApiVersion::V66).with("Flow", ["B", "A"]).with("ApexClass", ["C"]);
        let other = Manifest::new(ApiVersion::V66).with("ApexClass", ["C"]).with("Flow", ["A", "B"]);
        assert_eq!(one.to_file(), other.to_file());
        let at = |text: &str| one.to_file().find(text).unwrap();
        assert!(at("<members>A") < at("<name>Flow") && at("<name>Flow") < at("<version>66.0"));
    }

    #[test]
    fn what_a_package_developer_wrote_survives() {
        let manifest =
            read("<fullName>Acme</fullName><apiAccessLevel>Unrestricted</apiAccessLevel><version>58.0</version>")
                .unwrap();
        let again = Manifest::from_file(manifest.to_file().as_bytes()).unwrap();
        assert_eq!(again, manifest);
        assert_eq!(again.others.len(), 1);
    }
}
