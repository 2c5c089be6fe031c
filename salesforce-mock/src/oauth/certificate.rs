//! Certificates of those who log in with assertions that they sign.

use std::io;

use tokio_rustls::rustls::SignatureScheme;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::server::ParsedCertificate;

use super::App;

impl App {
    /// Gives it a certificate (X.509 in PEM, of an RSA key of 2,048 bits and more), which enables the JWT bearer flow.
    /// Who issued it and how long it is good for is not looked at, as Salesforce takes one that signs itself.
    ///
    /// # Errors
    ///
    /// The text is no such certificate.
    pub fn set_certificate_pem(&mut self, pem: &[u8]) -> io::Result<()> {
        let no_certificate = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| no_certificate(error.to_string()))?;
        let parsed = ParsedCertificate::try_from(&der).map_err(|error| no_certificate(error.to_string()))?;
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        let rs256 = algorithms.mapping.iter().find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256);
        let algorithm = rs256.and_then(|(_, algorithms)| algorithms.first().copied()).expect("RS256 is known");
        let info = parsed.subject_public_key_info();
        let kind = algorithm.public_key_alg_id();
        let key = info.windows(kind.len()).position(|part| part == kind.as_ref());
        // Behind the kind of the key stands the key: a bit string whose length takes two bytes.
        let key = match key.and_then(|at| info.get(at + kind.len()..)) {
            Some([0x03, 0x82, _, _, 0, key @ ..]) => key.to_vec(),
            _ => return Err(no_certificate("the key of the certificate is no RSA key of 2,048 bits or more".into())),
        };
        self.set_certificate(move |message, signature| algorithm.verify_signature(&key, message, signature).is_ok());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SigningKey};

    use super::*;

    #[test]
    fn a_signature_is_good_for_its_message_and_its_certificate() {
        let certified = |algorithm| {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::default().self_signed(&key).unwrap();
            (key, certificate.pem())
        };
        let (key, pem) = certified(&PKCS_RSA_SHA256);
        let mut app = App::default();
        app.set_certificate_pem(pem.as_bytes()).unwrap();
        let verify = app.certificate.clone().unwrap();
        let signature = key.sign(b"header.claims").unwrap();
        assert!(verify(b"header.claims", &signature));
        assert!(!verify(b"header.others", &signature));
        let (other, _) = certified(&PKCS_RSA_SHA256);
        assert!(!verify(b"header.claims", &other.sign(b"header.claims").unwrap()));
        let (_, of_another_kind) = certified(&PKCS_ECDSA_P256_SHA256);
        for bad in ["", "text", &of_another_kind] {
            assert!(app.set_certificate_pem(bad.as_bytes()).is_err());
        }
    }
}
