use serde::{Deserialize, Serialize};

use crate::Number;

/// An address field, such as `BillingAddress`: read only, since each part is a field of its own to write.
///
/// The codes are there in orgs with state and country picklists only; a custom address field has that of the country in
/// any org (REST reference 4.4). An empty address is null.
///
/// ```
/// use salesforce_types::Address;
///
/// let address: Address = serde_json::from_str(r#"{"city": "Ulm", "latitude": 48.40, "street": null}"#)?;
/// assert_eq!((address.city.as_deref(), address.latitude.unwrap().as_str()), (Some("Ulm"), "48.40"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Address {
    /// The city.
    pub city: Option<String>,
    /// The country's name.
    pub country: Option<String>,
    /// The country's ISO code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// How exact latitude and longitude are: `Address`, `Street`, `City`, ….
    pub geocode_accuracy: Option<String>,
    /// Degrees north.
    pub latitude: Option<Number>,
    /// Degrees east.
    pub longitude: Option<Number>,
    /// The postal code.
    pub postal_code: Option<String>,
    /// The state's or province's name.
    pub state: Option<String>,
    /// The state's ISO code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_code: Option<String>,
    /// Street and house number; may have several lines.
    pub street: Option<String>,
}

/// A geolocation field: read only, since latitude and longitude are fields of their own to write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Location {
    /// Degrees north.
    pub latitude: Option<Number>,
    /// Degrees east.
    pub longitude: Option<Number>,
}
