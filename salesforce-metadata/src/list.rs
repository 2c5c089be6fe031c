use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::{StreamExt, stream};
use salesforce_http::{Effect, Error, Result};
use salesforce_types::{ErrorCode, IdText, RecordId, Timestamp};

use crate::Client;
use crate::answer::words;
use crate::component::shape::xml_struct;
use crate::xml::Element;

/// The most queries of one call.
const MOST: usize = 3;

xml_struct! {
    /// What an org says of a component besides what is in it.
    pub struct FileProperties {
        /// Who made it.
        created_by_id: Option<IdText> = "createdById",
        /// The name of who made it.
        created_by_name: Option<String> = "createdByName",
        /// When it was made; 1970 for a standard object.
        created_date: Option<Timestamp> = "createdDate",
        /// Its file, such as `objects/Invoice__c.object`.
        file_name: String = "fileName",
        /// Its name. Send it back as it is: characters in it may be encoded.
        full_name: String = "fullName",
        /// Its id; see [`record_id`](Self::record_id).
        id: Option<IdText> = "id",
        /// Who changed it last.
        last_modified_by_id: Option<IdText> = "lastModifiedById",
        /// The name of who changed it last.
        last_modified_by_name: Option<String> = "lastModifiedByName",
        /// When it was changed last; 1970 for a standard object. Folders and settings do not tell.
        last_modified_date: Option<Timestamp> = "lastModifiedDate",
        /// Whether it is part of a package, and may be changed.
        manageable_state: Option<ManageableState> = "manageableState",
        /// The namespace of the package that it is part of.
        namespace_prefix: Option<String> = "namespacePrefix",
        /// Its type.
        r#type: String = "type",
    }
}

words! {
    /// What a component has to do with packages.
    #[allow(non_camel_case_types, reason = "the words of the org")]
    pub enum ManageableState {
        /// With none.
        unmanaged,
        /// It came with a managed package.
        installed,
        /// It came with a package, and may be changed.
        installedEditable,
        /// The package that it came with no longer has it.
        deprecated,
        /// The same, and it may be changed.
        deprecatedEditable,
        /// It is in a released package of this org.
        released,
        /// It is in a beta package of this org.
        beta,
        /// It was deleted from a package of this org.
        deleted,
    }
}

impl FileProperties {
    /// Its id, if it has one: many have an empty one, or zeros.
    #[must_use]
    pub fn record_id(&self) -> Option<RecordId> {
        let id = self.id.as_ref().and_then(IdText::id)?;
        (id.as_15() != "000000000000000").then_some(id)
    }

    /// Whether it came with a managed package, and is not the org's own.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        use ManageableState as M;
        let state = self.manageable_state.as_ref();
        state.is_some_and(|state| {
            matches!(state, M::installed | M::installedEditable | M::deprecated | M::deprecatedEditable)
        })
    }
}

/// What to list: a type, or what is of a type in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListQuery {
    of: String,
    folder: Option<String>,
}

impl ListQuery {
    /// All components of a type. Of reports, dashboards, documents and email templates a folder has to be named; their
    /// folders are listed as a type, see [`folder_type`](crate::types::folder_type).
    #[must_use]
    pub fn of(name: impl Into<String>) -> Self {
        Self { of: name.into(), folder: None }
    }

    /// The components of a type that are in a folder.
    #[must_use]
    pub fn in_folder(name: impl Into<String>, folder: impl Into<String>) -> Self {
        Self { of: name.into(), folder: Some(folder.into()) }
    }

    /// The type.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.of
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    fn element(&self) -> Element<'static> {
        let folder = self.folder.iter().map(|folder| Element::of_text("folder", folder.clone()));
        let queries = folder.fold(Element::new("queries"), Element::with_child);
        queries.with("type", self.of.clone())
    }
}

/// What a [`List`] found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The components, in the order of the queries.
    pub components: Vec<FileProperties>,
    /// The queries that the org refused, each with the reason: a type that it does not have.
    pub refused: Vec<(ListQuery, Error)>,
}

