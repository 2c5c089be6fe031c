//! How a struct and an element become each other: values, fields, and the macro that has a struct's table of both.

use std::borrow::Cow;

use crate::xml::{Element, Node, XmlError, XmlErrorKind};

/// A value that stands in one element.
pub(crate) trait Xml: Sized {
    fn read(element: Element<'_>) -> Result<Self, XmlError>;
    fn write(&self, name: &'static str) -> Element<'static>;
}

/// A field: as many elements of a name as its type allows.
pub(crate) trait Field: Sized {
    /// Whether null is a value of it; otherwise an element that is null is kept as it is.
    const TAKES_NIL: bool = false;
    /// What was seen of it so far.
    type Seen: Default;
    fn see(seen: &mut Self::Seen, element: Element<'_>) -> Result<(), XmlError>;
    fn done(seen: Self::Seen) -> Self;
    fn put(&self, name: &'static str, nodes: &mut Vec<Node<'static>>);
}

/// One that is always there; missing, it is empty or false.
impl<T: Xml + Default> Field for T {
    const TAKES_NIL: bool = true;
    type Seen = Option<T>;

    fn see(seen: &mut Option<T>, element: Element<'_>) -> Result<(), XmlError> {
        match element.is_nil() && seen.is_none() {
            true => *seen = Some(T::default()),
            false => <Option<T> as Field>::see(seen, element)?,
        }
        Ok(())
    }

    fn done(seen: Option<T>) -> Self {
        seen.unwrap_or_default()
    }

    fn put(&self, name: &'static str, nodes: &mut Vec<Node<'static>>) {
        nodes.push(Node::Element(self.write(name)));
    }
}

impl<T: Xml> Field for Option<T> {
    type Seen = Self;

    fn see(seen: &mut Self, element: Element<'_>) -> Result<(), XmlError> {
        if seen.is_some() {
            return Err(XmlError::duplicate(element.name()));
        }
        *seen = Some(T::read(element)?);
        Ok(())
    }

    fn done(seen: Self) -> Self {
        seen
    }

    fn put(&self, name: &'static str, nodes: &mut Vec<Node<'static>>) {
        nodes.extend(self.iter().map(|value| Node::Element(value.write(name))));
    }
}

impl<T: Xml> Field for Vec<T> {
    type Seen = Self;

    fn see(seen: &mut Self, element: Element<'_>) -> Result<(), XmlError> {
        seen.push(T::read(element)?);
        Ok(())
    }

    fn done(seen: Self) -> Self {
        seen
    }

    fn put(&self, name: &'static str, nodes: &mut Vec<Node<'static>>) {
        nodes.extend(self.iter().map(|value| Node::Element(value.write(name))));
    }
}

impl Xml for String {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        leaf(element).map(Cow::into_owned)
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        Element::of_text(name, self.clone())
    }
}

impl Xml for bool {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        match leaf(element)?.trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(value(other, "neither true nor false")),
        }
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        Element::of_text(name, if *self { "true" } else { "false" })
    }
}

impl Xml for i32 {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        let text = leaf(element)?;
        text.trim().parse().map_err(|_| value(&text, "no whole number"))
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        Element::of_text(name, self.to_string())
    }
}

pub(crate) fn value(text: &str, what: &str) -> XmlError {
    let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    XmlError::new(XmlErrorKind::Value, format!("`{shown}` is {what}"))
}

/// The text of an element that has no children.
pub(crate) fn leaf(element: Element<'_>) -> Result<Cow<'_, str>, XmlError> {
    if let Some(child) = element.elements().next() {
        let message = format!("`{}` holds the element `{}` where a text was expected", element.name(), child.name());
        return Err(XmlError::new(XmlErrorKind::Value, message));
    }
    Ok(element.into_text())
}

/// The elements in one that holds nothing else.
pub(crate) fn elements(element: Element<'_>) -> impl Iterator<Item = Result<Element<'_>, XmlError>> {
    element.into_nodes().into_iter().filter_map(|node| match node {
        Node::Element(child) => Some(Ok(child)),
        Node::Text(text) if !text.trim().is_empty() => Some(Err(value(&text, "a text where elements were expected"))),
        Node::Text(_) | Node::Comment(_) => None,
    })
}

/// In the order of files: by name, and the name of the component first, where the SOAP API wants it.
pub(crate) fn in_order(mut nodes: Vec<Node<'static>>, others: &[Element<'static>]) -> Vec<Node<'static>> {
    nodes.extend(others.iter().cloned().map(Node::Element));
    nodes.sort_by(|a, b| key(a).cmp(&key(b)));
    nodes
}

