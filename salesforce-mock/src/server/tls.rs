//! A certificate made for the occasion.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, SanType};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The key of the server, and the file with the authority that vouches for it. The file goes when this does.
pub(super) struct Identity {
    config: Arc<ServerConfig>,
    path: PathBuf,
}

impl Identity {
    /// Makes an authority and a certificate for `localhost` and `127.0.0.1`.
    pub(super) fn new(port: u16) -> io::Result<Self> {
        let (authority, config) = certified().map_err(io::Error::other)?;
        let path = std::env::temp_dir().join(format!("salesforce-mock-{}-{port}.pem", std::process::id()));
        // A file of that name can only be left over from a process that had this number and was killed.
        let _ = fs::remove_file(&path);
        OpenOptions::new().write(true).create_new(true).open(&path)?.write_all(authority.as_bytes())?;
        Ok(Self { config: Arc::new(config), path })
    }

    pub(super) fn ca_path(&self) -> &Path {
        &self.path
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn certified() -> Result<(String, ServerConfig), Failure> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "salesforce-mock authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = CertificateParams::new(["localhost".to_owned()])?;
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    params.distinguished_name.push(DnType::CommonName, "salesforce-mock");
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;

    // Said aloud: another crate of the build may bring a second provider, and rustls would not choose.
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((authority.pem(), config))
}

impl Drop for Identity {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
