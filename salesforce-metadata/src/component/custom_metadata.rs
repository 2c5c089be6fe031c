use super::shape::{Xml, component, leaf, xml_struct};
use crate::xml::{Element, XmlError};

component! {
    /// A record of a custom metadata type. Its full name is `Type.Record`, without `__mdt`.
    pub struct CustomMetadata {
        /// What it is for.
        description: Option<String> = "description",
        /// Its label.
        label: Option<String> = "label",
        /// Whether only its package sees it.
        protected: bool = "protected",
        /// Its fields.
        values: Vec<CustomMetadataValue> = "values",
    }
}

xml_struct! {
    /// A field of a custom metadata record.
    pub struct CustomMetadataValue {
        /// The field.
        field: String = "field",
        /// What it holds.
        value: CustomValue = "value",
    }
}

/// The value of a field, with its type: `xsi:type="xsd:string"` and the like.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CustomValue {
    /// No value.
    #[default]
    Null,
    /// A value.
    Typed {
        /// The type's name in XML Schema, such as `string`, `boolean`, `double`, `date`, `dateTime`.
        r#type: String,
        /// The value as text.
        text: String,
    },
}

impl CustomValue {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::typed("string", text)
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(flag: bool) -> Self {
        Self::typed("boolean", flag.to_string())
    }

    /// A value of a type of XML Schema, such as `double`.
    #[must_use]
    pub fn typed(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Typed { r#type: name.into(), text: text.into() }
    }
}

impl Xml for CustomValue {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        if element.is_nil() {
            return Ok(Self::Null);
        }
        let local = element.attribute("type").and_then(|name| name.rsplit(':').next()).unwrap_or("string").to_owned();
        Ok(Self::Typed { r#type: local, text: leaf(element)?.into_owned() })
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        match self {
            Self::Null => Element::new(name).with_attribute("xsi:nil", "true"),
            Self::Typed { r#type, text } => {
                Element::of_text(name, text.clone()).with_attribute("xsi:type", format!("xsd:{type}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Component;

    #[test]
    fn values_keep_their_types_and_null_stays_null() {
        let file = br#"<CustomMetadata xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema">
            <label>A</label><protected>false</protected>
            <values><field>Rate__c</field><value i:type="x:double">1.50</value></values>
            <values><field>Note__c</field><value i:nil="true"/></values></CustomMetadata>"#;
        let read = CustomMetadata::from_file(file).unwrap();
        let values: Vec<_> = read.values.iter().map(|value| value.value.clone()).collect();
        assert_eq!(values, [CustomValue::typed("double", "1.50"), CustomValue::Null]);
        let again = CustomMetadata::from_file(read.to_file().as_bytes()).unwrap();
        assert_eq!(again, read);
    }
}
