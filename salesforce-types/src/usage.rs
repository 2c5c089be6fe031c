use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::describe::null_is_default;

/// How much of the org's daily calls is used: the `Sforce-Limit-Info` header, which every answer but that of
/// `/services/data` carries.
///
/// ```
/// use salesforce_types::ApiUsage;
///
/// let usage: ApiUsage = "api-usage=10018/100000; per-app-api-usage=17/250(appName=Sample App)".parse()?;
/// assert_eq!((usage.used, usage.allowed), (10_018, 100_000));
/// assert_eq!(usage.per_app.unwrap().app, "Sample App");
/// # Ok::<(), salesforce_types::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiUsage {
    /// Calls in the last 24 hours, everybody's.
    pub used: u64,
    /// Calls allowed in 24 hours.
    pub allowed: u64,
    /// The same for one app, where the org limits it.
    pub per_app: Option<AppUsage>,
}

/// The share of one connected app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppUsage {
    /// The app's name.
    pub app: String,
    /// Calls in the last 24 hours.
    pub used: u64,
    /// Calls allowed in 24 hours.
    pub allowed: u64,
}

impl FromStr for ApiUsage {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let find = |key: &str| {
            // `;` is what servers send, `,` what some readers expect.
            text.split([';', ',']).find_map(|part| part.trim().strip_prefix(key)?.strip_prefix('='))
        };
        let pair = |text: &str| {
            let (used, allowed) = text.split_once('/')?;
            Some((used.trim().parse().ok()?, allowed.trim().parse().ok()?))
        };
        let (used, allowed) = find("api-usage")
            .and_then(pair)
            .ok_or_else(|| Invalid::new("limit header", text, "expected a text such as `api-usage=17/15000`"))?;
        let per_app = find("per-app-api-usage").and_then(|text| {
            let (numbers, name) = text.split_once('(')?;
            let (used, allowed) = pair(numbers)?;
            let app = name.trim_end().trim_end_matches(')').strip_prefix("appName=")?.to_owned();
            Some(AppUsage { app, used, allowed })
        });
        Ok(Self { used, allowed, per_app })
    }
}

/// What `/limits` answers: a [`Limit`] by name. Names that are new are simply there.
///
/// ```
/// use salesforce_types::Limits;
///
/// let limits: Limits = serde_json::from_str(
///     r#"{"DailyApiRequests": {"Max": 15000, "Remaining": 14998, "Sample App": {"Max": 0, "Remaining": 0}}}"#,
/// )?;
/// let daily = limits.get("DailyApiRequests").unwrap();
/// assert_eq!((daily.max, daily.remaining), (15_000, 14_998));
/// assert!(daily.nested.contains_key("Sample App"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limits(BTreeMap<String, Limit>);

impl Limits {
    /// The limit of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Limit> {
        self.0.get(name)
    }

    /// All limits by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Limit)> {
        self.0.iter().map(|(name, limit)| (name.as_str(), limit))
    }

    /// The number of limits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Limit)> for Limits {
    fn from_iter<I: IntoIterator<Item = (String, Limit)>>(limits: I) -> Self {
        Self(limits.into_iter().collect())
    }
}

/// One limit of the org. The figures lag by up to five minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// How much is allowed.
    #[serde(rename = "Max", default, deserialize_with = "null_is_default")]
    pub max: i64,
    /// How much is left; negative where an org may overdraw.
    #[serde(rename = "Remaining", default, deserialize_with = "null_is_default")]
    pub remaining: i64,
    /// Parts of it: one for each connected app, or `CreateCustom`.
    #[serde(flatten)]
    pub nested: BTreeMap<String, serde_json::Value>,
}

impl Limit {
    /// A limit without parts.
    #[must_use]
    pub fn new(max: i64, remaining: i64) -> Self {
        Self { max, remaining, nested: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_without_an_app_has_none() {
        let usage: ApiUsage = "api-usage=5/15000".parse().unwrap();
        assert_eq!(usage, ApiUsage { used: 5, allowed: 15_000, per_app: None });
    }

    #[test]
    fn a_header_that_says_nothing_of_use_is_refused() {
        for text in ["", "api-usage=", "api-usage=a/b", "api-usage=-1/5", "per-app-api-usage=17/250(appName=x)"] {
            assert!(text.parse::<ApiUsage>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_limit_may_be_overdrawn() {
        let limits: Limits = serde_json::from_str(r#"{"X":{"Max":0,"Remaining":-7},"Y":{"Max":null}}"#).unwrap();
        assert_eq!(limits.get("X"), Some(&Limit::new(0, -7)));
    }
}
