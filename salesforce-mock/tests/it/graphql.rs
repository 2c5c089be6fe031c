//! Rows by GraphQL.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Client, with_demo_objects};

fn ask(client: &mut Client, query: &str, variables: Value) -> Value {
    let body = json!({"query": query, "variables": variables}).to_string();
    let answer = client.call("POST", "graphql", &[], &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn with_accounts(count: usize) -> Client {
    let mut client = with_demo_objects();
    for n in 0..count {
        let industry = if n % 2 == 0 { "Energy" } else { "Banking" };
        client.insert("Account", json!({"Name": format!("A{n:03} 'x'"), "Industry": industry}));
    }
    client
}

fn names(answer: &Value) -> Vec<String> {
    let edges = answer["data"]["uiapi"]["query"]["Account"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    edges.iter().map(|edge| edge["node"]["Name"]["value"].as_str().unwrap()[..4].to_owned()).collect()
}

#[test]
fn rows_come_in_the_shape_of_the_reference() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "Acme", "NumberOfEmployees": 7}));
    let contact = client.insert("Contact", json!({"LastName": "C", "AccountId": account}));
    client.insert("Contact", json!({"LastName": "D"}));
    let query = "query Q { uiapi { query {
        Account { edges { node { Id, Name { value } staff: NumberOfEmployees { n: value } } cursor } pageInfo { hasNextPage } totalCount }
        people: Contact(orderBy: { Name: { order: ASC } }) { edges { node { Id Account { Name { value } } } } } } } } # end";
    let answer = ask(&mut client, query, json!({}));
    let rows = &answer["data"]["uiapi"]["query"];
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(
        rows["Account"]["edges"][0]["node"],
        json!({"Id": account, "Name": {"value": "Acme"}, "staff": {"n": 7}})
    );
    assert_eq!(
        (&rows["Account"]["pageInfo"], &rows["Account"]["totalCount"]),
        (&json!({"hasNextPage": false}), &json!(1))
    );
    assert_eq!(
        rows["people"]["edges"],
        json!([
            {"node": {"Id": contact, "Account": {"Name": {"value": "Acme"}}}},
            {"node": {"Id": rows["people"]["edges"][1]["node"]["Id"], "Account": null}},
        ])
    );
}

#[test]
fn pages_follow_each_other_by_their_cursors() {
    let mut client = with_accounts(25);
    let query = "query($after: String, $first: Int = 10) { uiapi { query { Account(first: $first, after: $after,
        orderBy: {Name: {order: DESC, nulls: LAST}}) { edges { node { Name { value } } } pageInfo { hasNextPage endCursor hasPreviousPage } } } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = ask(&mut client, query, json!({"after": after}));
        seen.extend(names(&answer));
        let info = &answer["data"]["uiapi"]["query"]["Account"]["pageInfo"];
        after = info["endCursor"].clone();
        if info["hasNextPage"] == false {
            break;
        }
    }
    let expected: Vec<_> = (0..25).rev().map(|n| format!("A{n:03}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn ten_rows_come_when_nothing_is_said_and_no_more_than_4000_are_reached() {
    let mut client = with_accounts(4_005);
    let answer =
        ask(&mut client, "{ uiapi { query { Account { edges { node { Name { value } } } totalCount } } } }", json!({}));
    assert_eq!((names(&answer).len(), &answer["data"]["uiapi"]["query"]["Account"]["totalCount"]), (10, &json!(4005)));
    let walk = |client: &mut Client, arguments: &str| {
        let (mut rows, mut after) = (0, Value::Null);
        loop {
            let query = format!(
                "query($after: String) {{ uiapi {{ query {{ Account(first: 2000, after: $after{arguments}) {{ edges {{ cursor }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
            );
            let answer = ask(client, &query, json!({"after": after}));
            let account = &answer["data"]["uiapi"]["query"]["Account"];
            rows += account["edges"].as_array().unwrap().len();
            after = account["pageInfo"]["endCursor"].clone();
            if account["pageInfo"]["hasNextPage"] == false {
                return rows;
            }
        }
    };
    assert_eq!(walk(&mut client, ""), 4000);
    assert_eq!(walk(&mut client, ", upperBound: 10000"), 4005);
}

#[test]
fn filters_find_what_they_say() {
    let mut client = with_accounts(6);
    for (filter, found) in [
        ("{Name: {eq: \"A001 'x'\"}}", "A001"),
        ("{Name: {like: \"A00%\"}, Industry: {ne: \"Energy\"}}", "A001 A003 A005"),
        (
            "{or: [{Name: {eq: \"A001 'x'\"}}, {and: [{Industry: {eq: \"Energy\"}}, {Name: {lt: \"A002\"}}]}]}",
            "A000 A001",
        ),
        ("{or: [{Industry: {eq: \"Energy\"}, Name: {gt: \"A003\"}}, {Name: {lt: \"A001\"}}]}", "A000 A004"),
        ("{Name: {in: [\"A004 'x'\", \"B\"]}}", "A004"),
        (
            "{CreatedDate: {gt: {value: \"2020-01-01T00:00:00Z\"}}, Phone: {eq: null}, IsDeleted: {eq: false}}",
            "A000 A001 A002 A003 A004 A005",
        ),
        ("{Name: {eq: \"' OR Name != '\"}}", ""),
        ("{}", "A000 A001 A002 A003 A004 A005"),
    ] {
        let query = format!(
            "{{ uiapi {{ query {{ Account(where: {filter}, orderBy: {{Name: {{}}}}) {{ edges {{ node {{ Name {{ value }} }} }} }} }} }} }}"
        );
        assert_eq!(names(&ask(&mut client, &query, json!({}))).join(" "), found, "{filter}");
    }
}

#[test]
fn what_is_wrong_is_told_with_place_and_type() {
    let mut client = with_accounts(1);
    for (query, kind, text) in [
        ("", "ValidationError", "which of its operations"),
        ("{ uiapi { query { Account { totalCount } }", "InvalidSyntax", "offending token '<EOF>'"),
        ("nonsense!", "InvalidSyntax", "offending token '!'"),
        ("mutation { uiapi { x } }", "OperationNotSupported", "Operation 'mutation' is not supported"),
        ("{ viewer { x } }", "ValidationError", "Field 'viewer' in type 'Query' is undefined"),
        ("{ uiapi { query { Accout { totalCount } } } }", "ValidationError", "(FieldUndefined@[uiapi/query/Accout])"),
        (
            "{ uiapi { query { Account { edges { node { Nam { value } } } } } } }",
            "ValidationError",
            "Field 'Nam' in type 'Account' is undefined",
        ),
        ("{ uiapi { query { Account { edges { node { Name } } } } } }", "ValidationError", "Sub selection required"),
        ("{ uiapi { query { Account(first: 2001) { totalCount } } } }", "ValidationError", "Argument 'first'"),
        ("{ uiapi { query { Account(after: \"x\") { totalCount } } } }", "ValidationError", "Argument 'after'"),
        (
            "{ uiapi { query { Account(where: {Nam: {eq: 1}}) { totalCount } } } }",
            "ValidationError",
            "Argument 'where'",
        ),
        (
            "{ uiapi { query { Account(upperBound: 9000) { totalCount } } } }",
            "ValidationError",
            "upperBound needs a first",
        ),
        ("{ uiapi { query { Account(first: $n) { totalCount } } } }", "ValidationError", "Undefined variable 'n'"),
        ("query { ...F }", "InvalidSyntax", "offending token '.'"),
    ] {
        let answer = ask(&mut client, query, json!({}));
        assert_eq!(answer["data"], Value::Null, "{query}");
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["ErrorType"], kind, "{query}: {error}");
        assert!(error["message"].as_str().unwrap().contains(text), "{query}: {error}");
        assert!(error["locations"][0]["line"].is_u64() && error["path"].is_array());
    }
    let query = "{ uiapi { query { Account(where: {Name: {eq: 5}}) { totalCount } Contact { totalCount } } } }";
    let answer = ask(&mut client, query, json!({}));
    assert_eq!(answer["errors"][0]["extensions"]["ErrorType"], "DataFetchingException");
    assert_eq!(answer["errors"][0]["path"], json!(["uiapi", "query", "Account"]));
    assert_eq!(answer["data"]["uiapi"]["query"], json!({"Account": null, "Contact": {"totalCount": 0}}));
}

