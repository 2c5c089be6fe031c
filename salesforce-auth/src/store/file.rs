use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};

use super::lock_file::{LockFile, private};
use super::{Revision, StoreLock, TokenStore};
use crate::grant::Grant;

/// A grant is small; a file that is not is none.
const MOST: u64 = 256 * 1024;

/// Keeps a grant in a file that only its owner can read, shared by all processes that are given its path.
///
/// It is written beside and renamed, so that a crash leaves the old or the new one whole. A file beside it, of the
/// same name with `.lock` at its end, holds the lock; it stays, and is empty.
///
/// On Windows the file has the rights of its folder: choose one that is the user's own.
///
/// ```
/// use salesforce_auth::FileStore;
///
/// let store = FileStore::new("/var/lib/acme-backup/salesforce.grant");
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    path: Arc<Path>,
    patience: Duration,
    #[cfg(feature = "encryption")]
    key: Option<Arc<crate::seal::EncryptionKey>>,
}

impl FileStore {
    /// Keeps it in this file. Its folder has to be there; the file need not.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into().into(),
            patience: Duration::from_secs(90),
            #[cfg(feature = "encryption")]
            key: None,
        }
    }

    /// How long to wait for another process that is renewing; 90 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Encrypts the file with a key that the host keeps elsewhere. A file that is not encrypted is then refused.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub fn encrypted(mut self, key: crate::seal::EncryptionKey) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(Self) -> Result<T> + Send + 'static) -> Result<T> {
        let store = self.clone();
        super::blocking(move || work(store)).await
    }

    fn read(&self) -> Result<Option<(Grant, Revision)>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("cannot be read", error)),
        };
        self.check_mode(&file)?;
        let mut bytes = Vec::new();
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| self.failed("cannot be read", error))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST) {
            return Err(self.no_grant());
        }
        let revision = Revision::of(&bytes);
        let text = self.open(bytes)?;
        let grant = Grant::parse(&text).map_err(|_| self.no_grant())?;
        Ok(Some((grant, revision)))
    }

    fn write(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool> {
        if self.read()?.map(|(_, revision)| revision).as_ref() != expected {
            return Ok(false);
        }
        let bytes = self.seal(&grant.expose())?;
        let beside = self.beside(".new");
        let written = (|| {
            // One that a crash left behind.
            match std::fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private().create_new(true).open(&beside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            drop(file);
            std::fs::rename(&beside, &self.path)?;
            self.sync_folder()
        })();
        written.map_err(|error| self.failed("cannot be written", error))?;
        Ok(true)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.path.as_os_str().to_owned();
        path.push(ending);
        path.into()
    }

    #[cfg(unix)]
    fn check_mode(&self, file: &File) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(|error| self.failed("cannot be read", error))?.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        let path = self.path.display();
        let message = format!(
            "the token file {path} may be read by others: whoever could read it may hold its tokens; set it right with \
             `chmod 600` and connect anew if in doubt"
        );
        Err(Error::new(ErrorKind::Config, message))
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "unix has something to check")]
    fn check_mode(&self, _file: &File) -> Result<()> {
        Ok(())
    }

    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "unix has something to do")]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn seal(&self, text: &SecretString) -> Result<Vec<u8>> {
        #[cfg(feature = "encryption")]
        if let Some(key) = &self.key {
            return key.seal(text.expose_secret().as_bytes());
        }
        Ok(text.expose_secret().as_bytes().to_vec())
    }

    fn open(&self, bytes: Vec<u8>) -> Result<SecretString> {
        #[cfg(feature = "encryption")]
        let bytes = match &self.key {
            Some(key) => key.open(bytes).map_err(|_| {
                let path = self.path.display();
                Error::new(ErrorKind::Config, format!("the token file {path} was not encrypted with this key"))
            })?,
            None => bytes,
        };
        String::from_utf8(bytes).map(SecretString::from).map_err(|_| self.no_grant())
    }

    fn no_grant(&self) -> Error {
        let path = self.path.display();
        let message =
            format!("the file {path} holds no grant that can be read (is it encrypted?): remove it and connect anew");
        Error::new(ErrorKind::Config, message)
    }

    fn failed(&self, what: &str, error: io::Error) -> Error {
        let path = self.path.display();
        Error::new(ErrorKind::Config, format!("the token file {path} {what}")).with_source(error)
    }
}

#[async_trait]
impl TokenStore for FileStore {
    async fn lock(&self) -> Result<StoreLock> {
        LockFile::new(self.beside(".lock")).lock(self.patience).await
    }

    async fn load(&self) -> Result<Option<(Grant, Revision)>> {
        self.blocking(|store| store.read()).await
    }

    async fn replace(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool> {
        let (expected, grant) = (expected.cloned(), grant.clone());
        self.blocking(move |store| store.write(expected.as_ref(), &grant)).await
    }

    async fn clear(&self) -> Result<()> {
        self.blocking(|store| match std::fs::remove_file(&store.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(store.failed("cannot be removed", error)),
            _ => store.sync_folder().map_err(|error| store.failed("cannot be removed", error)),
        })
        .await
    }
}
