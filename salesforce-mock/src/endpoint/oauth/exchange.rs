//! Somebody else's token for one of the org.

use serde_json::Value;

use super::grants::{admit, asked, begin, user_named};
use super::{Client, Denial, Form, NOT_APPROVED, WRONG_GRANT, WRONG_SECRET};
use crate::Org;

/// What stands before the kind of a token.
const KIND: &str = "urn:ietf:params:oauth:token-type:";

/// The longest token that is taken, in characters.
const LONGEST: usize = 10_000;

pub(super) fn token_exchange(org: &mut Org, client: &Client, form: &Form) -> Result<Value, Denial> {
    let app = &client.app;
    let (name, user_of) = app.exchange.as_ref().ok_or(WRONG_GRANT)?;
    if app.requires_secret_to_exchange && !client.proven {
        return Err(WRONG_SECRET);
    }
    if form.get("token_handler").is_some_and(|asked| !asked.eq_ignore_ascii_case(name)) {
        return Err(("invalid_request", "token handler not found"));
    }
    let kind = form.get("subject_token_type").and_then(|kind| kind.strip_prefix(KIND)).unwrap_or_default();
    if !["access_token", "id_token", "jwt", "refresh_token", "saml2"].contains(&kind) {
        return Err(("invalid_request", "subject token type not supported"));
    }
    let subject = form.get("subject_token").filter(|token| token.chars().count() <= LONGEST);
    let subject = subject.ok_or(("invalid_request", "subject token missing or too long"))?;
    let refused = ("invalid_grant", "the token handler refused the subject token");
    let user = user_of(kind, subject).and_then(|name| user_named(org, &name)).ok_or(refused)?;
    admit(org, app, user)?;
    if !app.lets_in(user) {
        return Err(NOT_APPROVED);
    }
    let scopes = asked(app, form.get("scope"))?;
    begin(org, client, user, scopes, None)
}
