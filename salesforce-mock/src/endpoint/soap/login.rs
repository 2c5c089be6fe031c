use salesforce_types::ApiVersion;

use super::{Api, Fault, user};
use crate::Org;
use crate::endpoint::oauth::{is_active, user_named};
use crate::xml::Element;

/// The last version that has the call.
const LAST: u16 = 64;

/// A session that no app has asked for.
const NO_APP: &str = "";

const WRONG: &str = "Invalid username, password, security token; or user locked out.";

/// `login`: a session for a name, a password, and the security token after it.
pub(super) fn login(org: &mut Org, api: Api, version: ApiVersion, asked: &Element) -> Result<Element, Fault> {
    if version.major() > LAST {
        let text = format!("login() is not available from API version {}.0 on", LAST + 1);
        return Err(Fault::new("UNSUPPORTED_API_VERSION", text));
    }
    if !org.soap_login {
        let text = "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP \
                    API login().";
        return Err(Fault::login("INVALID_OPERATION", text));
    }
    let text = |name: &str| asked.child(name).map_or("", |child| child.text.as_str());
    let wrong = || Fault::login("INVALID_LOGIN", WRONG);
    let user = user_named(org, text("username").trim()).filter(|user| is_active(org, *user)).ok_or_else(wrong)?;
    let given = text("password").strip_prefix(org.password()).ok_or_else(wrong)?;
    if given.is_empty() {
        let text = format!(
            "{WRONG} Are you at a new location? From outside of your company's trusted networks, add your security \
             token to the end of your password."
        );
        return Err(Fault::login("LOGIN_MUST_USE_SECURITY_TOKEN", text));
    }
    if given != org.security_token() {
        return Err(wrong());
    }
    if org.app.refuses_address {
        let text = "Your company administrator has restricted the addresses that you may log in from.";
        return Err(Fault::login("LOGIN_DURING_RESTRICTED_DOMAIN", text));
    }
    if org.lacks_api(user) {
        return Err(Fault::login("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"));
    }
    let (now, organization) = (org.now(), org.store.organization);
    let token = org.sessions.open((organization, user), NO_APP, &["api".to_owned()], None, false, now);
    let url = |letter| format!("{}/services/Soap/{letter}/{version}/{}", org.base_url, organization.as_15());
    let sandbox = user::flag(org, organization, "IsSandbox");
    Ok(Element::new(
        "result",
        vec![
            Element::leaf("metadataServerUrl", url('m')),
            Element::leaf("passwordExpired", "false"),
            Element::leaf("sandbox", sandbox.to_string()),
            Element::leaf("serverUrl", url(api.letter())),
            Element::leaf("sessionId", token),
            Element::leaf("userId", user.to_string()),
            user::info(org, user, "userInfo"),
        ],
    ))
}
