//! A login host that rotates refresh tokens and revokes everything when an old one comes back.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use salesforce_auth::{App, Grant, Refreshing, RefreshingBuilder, TokenStore};
use salesforce_http::{Body, BodyStream, Transport, TransportError, TransportErrorKind};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::ORG;

#[derive(Clone)]
pub(crate) struct Rotating {
    state: Arc<Mutex<State>>,
    /// One permit lets one answer go.
    pub(crate) gate: Arc<Semaphore>,
}

pub(crate) struct State {
    /// The number of the refresh token that is good now.
    pub(crate) current: u32,
    pub(crate) issued: u32,
    pub(crate) rotates: bool,
    pub(crate) alive: bool,
    /// Every refresh token that was presented.
    pub(crate) presented: Vec<String>,
    /// Old refresh tokens that came back.
    pub(crate) reused: u32,
    /// Answers to lose, after the server did its work.
    pub(crate) lose: u32,
    /// What to refuse with.
    pub(crate) refuse: Option<(u16, &'static str, &'static str)>,
    pub(crate) org: &'static str,
    pub(crate) revoked: Vec<String>,
}

impl std::fmt::Debug for Rotating {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rotating")
    }
}

impl Rotating {
    pub(crate) fn new() -> Self {
        let state = State {
            current: 0,
            issued: 0,
            rotates: true,
            alive: true,
            presented: Vec::new(),
            reused: 0,
            lose: 0,
            refuse: None,
            org: "00D000000000001EAA",
            revoked: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), gate: Arc::new(Semaphore::new(1000)) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.state().presented.len()
    }

    pub(crate) fn grant() -> Grant {
        Grant::from_refresh_token("5Aep861canary0".into())
    }

    pub(crate) fn builder(&self, store: impl TokenStore + 'static) -> RefreshingBuilder {
        let app = App::confidential("canary-key", "canary-secret".into());
        Refreshing::new(ORG, app, store).transport(Arc::new(self.clone()))
    }

    pub(crate) fn refreshing(&self, store: impl TokenStore + 'static) -> Refreshing {
        self.builder(store).build().unwrap()
    }

    fn answer(&self, form: &[(String, String)]) -> Result<(u16, String), TransportError> {
        let find = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let mut state = self.state();
        if let Some(token) = find("token") {
            state.revoked.push(token);
            return Ok((200, String::new()));
        }
        assert_eq!(find("grant_type").unwrap(), "refresh_token");
        assert!(find("client_secret").is_none() && find("client_id").is_none(), "the header has them");
        let presented = find("refresh_token").unwrap();
        state.presented.push(presented.clone());
        if let Some((status, error, description)) = state.refuse {
            return Ok((status, json!({"error": error, "error_description": description}).to_string()));
        }
        if presented != format!("5Aep861canary{}", state.current) {
            state.reused += 1;
            state.alive = false;
        }
        if !state.alive {
            let body = json!({"error": "invalid_grant", "error_description": "expired access/refresh token"});
            return Ok((400, body.to_string()));
        }
        state.issued += 1;
        let mut body = json!({
            "access_token": format!("{}!canary.access{}", &state.org[..15], state.issued),
            "instance_url": ORG,
            "id": format!("https://login.salesforce.com/id/{}/005000000000001AAA", state.org),
            "token_type": "Bearer",
            "scope": "api refresh_token",
            "issued_at": "1767225600000",
        });
        if state.rotates {
            state.current += 1;
            body["refresh_token"] = format!("5Aep861canary{}", state.current).into();
        }
        if state.lose > 0 {
            state.lose -= 1;
            return Err(TransportError::new(TransportErrorKind::Broken));
        }
        Ok((200, body.to_string()))
    }
}

impl Transport for Rotating {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let form = url::form_urlencoded::parse(request.body().as_bytes().unwrap()).into_owned().collect::<Vec<_>>();
        let this = self.clone();
        Box::pin(async move {
            let answer = this.answer(&form);
            this.gate.acquire().await.unwrap().forget();
            let (status, body) = answer?;
            Ok(http::Response::builder().status(status).body(BodyStream::from(Bytes::from(body))).unwrap())
        })
    }
}
