use salesforce_types::RecordId;

use crate::Org;
use crate::value::Value;
use crate::xml::Element;

/// Who a user is, in an element of that name.
pub(super) fn info(org: &Org, user: RecordId, name: &str) -> Element {
    let organization = org.store.organization;
    let text = |field: &str| org.text_of(user, field);
    let id = |field: &str| value(org, user, field).as_id().map(|id| id.to_string());
    let leaf = |name: &str, text: Option<String>, otherwise: &str| {
        Element::leaf(name, text.unwrap_or_else(|| otherwise.to_owned()))
    };
    Element::new(
        name,
        vec![
            Element::leaf("accessibilityMode", "false"),
            Element::leaf("currencySymbol", "$"),
            Element::leaf("orgAttachmentFileSizeLimit", "5242880"),
            Element::leaf("orgDefaultCurrencyIsoCode", "USD"),
            Element::leaf("orgDisallowHtmlAttachments", "false"),
            Element::leaf("orgHasPersonAccounts", "false"),
            Element::leaf("organizationId", organization.to_string()),
            Element::leaf("organizationMultiCurrency", "false"),
            leaf("organizationName", org.text_of(organization, "Name"), ""),
            leaf("profileId", id("ProfileId"), ""),
            Element::maybe("roleId", id("UserRoleId")),
            Element::leaf("sessionSecondsValid", org.sessions.lifetime.as_secs().to_string()),
            Element::maybe("userDefaultCurrencyIsoCode", None),
            leaf("userEmail", text("Email"), ""),
            leaf("userFullName", text("Name"), ""),
            Element::leaf("userId", user.to_string()),
            leaf("userLanguage", text("LanguageLocaleKey"), "en_US"),
            leaf("userLocale", text("LocaleSidKey"), "en_US"),
            leaf("userName", text("Username"), ""),
            leaf("userTimeZone", text("TimeZoneSidKey"), "GMT"),
            leaf("userType", text("UserType"), "Standard"),
            Element::leaf("userUiSkin", "Theme3"),
        ],
    )
}

/// Whether a checkbox of a row is checked.
pub(super) fn flag(org: &Org, id: RecordId, field: &str) -> bool {
    value(org, id, field).is_true()
}

fn value(org: &Org, id: RecordId, field: &str) -> Value {
    let found = org.store.find(id).and_then(|(object, row)| {
        let field = object.field(field)?;
        Some(org.store.read(object, row, field).into_owned())
    });
    found.unwrap_or_default()
}
