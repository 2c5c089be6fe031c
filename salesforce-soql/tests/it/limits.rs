use salesforce_soql::{BindError, MAX_LENGTH, ParseErrorKind, Soql, parse};

/// Runs in less stack than any thread has by default, so that what nests too deeply would end the test.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(test).expect("a thread can be started");
    thread.join().expect("the test passes");
}

fn where_nested(levels: usize) -> String {
    format!("SELECT Id FROM A WHERE {}B = 1{}", "(".repeat(levels), ")".repeat(levels))
}

#[test]
fn parentheses_nest_to_a_limit() {
    on_a_small_stack(|| {
        assert!(parse(&where_nested(64)).is_ok());
        let error = parse(&where_nested(65)).unwrap_err();
        assert_eq!((error.kind(), error.column()), (ParseErrorKind::TooDeep, 88));
        assert_eq!(parse(&format!("SELECT Id FROM A WHERE {}", "(".repeat(90_000))).unwrap_err(), error);
    });
}

#[test]
fn the_deepest_query_of_all_kinds_fits_a_small_stack() {
    on_a_small_stack(|| {
        let negations = format!("SELECT Id FROM A WHERE {}B = 1{}", "NOT (".repeat(64), ")".repeat(64));
        let joins =
            format!("SELECT Id FROM A WHERE B IN {}(1){}", "(SELECT B FROM C WHERE D IN ".repeat(64), ")".repeat(64));
        let calls = format!("SELECT {}B{} FROM A", "FORMAT(".repeat(64), ")".repeat(64));
        for text in [negations, joins, calls] {
            let query = parse(&text).unwrap();
            assert_eq!(parse(&query.to_string()), Ok(query.clone()));
            assert!(!format!("{query:?}").is_empty());
        }
    });
}

#[test]
fn hostile_nesting_is_refused() {
    on_a_small_stack(|| {
        for text in [
            format!("SELECT Id FROM A WHERE {}B = 1", "NOT (".repeat(15_000)),
            format!("SELECT Id FROM A WHERE {}", "B IN (SELECT B FROM A WHERE ".repeat(3_000)),
            format!("SELECT {}B", "FORMAT(".repeat(14_000)),
            format!("{}Id", "SELECT (".repeat(12_000)),
        ] {
            assert_eq!(parse(&text).unwrap_err().kind(), ParseErrorKind::TooDeep);
        }
        assert!(parse(&format!("SELECT Id FROM A WHERE {}B = 1", "NOT ".repeat(20_000))).is_err());
    });
}

#[test]
fn long_lists_are_not_deep() {
    let conditions = vec!["B = 1"; 5_000].join(" OR ");
    let query = parse(&format!("SELECT Id FROM A WHERE {conditions}")).unwrap();
    assert_eq!(parse(&query.to_string()), Ok(query));
}

#[test]
fn child_queries_nest_five_levels() {
    let nested = |levels: usize| {
        let (open, close) = ("(SELECT Id, ".repeat(levels), " FROM B)".repeat(levels));
        format!("SELECT {open}Id{close} FROM A")
    };
    assert!(parse(&nested(5)).is_ok());
    assert_eq!(parse(&nested(6)).unwrap_err().kind(), ParseErrorKind::TooDeep);
}

#[test]
fn a_statement_has_at_most_100000_characters() {
    let text = |length: usize| {
        let frame = "SELECT Id FROM A WHERE B = ''";
        frame.replace("''", &format!("'{}'", "ä".repeat(length - frame.len())))
    };
    assert!(parse(&text(MAX_LENGTH)).is_ok());
    let error = parse(&text(MAX_LENGTH + 1)).unwrap_err();
    assert_eq!((error.kind(), error.column()), (ParseErrorKind::TooLong, MAX_LENGTH + 1));
    assert_eq!(error.found(), "'");

    assert!(Soql::trusted(text(MAX_LENGTH)).text().is_ok());
    assert_eq!(Soql::trusted(text(MAX_LENGTH + 1)).text(), Err(BindError::TooLong));
}

#[test]
fn an_error_repeats_only_a_little_of_the_text() {
    let error = parse(&format!("SELECT Id FROM A {}", "b".repeat(50_000))).unwrap_err();
    assert!(error.to_string().len() < 300, "{error}");
}
