use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use salesforce_types::{FieldName, RecordId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::{Delete, SObjectHandle, Update};
use crate::write::Write;
use crate::{Client, Page};

/// How many relationships a path may have: five to parents, and one to children.
const LONGEST: usize = 6;

impl<'c, T> SObjectHandle<'c, T> {
    /// What a record is related to, by the names of the relationships: `Owner`, `Account.Owner`, `Contacts`.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, Record, RecordId};
    ///
    /// # async fn run(client: Client, id: RecordId) -> salesforce_rest::Result<()> {
    /// let owner: Record = client.sobject_named("Contact").related(id, "Account.Owner").get().await?;
    /// let contacts = client.sobject_named("Account").related(id, "Contacts").children::<Record>().await?;
    /// # Ok(()) }
    /// ```
    pub fn related(&self, id: RecordId, path: &str) -> Related<'c> {
        Related { client: self.client, place: place(self.object, id, path), fields: &[] }
    }
}

/// What a record is related to; made by [`SObjectHandle::related`]. A path of more than five parents, or that is none,
/// is refused when a call is made.
#[derive(Debug)]
#[must_use = "nothing is sent until something is asked for"]
pub struct Related<'c> {
    client: &'c Client,
    place: Result<String>,
    fields: &'c [&'c str],
}

impl<'c> Related<'c> {
    /// Asks for these fields only.
    pub fn fields(mut self, fields: &'c [&'c str]) -> Self {
        self.fields = fields;
        self
    }

    /// The parent at the end of the path.
    ///
    /// # Errors
    ///
    /// `NotFound` when a lookup on the way is empty, and when the record is not there: the org does not tell which.
    pub async fn get<P: DeserializeOwned>(self) -> Result<P> {
        self.client.send(self.request()?).await?.json()
    }

    /// The first page of the children at the end of the path; none is an empty page.
    /// [`Client::resume`](crate::Client::resume) with its cursor gives the others.
    ///
    /// # Errors
    ///
    /// `NotFound` when the record or the relationship is not there.
    pub async fn children<C: DeserializeOwned>(self) -> Result<Page<C>> {
        self.client.send(self.request()?).await?.json()
    }

    /// Sets fields of the parent at the end of the path.
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::update`].
    pub fn update<R: Serialize + ?Sized>(self, row: &R) -> Update<'c> {
        let request = self.place.map(|place| Request::patch(place).with_effect(Effect::Repeatable).json(row));
        Update { write: Write::new(self.client, request) }
    }

    /// Moves the parent at the end of the path to the recycle bin.
    ///
    /// Is sent once: when it is done, the path may lead to another record, or to none.
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::delete`]; `OutcomeUnknown` when the answer was lost.
    pub fn delete(self) -> Delete<'c> {
        let request = self.place.map(|place| Request::delete(place).with_effect(Effect::Once));
        Delete { write: Write::new(self.client, request) }
    }

    fn request(&self) -> Result<Request> {
        let request = Request::get(self.place.clone()?);
        Ok(match self.fields {
            [] => request,
            fields => request.query("fields", &fields.join(",")),
        })
    }
}

fn place(object: &str, id: RecordId, path: &str) -> Result<String> {
    let mut place = Key::Id(id).path(object)?;
    let invalid = |why: String| Error::new(ErrorKind::Invalid, format!("nothing was sent: {why}"));
    let names: Vec<&str> = path.split('.').collect();
    if names.len() > LONGEST {
        return Err(invalid(format!("a path has {LONGEST} relationships at most, and this one has {}", names.len())));
    }
    for name in names {
        let name: FieldName = name.parse().map_err(|error| invalid(format!("{error}")))?;
        place.push('/');
        place.push_str(name.as_str());
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_a_segment() {
        let place = |path| place("Contact", "003Dn00000srto9IAA".parse().unwrap(), path);
        assert_eq!(place("Account.Owner").unwrap(), "sobjects/Contact/003Dn00000srto9IAA/Account/Owner");
        for bad in ["", "Account.", "../x", "Account/Owner", "a.b.c.d.e.f.g"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