/// A list of components; made by [`Client::list`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until the list is awaited"]
pub struct List<'c> {
    client: &'c Client,
    queries: Vec<ListQuery>,
    at_once: usize,
}

impl Client {
    /// Lists components, three queries a call, four calls at once.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_metadata::Client) -> salesforce_metadata::Result<()> {
    /// use salesforce_metadata::ListQuery;
    ///
    /// let queries = [ListQuery::of("CustomObject"), ListQuery::in_folder("Report", "Sales_Reports")];
    /// let listing = client.list(queries).await?;
    /// for component in &listing.components {
    ///     println!("{} {}", component.r#type, component.full_name);
    /// }
    /// for (query, error) in &listing.refused {
    ///     println!("{} is not listed: {error}", query.type_name());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// One type that the org does not have fails its whole call; the others of that call are asked for again one by
    /// one, so it costs them nothing. `StandardValueSet` and `BotVersion` always list as empty.
    ///
    /// # Errors
    /// Any call failed for another reason than a refused type.
    pub fn list(&self, queries: impl IntoIterator<Item = ListQuery>) -> List<'_> {
        List { client: self, queries: queries.into_iter().collect(), at_once: 4 }
    }
}

impl List<'_> {
    /// How many calls are under way at once; 4 unless said.
    pub fn at_once(self, calls: usize) -> Self {
        Self { at_once: calls.max(1), ..self }
    }

    async fn run(self) -> Result<Listing> {
        let calls: Vec<Vec<ListQuery>> = self.queries.chunks(MOST).map(<[_]>::to_vec).collect();
        let mut answers =
            stream::iter(calls.into_iter().map(|queries| few(self.client, queries))).buffered(self.at_once);
        let mut listing = Listing::default();
        while let Some(answer) = answers.next().await {
            let answer = answer?;
            listing.components.extend(answer.components);
            listing.refused.extend(answer.refused);
        }
        Ok(listing)
    }
}

impl<'c> IntoFuture for List<'c> {
    type Output = Result<Listing>;
    type IntoFuture = BoxFuture<'c, Result<Listing>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The queries of one call, and one by one when the org refuses them together.
async fn few(client: &Client, queries: Vec<ListQuery>) -> Result<Listing> {
    let mut listing = Listing::default();
    if queries.len() > 1 {
        match one_call(client, &queries).await {
            // Of a row without a type only a query of its own tells which it is.
            Ok(components) if components.iter().all(|row| !row.r#type.is_empty()) => {
                return Ok(Listing { components, ..listing });
            }
            Err(error) if !is_about_a_type(&error) => return Err(error),
            _ => {}
        }
    }
    for query in queries {
        match one_call(client, std::slice::from_ref(&query)).await {
            Ok(components) => listing.components.extend(components),
            Err(error) if is_about_a_type(&error) => listing.refused.push((query, error)),
            Err(error) => return Err(error),
        }
    }
    Ok(listing)
}

/// Whether the org refuses what is asked for, and not that it is asked. For some types it only says that something went
/// wrong.
fn is_about_a_type(error: &Error) -> bool {
    let codes = [ErrorCode::InvalidType, ErrorCode::InvalidCrossReferenceKey, ErrorCode::UnknownException];
    error.api_errors().first().is_some_and(|first| codes.contains(&first.code))
}

async fn one_call(client: &Client, queries: &[ListQuery]) -> Result<Vec<FileProperties>> {
    let operation = queries.iter().fold(Element::new("listMetadata"), |list, query| list.with_child(query.element()));
    let operation = operation.with("asOfVersion", client.api_version().to_string());
    let mut rows: Vec<FileProperties> = client.call(operation, Effect::None).await?.results()?;
    if let [query] = queries {
        // Some rows have no type; with one query it is known.
        rows.iter_mut().filter(|row| row.r#type.is_empty()).for_each(|row| row.r#type.clone_from(&query.of));
    }
    Ok(rows)
}
