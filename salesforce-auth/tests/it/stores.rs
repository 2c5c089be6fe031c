//! What every token store does. Run it over a store of your own, too.

use std::time::Duration;

use salesforce_auth::store::Revision;
use salesforce_auth::{FileStore, Grant, MemoryStore, TokenStore};
use secrecy::ExposeSecret;

fn grant(token: &str) -> Grant {
    Grant::from_refresh_token(token.to_owned().into())
}

async fn stored(store: &impl TokenStore) -> Option<(String, Revision)> {
    let (grant, revision) = store.load().await.unwrap()?;
    Some((grant.refresh_token().unwrap().expose_secret().to_owned(), revision))
}

/// Each `open` is another holder's view of one store, which is empty.
async fn suite<S: TokenStore + 'static>(open: impl Fn() -> S) {
    let (ours, theirs) = (open(), open());
    // A grant is replaced only where it was read.
    assert_eq!(stored(&ours).await, None);
    ours.clear().await.unwrap();
    assert!(!ours.replace(Some(&Revision::new("none")), &grant("zero")).await.unwrap());
    assert!(ours.replace(None, &grant("one")).await.unwrap());
    assert!(!theirs.replace(None, &grant("two")).await.unwrap());
    let (token, revision) = stored(&theirs).await.unwrap();
    assert_eq!((token.as_str(), stored(&ours).await.unwrap().1), ("one", revision.clone()), "a look changes nothing");
    assert!(theirs.replace(Some(&revision), &grant("two")).await.unwrap());
    assert!(!ours.replace(Some(&revision), &grant("three")).await.unwrap());
    assert_eq!(stored(&ours).await.unwrap().0, "two");
    // Everything of it comes back.
    let whole = grant("canary").expose();
    let (_, revision) = stored(&ours).await.unwrap();
    assert!(ours.replace(Some(&revision), &Grant::parse(&whole).unwrap()).await.unwrap());
    let (read, revision) = theirs.load().await.unwrap().unwrap();
    assert_eq!(read.expose().expose_secret(), whole.expose_secret());
    // What is forgotten is so for all, and what was known of it is of no use.
    ours.clear().await.unwrap();
    assert_eq!(stored(&theirs).await, None);
    assert!(!theirs.replace(Some(&revision), &grant("four")).await.unwrap());
    assert_eq!(stored(&ours).await, None);
    // One at a time.
    let held = ours.lock().await.unwrap();
    let waiting = tokio::spawn(async move {
        let lock = theirs.lock().await.unwrap();
        (stored(&theirs).await.unwrap().0, lock)
    });
    tokio::task::yield_now().await;
    assert!(ours.replace(None, &grant("five")).await.unwrap());
    drop(held);
    let (seen, lock) = waiting.await.unwrap();
    assert_eq!(seen, "five", "who waited sees what was written under the lock");
    drop(lock);
    drop(ours.lock().await.unwrap());
    assert!(!format!("{ours:?}").contains("canary"));
}

#[tokio::test]
async fn the_memory_is_a_store() {
    let store = MemoryStore::new();
    suite(|| store.clone()).await;
}

#[tokio::test]
async fn a_file_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    suite(|| FileStore::new(folder.path().join("grant"))).await;
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "grant" || name == "grant.lock"), "{names:?}");
    let held = FileStore::new(folder.path().join("grant")).lock().await.unwrap();
    let impatient = FileStore::new(folder.path().join("grant")).patience(Duration::ZERO);
    let error = impatient.lock().await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("another process"), "{error}");
    drop(held);
    impatient.lock().await.unwrap();
}

#[cfg(feature = "encryption")]
#[tokio::test]
async fn an_encrypted_file_is_a_store() {
    use salesforce_auth::EncryptionKey;
    let folder = tempfile::tempdir().unwrap();
    let key = || EncryptionKey::new(&[7; 32]).unwrap();
    suite(|| FileStore::new(folder.path().join("grant")).encrypted(key())).await;
}

#[cfg(feature = "keychain")]
mod keychain {
    use std::any::Any;
    use std::collections::HashMap;
    use std::fmt;
    use std::sync::{Arc, Once};

    use keyring_core::api::{CredentialApi, CredentialStoreApi};
    use keyring_core::{Credential, Entry, Error as KeychainError, mock};
    use salesforce_auth::KeychainStore;
    use salesforce_http::ErrorKind;

    use super::*;

    /// What an entry of the Credential Manager of Windows holds.
    const MOST: usize = 2560;

    /// A keychain of this process whose entries hold no more than those of Windows.
    struct Small(Arc<mock::Store>);

    impl CredentialStoreApi for Small {
        fn vendor(&self) -> String {
            self.0.vendor()
        }

        fn id(&self) -> String {
            self.0.id()
        }

        fn build(&self, service: &str, user: &str, more: Option<&HashMap<&str, &str>>) -> Result<Entry, KeychainError> {
            Ok(Entry::new_with_credential(Arc::new(SmallEntry(self.0.build(service, user, more)?))))
        }

        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    struct SmallEntry(Entry);

    impl CredentialApi for SmallEntry {
        fn set_secret(&self, secret: &[u8]) -> Result<(), KeychainError> {
            match secret.len() > MOST {
                true => Err(KeychainError::TooLong("secret".into(), 2560)),
                false => self.0.set_secret(secret),
            }
        }

