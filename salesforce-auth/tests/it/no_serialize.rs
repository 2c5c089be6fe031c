//! What holds a secret cannot be written into a file of settings by mistake.

use salesforce_auth::{
    App, AuthorizationCodeBuilder, Callback, ClientCredentials, ClientCredentialsBuilder, Grant, PendingLogin,
    SecretString, SfdxAuthUrl, TokenResponse,
};
use salesforce_http::AccessToken;

/// Does not compile for a type that can be serialized: which `Maybe` is meant would not be known.
macro_rules! cannot_be_serialized {
    ($($type:ty),+) => { $({
        trait Maybe<Marker> {
            const HOLDS: bool = true;
        }
        impl<T: ?Sized> Maybe<()> for T {}
        struct Serializable;
        impl<T: ?Sized + serde::Serialize> Maybe<Serializable> for T {}
        assert!(<$type as Maybe<_>>::HOLDS);
    })+ };
}

#[test]
fn a_29_a_32_r_17_no_type_with_a_secret_can_be_serialized() {
    cannot_be_serialized!(
        App,
        AccessToken,
        AuthorizationCodeBuilder,
        Callback,
        ClientCredentials,
        ClientCredentialsBuilder,
        Grant,
        PendingLogin,
        SecretString,
        SfdxAuthUrl,
        TokenResponse
    );
}
