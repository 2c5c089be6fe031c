//! Queries of public code against recorded describes and those of the mock org: a checker that cries wolf is
//! turned off.

use salesforce_mock::Org;
use salesforce_soql::check::{ProblemKind, Schema};
use salesforce_types::ApiVersion;

use crate::fixtures;

/// The objects of the mock org, as it describes them.
fn described_by(org: &Org) -> Schema {
    let schema = org.store().schema();
    let describe = |object| schema.describe(object, ApiVersion::DEFAULT, "https://acme.my.salesforce.com");
    schema.objects().iter().map(describe).collect()
}

#[test]
fn what_the_mock_answers_is_never_called_wrong() {
    let Some(queries) = fixtures::lines("queries.txt") else { return };
    let org = Org::demo();
    let schema = described_by(&org);
    let (mut answered, mut both_refuse) = (0, 0);
    for text in &queries {
        let report = schema.check(text);
        let unchecked = report.problems().iter().any(|problem| problem.kind() == ProblemKind::NotInSchema);
        match org.query(text) {
            Ok(_) => {
                assert!(report.is_ok() && !unchecked, "{text}\n{report}");
                answered += 1;
            }
            Err(_) => both_refuse += usize::from(!report.is_ok()),
        }
    }
    println!("{} queries: {answered} answered and right, {both_refuse} refused by both", queries.len());
    assert!(answered > 100 && both_refuse > 50, "{answered}, {both_refuse}");
}

#[test]
fn recorded_describes_are_a_schema() {
    let Some(folder) = fixtures::folder() else { return };
    let describes = folder.join("describe");
    assert!(
        Schema::read(&describes).expect_err("one is a list of all objects").to_string().contains("describe_global")
    );
    let files = ["cci_Custom__c.json", "cci_Event.json", "cci_Lead.json", "opportunity_describe.json"];
    let schemas = files.map(|file| Schema::read(describes.join(file)).expect("it is a describe"));
    let schema: Schema = schemas.into_iter().flatten().collect();
    assert_eq!(schema.objects().count(), 4);

    for text in [
        "SELECT Id, Owner.Name, CreatedDate FROM Lead WHERE LeadSource = 'Web' AND AnnualRevenue > 1000 ORDER BY Name",
        "SELECT Id, TYPEOF What WHEN Opportunity THEN Amount, CloseDate ELSE Name END FROM Event WHERE What.Type = 'Account'",
        "SELECT StageName, SUM(Amount) FROM Opportunity WHERE CloseDate = THIS_YEAR GROUP BY StageName HAVING SUM(Amount) > 5",
        "SELECT Id, ConvertedOpportunity.Name FROM Lead WHERE ConvertedOpportunity.Amount >= USD500",
        "SELECT Id, (SELECT Subject FROM Events WHERE StartDateTime > TODAY) FROM Lead",
    ] {
        let report = schema.check(text);
        assert!(report.problems().is_empty(), "{report}");
    }
    for (text, kind, at) in [
        ("SELECT Id FROM Lead WHERE Description = 'x'", ProblemKind::NotFilterable, "Description"),
        ("SELECT AnnualRevenue FROM Lead GROUP BY AnnualRevenue", ProblemKind::NotGroupable, "AnnualRevenue"),
        (
            "SELECT Amount FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z",
            ProblemKind::WrongLiteral,
            "2026-01-01T00:00:00Z",
        ),
        ("SELECT Id FROM Lead WHERE IsConverted = 'true'", ProblemKind::WrongLiteral, "'true'"),
        ("SELECT Id FROM Event WHERE What.Region__c = 'x'", ProblemKind::UnknownField, "Region__c"),
        ("SELECT Id FROM Custom__c ORDER BY Nmae", ProblemKind::UnknownField, "Nmae"),
    ] {
        let report = schema.check(text);
        let found: Vec<_> = report.problems().iter().map(|problem| (problem.kind(), &text[problem.span()])).collect();
        assert_eq!(found, [(kind, at)], "{report}");
    }
}
