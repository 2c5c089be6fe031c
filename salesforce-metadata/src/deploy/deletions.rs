//! No component is deleted that nobody has seen on a list.

use std::fmt;

use salesforce_http::{Error, ErrorKind, Result};

use crate::Manifest;
use crate::archive::{Archive, ArchiveError, Cap, DESTRUCTIVE};
use crate::xml::XmlError;

/// A deploy was to delete other components than were confirmed; nothing was sent.
#[derive(Clone, Debug)]
pub struct UnconfirmedDeletions {
    deletions: Manifest,
}

impl UnconfirmedDeletions {
    /// What an error says of them, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// All that the deploy would delete. Show it, and confirm it.
    #[must_use]
    pub fn deletions(&self) -> &Manifest {
        &self.deletions
    }
}

impl fmt::Display for UnconfirmedDeletions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut components = self.deletions.components();
        let first = components.next().map(|(of, member)| format!("{of} {member}")).unwrap_or_default();
        let more = components.count();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        match first.is_empty() {
            true => f.write_str("deletions were confirmed, and the deploy has none"),
            false => write!(f, "the deploy deletes other components than were confirmed: {first}{more}"),
        }
    }
}

impl std::error::Error for UnconfirmedDeletions {}

impl Archive {
    /// All components that the files delete when they are deployed.
    ///
    /// # Errors
    /// A destructive manifest cannot be read.
    pub fn deletions(&self) -> Result<Manifest, XmlError> {
        let mut deletions = Manifest::default();
        let files = self.files().filter(|(path, _)| DESTRUCTIVE.contains(&path.file_name()));
        for (_, content) in files {
            for (of, member) in Manifest::from_file(content)?.components() {
                deletions.add(of, member);
            }
        }
        Ok(deletions)
    }
}

/// Looks at what the zip deletes before it is sent.
pub(super) fn check(zip: &[u8], confirmed: Option<&Manifest>) -> Result<()> {
    let invalid = |error: ArchiveError| {
        let message = format!("nothing was sent: {error}");
        Error::new(ErrorKind::Invalid, message).with_source(error)
    };
    let destructive = Archive::from_zip_where(zip, Cap::default(), |path| DESTRUCTIVE.contains(&path.file_name()));
    let deletions = destructive.map_err(invalid)?.deletions().map_err(|error| {
        let message = format!("nothing was sent: a destructive manifest cannot be read: {error}");
        Error::new(ErrorKind::Invalid, message).with_source(error)
    })?;
    let none = Manifest::default();
    match deletions.components().eq(confirmed.unwrap_or(&none).components()) {
        true => Ok(()),
        false => {
            let unconfirmed = UnconfirmedDeletions { deletions };
            Err(Error::new(ErrorKind::Invalid, format!("nothing was sent: {unconfirmed}")).with_source(unconfirmed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiVersion;

    fn deletion(member: &str) -> Manifest {
        Manifest::default().with("ApexClass", [member])
    }

    fn zip(folder: &str) -> Vec<u8> {
        let mut archive = Archive::of(&Manifest::new(ApiVersion::V66)).unwrap();
        archive.add(&format!("{folder}destructiveChangesPost.xml"), deletion("Old").to_file()).unwrap();
        archive.to_zip().unwrap()
    }

    #[test]
    fn b11_05_a_deletion_that_nobody_confirmed_is_not_sent() {
        for folder in ["", "pkg/"] {
            let error = check(&zip(folder), None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(UnconfirmedDeletions::of(&error).unwrap().deletions().contains("ApexClass", "Old"), "{folder}");
            assert!(check(&zip(folder), Some(&deletion("Other"))).is_err());
            assert!(check(&zip(folder), Some(&deletion("Old"))).is_ok());
        }
    }

    #[test]
    fn b11_05_a_confirmation_of_more_than_is_deleted_is_for_another_deploy() {
        let none = Archive::of(&Manifest::new(ApiVersion::V66)).unwrap().to_zip().unwrap();
        assert!(check(&none, None).is_ok());
        assert!(check(&none, Some(&deletion("Old"))).is_err());
        assert!(check(&zip(""), Some(&deletion("Old").with("Flow", ["A"]))).is_err());
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_sent() {
        assert!(check(b"no zip", None).unwrap_err().to_string().starts_with("nothing was sent"));
        let mut archive = Archive::new();
        archive.add("destructiveChanges.xml", "<html>").unwrap();
        assert!(check(&archive.to_zip().unwrap(), None).is_err());
    }

    #[test]
    fn an_archive_takes_no_deletion_without_a_name() {
        let mut archive = Archive::new();
        assert!(archive.delete_after(&deletion("*")).is_err());
        archive.delete_after(&deletion("Old")).unwrap();
        assert_eq!(archive.deletions().unwrap().components().collect::<Vec<_>>(), [("ApexClass", "Old")]);
    }
}
