use super::Options;
use crate::metadata::known::known;
use crate::metadata::{Metadata, Work};

/// One test class that ran.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) class: String,
    /// Why it failed.
    pub(crate) failure: Option<String>,
}

/// Runs the tests that the options ask for. A class counts as one test; nothing of it is run, and it passes if the org
/// does not say otherwise.
pub(super) fn run(metadata: &Metadata, work: &Work, options: &Options, apex: bool) -> Vec<Test> {
    let default = if metadata.production && apex { "RunLocalTests" } else { "NoTestRun" };
    let classes = || {
        let is_test = |text: &[u8]| String::from_utf8_lossy(text).to_ascii_lowercase().contains("@istest");
        let all = work.components.of(known("ApexClass"));
        let tests = all.filter(|(_, class)| class.files.values().any(|text| is_test(text)));
        tests.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    let names = match options.level.unwrap_or(default) {
        "RunSpecifiedTests" => options.tests.clone(),
        "NoTestRun" => Vec::new(),
        _ => classes(),
    };
    let outcome = |class: String| {
        let missing = || Some(format!("No test class named {class} found"));
        let known = work.components.get(known("ApexClass"), &class).is_some();
        let failure = metadata.failing_tests.get(&class).cloned().or_else(|| if known { None } else { missing() });
        Test { class, failure }
    };
    names.into_iter().map(outcome).collect()
}
