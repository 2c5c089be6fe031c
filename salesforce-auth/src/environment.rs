use std::sync::Arc;

use async_trait::async_trait;
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider};

use crate::cached::Cached;
use crate::client_credentials::ClientCredentials;
use crate::fixed::FixedToken;

/// What [`from_env`] found.
#[derive(Clone, Debug)]
pub struct FromEnv(Arc<dyn TokenProvider>);

/// A provider from the environment's variables: the first set that is there.
///
/// 1. `SF_ACCESS_TOKEN` and `SF_ORG_INSTANCE_URL` (or `SF_INSTANCE_URL`): a token that cannot be renewed.
/// 2. `SF_CLIENT_ID`, `SF_CLIENT_SECRET` and `SF_LOGIN_URL`: client credentials.
/// 3. `SF_CLIENT_ID`, `SF_USERNAME`, `SF_JWT_KEY_FILE` and `SF_LOGIN_URL`: JWT bearer (feature `jwt`).
/// 4. `SF_TARGET_ORG`: the session of the Salesforce CLI (feature `cli`).
///
/// Each `SF_X` is read as `SFDX_X` too, as the CLI does. An empty variable counts as none.
///
/// # Errors
/// [`Config`](ErrorKind::Config) when no set is complete, with what is missing from the one that was begun, or when a
/// value cannot be one.
pub fn from_env() -> Result<FromEnv> {
    from_variables(|name| std::env::var(name).ok())
}

pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<FromEnv> {
    let get = |name: &str| {
        let filled = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        filled(name).or_else(|| filled(&name.replacen("SF_", "SFDX_", 1)))
    };
    let missing = |have: &str, need: &str| {
        Err(Error::new(ErrorKind::Config, format!("the environment has `{have}` but not {need}: set both")))
    };
    let found = |provider: Arc<dyn TokenProvider>| Ok(FromEnv(provider));

    if let Some(token) = get("SF_ACCESS_TOKEN") {
        let Some(url) = get("SF_ORG_INSTANCE_URL").or_else(|| get("SF_INSTANCE_URL")) else {
            return missing("SF_ACCESS_TOKEN", "`SF_ORG_INSTANCE_URL`");
        };
        return found(Arc::new(FixedToken::new(url, token.into())?));
    }
    if let Some(id) = get("SF_CLIENT_ID") {
        let Some(login) = get("SF_LOGIN_URL") else { return missing("SF_CLIENT_ID", "`SF_LOGIN_URL`") };
        if let Some(secret) = get("SF_CLIENT_SECRET") {
            return found(Arc::new(Cached::new(ClientCredentials::new(login, id, secret.into()).build()?)));
        }
        #[cfg(feature = "jwt")]
        if let (Some(user), Some(key)) = (get("SF_USERNAME"), get("SF_JWT_KEY_FILE")) {
            let signer = crate::jwt_bearer::PemSigner::from_file(key)?;
            return found(Arc::new(Cached::new(crate::JwtBearer::new(login, id, user, signer).build()?)));
        }
        return missing(
            "SF_CLIENT_ID",
            "`SF_CLIENT_SECRET` (or, built with `jwt`, `SF_USERNAME` and `SF_JWT_KEY_FILE`)",
        );
    }
    #[cfg(feature = "cli")]
    if let Some(org) = get("SF_TARGET_ORG").or_else(|| get("SFDX_DEFAULTUSERNAME")) {
        return found(Arc::new(Cached::new(crate::SalesforceCli::new(org))));
    }
    let message = "the environment names no org: set `SF_ACCESS_TOKEN` and `SF_ORG_INSTANCE_URL`, or `SF_CLIENT_ID`, \
                   `SF_CLIENT_SECRET` and `SF_LOGIN_URL`, or (built with `cli`) `SF_TARGET_ORG`";
    Err(Error::new(ErrorKind::Config, message))
}

#[async_trait]
impl TokenProvider for FromEnv {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        self.0.token().await
    }

    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        self.0.renew(refused).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<String> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        from_variables(find).map(|provider| format!("{provider:?}"))
    }

    const URL: &str = "https://acme.my.salesforce.com";

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn the_first_complete_set_is_taken() {
        for (variables, expected) in [
            (vec![("SF_ACCESS_TOKEN", "canary"), ("SF_ORG_INSTANCE_URL", URL)], "FixedToken"),
            (vec![("SFDX_ACCESS_TOKEN", "canary"), ("SFDX_INSTANCE_URL", URL)], "FixedToken"),
            (
                vec![("SF_CLIENT_ID", "canary"), ("SF_CLIENT_SECRET", "canary"), ("SF_LOGIN_URL", URL)],
                "ClientCredentials",
            ),
            (
                vec![
                    ("SF_ACCESS_TOKEN", " "),
                    ("SF_CLIENT_ID", "canary"),
                    ("SFDX_CLIENT_SECRET", "canary"),
                    ("SF_LOGIN_URL", URL),
                ],
                "ClientCredentials",
            ),
        ] {
            let printed = from(&variables).unwrap();
            assert!(printed.contains(expected) && !printed.contains("canary"), "{printed}");
        }
        #[cfg(feature = "cli")]
        assert!(from(&[("SF_TARGET_ORG", "dev")]).unwrap().contains("SalesforceCli"));
    }

    #[test]
    fn what_is_missing_is_named_and_no_value_is_printed() {
        for (variables, expected) in [
            (vec![], "SF_ACCESS_TOKEN"),
            (vec![("SF_ACCESS_TOKEN", "canary")], "SF_ORG_INSTANCE_URL"),
            (vec![("SF_CLIENT_ID", "canary"), ("SF_LOGIN_URL", URL)], "SF_CLIENT_SECRET"),
            (vec![("SF_CLIENT_ID", "canary"), ("SF_CLIENT_SECRET", "canary")], "SF_LOGIN_URL"),
            (vec![("SF_ACCESS_TOKEN", "can ary"), ("SF_ORG_INSTANCE_URL", URL)], "access token"),
            (
                vec![
                    ("SF_CLIENT_ID", "canary"),
                    ("SF_CLIENT_SECRET", "canary"),
                    ("SF_LOGIN_URL", "login.salesforce.com"),
                ],
                "My Domain",
            ),
        ] {
            let error = from(&variables).unwrap_err();
            assert!(error.to_string().contains(expected) && !format!("{error:?}").contains("canary"), "{error}");
        }
    }
}
