use salesforce_http::{Effect, ErrorKind, Result};

use super::most;
use crate::Client;
use crate::component::Component;
use crate::xml::{Element, Node};

impl Client {
    /// Reads components, ten a call: for each name the component, in the order of the names; `None` where there is none
    /// of that name.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_metadata::Client) -> salesforce_metadata::Result<()> {
    /// use salesforce_metadata::component::PermissionSet;
    ///
    /// let sets = client.read::<PermissionSet>(&["Acme_Connector", "Nope"]).await?;
    /// assert!(sets[1].is_none());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A call failed, or a component cannot be read.
    pub async fn read<T: Component>(&self, full_names: &[impl AsRef<str>]) -> Result<Vec<Option<T>>> {
        let mut components = Vec::with_capacity(full_names.len());
        for element in self.read_named(T::TYPE, full_names).await? {
            let component = element
                .map(T::from_element)
                .transpose()
                .map_err(|error| salesforce_http::Error::from(error).with_call("SOAP readMetadata"))?;
            components.push(component);
        }
        Ok(components)
    }

    /// The same of any type, as trees.
    ///
    /// # Errors
    /// A call failed.
    pub async fn read_named(&self, of: &str, full_names: &[impl AsRef<str>]) -> Result<Vec<Option<Element<'static>>>> {
        let mut components = Vec::with_capacity(full_names.len());
        for names in full_names.chunks(most(of, false)) {
            let operation = Element::new("readMetadata").with("type", of.to_owned());
            let operation = names.iter().fold(operation, |read, name| read.with("fullNames", name.as_ref().to_owned()));
            let reply = self.call(operation, Effect::None).await?;
            let result = reply.element()?.into_child("result");
            let records: Vec<_> = result
                .map_or_else(Vec::new, Element::into_nodes)
                .into_iter()
                .filter_map(Node::into_element)
                .filter(|element| element.name() == "records")
                .map(|record| present(record, of))
                .collect();
            if records.len() != names.len() {
                let message =
                    format!("the org was asked for {} components and answered for {}", names.len(), records.len());
                return Err(reply.error(ErrorKind::Decode, message));
            }
            components.extend(records);
        }
        Ok(components)
    }
}

/// A component that is there, called by its type. One that is not is nil, or has not even a name.
fn present(record: Element<'_>, of: &str) -> Option<Element<'static>> {
    if record.is_nil() || record.elements().next().is_none() {
        return None;
    }
    // The root of settings tells which they are, and so does the type of an entry.
    let name = record.attribute("type").and_then(|name| name.rsplit(':').next()).unwrap_or(of).to_owned();
    let nodes = record.into_owned().into_nodes();
    Some(Element::of_nodes(name, nodes))
}
