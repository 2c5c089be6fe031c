use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_types::{ObjectName, RecordId};

/// What an org should and should not do by itself when records are written: the `Sforce-*` headers, typed.
///
/// Each write has the same setters; this type is for a program that says it once for all of them. What is not set is not
/// sent, and the org does as it does by default.
///
/// ```no_run
/// use salesforce_rest::{AutoAssign, Client, DuplicateRule, Record, WriteOptions};
///
/// # async fn run(client: Client) -> salesforce_rest::Result<()> {
/// let quiet = WriteOptions::new()
///     .auto_assign(AutoAssign::Off)
///     .duplicate_rule(DuplicateRule::new().allow_save())
///     .update_mru(false);
/// let draft = Record::new("Lead").with("LastName", "Doe").with("Company", "Acme");
/// client.sobject_named("Lead").create(&draft).options(quiet).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until they are given to a write"]
pub struct WriteOptions {
    auto_assign: Option<AutoAssign>,
    duplicate_rule: Option<DuplicateRule>,
    update_mru: Option<bool>,
    default_namespace: Option<String>,
    package_versions: Vec<(String, String)>,
}

/// Whether the org's assignment rules give written Accounts, Cases and Leads to somebody else (`Sforce-Auto-Assign`).
///
/// An org that is not told runs its active rules: owners change, and people are sent mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AutoAssign {
    /// The active rules run, as they do without this option.
    Active,
    /// No rule runs: the owner is the one that the row names, or the user.
    Off,
    /// This rule runs.
    Rule(RecordId),
}

/// What the org's duplicate rules may do to a write (`Sforce-Duplicate-Rule-Header`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "a rule does nothing until it is given to a write"]
pub struct DuplicateRule {
    allow_save: bool,
    include_record_details: bool,
    run_as_current_user: bool,
}

impl DuplicateRule {
    /// As an org does by default: what looks like a duplicate is refused, `DUPLICATES_DETECTED`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Saves the record where the rule only alerts. A rule that blocks still refuses it.
    pub fn allow_save(mut self) -> Self {
        self.allow_save = true;
        self
    }

    /// Shows the fields of the records that it looks like, not their ids only.
    pub fn include_record_details(mut self) -> Self {
        self.include_record_details = true;
        self
    }

    /// Compares with what the user may see only. API version 52 and later.
    pub fn run_as_current_user(mut self) -> Self {
        self.run_as_current_user = true;
        self
    }

    fn header(self) -> String {
        let Self { allow_save, include_record_details, run_as_current_user } = self;
        format!(
            "allowSave={allow_save}; includeRecordDetails={include_record_details}; \
             runAsCurrentUser={run_as_current_user}"
        )
    }
}

impl WriteOptions {
    /// Nothing said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether assignment rules run.
    pub fn auto_assign(mut self, rules: AutoAssign) -> Self {
        self.auto_assign = Some(rules);
        self
    }

    /// What duplicate rules may do.
    pub fn duplicate_rule(mut self, rule: DuplicateRule) -> Self {
        self.duplicate_rule = Some(rule);
        self
    }

    /// Whether the records show up under the user's recently viewed ones, as they do unless said. API version 60 and
    /// later.
    pub fn update_mru(mut self, update: bool) -> Self {
        self.update_mru = Some(update);
        self
    }

    /// The namespace that names without one are looked up in as well.
    pub fn default_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.default_namespace = Some(namespace.into());
        self
    }

    /// The version, such as `1.0`, of a managed package whose behaviour is wanted.
    pub fn package_version(mut self, namespace: impl Into<String>, version: impl Into<String>) -> Self {
        self.package_versions.push((namespace.into(), version.into()));
        self
    }

    /// The headers, or which value cannot stand in one: a `;` would begin another option.
    pub(crate) fn headers(&self) -> Result<Vec<(String, String)>> {
        let mut headers = Vec::new();
        let mut set = |name: &str, value: String| headers.push((name.to_owned(), value));
        if let Some(rules) = self.auto_assign {
            let value = match rules {
                AutoAssign::Active => "TRUE".to_owned(),
                AutoAssign::Off => "FALSE".to_owned(),
                AutoAssign::Rule(id) => id.to_string(),
            };
            set("Sforce-Auto-Assign", value);
        }
        if let Some(rule) = self.duplicate_rule {
            set("Sforce-Duplicate-Rule-Header", rule.header());
        }
        if let Some(update) = self.update_mru {
            set("Sforce-Mru", format!("updateMru={update}"));
        }
        if let Some(namespace) = &self.default_namespace {
            set("Sforce-Call-Options", format!("defaultNamespace={}", namespace_name(namespace)?));
        }
        for (namespace, version) in &self.package_versions {
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if !version.split_once('.').is_some_and(|(major, minor)| digits(major) && digits(minor)) {
                let message =
                    format!("nothing was sent: `{}` is no version of a package, such as `1.0`", version.escape_debug());
                return Err(Error::new(ErrorKind::Invalid, message));
            }
            set(&format!("x-sfdc-packageversion-{}", namespace_name(namespace)?), version.clone());
        }
        Ok(headers)
    }

    pub(crate) fn apply(&self, request: Request) -> Result<Request> {
        Ok(self.headers()?.iter().fold(request, |request, (name, value)| request.header(name, value)))
    }
}