fn key<'n>(node: &'n Node<'_>) -> (bool, &'n str) {
    let name = node.as_element().map_or("", Element::name);
    (name != "fullName", name)
}

/// A struct whose fields are elements.
macro_rules! xml_struct {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty = $xml:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $vis struct $name {
            $($(#[$doc])* $vis $field: $type,)*
            /// Elements that have no field here, as they were read.
            $vis others: Vec<$crate::xml::Element<'static>>,
        }

        impl $crate::component::shape::Xml for $name {
            fn read(element: $crate::xml::Element<'_>) -> Result<Self, $crate::xml::XmlError> {
                use $crate::component::shape::{Field, elements};
                $(let mut $field = <$type as Field>::Seen::default();)*
                let mut others = Vec::new();
                for child in elements(element) {
                    let child = child.map_err(|error| error.inside(stringify!($name)))?;
                    match child.name() {
                        $($xml if <$type as Field>::TAKES_NIL || !child.is_nil() => <$type as Field>::see(&mut $field, child)
                            .map_err(|error| error.inside($xml).inside(stringify!($name)))?,)*
                        _ => others.push(child.into_owned()),
                    }
                }
                Ok(Self { $($field: <$type as Field>::done($field),)* others })
            }

            fn write(&self, name: &'static str) -> $crate::xml::Element<'static> {
                let mut nodes = Vec::new();
                $($crate::component::shape::Field::put(&self.$field, $xml, &mut nodes);)*
                $crate::xml::Element::of_nodes(name, $crate::component::shape::in_order(nodes, &self.others))
            }
        }
    };
}

/// A struct that is a component: it has a full name, and its name is its type's.
macro_rules! component {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($fields:tt)* }
    ) => {
        $crate::component::shape::xml_struct! {
            $(#[$meta])*
            pub struct $name {
                /// Its name in the org. A file does not hold it, unless it is that of an object's child.
                full_name: Option<String> = "fullName",
                $($fields)*
            }
        }

        impl $crate::component::Component for $name {
            const TYPE: &'static str = stringify!($name);

            fn full_name(&self) -> Option<&str> {
                self.full_name.as_deref()
            }

            fn from_element(element: $crate::xml::Element<'_>) -> Result<Self, $crate::xml::XmlError> {
                $crate::component::shape::Xml::read(element)
            }

            fn to_element(&self) -> $crate::xml::Element<'static> {
                $crate::component::shape::Xml::write(self, Self::TYPE)
            }
        }
    };
}

pub(crate) use {component, xml_struct};

#[cfg(test)]
mod tests {
    use crate::component::{Component, PermissionSet};
    use crate::xml::{Element, XmlErrorKind};

    fn read(inner: &str) -> Result<PermissionSet, XmlErrorKind> {
        let file = format!(r#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">{inner}</PermissionSet>"#);
        PermissionSet::from_file(file.as_bytes()).map_err(|error| error.kind())
    }

    #[test]
    fn what_stands_there_twice_is_refused_and_not_the_last_taken() {
        assert_eq!(read("<label>a</label><label>b</label>"), Err(XmlErrorKind::Duplicate));
        assert_eq!(
            read("<userPermissions><enabled>true</enabled><enabled>false</enabled></userPermissions>"),
            Err(XmlErrorKind::Duplicate)
        );
    }

    #[test]
    fn a_list_of_one_is_a_list_and_nil_is_nothing() {
        let set = read(r#"<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions><license xsi:nil="true"/>"#).unwrap();
        assert_eq!((set.user_permissions.len(), set.license), (1, None));
        assert!(set.others[0].is_nil(), "and is not lost");
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        for bad in [
            "<hasActivationRequired>maybe</hasActivationRequired>",
            "<label><b/></label>",
            "text",
            "<userPermissions>x</userPermissions>",
        ] {
            assert_eq!(read(bad), Err(XmlErrorKind::Value), "{bad}");
        }
        assert_eq!(
            PermissionSet::from_file(br#"<Profile xmlns="http://soap.sforce.com/2006/04/metadata"/>"#)
                .unwrap_err()
                .kind(),
            XmlErrorKind::OtherElement
        );
    }

    #[test]
    fn what_is_not_known_survives_in_its_place() {
        let set = read("<zNew><deep>1</deep></zNew><label>a</label><aNew/><aNew/>").unwrap();
        assert_eq!(set.others.len(), 3);
        let element = Element::parse_file(set.to_file().as_bytes()).unwrap().into_owned();
        let names: Vec<_> = element.elements().map(Element::name).collect();
        assert_eq!(names, ["aNew", "aNew", "label", "zNew"]);
        assert_eq!(read("<fullName>x</fullName>").unwrap().to_element().elements().next().unwrap().name(), "fullName");
    }
}
