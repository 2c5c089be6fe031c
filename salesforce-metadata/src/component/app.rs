use super::secret::Secret;
use super::shape::{component, xml_struct};

component! {
    /// A connected app, the older kind of OAuth app. New ones can no longer be made: use an external client app.
    pub struct ConnectedApp {
        /// Attributes that a login gives.
        attributes: Vec<ConnectedAppAttribute> = "attributes",
        /// Whom to write to.
        contact_email: Option<String> = "contactEmail",
        /// Whom to call.
        contact_phone: Option<String> = "contactPhone",
        /// What it is for.
        description: Option<String> = "description",
        /// Where its icon is.
        icon_url: Option<String> = "iconUrl",
        /// Where it is described.
        info_url: Option<String> = "infoUrl",
        /// Addresses that are trusted.
        ip_ranges: Vec<ConnectedAppIpRange> = "ipRanges",
        /// Its label.
        label: Option<String> = "label",
        /// Where its logo is.
        logo_url: Option<String> = "logoUrl",
        /// Its OAuth side.
        oauth_config: Option<ConnectedAppOauthConfig> = "oauthConfig",
        /// What an administrator decided.
        oauth_policy: Option<ConnectedAppOauthPolicy> = "oauthPolicy",
        /// Permission sets whose users are approved.
        permission_set_names: Vec<String> = "permissionSetName",
        /// The class that takes part in logins.
        plugin: Option<String> = "plugin",
        /// The user that the class runs as.
        plugin_execution_user: Option<String> = "pluginExecutionUser",
        /// Profiles whose users are approved.
        profile_names: Vec<String> = "profileName",
        /// What sessions have to be like.
        session_policy: Option<ConnectedAppSessionPolicy> = "sessionPolicy",
        /// The page that it starts with.
        start_url: Option<String> = "startUrl",
    }
}

xml_struct! {
    /// An attribute that a login gives.
    pub struct ConnectedAppAttribute {
        /// What it is computed from.
        formula: String = "formula",
        /// Its name.
        key: String = "key",
    }
}

xml_struct! {
    /// Addresses that are trusted.
    pub struct ConnectedAppIpRange {
        /// What they are.
        description: Option<String> = "description",
        /// The last one.
        end: String = "end",
        /// The first one.
        start: String = "start",
    }
}

xml_struct! {
    /// The OAuth side of a connected app.
    pub struct ConnectedAppOauthConfig {
        /// Where logins come back to, a URL a line.
        callback_url: Option<String> = "callbackUrl",
        /// The certificate of the JWT bearer flow, in PEM.
        certificate: Option<String> = "certificate",
        /// The key; it can be chosen when the app is made, and not later.
        consumer_key: Option<Secret> = "consumerKey",
        /// The secret; it is never given out.
        consumer_secret: Option<Secret> = "consumerSecret",
        /// Whether users have to be approved beforehand.
        is_admin_approved: Option<bool> = "isAdminApproved",
        /// Whether the app logs in by itself.
        is_client_credential_enabled: Option<bool> = "isClientCredentialEnabled",
        /// Whether the web server flow needs no secret.
        is_consumer_secret_optional: Option<bool> = "isConsumerSecretOptional",
        /// Whether the app may look at all tokens.
        is_introspect_all_tokens: Option<bool> = "isIntrospectAllTokens",
        /// Whether access tokens are JWTs.
        is_named_user_jwt_enabled: Option<bool> = "isNamedUserJwtEnabled",
        /// Whether PKCE is required.
        is_pkce_required: Option<bool> = "isPkceRequired",
        /// Whether a refresh token is good for once.
        is_refresh_token_rotation_enabled: Option<bool> = "isRefreshTokenRotationEnabled",
        /// Whether a refresh needs the secret.
        is_secret_required_for_refresh_token: Option<bool> = "isSecretRequiredForRefreshToken",
        /// The user that the app is when it logs in by itself.
        oauth_client_credential_user: Option<String> = "oauthClientCredentialUser",
        /// Scopes: `Api`, `RefreshToken`.
        scopes: Vec<String> = "scopes",
        /// Where a logout is told.
        single_logout_url: Option<String> = "singleLogoutUrl",
    }
}

xml_struct! {
    /// What an administrator decided of a connected app.
    pub struct ConnectedAppOauthPolicy {
        /// `ENFORCE`, `BYPASS`, `BYPASS_2FACTOR`, `ENFORCE_RELAXREFRESH`.
        ip_relaxation: Option<String> = "ipRelaxation",
        /// Whether tokens may be exchanged.
        is_token_exchange_flow_enabled: Option<bool> = "isTokenExchangeFlowEnabled",
        /// `infinite`, `zero`, `specific_lifetime:30:DAYS`, `specific_inactivity:30:DAYS`.
        refresh_token_policy: Option<String> = "refreshTokenPolicy",
        /// Where a logout is told.
        single_logout_url: Option<String> = "singleLogoutUrl",
    }
}

xml_struct! {
    /// What sessions of a connected app have to be like.
    pub struct ConnectedAppSessionPolicy {
        /// `Block` or `RaiseSessionLevel`.
        policy_action: Option<String> = "policyAction",
        /// `LOW`, `STANDARD`, `HIGH_ASSURANCE`.
        session_level: Option<String> = "sessionLevel",
        /// How many minutes one lasts.
        session_timeout: Option<i32> = "sessionTimeout",
    }
}
