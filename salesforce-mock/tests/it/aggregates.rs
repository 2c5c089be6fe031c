//! Counts, groups and totals.

use serde_json::{Value, json};

use crate::support::{Client, with_demo_objects};

fn deals() -> Client {
    let mut client = with_demo_objects();
    let acme = client.insert("Account", json!({"Name": "Acme", "Industry": "Energy"}));
    let bolt = client.insert("Account", json!({"Name": "Bolt", "Industry": "Retail"}));
    for (name, account, stage, amount, day) in [
        ("a", Some(&acme), "Prospecting", Some(100), "2026-01-10"),
        ("b", Some(&acme), "Closed Won", Some(300), "2026-01-20"),
        ("c", Some(&bolt), "Closed Won", Some(400), "2026-02-01"),
        ("d", None, "Closed Won", None, "2026-02-02"),
    ] {
        client.insert(
            "Opportunity",
            json!({"Name": name, "AccountId": account, "StageName": stage, "Amount": amount, "CloseDate": day}),
        );
    }
    client
}

#[test]
fn count_is_the_total_size() {
    let mut client = deals();
    let count = |n: u32| format!(r#"{{"totalSize":{n},"done":true,"records":[]}}"#);
    assert_eq!(client.query("SELECT COUNT() FROM Opportunity").text, count(4));
    assert_eq!(client.query("SELECT count() FROM Opportunity WHERE Amount > 150").text, count(2));
    assert_eq!(client.query("SELECT COUNT() FROM Opportunity LIMIT 3").text, count(3));
    assert_eq!(client.query("SELECT COUNT() FROM Opportunity ORDER BY Name").code(), "MALFORMED_QUERY");
}

#[test]
fn aggregates_of_all_rows_are_one_row() {
    let mut client = deals();
    assert_eq!(
        client.query("SELECT COUNT(Id), COUNT(Amount) n, SUM(Amount), AVG(Amount), MIN(Name), MAX(CloseDate), COUNT_DISTINCT(StageName) FROM Opportunity").text,
        concat!(
            r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":4,"n":3,"expr1":800.0,"#,
            r#""expr2":266.6666666666667,"expr3":"a","expr4":"2026-02-02","expr5":2}]}"#
        )
    );
    let none = client.rows("SELECT COUNT(Id), SUM(Amount), MAX(Name) FROM Opportunity WHERE Name = 'x'");
    assert_eq!(none, [json!({"expr0": 0, "expr1": null, "expr2": null})]);
}

#[test]
fn groups_have_their_keys_and_nothing_is_a_group() {
    let mut client = deals();
    let rows =
        client.rows("SELECT Account.Name, COUNT(Id) FROM Opportunity GROUP BY Account.Name ORDER BY Account.Name");
    assert_eq!(
        rows,
        [json!({"Name": null, "expr0": 1}), json!({"Name": "Acme", "expr0": 2}), json!({"Name": "Bolt", "expr0": 1})]
    );
    let rows = client.rows(
        "SELECT StageName stage, SUM(Amount) total FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 AND StageName LIKE 'Closed%'",
    );
    assert_eq!(rows, [json!({"stage": "Closed Won", "total": 700.0})]);
    let rows = client.rows("SELECT o.StageName FROM Opportunity o GROUP BY StageName ORDER BY COUNT(Id) DESC LIMIT 1");
    assert_eq!(rows, [json!({"StageName": "Closed Won"})]);
}

#[test]
fn groups_can_be_sorted_by_an_alias_and_cut() {
    let mut client = deals();
    let rows = client.rows("SELECT AccountId, SUM(Amount) s FROM Opportunity GROUP BY AccountId ORDER BY s DESC NULLS LAST LIMIT 1 OFFSET 1");
    assert_eq!(rows[0]["s"], 400.0);
    let rows = client
        .rows("SELECT AccountId, SUM(Amount) s FROM Opportunity GROUP BY AccountId ORDER BY SUM(Amount) NULLS LAST");
    let sums: Vec<&Value> = rows.iter().map(|row| &row["s"]).collect();
    assert_eq!(sums, [&json!(400.0), &json!(400.0), &Value::Null]);
}

#[test]
fn groups_by_parts_of_a_date() {
    let mut client = deals();
    let rows = client.rows(
        "SELECT CALENDAR_MONTH(CloseDate) month, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_MONTH(CloseDate) \
         HAVING CALENDAR_MONTH(CloseDate) >= 1 ORDER BY CALENDAR_MONTH(CloseDate) DESC",
    );
    assert_eq!(rows, [json!({"month": 2, "n": 2}), json!({"month": 1, "n": 2})]);
    let day = client.org.now().date().to_string();
    let rows = client.rows("SELECT DAY_ONLY(CreatedDate), COUNT(Id) FROM Opportunity GROUP BY DAY_ONLY(CreatedDate)");
    assert_eq!(rows, [json!({"expr0": day, "expr1": 4})]);
}

#[test]
fn rollup_and_cube_add_totals() {
    let mut client = deals();
    let rows = client.rows(
        "SELECT StageName, AccountId, COUNT(Id) n, GROUPING(AccountId) g FROM Opportunity WHERE AccountId != null \
         GROUP BY ROLLUP(StageName, AccountId)",
    );
    // Three pairs, two stages, one total.
    assert_eq!(rows.len(), 6);
    let total = rows.iter().find(|row| row["StageName"].is_null()).unwrap();
    assert_eq!((&total["n"], &total["g"], &total["AccountId"]), (&json!(3), &json!(1), &Value::Null));
    assert_eq!(rows.iter().filter(|row| row["g"] == 1).count(), 3);
    let cube = client.rows("SELECT StageName, AccountId, COUNT(Id) FROM Opportunity WHERE AccountId != null GROUP BY CUBE(StageName, AccountId)");
    assert_eq!(cube.len(), 8);
}

#[test]
fn formatted_aggregates_are_text() {
    let mut client = deals();
    let rows = client.rows("SELECT FORMAT(MIN(CloseDate)) begin, FORMAT(SUM(Amount)) total FROM Opportunity");
    assert_eq!(rows, [json!({"begin": "1/10/2026", "total": "$800.00"})]);
}

#[test]
fn what_cannot_be_grouped_or_aggregated_is_refused() {
    let mut client = deals();
    for (soql, text) in [
        ("SELECT Name, COUNT(Id) FROM Opportunity", "Field must be grouped or aggregated: Name"),
        (
            "SELECT COUNT(Id) FROM Opportunity GROUP BY StageName ORDER BY Name",
            "Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT COUNT(Id) FROM Opportunity GROUP BY StageName HAVING Name = 'a'",
            "Field must be grouped or aggregated: Name",
        ),
        ("SELECT SUM(Name) FROM Opportunity", "field Name does not support aggregate operator SUM"),
        ("SELECT MAX(Description) FROM Opportunity", "field Description does not support aggregate operator MAX"),
        (
            "SELECT Description FROM Opportunity GROUP BY Description",
            "field 'Description' can not be grouped in a query call",
        ),
        ("SELECT COUNT(Id) FROM Opportunity LIMIT 5", "cannot also use LIMIT"),
        ("SELECT FIELDS(ALL), COUNT(Id) FROM Opportunity GROUP BY Id LIMIT 5", "Field must be grouped or aggregated"),
        ("SELECT MAX() FROM Opportunity", "takes one field"),
        ("SELECT Id FROM Opportunity WHERE SUM(Amount) > 5", "Aggregate functions are not allowed here"),
    ] {
        let answer = client.query(soql);
        assert_eq!(answer.code(), "MALFORMED_QUERY", "{soql}");
        let message = answer.json()[0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(text), "{soql}: {message}");
    }
}

#[test]
fn more_than_two_thousand_groups_do_not_page() {
    let mut client = with_demo_objects();
    for n in 0..2001 {
        client.insert("Account", json!({"Name": n.to_string()}));
    }
    let answer = client.query("SELECT Name, COUNT(Id) FROM Account GROUP BY Name");
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()[0]["message"],
        "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
    );
    assert_eq!(client.rows("SELECT Name, COUNT(Id) FROM Account GROUP BY Name LIMIT 2000").len(), 2000);
}
