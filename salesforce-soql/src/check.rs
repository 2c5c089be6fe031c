//! A query checked against saved describes, before it is sent.
//!
//! Unknown fields, wrong relationships, literals of the wrong type and what else the server would refuse are found in a
//! test or a build, without an org. Save the answers of `sobjects/X/describe` of the objects that you query, and:
//!
//! ```
//! use salesforce_soql::check::Schema;
//!
//! # let folder = std::env::temp_dir().join(format!("salesforce-soql-check-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # std::fs::write(folder.join("lead.json"), r#"{"name": "Lead", "fields": [
//! #     {"name": "Id", "type": "id"}, {"name": "Name", "type": "string"},
//! #     {"name": "AnnualRevenue", "type": "currency"}
//! # ]}"#)?;
//! const RICH: &str = "SELECT Id, Nmae FROM Lead WHERE AnnualRevenue > '5' AND Name LIKE :name";
//!
//! let schema = Schema::read(&folder)?; // in a project, a path such as "tests/describes"
//! let report = schema.check(RICH);
//! assert!(!report.is_ok()); // in a test: assert!(report.is_ok(), "{report}")
//! assert_eq!(
//!     report.to_string(),
//!     "row 1, column 12: Lead has no field `Nmae`; do you mean `Name`?
//!   SELECT Id, Nmae FROM Lead WHERE AnnualRevenue > '5' AND Name LIKE…
//!              ^^^^
//! row 1, column 49: AnnualRevenue is of type currency and cannot be compared with a text in quotes
//!   SELECT Id, Nmae FROM Lead WHERE AnnualRevenue > '5' AND Name LIKE :name
//!                                                   ^^^"
//! );
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In a `build.rs`, with `salesforce-soql` among the `[build-dependencies]`, a wrong query is no build:
//!
//! ```no_run
//! # use salesforce_soql::check::Schema;
//! println!("cargo::rerun-if-changed=describes");
//! println!("cargo::rerun-if-changed=src/leads.soql"); // in the program: Soql::new(include_str!("leads.soql"))
//! let report = Schema::read("describes")?.check(&std::fs::read_to_string("src/leads.soql")?);
//! assert!(report.is_ok(), "src/leads.soql\n{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the documentation of SOQL does not say is not reported: a query without problems may still be refused, for what
//! depends on rows, licences or the kind of object. An object that the schema does not have is a problem of its own
//! kind, [`ProblemKind::NotInSchema`], and what stands on it is not checked.

mod class;
mod condition;
mod function;
mod group;
mod places;
mod problem;
mod query;
mod report;
mod schema;
mod scope;
mod semi_join;

use std::collections::HashSet;
use std::ops::Range;

pub use problem::{Problem, ProblemKind, Severity};
pub use report::Report;
pub use schema::{Schema, SchemaError};

use crate::Soql;
use crate::ast::Name;
use crate::parse::parse_marked;
use places::Places;
use report::Finding;

impl Schema {
    /// Looks for all that is wrong with a query. The text is not sent anywhere, so it may be any text; a `:name` stands
    /// for a value of the right type.
    pub fn check(&self, text: &str) -> Report {
        let (query, marks) = match parse_marked(text, false) {
            Ok(parsed) => parsed,
            Err(error) => return Report::new(text, vec![Finding::of_syntax(&error)]),
        };
        let places = Places::new(&query, marks);
        let mut checker = Checker { schema: self, places, findings: Vec::new(), missing: HashSet::new() };
        if let Err(error) = parse_marked(text, true) {
            checker.findings.push(Finding::of_syntax(&error));
        }
        checker.query();
        Report::new(text, checker.findings)
    }

    /// The same for a query with its values: each has to be of the type of the field it is compared with.
    pub fn check_soql(&self, soql: &Soql) -> Report {
        match soql.text() {
            Ok(text) => self.check(&text),
            Err(error) => {
                let message = error.to_string();
                Report::new("", vec![Finding { kind: ProblemKind::NotBound, span: 0..0, message, suggestion: None }])
            }
        }
    }
}

impl Finding {
    fn of_syntax(error: &crate::ParseError) -> Self {
        let found = match error.found() {
            "" => "the end of the query".into(),
            found => format!("`{found}`"),
        };
        let message = format!("found {found}, expected {}", error.expected());
        Self { kind: ProblemKind::Syntax, span: error.span(), message, suggestion: None }
    }
}

/// One check of one query.
struct Checker<'s, 'q> {
    schema: &'s Schema,
    places: Places<'q>,
    findings: Vec<Finding>,
    /// Objects that were looked for and are not in the schema.
    missing: HashSet<String>,
}

impl Checker<'_, '_> {
    fn report(&mut self, kind: ProblemKind, span: Range<usize>, message: String) {
        self.findings.push(Finding { kind, span, message, suggestion: None });
    }

    fn suggest(&mut self, kind: ProblemKind, name: &Name, message: String, suggestion: Option<&str>) {
        let suggestion = suggestion.map(str::to_owned);
        self.findings.push(Finding { kind, span: self.places.name(name), message, suggestion });
    }
}

/// The name that is most likely meant: one that differs in a letter or two, or in a `__c` that was left out.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_ascii_lowercase();
    let most = (name.len() / 4).clamp(1, 2);
    let distance = |other: &str| {
        let other = other.to_ascii_lowercase();
        if ["__c", "__r"].iter().any(|suffix| other.strip_suffix(suffix) == Some(&*name)) {
            return Some(0);
        }
        // Names far apart in length are far apart, and measuring takes time that grows with both.
        let near = name.len().abs_diff(other.len()) <= most;
        near.then(|| strsim::osa_distance(&name, &other)).filter(|distance| *distance <= most)
    };
    let near = names.filter_map(|other| Some((distance(other)?, other)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}
