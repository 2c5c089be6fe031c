//! The token file: who can read it, what a crash leaves, who else may write.

use std::path::Path;

use salesforce_auth::{FileStore, Grant, TokenStore};
use salesforce_http::ErrorKind;
use secrecy::ExposeSecret;

fn grant(token: &str) -> Grant {
    Grant::from_refresh_token(token.to_owned().into())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[tokio::test]
async fn r_17_the_file_is_its_owners_alone_and_one_that_is_not_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grant");
    let store = FileStore::new(&path);
    store.replace(None, &grant("canary")).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = store.load().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("chmod 600"), "{error}");
}

#[tokio::test]
async fn what_a_crash_left_beside_it_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("grant"));
    store.replace(None, &grant("one")).await.unwrap();
    std::fs::write(folder.path().join("grant.new"), "half a gra").unwrap();
    let (read, revision) = store.load().await.unwrap().unwrap();
    assert_eq!(read.refresh_token().unwrap().expose_secret(), "one");
    assert!(store.replace(Some(&revision), &grant("two")).await.unwrap());
    assert_eq!(names(folder.path()), ["grant"]);
}

#[tokio::test]
async fn a_file_that_holds_something_else_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grant");
    for content in [&b"canary"[..], b"", b"\xff\xfe", b"{}", &vec![b' '; 300_000]] {
        let store = FileStore::new(&path);
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let error = store.load().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        assert!(store.replace(None, &grant("x")).await.is_err(), "it is not overwritten");
    }
    let store = FileStore::new(folder.path().join("missing").join("grant"));
    assert!(store.replace(None, &grant("x")).await.is_err());
    let error = store.lock().await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(!error.to_string().contains(&cause), "the cause is said once: {error}: {cause}");
}

#[cfg(feature = "encryption")]
#[tokio::test]
async fn an_encrypted_file_shows_nothing_and_opens_with_its_key_only() {
    use salesforce_auth::EncryptionKey;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grant");
    let store = |byte| FileStore::new(&path).encrypted(EncryptionKey::new(&[byte; 32]).unwrap());
    store(1).replace(None, &grant("canary")).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"canary"));
    let (read, revision) = store(1).load().await.unwrap().unwrap();
    assert_eq!(read.refresh_token().unwrap().expose_secret(), "canary");
    assert!(store(2).load().await.unwrap_err().to_string().contains("not encrypted with this key"));
    assert!(FileStore::new(&path).load().await.is_err());
    assert!(store(1).replace(Some(&revision), &grant("next")).await.unwrap());
    for cut in [0, 5, 19, 25, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        assert!(store(1).load().await.is_err());
    }
    assert!(EncryptionKey::new(&[0; 32]).is_err());
}
