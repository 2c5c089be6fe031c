//! Records of one object: an operation a file.

use std::fmt;
use std::marker::PhantomData;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ObjectName, Record, SObject};

use crate::Client;

mod blob;
mod changes;
mod create;
mod delete;
mod describe;
mod find;
mod get;
mod get_if;
mod key;
mod related;
mod update;
mod upsert;

pub(crate) use create::{answered, created, request as create_request};
pub(crate) use delete::request as delete_request;
pub(crate) use get::request as get_request;
pub(crate) use key::{Key, belongs};
pub(crate) use update::request as update_request;
pub(crate) use upsert::{is_firm, request as upsert_request};

pub use changes::{DeleteLogPurged, Deleted, DeletedRecord, Updated};
pub use create::{Create, Created};
pub use delete::Delete;
pub use find::Find;
pub use get::Get;
pub use get_if::{Fetched, GetIf};
pub use related::Related;
pub use update::Update;
pub use upsert::{Upsert, Upserted};

/// The records of one object; made by [`Client::sobject`] and [`Client::sobject_named`]. Holds no connection of its own
/// and sends nothing when it is made.
pub struct SObjectHandle<'c, T> {
    pub(crate) client: &'c Client,
    pub(crate) object: &'c str,
    /// The fields to ask for; all that the user may see when there are none.
    pub(crate) fields: &'c [&'c str],
    row: PhantomData<fn() -> T>,
}

impl Client {
    /// The records of `T`'s object, as `T`.
    #[must_use]
    pub fn sobject<T: SObject>(&self) -> SObjectHandle<'_, T> {
        SObjectHandle { client: self, object: T::NAME, fields: T::fields(), row: PhantomData }
    }

    /// The records of an object whose name is known only at run time. A name that cannot be one is refused when a call
    /// is made, and nothing is sent.
    #[must_use]
    pub fn sobject_named<'c>(&'c self, object: &'c str) -> SObjectHandle<'c, Record> {
        SObjectHandle { client: self, object, fields: &[], row: PhantomData }
    }
}

impl<T> SObjectHandle<'_, T> {
    /// The object's name.
    #[must_use]
    pub fn object(&self) -> &str {
        self.object
    }
}

impl<T> Clone for SObjectHandle<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SObjectHandle<'_, T> {}

impl<T> fmt::Debug for SObjectHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SObjectHandle").field("object", &self.object).finish_non_exhaustive()
    }
}

/// The name as a segment of a path: what could lead elsewhere is refused.
pub(crate) fn object_name(object: &str) -> Result<ObjectName> {
    object.parse().map_err(|invalid| Error::new(ErrorKind::Invalid, format!("nothing was sent: {invalid}")))
}

/// Refuses items of a `SELECT` list that only a query can ask for: child rows and `TYPEOF`.
pub(crate) fn fields_only(fields: &[&str]) -> Result<()> {
    if let Some(item) = fields.iter().find(|field| field.contains('(') || field.contains(' ')) {
        let message = format!(
            "nothing was sent: a read by id can ask for fields only, and the row has `{item}`; read it by \
             `client.select::<Row>().filter(field(\"Id\").eq(id))`"
        );
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(())
}
