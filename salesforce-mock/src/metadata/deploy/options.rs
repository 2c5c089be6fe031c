use crate::metadata::Problem;

/// How a zip is to be deployed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the options of the call")]
pub(crate) struct Options {
    pub(crate) allow_missing: bool,
    pub(crate) auto_update: bool,
    pub(crate) check_only: bool,
    pub(crate) ignore_warnings: bool,
    pub(crate) rollback: bool,
    pub(crate) single: bool,
    pub(crate) tests: Vec<String>,
    pub(crate) level: Option<&'static str>,
}

const LEVELS: [&str; 5] = ["NoTestRun", "RunSpecifiedTests", "RunRelevantTests", "RunLocalTests", "RunAllTestsInOrg"];

impl Options {
    /// Reads the options by their names on the wire, and checks that they go together.
    pub(crate) fn read(
        get: impl Fn(&str) -> Option<String>,
        tests: Vec<String>,
        production: bool,
    ) -> Result<Self, Problem> {
        let truth = |name: &str| get(name).is_some_and(|text| text == "true" || text == "1");
        let invalid = |text: String| Err(Problem::new("INVALID_OPERATION", text));
        let level = match get("testLevel").filter(|level| !level.is_empty()) {
            None => None,
            Some(level) => match LEVELS.into_iter().find(|known| *known == level) {
                Some(known) => Some(known),
                None => return invalid(format!("'{level}' is not a valid value for the enum 'TestLevel'")),
            },
        };
        let options = Self {
            allow_missing: truth("allowMissingFiles"),
            auto_update: truth("autoUpdatePackage"),
            check_only: truth("checkOnly"),
            ignore_warnings: truth("ignoreWarnings"),
            rollback: truth("rollbackOnError"),
            single: truth("singlePackage"),
            tests,
            level,
        };
        let specified = level == Some("RunSpecifiedTests");
        if specified == options.tests.is_empty() && (specified || level.is_some()) {
            return invalid("runTests can be used only with a testLevel of RunSpecifiedTests, which needs it".into());
        }
        if production {
            for (name, wrong) in [
                ("rollbackOnError", !options.rollback),
                ("allowMissingFiles", options.allow_missing),
                ("autoUpdatePackage", options.auto_update),
                ("purgeOnDelete", truth("purgeOnDelete")),
            ] {
                if wrong {
                    return invalid(format!("{name} cannot be set to this value for deployment to a production org"));
                }
            }
        }
        Ok(options)
    }
}