        fn get_secret(&self) -> Result<Vec<u8>, KeychainError> {
            self.0.get_secret()
        }

        fn delete_credential(&self) -> Result<(), KeychainError> {
            self.0.delete_credential()
        }

        fn get_credential(&self) -> Result<Option<Arc<Credential>>, KeychainError> {
            Ok(None)
        }

        fn get_specifiers(&self) -> Option<(String, String)> {
            self.0.get_specifiers()
        }

        fn as_any(&self) -> &dyn Any {
            self.0.as_any()
        }

        fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("SmallEntry")
        }
    }

    /// The keychain of this process, in the place of the system's.
    fn store(folder: &tempfile::TempDir, account: &str) -> KeychainStore {
        static MOCK: Once = Once::new();
        MOCK.call_once(|| keyring_core::set_default_store(Arc::new(Small(mock::Store::new().unwrap()))));
        KeychainStore::new("acme", Arc::from(account), folder.path().join("lock"))
    }

    fn next_call_fails(account: &str, error: KeychainError) {
        let entry = Entry::new("acme", account).unwrap();
        entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    }

    #[tokio::test]
    async fn r_17_the_keychain_is_a_store() {
        let folder = tempfile::tempdir().unwrap();
        suite(|| store(&folder, "suite")).await;
        let held = store(&folder, "suite").lock().await.unwrap();
        let error = store(&folder, "suite").patience(Duration::ZERO).lock().await.unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("another process"), "{error}");
        drop(held);
    }

    #[tokio::test]
    async fn a_keychain_that_does_not_answer_is_one_clear_error_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "trouble");
        assert!(store.replace(None, &grant("canary")).await.unwrap());
        let (_, revision) = stored(&store).await.unwrap();
        let bytes = || b"canary".to_vec();
        for (error, says) in [
            (KeychainError::NoStorageAccess("locked".into()), "is it locked"),
            (KeychainError::PlatformFailure("no bus".into()), "`FileStore`"),
            (KeychainError::TooLong("secret".into(), 2560), "2560"),
            (KeychainError::BadEncoding(bytes()), "cannot be read"),
            (KeychainError::BadDataFormat(bytes(), "x".into()), "cannot be read"),
            (KeychainError::Ambiguous(vec![Entry::new("acme", "trouble").unwrap()]), "more than one"),
            (KeychainError::Invalid("service".into(), "empty".into()), "service: empty"),
            // Of what is not known, nothing is advised that could cost a connection.
            (KeychainError::NoDefaultStore, "not known here"),
        ] {
            next_call_fails("trouble", error);
            let error = store.replace(Some(&revision), &grant("next")).await.unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.to_string().contains(says), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
            assert_eq!(stored(&store).await.unwrap().0, "canary");
        }
    }

    fn long_grant(refresh: Option<&str>, access: &str) -> Grant {
        let id_url = "https://login.salesforce.com/id/00D000000000001/005000000000001AAA";
        let json = serde_json::json!({"format": 1, "refresh_token": refresh, "access_token": access,
            "instance_url": "https://acme.my.salesforce.com", "id_url": id_url});
        Grant::parse(&json.to_string().into()).unwrap()
    }

    #[tokio::test]
    async fn a_renewed_grant_that_is_too_long_is_stored_without_its_access_token() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "long");
        assert!(store.replace(None, &long_grant(Some("one"), "short")).await.unwrap());
        let (grant, revision) = store.load().await.unwrap().unwrap();
        assert!(grant.access_token().is_ok());

        assert!(store.replace(Some(&revision), &long_grant(Some("two"), &"x".repeat(MOST))).await.unwrap());
        let (grant, revision) = store.load().await.unwrap().unwrap();
        assert_eq!(grant.refresh_token().unwrap().expose_secret(), "two", "the old one is of no use any more");
        assert!(grant.access_token().is_err(), "who reads it begins with a renewal");
        assert_eq!(grant.organization_id().unwrap().to_string(), "00D000000000001EAA");
        assert_eq!(grant.instance_url(), Some("https://acme.my.salesforce.com"));

        let long = "x".repeat(MOST);
        for useless in [long_grant(Some(&long), "short"), long_grant(None, &long)] {
            let error = store.replace(Some(&revision), &useless).await.unwrap_err();
            assert!(error.to_string().contains("2560 bytes") && error.to_string().contains("`FileStore`"), "{error}");
            assert_eq!(stored(&store).await.unwrap().0, "two", "what was stored stays");
        }
    }

    #[tokio::test]
    async fn an_entry_of_something_else_is_neither_shown_nor_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "foreign");
        for content in [&b"canary"[..], b"\xff\xfe", b"{}"] {
            Entry::new("acme", "foreign").unwrap().set_secret(content).unwrap();
            let error = store.load().await.unwrap_err();
            assert!(error.to_string().contains("no grant") && !format!("{error:?}").contains("canary"), "{error}");
            assert!(store.replace(None, &grant("x")).await.is_err());
            assert_eq!(Entry::new("acme", "foreign").unwrap().get_secret().unwrap(), content);
        }
        store.clear().await.unwrap();
        assert_eq!(stored(&store).await, None);
    }
}
