use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use salesforce_http::{Error, ErrorKind, Result};

/// What an encrypted file begins with. It is authenticated too.
const MAGIC: &[u8] = b"salesforce-grant-1\n";

/// A key of 32 bytes that encrypts a token file (AES-256-GCM). The host makes it once, from a good random source, and
/// keeps it elsewhere than the file.
pub struct EncryptionKey(RandomizedNonceKey);

impl EncryptionKey {
    /// This key.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when it is all zeros, which no random key is.
    pub fn new(key: &[u8; 32]) -> Result<Self> {
        let refuse = || Error::new(ErrorKind::Config, "the key of the token file is no random one");
        if key.iter().all(|byte| *byte == 0) {
            return Err(refuse());
        }
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(|_| refuse())
    }

    pub(crate) fn seal(&self, text: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = text.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(MAGIC), &mut sealed)
            .map_err(|_| Error::new(ErrorKind::Other, "the grant could not be encrypted"))?;
        Ok([MAGIC, nonce.as_ref(), &sealed].concat())
    }

    pub(crate) fn open(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let refuse = || Error::new(ErrorKind::Config, "it was not encrypted with this key");
        let sealed = bytes.strip_prefix(MAGIC).ok_or_else(refuse)?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(refuse)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refuse())?;
        let mut text = sealed.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(MAGIC), &mut text).map_err(|_| refuse())?.len();
        text.truncate(length);
        Ok(text)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey")
    }
}
