//! External client apps, which hold the OAuth set-up of a program. One app is five components and more.
//!
//! A deploy of any of them sets what it does not name back to its default: leaving out the certificate removes it.
//! Read, change, and deploy whole. An app's policies are made with it, under a name that the org chooses: list them,
//! and deploy under that name, or the org refuses a duplicate.

use super::secret::Secret;
use super::shape::{component, xml_struct};

component! {
    /// An app: its name and whom to ask about it.
    pub struct ExternalClientApplication {
        /// Whom to write to; the org wants it.
        contact_email: Option<String> = "contactEmail",
        /// Whom to call.
        contact_phone: Option<String> = "contactPhone",
        /// What it is for.
        description: Option<String> = "description",
        /// `Local` or `Packaged`.
        distribution_state: Option<String> = "distributionState",
        /// Where its icon is.
        icon_url: Option<String> = "iconUrl",
        /// Where it is described.
        info_url: Option<String> = "infoUrl",
        /// Whether it is protected.
        is_protected: Option<bool> = "isProtected",
        /// Its label.
        label: Option<String> = "label",
        /// Where its logo is.
        logo_url: Option<String> = "logoUrl",
        /// `<org>:<app>`, made by the first deploy; leave it out when the app goes to another org.
        org_scoped_external_app: Option<String> = "orgScopedExternalApp",
    }
}

component! {
    /// What an app asks for; the developer's side.
    pub struct ExtlClntAppOauthSettings {
        /// Custom scopes.
        comma_separated_custom_scopes: Option<String> = "commaSeparatedCustomScopes",
        /// Scopes, in the spelling of metadata: `Api, RefreshToken`.
        comma_separated_oauth_scopes: Option<String> = "commaSeparatedOauthScopes",
        /// The app.
        external_client_application: String = "externalClientApplication",
        /// Whether it is the org's own.
        is_first_party_app_enabled: Option<bool> = "isFirstPartyAppEnabled",
        /// Its label.
        label: Option<String> = "label",
        /// Made by the org; leave it out when the app goes to another org.
        oauth_link: Option<String> = "oauthLink",
        /// Where a logout is told.
        single_logout_url: Option<String> = "singleLogoutUrl",
        /// Addresses that are trusted.
        trusted_ip_ranges: Vec<IpRange> = "trustedIpRanges",
    }
}

component! {
    /// Keys, callbacks and flows of an app. They are in no package and belong in no repository.
    pub struct ExtlClntAppGlobalOauthSettings {
        /// Where logins come back to, a URL a line.
        callback_url: Option<String> = "callbackUrl",
        /// The certificate of the JWT bearer flow, in PEM.
        certificate: Option<String> = "certificate",
        /// The key of the app; the org makes one.
        consumer_key: Option<Secret> = "consumerKey",
        /// The secret of the app; given out only if the org and the user allow it.
        consumer_secret: Option<Secret> = "consumerSecret",
        /// The app.
        external_client_application: String = "externalClientApplication",
        /// What is in an id token.
        id_token_config: Option<IdTokenConfig> = "idTokenConfig",
        /// Whether the app logs in by itself; the policies have to allow it too.
        is_client_credentials_flow_enabled: Option<bool> = "isClientCredentialsFlowEnabled",
        /// Whether the code and credentials flow is on.
        is_code_cred_flow_enabled: Option<bool> = "isCodeCredFlowEnabled",
        /// Whether credentials come in a body only.
        is_code_cred_post_only: Option<bool> = "isCodeCredPostOnly",
        /// Whether the web server flow needs no secret: public clients.
        is_consumer_secret_optional: Option<bool> = "isConsumerSecretOptional",
        /// Whether the device flow is on.
        is_device_flow_enabled: Option<bool> = "isDeviceFlowEnabled",
        /// Whether the app may look at all tokens.
        is_introspect_all_tokens: Option<bool> = "isIntrospectAllTokens",
        /// Whether access tokens are JWTs, which SOAP takes from API version 68.0 on.
        is_named_user_jwt_enabled: Option<bool> = "isNamedUserJwtEnabled",
        /// Whether PKCE is required.
        is_pkce_required: Option<bool> = "isPkceRequired",
        /// Whether a refresh token is good for once.
        is_refresh_token_rotation_enabled: Option<bool> = "isRefreshTokenRotationEnabled",
        /// Whether a refresh needs the secret.
        is_secret_required_for_refresh_token: Option<bool> = "isSecretRequiredForRefreshToken",
        /// Whether a token exchange needs the secret.
        is_secret_required_for_token_exchange: Option<bool> = "isSecretRequiredForTokenExchange",
        /// Whether the token exchange flow is on.
        is_token_exchange_enabled: Option<bool> = "isTokenExchangeEnabled",
        /// Its label.
        label: Option<String> = "label",
        /// Whether this deploy makes a new key; it has to ignore warnings.
        should_rotate_consumer_key: Option<bool> = "shouldRotateConsumerKey",
        /// Whether this deploy makes a new secret; it has to ignore warnings.
        should_rotate_consumer_secret: Option<bool> = "shouldRotateConsumerSecret",
    }
}

