use md5::{Digest, Md5};
use sha2::Sha256;

/// What is known of the bytes so far. There is always something to tell two beginnings apart; where nothing better is
/// asked for it is a CRC, which costs next to nothing.
#[derive(Clone, Debug)]
pub(super) struct Digests {
    md5: Option<Md5>,
    sha256: Option<Sha256>,
    crc: Option<crc32fast::Hasher>,
}

/// The digests of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prints {
    pub(super) md5: Option<[u8; 16]>,
    pub(super) sha256: Option<[u8; 32]>,
    crc: Option<u32>,
}

impl Digests {
    pub(super) fn new(md5: bool, sha256: bool) -> Self {
        Self {
            md5: md5.then(Md5::new),
            sha256: sha256.then(Sha256::new),
            crc: (!md5 && !sha256).then(crc32fast::Hasher::new),
        }
    }

    /// The same digests of no bytes.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.md5.is_some(), self.sha256.is_some())
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(crc) = &mut self.crc {
            crc.update(bytes);
        }
    }

    pub(super) fn prints(&self) -> Prints {
        Prints {
            md5: self.md5.clone().map(|md5| md5.finalize().into()),
            sha256: self.sha256.clone().map(|sha256| sha256.finalize().into()),
            crc: self.crc.clone().map(crc32fast::Hasher::finalize),
        }
    }
}
