use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Result};

use super::{all_or_none, most};
use crate::Client;
use crate::call::{Reply, refusal};
use crate::component::Component;
use crate::component::shape::xml_struct;
use crate::xml::Element;

xml_struct! {
    /// What the org says of one component.
    pub(super) struct SaveResult {
        /// Whether it is new; of an upsert only.
        created: Option<bool> = "created",
        /// Why it was refused.
        errors: Vec<Element<'static>> = "errors",
        /// Its name.
        full_name: String = "fullName",
        /// Whether it went well.
        success: bool = "success",
    }
}

/// What became of one component among many.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub full_name: String,
    /// What was done, or why nothing was. Of an error that says
    /// [`outcome_unknown`](Error::outcome_unknown) nobody knows whether it was done.
    pub result: Result<Saved>,
}

/// What was done with a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// Whether it is new; known of an upsert only.
    pub created: Option<bool>,
}

/// Components that are saved; made by [`Client::create`], [`Client::update`], [`Client::upsert`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until the save is awaited"]
pub struct Save<'c> {
    client: &'c Client,
    operation: &'static str,
    components: Vec<Element<'static>>,
    all_or_none: bool,
}

/// Components that are deleted; made by [`Client::delete`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until the delete is awaited"]
pub struct Delete<'c> {
    client: &'c Client,
    of: String,
    full_names: Vec<String>,
    all_or_none: bool,
}

impl Client {
    /// Creates components, ten a call, and says of each what became of it, in the order given.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_metadata::Client) -> salesforce_metadata::Result<()> {
    /// use salesforce_metadata::component::RemoteSiteSetting;
    ///
    /// let site = RemoteSiteSetting {
    ///     full_name: Some("Acme".into()),
    ///     is_active: true,
    ///     url: "https://erp.acme.example".into(),
    ///     ..RemoteSiteSetting::default()
    /// };
    /// for outcome in client.create(&[site]).await? {
    ///     if let Err(error) = outcome.result {
    ///         println!("{}: {error}", outcome.full_name);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Calls are sent one after another. When one fails as a whole, no further one is sent: the components of the calls
    /// before keep their outcomes, and those after it are refused, not having been sent.
    ///
    /// # Errors
    /// The first call was refused as a whole, and nothing was done. [`Invalid`](ErrorKind::Invalid), and nothing was
    /// sent, for a component without a full name and for text that XML cannot hold.
    pub fn create<T: Component>(&self, components: &[T]) -> Save<'_> {
        self.create_elements(components.iter().map(T::to_element))
    }

    /// The same of any types, as trees that are called by their types. A call has components of one type only, so keep
    /// those of a type together.
    pub fn create_elements(&self, components: impl IntoIterator<Item = Element<'static>>) -> Save<'_> {
        self.save("createMetadata", components)
    }

    /// Updates components, as [`create`](Self::create) creates them. Most types are replaced by what is sent: read a
    /// component, change it, and send it whole.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn update<T: Component>(&self, components: &[T]) -> Save<'_> {
        self.update_elements(components.iter().map(T::to_element))
    }

    /// The same of any types, as trees.
    pub fn update_elements(&self, components: impl IntoIterator<Item = Element<'static>>) -> Save<'_> {
        self.save("updateMetadata", components)
    }

    /// Creates the components that are not there and updates the others.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn upsert<T: Component>(&self, components: &[T]) -> Save<'_> {
        self.upsert_elements(components.iter().map(T::to_element))
    }

    /// The same of any types, as trees.
    pub fn upsert_elements(&self, components: impl IntoIterator<Item = Element<'static>>) -> Save<'_> {
        self.save("upsertMetadata", components)
    }

    fn save(&self, operation: &'static str, components: impl IntoIterator<Item = Element<'static>>) -> Save<'_> {
        Save { client: self, operation, components: components.into_iter().collect(), all_or_none: false }
    }

    /// Deletes components of a type, ten a call, with all that is part of them. One that is not there is refused.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn delete<S: Into<String>>(&self, of: &str, full_names: impl IntoIterator<Item = S>) -> Delete<'_> {
        let full_names = full_names.into_iter().map(Into::into).collect();
        Delete { client: self, of: of.to_owned(), full_names, all_or_none: false }
    }

    /// Gives a component another name. Many types do not allow it.
    ///
    /// # Errors
    /// It was refused.
    pub async fn rename(&self, of: &str, old: &str, new: &str) -> Result<()> {
        let operation = Element::new("renameMetadata").with("type", of.to_owned());
        let operation = operation.with("oldFullName", old.to_owned()).with("newFullName", new.to_owned());
        let result: SaveResult = self.call(operation, Effect::Once).await?.result()?;
        match result.success {
            true => Ok(()),
            false => Err(refusal(&result.errors).with_call("SOAP renameMetadata")),
        }
    }
}

impl<'c> Save<'c> {
    /// Does nothing if one of them is refused. It is so for one call only, so there may be no more than that takes.
    pub fn all_or_none(self) -> Self {
        Self { all_or_none: true, ..self }
    }

