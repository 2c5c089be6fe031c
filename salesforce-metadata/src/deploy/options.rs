use salesforce_http::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::answer::words;
use crate::xml::Element;

/// How a deploy is done. As made, it is all or nothing, a warning fails it, and what it deletes goes to the recycle
/// bin.
///
/// ```
/// use salesforce_metadata::DeployOptions;
///
/// let options = DeployOptions { purge_on_delete: true, ..DeployOptions::default() };
/// assert!(options.rollback_on_error);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DeployOptions {
    /// Takes components that the manifest names and the zip does not have for granted. Not for production.
    pub allow_missing_files: bool,
    /// Deploys files too that the manifest does not name. Not for production; by SOAP only.
    pub auto_update_package: bool,
    /// Only looks whether it would go well. What turns a lookup into a master-detail cannot be looked at so.
    pub check_only: bool,
    /// Whether warnings let a deploy go well; otherwise they fail it. It has to be so when keys of an external client
    /// app are made anew, and when a component is deleted that may be gone already.
    pub ignore_warnings: bool,
    /// Retrieves the components afterwards; by SOAP only.
    pub perform_retrieve: bool,
    /// Deletes for good instead of into the recycle bin. In a sandbox or a developer org only.
    pub purge_on_delete: bool,
    /// Whether nothing is done when something fails; it has to be so in production. True unless said.
    pub rollback_on_error: bool,
    /// The test classes to run.
    pub run_tests: Vec<String>,
    /// Whether the manifest stands at the root of the zip, and not in a folder for each package. True unless said.
    pub single_package: bool,
    /// Which tests run; the org decides when there is none.
    pub test_level: Option<TestLevel>,
}

words! {
    /// Which tests run.
    pub enum TestLevel {
        /// None; production takes that only without Apex.
        NoTestRun,
        /// Those that are named; each class has to be covered to 75 % by them.
        RunSpecifiedTests,
        /// Those that have to do with what is deployed; from API version 66.0 on.
        RunRelevantTests,
        /// All but those of managed packages.
        RunLocalTests,
        /// All.
        RunAllTestsInOrg,
    }
}

impl Default for DeployOptions {
    fn default() -> Self {
        Self {
            allow_missing_files: false,
            auto_update_package: false,
            check_only: false,
            ignore_warnings: false,
            perform_retrieve: false,
            purge_on_delete: false,
            rollback_on_error: true,
            run_tests: Vec::new(),
            single_package: true,
            test_level: None,
        }
    }
}

impl DeployOptions {
    /// Whether only SOAP has what they ask for.
    pub(super) fn are_of_soap(&self) -> bool {
        self.perform_retrieve || self.auto_update_package
    }

    pub(super) fn check(&self) -> Result<()> {
        let are_named = self.test_level == Some(TestLevel::RunSpecifiedTests);
        match are_named == self.run_tests.is_empty() {
            true => {
                let message = "nothing was sent: tests are named where RunSpecifiedTests is the level, and only there";
                Err(Error::new(ErrorKind::Invalid, message))
            }
            false => Ok(()),
        }
    }

    fn flags(&self) -> [(&'static str, bool); 7] {
        [
            ("allowMissingFiles", self.allow_missing_files),
            ("autoUpdatePackage", self.auto_update_package),
            ("checkOnly", self.check_only),
            ("ignoreWarnings", self.ignore_warnings),
            ("performRetrieve", self.perform_retrieve),
            ("purgeOnDelete", self.purge_on_delete),
            ("rollbackOnError", self.rollback_on_error),
        ]
    }

    /// In the order that the service describes.
    pub(super) fn to_element(&self) -> Element<'static> {
        let flag = |element: Element<'static>, (name, on): (&'static str, bool)| element.with(name, on.to_string());
        let options = self.flags().into_iter().fold(Element::new("DeployOptions"), flag);
        let options = self.run_tests.iter().fold(options, |options, class| options.with("runTests", class.clone()));
        let options = options.with("singlePackage", self.single_package.to_string());
        let level = self.test_level.iter().map(|level| Element::of_text("testLevel", level.as_str().to_owned()));
        level.fold(options, Element::with_child)
    }

    pub(super) fn to_json(&self) -> Value {
        let mut options: serde_json::Map<String, Value> =
            self.flags().into_iter().map(|(name, on)| (name.to_owned(), on.into())).collect();
        options.insert("singlePackage".into(), self.single_package.into());
        if !self.run_tests.is_empty() {
            options.insert("runTests".into(), json!(self.run_tests));
        }
        if let Some(level) = &self.test_level {
            options.insert("testLevel".into(), level.as_str().into());
        }
        json!({ "deployOptions": options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_is_all_or_nothing_unless_said() {
        let options = DeployOptions::default().to_json();
        assert_eq!(options["deployOptions"]["rollbackOnError"], true);
        assert_eq!(options["deployOptions"]["purgeOnDelete"], false);
        assert_eq!(options["deployOptions"].get("testLevel"), None, "the org decides");
    }

    #[test]
    fn options_are_written_in_the_order_of_the_service() {
        let options = DeployOptions {
            run_tests: vec!["A".into(), "B".into()],
            test_level: Some(TestLevel::RunSpecifiedTests),
            ..DeployOptions::default()
        };
        let element = options.to_element();
        let names: Vec<_> = element.elements().map(Element::name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!((names.len(), element.children("runTests").count()), (11, 2));
    }

    #[test]
    fn tests_that_are_named_and_a_level_that_runs_none_of_them_are_refused() {
        let named = DeployOptions { run_tests: vec!["A".into()], ..DeployOptions::default() };
        assert!(named.check().is_err());
        let level = Some(TestLevel::RunSpecifiedTests);
        assert!(DeployOptions { test_level: level.clone(), ..DeployOptions::default() }.check().is_err());
        assert!(DeployOptions { test_level: level, ..named }.check().is_ok());
        assert!(DeployOptions::default().check().is_ok());
    }
}
