use std::fmt;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{IdText, RecordId, Timestamp};

use crate::answer::words;
use crate::component::shape::xml_struct;

xml_struct! {
    /// How far a deploy is, and what came of it.
    ///
    /// Whether it went well is in [`success`](Self::success): a deploy that fails as a whole may have no component that
    /// failed.
    pub struct DeployResult {
        /// Who canceled it.
        canceled_by: Option<IdText> = "canceledBy",
        /// Whether it was only looked at.
        check_only: bool = "checkOnly",
        /// When it ended.
        completed_date: Option<Timestamp> = "completedDate",
        /// Who began it.
        created_by: Option<IdText> = "createdBy",
        /// The name of who began it.
        created_by_name: Option<String> = "createdByName",
        /// When it was sent.
        created_date: Option<Timestamp> = "createdDate",
        /// What came of each component and each test. While it runs, only failures.
        details: Option<DeployDetails> = "details",
        /// Whether it has ended; see [`is_done`](Self::is_done).
        done: bool = "done",
        /// Why it failed as a whole.
        error_message: Option<String> = "errorMessage",
        /// The code of that.
        error_status_code: Option<String> = "errorStatusCode",
        /// Its id; see [`record_id`](Self::record_id).
        id: Option<IdText> = "id",
        /// Whether warnings are none.
        ignore_warnings: bool = "ignoreWarnings",
        /// When something last happened to it.
        last_modified_date: Option<Timestamp> = "lastModifiedDate",
        /// How many components failed.
        number_component_errors: i32 = "numberComponentErrors",
        /// How many components are done.
        number_components_deployed: i32 = "numberComponentsDeployed",
        /// How many components there are.
        number_components_total: i32 = "numberComponentsTotal",
        /// How many tests failed.
        number_test_errors: i32 = "numberTestErrors",
        /// How many tests have run.
        number_tests_completed: i32 = "numberTestsCompleted",
        /// How many tests there are.
        number_tests_total: i32 = "numberTestsTotal",
        /// Whether nothing is done when something fails.
        rollback_on_error: bool = "rollbackOnError",
        /// Whether tests run.
        run_tests_enabled: Option<bool> = "runTestsEnabled",
        /// When it began.
        start_date: Option<Timestamp> = "startDate",
        /// What it is doing, in words.
        state_detail: Option<String> = "stateDetail",
        /// How far it is.
        status: Option<DeployStatus> = "status",
        /// Whether it went well.
        success: bool = "success",
    }
}

words! {
    /// How far a deploy is.
    pub enum DeployStatus {
        /// It waits: one deploy runs at a time.
        Pending,
        /// It runs.
        InProgress,
        /// What was done is made final; it can no longer be canceled.
        Finalizing = "FinalizingDeploy",
        /// That failed.
        FinalizingFailed = "FinalizingDeployFailed",
        /// It went well.
        Succeeded,
        /// Some of it went well, and was kept.
        SucceededPartial,
        /// It did not go well.
        Failed,
        /// It is being canceled.
        Canceling,
        /// It was canceled.
        Canceled,
    }
}

xml_struct! {
    /// What came of each component and each test.
    pub struct DeployDetails {
        /// Components that failed.
        component_failures: Vec<DeployMessage> = "componentFailures",
        /// Components that went well, with their warnings.
        component_successes: Vec<DeployMessage> = "componentSuccesses",
        /// What came of the tests.
        run_test_result: Option<RunTestsResult> = "runTestResult",
    }
}

xml_struct! {
    /// What came of a component.
    pub struct DeployMessage {
        /// Whether it is another now.
        changed: bool = "changed",
        /// Where in its line the problem is.
        column_number: Option<i32> = "columnNumber",
        /// Its type; empty for a manifest.
        component_type: Option<String> = "componentType",
        /// Whether it is new.
        created: bool = "created",
        /// When it was dealt with.
        created_date: Option<Timestamp> = "createdDate",
        /// Whether it is gone.
        deleted: bool = "deleted",
        /// Its file in the zip.
        file_name: String = "fileName",
        /// Its name.
        full_name: String = "fullName",
        /// Its id.
        id: Option<IdText> = "id",
        /// The line of the problem.
        line_number: Option<i32> = "lineNumber",
        /// What is wrong.
        problem: Option<String> = "problem",
        /// How bad that is.
        problem_type: Option<ProblemType> = "problemType",
        /// Whether it went well.
        success: bool = "success",
    }
}

words! {
    /// How bad a problem is.
    pub enum ProblemType {
        /// It fails.
        Error,
        /// It does not fail, unless warnings do.
        Warning,
        /// It is only said.
        Info,
    }
}

xml_struct! {
    /// What came of the tests.
    pub struct RunTestsResult {
        /// Why the coverage is not enough.
        code_coverage_warnings: Vec<CodeCoverageWarning> = "codeCoverageWarnings",
        /// The tests that failed.
        failures: Vec<RunTestFailure> = "failures",
        /// How many failed.
        num_failures: i32 = "numFailures",
        /// How many ran.
        num_tests_run: i32 = "numTestsRun",
        /// The tests that went well.
        successes: Vec<RunTestSuccess> = "successes",
        /// How many milliseconds they took; a number with a point.
        total_time: Option<String> = "totalTime",
    }
}

xml_struct! {
    /// A test that failed.
    pub struct RunTestFailure {
        /// What it said.
        message: Option<String> = "message",
        /// The method.
        method_name: Option<String> = "methodName",
        /// The class.
        name: String = "name",
        /// The namespace of the class.
        namespace: Option<String> = "namespace",
        /// Where it was.
        stack_trace: Option<String> = "stackTrace",
    }
}