fn namespace_name(text: &str) -> Result<ObjectName> {
    text.parse().map_err(|_| {
        let message = format!("nothing was sent: `{}` is no namespace", text.escape_debug());
        Error::new(ErrorKind::Invalid, message)
    })
}

/// The setters of [`WriteOptions`] on a builder that holds some; where, is the argument.
macro_rules! option_setters {
    ($($place:ident).+) => {
        /// Whether assignment rules run; see [`AutoAssign`](crate::AutoAssign).
        pub fn auto_assign(mut self, rules: crate::AutoAssign) -> Self {
            self.$($place).+ = self.$($place).+.auto_assign(rules);
            self
        }

        /// What duplicate rules may do; see [`DuplicateRule`](crate::DuplicateRule).
        pub fn duplicate_rule(mut self, rule: crate::DuplicateRule) -> Self {
            self.$($place).+ = self.$($place).+.duplicate_rule(rule);
            self
        }

        /// Whether what is written shows up under the user's recently viewed records.
        pub fn update_mru(mut self, update: bool) -> Self {
            self.$($place).+ = self.$($place).+.update_mru(update);
            self
        }

        /// The namespace that names without one are looked up in as well.
        pub fn default_namespace(mut self, namespace: impl Into<String>) -> Self {
            self.$($place).+ = self.$($place).+.default_namespace(namespace);
            self
        }

        /// The version of a managed package whose behaviour is wanted.
        pub fn package_version(mut self, namespace: impl Into<String>, version: impl Into<String>) -> Self {
            self.$($place).+ = self.$($place).+.package_version(namespace, version);
            self
        }

        /// All options at once, in place of those set so far.
        pub fn options(mut self, options: crate::WriteOptions) -> Self {
            self.$($place).+ = options;
            self
        }
    };
}
pub(crate) use option_setters;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(options: WriteOptions) -> Vec<(String, String)> {
        options.headers().unwrap()
    }

    #[test]
    fn nothing_is_sent_that_was_not_said() {
        assert_eq!(sent(WriteOptions::new()), []);
    }

    #[test]
    fn each_option_is_one_header() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let rule = AutoAssign::Rule("01QD0000000EqLn".parse().unwrap());
        assert_eq!(sent(WriteOptions::new().auto_assign(AutoAssign::Off)), [pair("Sforce-Auto-Assign", "FALSE")]);
        assert_eq!(sent(WriteOptions::new().auto_assign(AutoAssign::Active)), [pair("Sforce-Auto-Assign", "TRUE")]);
        assert!(sent(WriteOptions::new().auto_assign(rule))[0].1.starts_with("01QD0000000EqLn"));
        assert_eq!(
            sent(WriteOptions::new().duplicate_rule(DuplicateRule::new().allow_save())),
            [pair(
                "Sforce-Duplicate-Rule-Header",
                "allowSave=true; includeRecordDetails=false; runAsCurrentUser=false"
            )]
        );
        assert_eq!(
            sent(WriteOptions::new().update_mru(false).default_namespace("acme").package_version("acme", "1.20")),
            [
                pair("Sforce-Mru", "updateMru=false"),
                pair("Sforce-Call-Options", "defaultNamespace=acme"),
                pair("x-sfdc-packageversion-acme", "1.20"),
            ]
        );
    }

    #[test]
    fn a_value_that_would_begin_another_option_is_refused() {
        for bad in ["acme; client=other", "", "a b", "a\r\nb"] {
            assert!(WriteOptions::new().default_namespace(bad).headers().is_err(), "{bad}");
            assert!(WriteOptions::new().package_version(bad, "1.0").headers().is_err(), "{bad}");
        }
        for bad in ["", "1", "1.", ".1", "1.0.0", "1.0; x", "one.two"] {
            assert!(WriteOptions::new().package_version("acme", bad).headers().is_err(), "{bad}");
        }
    }
}