#[test]
fn a_body_that_is_no_request_is_refused_as_everywhere() {
    let mut client = with_accounts(0);
    for body in ["{", "[]", "{}", "{\"query\": 1}", "{\"query\": \"{}\", \"variables\": []}"] {
        let answer = client.call("POST", "graphql", &[], body);
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "JSON_PARSER_ERROR"), "{body}");
    }
    assert_eq!(client.get("graphql").code(), "METHOD_NOT_ALLOWED");
    let deep = format!("query({}", "[".repeat(50_000));
    assert_eq!(ask(&mut client, &deep, json!({}))["errors"][0]["extensions"]["ErrorType"], "InvalidSyntax");
    let deep = "{a".repeat(40_000);
    assert_eq!(ask(&mut client, &deep, json!({}))["errors"][0]["extensions"]["ErrorType"], "InvalidSyntax");
}

#[test]
fn variables_are_put_in_up_to_a_size_and_stand_in_no_default() {
    let mut client = with_accounts(1);
    let uses = "$a,".repeat(100);
    let query = format!("{{ uiapi {{ query {{ Account(where: {{Name: {{in: [{uses}]}}}}) {{ totalCount }} }} }} }}");
    let answer = ask(&mut client, &query, json!({"a": "A000 'x'"}));
    assert_eq!(answer["data"]["uiapi"]["query"]["Account"]["totalCount"], 1, "{answer}");
    let answer = ask(&mut client, &query, json!({"a": "x".repeat(100_000)}));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("The variables are too large"), "{answer}");
    let query = "query($a: String, $b: String = [$a]) { uiapi { query { Account { totalCount } } } }";
    let answer = ask(&mut client, query, json!({}));
    assert_eq!(answer["errors"][0]["locations"], json!([{"line": 1, "column": 33}]), "{answer}");
    let answer = ask(&mut client, "\n{\n  nothing }", json!({}));
    assert_eq!(answer["errors"][0]["locations"], json!([{"line": 3, "column": 3}]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_document_panics(text in "(\\{|\\}|uiapi|query|Account| |\\(|\\)|first|:|[0-9-]{1,3}|\"|\\\\|\\$a|\\[|\\]|edges|node|Name|value|where|eq|ä|#|\n){0,30}") {
        let mut client = Client::empty();
        let answer = ask(&mut client, &text, json!({"a": 1}));
        prop_assert!(answer["errors"].is_array());
        let answer = ask(&mut client, &format!("{{ uiapi {{ query {{ Account({text}) {{ totalCount }} }} }} }}"), json!({"a": {}}));
        prop_assert!(answer["errors"].is_array());
    }
}
