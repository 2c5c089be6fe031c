//! Hosts that an org trusts.

use super::shape::component;

component! {
    /// A host that Apex may call.
    pub struct RemoteSiteSetting {
        /// What it is for.
        description: Option<String> = "description",
        /// Whether plain HTTP is taken where HTTPS is asked for.
        disable_protocol_security: bool = "disableProtocolSecurity",
        /// Whether it may be called.
        is_active: bool = "isActive",
        /// Its URL.
        url: String = "url",
    }
}

component! {
    /// A host that pages of the org may load from.
    pub struct CspTrustedSite {
        /// What it is for.
        description: Option<String> = "description",
        /// `All`, `Communities`, `FieldServiceMobileExtension`, `LEX`, `VisualForce`.
        context: Option<String> = "context",
        /// Its URL.
        endpoint_url: String = "endpointUrl",
        /// Whether it is in force.
        is_active: bool = "isActive",
        /// Whether scripts may connect to it.
        is_applicable_to_connect_src: Option<bool> = "isApplicableToConnectSrc",
        /// Whether it may be shown in a frame.
        is_applicable_to_frame_src: Option<bool> = "isApplicableToFrameSrc",
        /// Whether images may come from it.
        is_applicable_to_img_src: Option<bool> = "isApplicableToImgSrc",
    }
}

component! {
    /// A web page whose scripts may call the org.
    pub struct CorsWhitelistOrigin {
        /// Its origin, such as `https://app.acme.example`.
        url_pattern: String = "urlPattern",
    }
}
