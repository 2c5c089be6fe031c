use std::path::PathBuf;

use salesforce_soql::{parse, parse_strict};

/// The folder of the recordings; `None` where there are none.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    let folder = std::env::var_os("SALESFORCE_FIXTURES").map_or_else(beside, PathBuf::from);
    if !folder.is_dir() {
        println!("skipped: no fixtures");
        return None;
    }
    Some(folder)
}

/// The lines of a file of recorded queries.
pub(crate) fn lines(file: &str) -> Option<Vec<String>> {
    let folder = folder()?;
    let text = std::fs::read_to_string(folder.join("soql").join(file)).expect("the fixtures have SOQL lists");
    Some(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[test]
fn every_query_of_public_code_parses_and_round_trips() {
    let Some(queries) = lines("queries.txt") else { return };
    let mut failed = Vec::new();
    let mut strict = 0;
    for text in &queries {
        match parse(text) {
            Err(error) => failed.push(format!("{error}: {text}")),
            Ok(query) => {
                let printed = query.to_string();
                match parse(&printed) {
                    Ok(again) if again == query && again.to_string() == printed => {}
                    other => failed.push(format!("{text}\n  became {printed}\n  which is {other:?}")),
                }
            }
        }
        strict += usize::from(parse_strict(text).is_ok());
    }
    println!(
        "queries.txt: {} of {} parse and round-trip, {strict} of them strictly",
        queries.len() - failed.len(),
        queries.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_broken_query_is_refused_with_a_place_and_what_was_expected() {
    let Some(queries) = lines("invalid.txt") else { return };
    let mut accepted = Vec::new();
    for text in &queries {
        match parse(text) {
            Ok(query) => accepted.push(format!("{text}\n  read as {query}")),
            Err(error) => {
                println!("{text}\n  {error}");
                assert_eq!(error.row(), 1, "{text}");
                assert!(error.column() > 1 || error.span().start == 0, "{text}");
                assert!(error.span().end <= text.len() && !error.expected().is_empty(), "{text}");
            }
        }
    }
    println!("invalid.txt: {} of {} refused", queries.len() - accepted.len(), queries.len());
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}
