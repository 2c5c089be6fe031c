//! Where to log in, and with what: from the environment's variables, or from a mock org.

use std::env;
use std::fs;
use std::path::PathBuf;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData};
use salesforce_auth::{App, SecretString};
use salesforce_mock::{MockOrg, Org};
use tempfile::TempDir;

use crate::Result;

/// What the ways to a token ask for. Of an org of yours, what its variable does not say is not there.
#[derive(Debug)]
pub struct Login {
    /// `SF_LOGIN_URL`
    pub url: String,
    /// `SF_CLIENT_ID`
    pub client_id: String,
    /// `SF_CLIENT_SECRET`
    pub client_secret: Option<SecretString>,
    /// `SF_USERNAME`: as whom to log in by a key.
    pub username: Option<String>,
    /// `SF_JWT_KEY_FILE`: the key, in PEM.
    pub key_file: Option<PathBuf>,
    /// `SF_GRANT_FILE`: where what a person granted is kept.
    pub grant_file: Option<PathBuf>,
    /// The mock org, while it runs in this process.
    pub mock: Option<MockOrg>,
    /// The mock org's files, as long as they are needed.
    _folder: Option<TempDir>,
}

impl Login {
    /// The org that `SF_LOGIN_URL` names, or the mock org that `make` makes.
    ///
    /// # Errors
    ///
    /// When `SF_CLIENT_ID` is missing, or the mock org cannot be made.
    pub async fn find(make: impl FnOnce() -> Result<Org>) -> Result<Self> {
        let Ok(url) = env::var("SF_LOGIN_URL") else { return Self::at_mock(make()?).await };
        let variable = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        Ok(Self {
            url,
            client_id: variable("SF_CLIENT_ID").ok_or("SF_LOGIN_URL is set, but SF_CLIENT_ID is not")?,
            client_secret: variable("SF_CLIENT_SECRET").map(Into::into),
            username: variable("SF_USERNAME"),
            key_file: variable("SF_JWT_KEY_FILE").map(Into::into),
            grant_file: variable("SF_GRANT_FILE").map(Into::into),
            mock: None,
            _folder: None,
        })
    }

    /// A mock org, whatever the environment says.
    ///
    /// # Errors
    ///
    /// When the mock org cannot be started.
    pub async fn at_mock(org: Org) -> Result<Self> {
        let mock = MockOrg::builder().org(org).start().await?;
        let folder = TempDir::new()?;
        Ok(Self {
            url: mock.login_url().to_owned(),
            client_id: mock.client_id(),
            client_secret: Some(mock.client_secret().into()),
            username: Some(mock.username()),
            key_file: Some(folder.path().join("key.pem")),
            grant_file: Some(folder.path().join("salesforce.grant")),
            mock: Some(mock),
            _folder: Some(folder),
        })
    }

    /// The app that logs in.
    #[must_use]
    pub fn app(&self) -> App {
        match &self.client_secret {
            Some(secret) => App::confidential(&self.client_id, secret.clone()),
            None => App::public(&self.client_id),
        }
    }

    /// At the mock org, what an administrator does before logins by a key: gives the app the certificate, and the user
    /// leave to use the app. At an org of yours it is done already.
    ///
    /// # Errors
    ///
    /// When the key cannot be made or written.
    pub fn certify(&self) -> Result<()> {
        let (Some(mock), Some(key_file)) = (&self.mock, &self.key_file) else { return Ok(()) };
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        fs::write(key_file, key.serialize_pem())?;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.der_bytes().to_vec());
        mock.with(|org| {
            let user = org.store().user;
            let app = org.app_mut();
            app.set_certificate(move |message, signature| public.verify(message, signature).is_ok());
            app.admin_approved_only = true;
            app.approved.push(user);
        });
        Ok(())
    }
}
