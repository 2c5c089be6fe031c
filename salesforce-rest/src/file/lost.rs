use std::error::Error;
use std::fmt;

use salesforce_soql::Soql;

use crate::Unknown;

/// An upload of which nobody knows whether the org did it: all of it was sent, and the answer was lost. The source of an
/// error of the kind `OutcomeUnknown`.
///
/// ```no_run
/// use std::error::Error as _;
/// use salesforce_rest::{Client, FileSource, LostUpload, NewFile, Record};
///
/// # async fn run(client: Client, plan: NewFile, source: FileSource) -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(error) = client.upload(plan, source).await {
///     let lost = error.source().and_then(|source| source.downcast_ref::<LostUpload>());
///     match lost.and_then(LostUpload::query) {
///         Some(query) => println!("found: {:?}", client.query::<Record>(query).all().await?),
///         None => return Err(error.into()),
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct LostUpload(Box<Unknown>);

impl LostUpload {
    pub(super) fn new(unknown: Unknown) -> Self {
        Self(Box::new(unknown))
    }

    /// The fields and values that tell the file from others: the MD5 of a ContentVersion and the length of others, the
    /// name, and where it belongs.
    #[must_use]
    pub fn unknown(&self) -> &Unknown {
        &self.0
    }

    /// A query for the record. One that was made after the upload began means that it was done; an org may show it some
    /// time later, as long as it still runs the call.
    #[must_use]
    pub fn query(&self) -> Option<Soql> {
        self.0.query()
    }
}

impl fmt::Display for LostUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all of the file was sent; look for a ")?;
        f.write_str(self.0.object().unwrap_or("record"))?;
        for (n, (field, _)) in self.0.keys().enumerate() {
            write!(f, "{} {field}", if n == 0 { " with the same" } else { "," })?;
        }
        Ok(())
    }
}

impl Error for LostUpload {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.error().source()
    }
}
