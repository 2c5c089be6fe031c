use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyring_core::{CredentialStore, Entry, Error as KeychainError};
use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};

use super::lock_file::LockFile;
use super::{Revision, StoreLock, TokenStore};
use crate::grant::Grant;

/// Keeps a grant in the operating system's keychain, for programs on people's own machines.
///
/// That is the Keychain of macOS, the Credential Manager of Windows, and on other desktops the Secret Service (GNOME
/// Keyring, KWallet, KeePassXC), spoken to by D-Bus without a C library. The keys of the Linux kernel are not used: a
/// reboot forgets them. A host that set a default store of the crate `keyring-core` has the entry there.
///
/// A keychain has no lock that processes could hold, so a file has it: it is made, stays, and is empty. All processes
/// that share the entry have to name the same file. A person may be asked to unlock the keychain; a server, where nobody
/// is, has no keychain, and keeps its grant in an encrypted [`FileStore`](crate::FileStore).
///
/// An entry of the Credential Manager holds 2,560 bytes: enough for opaque tokens. A grant whose access token is a JWT
/// may be longer; it is then stored without that token, and who reads it begins with a renewal. One that is too long
/// even so is refused, and what was stored stays.
///
/// Like [`Refreshing`](crate::Refreshing), it needs a tokio runtime.
///
/// ```
/// use salesforce_auth::KeychainStore;
///
/// let store = KeychainStore::new("acme-desktop", "production", "/home/ann/.local/state/acme/salesforce.lock");
/// ```
#[derive(Clone)]
pub struct KeychainStore {
    service: Arc<str>,
    account: Arc<str>,
    lock: LockFile,
    patience: Duration,
}

impl KeychainStore {
    /// Keeps it in the entry of this service (your program) and account (the connection). The folder of the lock's file
    /// has to be there; the file need not.
    #[must_use]
    pub fn new(service: impl Into<Arc<str>>, account: impl Into<Arc<str>>, lock: impl Into<PathBuf>) -> Self {
        let lock = LockFile::new(lock);
        Self { service: service.into(), account: account.into(), lock, patience: Duration::from_secs(90) }
    }

    /// How long to wait for another process that is renewing; 90 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Work with the entry, off the threads that must not wait: a keychain may ask a person.
    async fn entry<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Entry) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T> {
        let store = self.clone();
        super::blocking(move || {
            let opened = keychain().and_then(|keychain| keychain.build(&store.service, &store.account, None));
            let done = opened.map_err(Failed::from).and_then(|entry| work(&entry));
            done.map_err(|failed| store.failed(what, failed))
        })
        .await
    }

    fn failed(&self, what: &str, failed: Failed) -> Error {
        let why = match failed {
            Failed::NoGrant => "it holds no grant that can be read: remove it and connect anew".to_owned(),
            // Not as the cause: some of these carry what is stored.
            Failed::Keychain(error) => match error {
                KeychainError::TooLong(_, most) => {
                    format!("the grant is longer than the {most} bytes that it takes: keep it in a `FileStore`")
                }
                KeychainError::PlatformFailure(error) | KeychainError::NoStorageAccess(error) => format!(
                    "{error}: is it locked, or is there no desktop that has one? A server keeps its grant in a `FileStore`"
                ),
                KeychainError::NotSupportedByStore(why) | KeychainError::BadStoreFormat(why) => why,
                KeychainError::Invalid(name, why) => format!("{name}: {why}"),
                KeychainError::Ambiguous(_) => "there is more than one of its name: remove those too many".to_owned(),
                KeychainError::BadEncoding(_) | KeychainError::BadDataFormat(..) => {
                    "what it holds cannot be read: remove it and connect anew".to_owned()
                }
                _ => "the keychain gives a reason that is not known here: look at the keychain itself".to_owned(),
            },
        };
        let message = format!("the entry of `{}` in the keychain {what}: {why}", self.service);
        Error::new(ErrorKind::Config, message)
    }
}

/// Why there is no result.
enum Failed {
    Keychain(KeychainError),
    NoGrant,
}

impl From<KeychainError> for Failed {
    fn from(error: KeychainError) -> Self {
        Self::Keychain(error)
    }
}

/// The host's own store, or the system's. It is opened each time: the service behind it may have been started anew.
fn keychain() -> keyring_core::Result<Arc<CredentialStore>> {
    match keyring_core::get_default_store() {
        Some(store) => Ok(store),
        None => system(),
    }
}

#[cfg(target_os = "macos")]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(any(target_os = "android", target_os = "ios", target_os = "macos"))))]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(not(any(windows, all(unix, not(any(target_os = "android", target_os = "ios"))))))]
fn system() -> keyring_core::Result<Arc<CredentialStore>> {
    let why = "no keychain of this system is known: set a default store of the crate `keyring-core`";
    Err(KeychainError::NotSupportedByStore(why.to_owned()))
}

/// What is stored, and its revision.
fn read(entry: &Entry) -> Result<Option<(Grant, Revision)>, Failed> {
    let bytes = match entry.get_secret() {
        Ok(bytes) => bytes,
        Err(KeychainError::NoEntry) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let revision = Revision::of(&bytes);
    let text = String::from_utf8(bytes).map(SecretString::from).map_err(|_| Failed::NoGrant)?;
    let grant = Grant::parse(&text).map_err(|_| Failed::NoGrant)?;
    Ok(Some((grant, revision)))
}

#[async_trait]
impl TokenStore for KeychainStore {
    async fn lock(&self) -> Result<StoreLock> {
        self.lock.lock(self.patience).await
    }

    async fn load(&self) -> Result<Option<(Grant, Revision)>> {
        self.entry("cannot be read", read).await
    }

    async fn replace(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool> {
        let (expected, grant) = (expected.cloned(), grant.clone());
        let write = move |entry: &Entry| {
            if read(entry)?.map(|(_, revision)| revision) != expected {
                return Ok(false);
            }
            let set = |grant: &Grant| entry.set_secret(grant.expose().expose_secret().as_bytes());
            match set(&grant) {
                // Refused, the new refresh token would be lost, and the old one is of no use any more.
                Err(KeychainError::TooLong(..)) if grant.has_refresh_token() => {
                    tracing::warn!(
                        "the grant is too long for the keychain and is stored without its access token: each start renews it"
                    );
                    set(&Grant { access_token: None, ..grant })?;
                }
                done => done?,
            }
            Ok(true)
        };
        self.entry("cannot be written", write).await
    }

    async fn clear(&self) -> Result<()> {
        let remove = |entry: &Entry| match entry.delete_credential() {
            Ok(()) | Err(KeychainError::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        };
        self.entry("cannot be removed", remove).await
    }
}

/// An account may say who uses it.
impl fmt::Debug for KeychainStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeychainStore").field("service", &self.service).finish_non_exhaustive()
    }
}