component! {
    /// What an administrator has switched on of an app.
    pub struct ExtlClntAppConfigurablePolicies {
        /// The app.
        external_client_application: String = "externalClientApplication",
        /// Whether it is on at all.
        is_enabled: bool = "isEnabled",
        /// Whether its mobile part is on.
        is_mobile_plugin_enabled: Option<bool> = "isMobilePluginEnabled",
        /// Whether its OAuth part is on.
        is_oauth_plugin_enabled: Option<bool> = "isOauthPluginEnabled",
        /// Whether its SAML part is on.
        is_saml_plugin_enabled: Option<bool> = "isSamlPluginEnabled",
        /// Its label.
        label: Option<String> = "label",
        /// `None`, `Custom`, `OAuth`, `SAML`.
        start_page: Option<String> = "startPage",
        /// The page that it starts with.
        start_url: Option<String> = "startUrl",
    }
}

component! {
    /// Who may use an app, and for how long; the administrator's side.
    pub struct ExtlClntAppOauthConfigurablePolicies {
        /// The user that the app is when it logs in by itself, by name.
        client_credentials_flow_user: Option<String> = "clientCredentialsFlowUser",
        /// Custom scopes.
        comma_separated_custom_scopes: Option<String> = "commaSeparatedCustomScopes",
        /// Permission sets whose users are approved. Left out, the approval may be gone.
        comma_separated_permission_set: Option<String> = "commaSeparatedPermissionSet",
        /// Profiles whose users are approved.
        comma_separated_profile: Option<String> = "commaSeparatedProfile",
        /// The app.
        external_client_application: String = "externalClientApplication",
        /// `Enforce`, `Bypass`, `Bypass_2factor`, `Enforce_RelaxRefresh`.
        ip_relaxation_policy_type: Option<String> = "ipRelaxationPolicyType",
        /// Whether the app may log in by itself.
        is_client_credentials_flow_enabled: Option<bool> = "isClientCredentialsFlowEnabled",
        /// Whether guests may log in.
        is_guest_code_cred_flow_enabled: Option<bool> = "isGuestCodeCredFlowEnabled",
        /// Whether tokens may be exchanged.
        is_token_exchange_flow_enabled: Option<bool> = "isTokenExchangeFlowEnabled",
        /// Its label.
        label: Option<String> = "label",
        /// How many minutes a JWT is good for.
        named_user_jwt_timeout: Option<i32> = "namedUserJwtTimeout",
        /// `AllSelfAuthorized` or `AdminApprovedPreAuthorized`.
        permitted_users_policy_type: Option<String> = "permittedUsersPolicyType",
        /// `Block` or `RaiseSessionLevel`.
        policy_action: Option<String> = "policyAction",
        /// `Infinite`, `Zero`, `SpecificLifetime`, `SpecificInactivity`.
        refresh_token_policy_type: Option<String> = "refreshTokenPolicyType",
        /// How many of the unit.
        refresh_token_validity_period: Option<i32> = "refreshTokenValidityPeriod",
        /// `Hours`, `Days`, `Months`.
        refresh_token_validity_unit: Option<String> = "refreshTokenValidityUnit",
        /// `LOW`, `STANDARD`, `HIGH_ASSURANCE`.
        required_session_level: Option<String> = "requiredSessionLevel",
        /// How long a session lasts; of opaque tokens only.
        session_timeout_in_minutes: Option<i32> = "sessionTimeoutInMinutes",
        /// Where a logout is told.
        single_logout_url: Option<String> = "singleLogoutUrl",
        /// The page that it starts with.
        start_url: Option<String> = "startUrl",
    }
}

component! {
    /// Mutual TLS of an app, and where its tokens may come from; from API version 67.0 on.
    pub struct ExtlClntAppOauthSecuritySettings {
        /// The app.
        external_client_application: String = "externalClientApplication",
        /// Its label.
        label: Option<String> = "label",
        /// What of the certificate is looked at.
        tls_client_auth_cert_param_type: Option<String> = "tlsClientAuthCertParamType",
        /// What it has to be.
        tls_client_auth_cert_param_value: Option<String> = "tlsClientAuthCertParamValue",
        /// Addresses that tokens may be used from.
        token_ip_ranges: Vec<IpRange> = "tokenIpRanges",
    }
}

xml_struct! {
    /// What is in an id token.
    pub struct IdTokenConfig {
        /// For whom it is.
        audience: Option<String> = "idTokenAudience",
        /// Whether custom attributes are in it.
        include_attributes: Option<bool> = "idTokenIncludeAttributes",
        /// Whether custom permissions are in it.
        include_custom_permissions: Option<bool> = "idTokenIncludeCustomPermissions",
        /// Whether the standard claims are in it.
        include_standard_claims: Option<bool> = "idTokenIncludeStandardClaims",
        /// How many minutes it is good for.
        validity_in_minutes: Option<i32> = "idTokenValidityInMinutes",
    }
}

xml_struct! {
    /// A range of addresses.
    pub struct IpRange {
        /// What they are.
        description: Option<String> = "description",
        /// The last one.
        end_ip_address: String = "endIpAddress",
        /// The first one.
        start_ip_address: String = "startIpAddress",
    }
}