    async fn run(self) -> Result<Vec<Outcome>> {
        // Doing it once more gives the same, but that what was created is not new then.
        let effect = if self.operation == "updateMetadata" { Effect::Repeatable } else { Effect::Once };
        let is_upsert = self.operation == "upsertMetadata";
        let mut calls: Vec<Part> = Vec::new();
        for component in self.components {
            let of = component.name().to_owned();
            let Some(full_name) = component.value("fullName").filter(|name| !name.is_empty()) else {
                let message = format!("nothing was sent: a `{of}` has no full name");
                return Err(Error::new(ErrorKind::Invalid, message).with_call(format!("SOAP {}", self.operation)));
            };
            let full_name = full_name.into_owned();
            let entry = component.renamed("metadata").with_attribute("xsi:type", of.clone());
            match calls.last_mut().filter(|part| part.of == of && part.full_names.len() < most(&of, is_upsert)) {
                Some(part) => {
                    part.operation.push(entry);
                    part.full_names.push(full_name);
                }
                None => calls.push(Part {
                    of,
                    operation: Element::new(self.operation).with_child(entry),
                    full_names: vec![full_name],
                }),
            }
        }
        run(self.client, calls, effect, self.all_or_none).await
    }
}

impl Delete<'_> {
    /// Does nothing if one of them is refused. It is so for one call only, so there may be no more than that takes.
    pub fn all_or_none(self) -> Self {
        Self { all_or_none: true, ..self }
    }

    async fn run(self) -> Result<Vec<Outcome>> {
        let part = |full_names: &[String]| {
            let operation = Element::new("deleteMetadata").with("type", self.of.clone());
            let operation = full_names.iter().fold(operation, |delete, name| delete.with("fullNames", name.clone()));
            Part { of: self.of.clone(), operation, full_names: full_names.to_vec() }
        };
        let calls = self.full_names.chunks(most(&self.of, false)).map(part).collect();
        // Done once more, it is refused, since it is gone.
        run(self.client, calls, Effect::Once, self.all_or_none).await
    }
}

impl<'c> IntoFuture for Save<'c> {
    type Output = Result<Vec<Outcome>>;
    type IntoFuture = BoxFuture<'c, Result<Vec<Outcome>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<'c> IntoFuture for Delete<'c> {
    type Output = Result<Vec<Outcome>>;
    type IntoFuture = BoxFuture<'c, Result<Vec<Outcome>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// One call of several.
struct Part {
    of: String,
    operation: Element<'static>,
    full_names: Vec<String>,
}

async fn run(client: &Client, calls: Vec<Part>, effect: Effect, is_all_or_none: bool) -> Result<Vec<Outcome>> {
    if is_all_or_none && calls.len() > 1 {
        let message =
            "nothing was sent: these are more components than one call takes, and all or none holds for one call";
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    // Before the first is sent all of them can be.
    for part in &calls {
        crate::call::check(&part.operation)?;
    }
    let mut outcomes = Vec::new();
    let mut failed: Option<Error> = None;
    for Part { operation, full_names, .. } in calls {
        if let Some(error) = &failed {
            outcomes
                .extend(full_names.into_iter().map(|full_name| Outcome { full_name, result: Err(not_sent(error)) }));
            continue;
        }
        let header = is_all_or_none.then(all_or_none);
        let results = match client.call_with(operation, effect, header).await {
            Ok(reply) => results(&reply, &full_names),
            Err(error) => Err(error),
        };
        match results {
            Ok(results) => outcomes.extend(results),
            Err(error) if outcomes.is_empty() && !error.outcome_unknown() => return Err(error),
            Err(error) => {
                let unsure = |full_name| Outcome { full_name, result: Err(error.clone()) };
                outcomes.extend(full_names.into_iter().map(unsure));
                failed = Some(error);
            }
        }
    }
    Ok(outcomes)
}

/// What became of each, in the order that they were sent in.
fn results(reply: &Reply, full_names: &[String]) -> Result<Vec<Outcome>> {
    let results: Vec<SaveResult> = reply.results()?;
    if results.len() != full_names.len() {
        let (asked, answered) = (full_names.len(), results.len());
        let message = format!("the org was sent {asked} components and answered for {answered}");
        return Err(reply.error(ErrorKind::OutcomeUnknown, message));
    }
    let outcome = |(result, full_name): (SaveResult, &String)| Outcome {
        full_name: if result.full_name.is_empty() { full_name.clone() } else { result.full_name },
        result: match result.success {
            true => Ok(Saved { created: result.created }),
            false => Err(refusal(&result.errors)),
        },
    };
    Ok(results.into_iter().zip(full_names).map(outcome).collect())
}

fn not_sent(error: &Error) -> Error {
    let kind = if error.outcome_unknown() { ErrorKind::Busy } else { error.kind() };
    Error::new(kind, "it was not sent, since the call before it failed").with_source(error.clone())
}
