use salesforce_http::{Effect, Result};

use crate::Client;
use crate::component::shape::xml_struct;
use crate::xml::{Element, NAMESPACE};

xml_struct! {
    /// Which types an org has.
    pub struct Describe {
        /// The types. What is not here cannot be listed or retrieved.
        types: Vec<DescribedType> = "metadataObjects",
        /// The namespace of the org's own package; empty or missing where it has none.
        organization_namespace: Option<String> = "organizationNamespace",
        /// Whether a deploy may keep what went well when something failed; not so in production.
        partial_save_allowed: bool = "partialSaveAllowed",
        /// Whether deploys run tests; so in production.
        test_required: bool = "testRequired",
    }
}

xml_struct! {
    /// A type that an org has.
    pub struct DescribedType {
        /// Its name.
        name: String = "xmlName",
        /// Types that are part of its files.
        children: Vec<String> = "childXmlNames",
        /// The folder of its files.
        directory: String = "directoryName",
        /// Whether its components are in folders, which a list has to name.
        in_folder: bool = "inFolder",
        /// Whether each of its files has a `-meta.xml` beside it.
        has_meta_file: bool = "metaFile",
        /// How its files end.
        suffix: Option<String> = "suffix",
    }
}

xml_struct! {
    /// What can be done with a type by its calls, and what it has.
    pub struct ValueType {
        /// Whether components can be created.
        creatable: bool = "apiCreatable",
        /// Whether components can be deleted.
        deletable: bool = "apiDeletable",
        /// Whether components can be read.
        readable: bool = "apiReadable",
        /// Whether components can be updated.
        updatable: bool = "apiUpdatable",
        /// The field that names the parent.
        parent_field: Option<ValueTypeField> = "parentField",
        /// Its fields.
        fields: Vec<ValueTypeField> = "valueTypeFields",
    }
}

xml_struct! {
    /// A field of a type.
    pub struct ValueTypeField {
        /// Its fields, if it is a structure.
        fields: Vec<ValueTypeField> = "fields",
        /// What it may point to.
        foreign_key_domains: Vec<String> = "foreignKeyDomain",
        /// Whether it is the name of another component.
        is_foreign_key: bool = "isForeignKey",
        /// Whether it is the name of the component itself.
        is_name_field: bool = "isNameField",
        /// How often it stands there at least.
        min_occurs: Option<i32> = "minOccurs",
        /// Its name.
        name: String = "name",
        /// Its type.
        soap_type: String = "soapType",
        /// Whether it must have a value.
        value_required: bool = "valueRequired",
    }
}

impl Describe {
    /// The type of that name, if the org has it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&DescribedType> {
        self.types.iter().find(|described| described.name == name)
    }
}

impl Client {
    /// Which types the org has: those of its edition and its licences, as this user sees them.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_metadata::Client) -> salesforce_metadata::Result<()> {
    /// for described in client.describe().await?.types {
    ///     println!("{} in {}", described.name, described.directory);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Denied`](salesforce_http::ErrorKind::Denied) for a user without Modify Metadata Through Metadata API
    /// Functions.
    pub async fn describe(&self) -> Result<Describe> {
        let operation = Element::new("describeMetadata").with("asOfVersion", self.api_version().to_string());
        self.call(operation, Effect::None).await?.result()
    }

    /// What a type has, and whether it can be created, read, updated and deleted by calls.
    ///
    /// # Errors
    /// As [`describe`](Self::describe), and when there is no such type.
    pub async fn describe_value_type(&self, of: &str) -> Result<ValueType> {
        let operation = Element::new("describeValueType").with("type", format!("{{{NAMESPACE}}}{of}"));
        self.call(operation, Effect::None).await?.result()
    }
}
