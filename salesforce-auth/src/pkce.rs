use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 256 bits from the system's random source, as 43 characters.
pub(crate) fn random() -> Result<SecretString> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Other, "the system gives no random numbers, and a login needs some"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

/// What the login page gets, so that only who holds `verifier` can use the code (S256).
pub(crate) fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()))
}

/// Compares in a time that tells nothing.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_those_of_the_rfc_and_of_the_reference() {
        for (verifier, expected) in [
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("acme-sdk-test-verifier-0123456789-abcdefghijklmnop", "GaTOzobHbvRcypwHH17NOmRCK9TmjXVUiZ_omL4YOQ0"),
        ] {
            assert_eq!(challenge(&verifier.into()), expected);
        }
    }

    #[test]
    fn random_text_fits_a_verifier_and_does_not_repeat() {
        let (one, other) = (random().unwrap(), random().unwrap());
        let (one, other) = (one.expose_secret(), other.expose_secret());
        assert!((43..=128).contains(&one.len()) && one != other && !same(one, other) && same(one, one));
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
    }
}