xml_struct! {
    /// A test that went well.
    pub struct RunTestSuccess {
        /// The method.
        method_name: Option<String> = "methodName",
        /// The class.
        name: String = "name",
        /// The namespace of the class.
        namespace: Option<String> = "namespace",
    }
}

xml_struct! {
    /// Coverage that is not enough.
    pub struct CodeCoverageWarning {
        /// What there is to say.
        message: String = "message",
        /// The class or trigger; none when it is about all of them.
        name: Option<String> = "name",
    }
}

impl DeployResult {
    /// Its id.
    #[must_use]
    pub fn record_id(&self) -> Option<RecordId> {
        self.id.as_ref().and_then(IdText::id)
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        use DeployStatus as S;
        let has_ended = |status: &S| {
            matches!(status, S::Succeeded | S::SucceededPartial | S::Failed | S::Canceled | S::FinalizingFailed)
        };
        self.done || self.status.as_ref().is_some_and(has_ended)
    }

    /// The components that failed.
    #[must_use]
    pub fn failures(&self) -> &[DeployMessage] {
        self.details.as_ref().map_or(&[], |details| &details.component_failures)
    }

    /// The tests that failed.
    #[must_use]
    pub fn test_failures(&self) -> &[RunTestFailure] {
        let tests = self.details.as_ref().and_then(|details| details.run_test_result.as_ref());
        tests.map_or(&[], |tests| &tests.failures)
    }

    /// The same if it went well, at least in part where that was allowed.
    pub(super) fn checked(self) -> Result<Self> {
        let is_well = self.success || self.status == Some(DeployStatus::SucceededPartial);
        if is_well && self.status != Some(DeployStatus::Failed) {
            return Ok(self);
        }
        Err(Error::new(ErrorKind::Invalid, self.sentence()).with_source(DeployFailed(Box::new(self))))
    }

    fn sentence(&self) -> String {
        let what = if self.check_only { "the validation" } else { "the deploy" };
        if self.status == Some(DeployStatus::Canceled) {
            return format!("{what} was canceled");
        }
        let first = self.failures().iter().find_map(|failure| {
            let problem = failure.problem.as_deref()?;
            Some(format!("{} {}: {problem}", failure.component_type.as_deref().unwrap_or_default(), failure.full_name))
        });
        let test = self.test_failures().first().map(|failure| {
            let method = failure.method_name.as_deref().unwrap_or_default();
            format!("{}.{method}: {}", failure.name, failure.message.as_deref().unwrap_or_default())
        });
        let tests = self.details.as_ref().and_then(|details| details.run_test_result.as_ref());
        let coverage =
            tests.and_then(|tests| tests.code_coverage_warnings.first()).map(|warning| warning.message.clone());
        let why = self.error_message.clone().or(first).or(test).or(coverage);
        let why = why.unwrap_or_else(|| "the org does not say why".to_owned());
        let count = self.failures().len() + self.test_failures().len();
        let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
        format!("{what} failed: {}{more}", why.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// A deploy that did not go well; the [source](std::error::Error::source) of its error.
#[derive(Clone, Debug)]
pub struct DeployFailed(Box<DeployResult>);

impl DeployFailed {
    /// What an error says of a failed deploy, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// All that the org said of it.
    #[must_use]
    pub fn result(&self) -> &DeployResult {
        &self.0
    }
}

impl fmt::Display for DeployFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.sentence())
    }
}

impl std::error::Error for DeployFailed {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::shape::Xml;
    use crate::xml::Element;

    fn result(inner: &str) -> DeployResult {
        let text = format!("<result>{inner}</result>");
        DeployResult::read(Element::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_deploy_that_fails_as_a_whole_has_no_component_that_failed() {
        let failed = result(
            "<done>true</done><status>Failed</status><success>false</success><numberComponentErrors>0</numberComponentErrors><errorMessage>UNKNOWN_EXCEPTION: ErrorId 1</errorMessage>",
        );
        let error = failed.checked().unwrap_err();
        assert_eq!(error.to_string(), "the deploy failed: UNKNOWN_EXCEPTION: ErrorId 1");
        assert_eq!(DeployFailed::of(&error).unwrap().result().number_component_errors, 0);
    }

    #[test]
    fn the_first_problem_is_in_the_sentence_and_all_are_in_the_source() {
        let failure = |name: &str| {
            format!(
                "<componentFailures><componentType>ApexClass</componentType><fileName>f</fileName><fullName>{name}</fullName><problem>no\n such</problem><problemType>Error</problemType><success>false</success></componentFailures>"
            )
        };
        let failed = result(&format!(
            "<checkOnly>true</checkOnly><done>true</done><status>Failed</status><details>{}{}</details>",
            failure("A"),
            failure("B")
        ));
        let error = failed.checked().unwrap_err();
        assert_eq!(error.to_string(), "the validation failed: ApexClass A: no such (and 1 more)");
        assert_eq!(DeployFailed::of(&error).unwrap().result().failures().len(), 2);
    }

    #[test]
    fn both_spellings_of_finalizing_are_read_and_a_new_word_is_kept() {
        assert_eq!(result("<status>FinalizingDeploy</status>").status, Some(DeployStatus::Finalizing));
        assert_eq!(result("<status>Finalizing</status>").status, Some(DeployStatus::Finalizing));
        assert!(result("<status>FinalizingDeployFailed</status>").is_done());
        assert_eq!(result("<status>Resting</status>").status.unwrap().as_str(), "Resting");
    }
}
