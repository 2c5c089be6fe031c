//! Several requests in one.

use serde_json::{Value, json};

use crate::support::{Client, fixture, same_shape};

const HALTED: &str = "The transaction was rolled back since another operation in the same transaction failed.";

fn request(id: &str, method: &str, path: &str, body: Value) -> Value {
    let url = format!("/services/data/v68.0/{path}");
    let mut request = json!({"referenceId": id, "method": method, "url": url});
    if !body.is_null() {
        request["body"] = body;
    }
    request
}

fn new_account(id: &str, name: &str) -> Value {
    request(id, "POST", "sobjects/Account", json!({"Name": name}))
}

fn composite(client: &mut Client, all_or_none: bool, requests: &[Value]) -> Vec<Value> {
    let answer = client.post("composite", json!({"allOrNone": all_or_none, "compositeRequest": requests}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["compositeResponse"].as_array().unwrap().clone()
}

fn statuses(replies: &[Value]) -> Vec<u64> {
    replies.iter().map(|reply| reply["httpStatusCode"].as_u64().unwrap()).collect()
}

#[test]
fn the_resources_are_listed() {
    let mut client = Client::empty();
    let resources = client.get("composite").json();
    assert_eq!(resources["tree"], "/services/data/v68.0/composite/tree");
    assert_eq!(resources.as_object().unwrap().len(), 4);
    assert_eq!(client.get("").json()["composite"], "/services/data/v68.0/composite");
}

#[test]
fn requests_refer_to_answers_before_them() {
    let mut client = Client::empty();
    let replies = composite(
        &mut client,
        true,
        &[
            new_account("acc1", "Sample & Co"),
            request("con1", "POST", "sobjects/Contact", json!({"LastName": "Doe", "AccountId": "@{acc1.id}"})),
            request("read", "GET", "sobjects/Account/@{acc1.id}?fields=Name", Value::Null),
            request("rows", "GET", "query?q=SELECT Id, Name FROM Account WHERE Name = '@{read.Name}'", Value::Null),
            request(
                "note",
                "PATCH",
                "sobjects/Account/@{acc1.id}",
                json!({"Phone": "No. @{rows.totalSize}: @{rows.records[0].Name}"}),
            ),
            request("gone", "DELETE", "sobjects/Contact/@{con1.id}", Value::Null),
        ],
    );
    assert_eq!(statuses(&replies), [201, 201, 200, 200, 204, 204]);
    let id = replies[0]["body"]["id"].as_str().unwrap();
    assert_eq!(
        replies[0],
        json!({
            "body": {"id": id, "success": true, "errors": []},
            "httpHeaders": {"Location": format!("/services/data/v68.0/sobjects/Account/{id}")},
            "httpStatusCode": 201,
            "referenceId": "acc1",
        })
    );
    assert_eq!(replies[3]["body"]["totalSize"], 1);
    assert_eq!(replies[4]["body"], json!(null));
    assert_eq!(client.rows("SELECT Phone FROM Account"), [json!({"Phone": "No. 1: Sample & Co"})]);
    assert_eq!(client.rows("SELECT Id FROM Contact").len(), 0);
}

#[test]
fn the_keys_of_a_reply_are_in_the_order_of_the_alphabet() {
    let mut client = Client::empty();
    let answer = client.post("composite", json!({"compositeRequest": [new_account("a", "A")]}));
    let places =
        ["\"body\"", "\"httpHeaders\"", "\"httpStatusCode\"", "\"referenceId\""].map(|key| answer.text.find(key));
    assert!(places.is_sorted() && places[0].is_some(), "{}", answer.text);
}

#[test]
fn the_recorded_requests_get_answers_of_the_recorded_shape() {
    for file in [
        "composite/cci_TestCompositeParallelSalesforce_test_reference_ids.exchanges.json",
        "rest-misc/TestCountSObjects_test_count_sobjects_simple.exchanges.json",
    ] {
        let Some(recorded) = fixture(file) else { return };
        let mut client = Client::empty();
        for exchange in recorded["exchanges"].as_array().unwrap() {
            let body = exchange["request"]["body"].as_str().unwrap().replace("/vxx.0/", "/v62.0/");
            let answer = client.call("POST", "/services/data/v62.0/composite", &[], &body);
            let expected: Value = serde_json::from_str(exchange["response"]["body"].as_str().unwrap()).unwrap();
            assert_eq!(answer.status, 200);
            assert!(same_shape(&answer.json(), &expected), "{}", answer.text);
        }
    }
}

#[test]
fn all_or_none_leaves_nothing_behind_and_only_the_culprit_says_why() {
    let mut client = Client::empty();
    let kept = client.insert("Account", json!({"Name": "Kept"}));
    let requests = [
        new_account("one", "A"),
        request("two", "DELETE", &format!("sobjects/Account/{kept}"), Value::Null),
        request("three", "POST", "sobjects/Contact", json!({"FirstName": "No last name"})),
        new_account("four", "B"),
    ];
    let replies = composite(&mut client, true, &requests);
    assert_eq!(statuses(&replies), [400; 4]);
    for place in [0, 1, 3] {
        assert_eq!(replies[place]["body"], json!([{"errorCode": "PROCESSING_HALTED", "message": HALTED}]));
        assert_eq!(replies[place]["httpHeaders"], json!({}));
    }
    assert_eq!(replies[2]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(client.names("SELECT Name FROM Account"), ["Kept"]);
    let replies = composite(&mut client, false, &requests);
    assert_eq!(statuses(&replies), [201, 204, 400, 201]);
    assert_eq!(client.names("SELECT Name FROM Account"), ["A", "B"]);
}

#[test]
fn what_depends_on_a_failure_is_halted() {
    let mut client = Client::empty();
    let replies = composite(
        &mut client,
        false,
        &[
            request("bad", "POST", "sobjects/Account", json!({})),
            request("dep", "POST", "sobjects/Contact", json!({"LastName": "A", "AccountId": "@{bad.id}"})),
            request("url", "GET", "sobjects/Account/@{later.id}", Value::Null),
            new_account("later", "B"),
        ],
    );
    assert_eq!(statuses(&replies), [400, 400, 400, 201]);
    let text = "Invalid reference specified. No value for bad.id found in bad";
    assert_eq!(replies[1]["body"], json!([{"errorCode": "PROCESSING_HALTED", "message": text}]));
    assert_eq!(replies[2]["body"][0]["errorCode"], "PROCESSING_HALTED");
}

#[test]
fn a_reference_may_lead_to_null_from_version_52_on() {
    let run = |version: &str| {
        let mut client = Client::empty();
        let id = client.insert("Account", json!({"Name": "A"}));
        let read = request("a", "GET", &format!("sobjects/Account/{id}?fields=Phone"), Value::Null);
        let write = request("b", "POST", "sobjects/Account", json!({"Name": "B", "Phone": "@{a.Phone}"}));
        let body = json!({"compositeRequest": [read, write]}).to_string();
        let answer = client.call("POST", &format!("/services/data/v{version}/composite"), &[], &body);
        answer.json()["compositeResponse"][1]["httpStatusCode"].clone()
    };
    assert_eq!((run("52.0"), run("51.0")), (json!(201), json!(400)));
}

#[test]
fn a_collection_inside_is_bound_by_the_request_around() {
    let mut client = Client::empty();
    let good = json!({"attributes": {"type": "Account"}, "Name": "A"});
    let bad = json!({"attributes": {"type": "Account"}});
    let rows = json!({"allOrNone": false, "records": [good, bad]});
    let collection = request("many", "POST", "composite/sobjects", rows);
    let replies = composite(&mut client, false, &[collection.clone(), new_account("one", "B")]);
    assert_eq!(statuses(&replies), [200, 201]);
    assert_eq!(client.names("SELECT Name FROM Account"), ["A", "B"]);
    let replies = composite(&mut client, true, &[collection, new_account("one", "C")]);
    assert_eq!(replies[0]["body"][0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(replies[1]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(client.names("SELECT Name FROM Account"), ["A", "B"]);
}

#[test]
fn headers_of_a_request_inside_count_for_it_alone() {
    let mut client = Client::empty();
    let queue = client.rows("SELECT Id FROM Group").remove(0)["Id"].as_str().unwrap().to_owned();
    client.org.store_mut().automation.assign("Case", queue.parse().unwrap());
    let mut first = request("a", "POST", "sobjects/Case", json!({"Subject": "A"}));
    first["httpHeaders"] = json!({"Sforce-Auto-Assign": "FALSE"});
    let second = request("b", "POST", "sobjects/Case", json!({"Subject": "B"}));
    composite(&mut client, true, &[first, second]);
    let owners = client.rows("SELECT OwnerId FROM Case ORDER BY Subject");
    assert_eq!(owners[0]["OwnerId"], client.org.store().user.to_string());
    assert_eq!(owners[1]["OwnerId"], queue);
}

#[test]
fn a_describe_that_did_not_change_is_304_inside_too() {
    let mut client = Client::empty();
    let now = client.get("sobjects").header("last-modified").to_owned();
    let mut describe = request("d", "GET", "sobjects/Account/describe", Value::Null);
    describe["httpHeaders"] = json!({"If-Modified-Since": now});
    let reply = composite(&mut client, false, &[describe]).remove(0);
    assert_eq!((&reply["httpStatusCode"], &reply["body"]), (&json!(304), &json!(null)));
    assert_eq!(reply["httpHeaders"]["Last-Modified"], now);
}

#[test]
fn what_has_no_place_inside_is_refused_there() {
    let mut client = Client::empty();
    let file = json!({"Title": "P", "PathOnClient": "p.bin", "VersionData": "AAAA"});
    let file = client.insert("ContentVersion", file);
    let nested = json!({"compositeRequest": []});
    let replies = composite(
        &mut client,
        false,
        &[
            request("a", "POST", "composite", nested.clone()),
            request("b", "POST", "composite/batch", nested.clone()),
            request("c", "POST", "composite/graph", nested.clone()),
            request("d", "POST", "composite/tree/Account", nested),
            request("e", "GET", "limits", Value::Null),
            request("f", "GET", &format!("sobjects/ContentVersion/{file}/VersionData"), Value::Null),
        ],
    );
    assert_eq!(statuses(&replies), [400; 6]);
    assert!(replies.iter().all(|reply| reply["body"][0]["errorCode"] == "INVALID_BATCH_REQUEST"), "{replies:?}");
    let outside = |url: &str| json!({"referenceId": "x", "method": "POST", "url": url, "body": {}});
    for url in ["/services/oauth2/token", "https://else.where/services/data/v68.0/query", "sobjects/Account", ""] {
        assert_eq!(statuses(&composite(&mut client, false, &[outside(url)])), [404], "{url}");
    }
    let old = outside("/services/data/v30.0/sobjects/Account");
    let new = outside("/services/data/v99.0/sobjects/Account");
    let wrong = request("y", "PUT", "sobjects/Account", json!({}));
    assert_eq!(statuses(&composite(&mut client, false, &[old])), [410]);
    assert_eq!(statuses(&composite(&mut client, false, &[new, wrong])), [404, 405]);
}

#[test]
fn a_composite_that_cannot_be_read_is_refused_whole() {
    let mut client = Client::empty();
    let one = new_account("a", "A");
    let with = |key: &str, value: Value| {
        let mut request = one.clone();
        request[key] = value;
        json!({"compositeRequest": [request]})
    };
    let without = |key: &str| {
        let mut request = one.clone();
        request.as_object_mut().unwrap().remove(key);
        json!({"compositeRequest": [request]})
    };
    let many = |count: usize, path: &str| {
        let requests: Vec<_> = (0..count).map(|n| request(&format!("r{n}"), "GET", path, Value::Null)).collect();
        json!({"compositeRequest": requests})
    };
    for (body, code) in [
        (json!({}), "JSON_PARSER_ERROR"),
        (json!({"compositeRequest": []}), "REQUIRED_FIELD_MISSING"),
        (json!({"compositeRequest": [1]}), "JSON_PARSER_ERROR"),
        (json!([[one]]), "JSON_PARSER_ERROR"),
        (json!({"compositeRequest": [["GET", "/services/data/v68.0/sobjects", "a"]]}), "JSON_PARSER_ERROR"),
        (json!({"compositeRequest": [one, one]}), "JSON_PARSER_ERROR"),
        (json!({"allOrNone": "yes", "compositeRequest": [one]}), "JSON_PARSER_ERROR"),
        (json!({"collateSubrequests": 1, "compositeRequest": [one]}), "JSON_PARSER_ERROR"),
        (without("referenceId"), "JSON_PARSER_ERROR"),
        (without("method"), "JSON_PARSER_ERROR"),
        (without("url"), "JSON_PARSER_ERROR"),
        (with("method", json!("post")), "JSON_PARSER_ERROR"),
        (with("referenceId", json!("a-b")), "JSON_PARSER_ERROR"),
        (with("referenceId", json!("_a")), "JSON_PARSER_ERROR"),
        (with("referenceId", json!("")), "JSON_PARSER_ERROR"),
        (with("httpHeaders", json!({"accept": "x"})), "INVALID_BATCH_REQUEST"),
        (with("httpHeaders", json!({"Authorization": "Bearer x"})), "INVALID_BATCH_REQUEST"),
        (with("httpHeaders", json!({"Content-Type": "text/csv"})), "INVALID_BATCH_REQUEST"),
        (many(26, "sobjects"), "LIMIT_EXCEEDED"),
        (many(6, "query?q=SELECT Id FROM Account"), "LIMIT_EXCEEDED"),
        (many(6, "composite/sobjects/Account?ids=x&fields=Id"), "LIMIT_EXCEEDED"),
    ] {
        let answer = client.post("composite", body);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{}", answer.text);
    }
    let id = client.post("composite", with("referenceId", json!("Link-1"))).json();
    let text = "Provided referenceId ('Link-1') must start with a letter or a number, and it can contain only letters, \
                numbers and underscores ('_').";
    assert_eq!(id[0]["message"], text);
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 0);
    assert_eq!(client.post("composite", many(25, "sobjects")).status, 200);
    assert_eq!(client.post("composite", many(5, "query?q=SELECT Id FROM Account")).status, 200);
    assert_eq!(client.post("composite", with("referenceId", json!("1_a_"))).status, 200);
}

#[test]
fn a_bad_reference_id_halts_only_its_request_before_version_52() {
    let mut client = Client::empty();
    let body = json!({"compositeRequest": [new_account("a-b", "A"), new_account("b", "B")]}).to_string();
    let answer = client.call("POST", "/services/data/v51.0/composite", &[], &body).json();
    assert_eq!(answer["compositeResponse"][0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(client.names("SELECT Name FROM Account"), ["B"]);
}

#[test]
fn a_composite_is_one_call_and_a_batch_is_as_many_as_it_holds() {
    let mut client = Client::empty();
    client.org.set_daily_calls(0, 100);
    composite(&mut client, false, &[new_account("a", "A"), new_account("b", "B")]);
    let batch = json!({"batchRequests": vec![json!({"method": "GET", "url": "v68.0/limits"}); 3]});
    let answer = client.post("composite/batch", batch.clone());
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=4/100");
    client.org.set_daily_calls(98, 100);
    let answer = client.post("composite/batch", batch).json();
    let codes = answer["results"].as_array().unwrap().iter().map(|result| result["statusCode"].as_u64().unwrap());
    assert_eq!(codes.collect::<Vec<_>>(), [200, 200, 403]);
    assert_eq!(answer["results"][2]["result"][0]["errorCode"], "REQUEST_LIMIT_EXCEEDED");
}

#[test]
fn a_batch_answers_each_request_by_itself() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    let read = format!("sobjects/Account/{id}?fields=Name,BillingPostalCode");
    let batch = |halt: bool| {
        json!({"haltOnError": halt, "batchRequests": [
            {"method": "PATCH", "url": format!("v68.0/sobjects/Account/{id}"), "richInput": {"Name": "NewName"}},
            {"method": "GET", "url": "v68.0/sobjects/Nothing"},
            {"method": "GET", "url": format!("/services/data/v67.0/{read}")},
        ]})
    };
    let answer = client.post("composite/batch", batch(false));
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["hasErrors"], true);
    assert_eq!(body["results"][0], json!({"statusCode": 204, "result": null}));
    assert_eq!(
        body["results"][1],
        json!({"statusCode": 404, "result": [
            {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
        ]})
    );
    assert_eq!(body["results"][2]["result"]["Name"], "NewName");
    let halted = client.post("composite/batch", batch(true)).json();
    assert_eq!(halted["results"][2]["statusCode"], 412);
    assert_eq!(halted["results"][2]["result"][0]["errorCode"], "BATCH_PROCESSING_HALTED");
    let Some(recorded) = fixture("composite/gosfdc_batch_1.json") else { return };
    client.org.update(id.parse().unwrap(), &json!({"BillingPostalCode": "94105"})).unwrap();
    let mut good = batch(true);
    good["batchRequests"].as_array_mut().unwrap().remove(1);
    let answer = client.post("composite/batch", good).json();
    assert!(same_shape(&answer, &recorded), "{answer}");
}

#[test]
fn a_batch_that_cannot_be_done_is_refused() {
    let mut client = Client::empty();
    let one = |url: &str| json!({"batchRequests": [{"method": "GET", "url": url}]});
    let limits = json!({"method": "GET", "url": "v68.0/limits"});
    for (body, code) in [
        (json!({"batchRequests": []}), "REQUIRED_FIELD_MISSING"),
        (json!({"batchRequests": vec![limits; 26]}), "LIMIT_EXCEEDED"),
        (json!({"batchRequests": [{"url": "v68.0/limits"}]}), "JSON_PARSER_ERROR"),
    ] {
        let answer = client.post("composite/batch", body);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code));
    }
    let newer = client.call("POST", "/services/data/v60.0/composite/batch", &[], &one("v61.0/limits").to_string());
    assert_eq!((newer.status.as_u16(), &*newer.code()), (400, "INVALID_BATCH_REQUEST"));
    let nested = client.post("composite/batch", one("v68.0/composite")).json();
    assert_eq!(nested["results"][0]["result"][0]["errorCode"], "INVALID_BATCH_REQUEST");
}

fn graph(id: &str, requests: &[Value]) -> Value {
    json!({"graphId": id, "compositeRequest": requests})
}

#[test]
fn each_graph_is_done_whole_or_not_at_all() {
    let mut client = Client::empty();
    let contact =
        |name: Value| request("con", "POST", "sobjects/Contact", json!({"LastName": name, "AccountId": "@{acc.id}"}));
    let answer = client.post(
        "composite/graph",
        json!({"graphs": [
            graph("g1", &[new_account("acc", "A"), contact(json!("C"))]),
            graph("g2", &[new_account("acc", "B"), contact(json!(null)), new_account("more", "D")]),
        ]}),
    );
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!((&body["graphs"][0]["graphId"], &body["graphs"][0]["isSuccessful"]), (&json!("g1"), &json!(true)));
    assert_eq!(body["graphs"][1]["isSuccessful"], false);
    let replies = body["graphs"][1]["graphResponse"]["compositeResponse"].as_array().unwrap();
    let codes: Vec<_> = replies.iter().map(|reply| reply["body"][0]["errorCode"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]);
    assert_eq!(client.names("SELECT Name FROM Account"), ["A"]);
}

#[test]
fn after_fifteen_graphs_that_failed_the_rest_is_halted() {
    let mut client = Client::empty();
    let mut graphs: Vec<_> =
        (0..15).map(|n| graph(&format!("bad{n}"), &[request("a", "POST", "sobjects/Account", json!({}))])).collect();
    graphs.push(graph("good", &[new_account("a", "A")]));
    let halted = client.post("composite/graph", json!({"graphs": graphs})).json();
    let last = &halted["graphs"][15];
    assert_eq!(last["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 0);
    let done = client.post("composite/graph", json!({"graphs": graphs[1..]})).json();
    assert_eq!(done["graphs"][14]["isSuccessful"], true);
}

#[test]
fn graphs_beyond_the_limits_are_refused() {
    let mut client = Client::empty();
    let one = || vec![new_account("a", "A")];
    let nodes = |count: usize| (0..count).map(|n| new_account(&format!("n{n}"), "A")).collect::<Vec<_>>();
    let chain = |count: usize| -> Vec<Value> {
        let node = |n: usize| {
            let name = if n == 0 { "A".to_owned() } else { format!("@{{n{}.id}}", n - 1) };
            new_account(&format!("n{n}"), &name)
        };
        (0..count).map(node).collect()
    };
    let kinds = |count: usize| -> Vec<Value> {
        (0..count).map(|n| request(&format!("n{n}"), "POST", &format!("sobjects/X{n}"), json!({}))).collect()
    };
    let several = |count: usize| (0..count).map(|n| graph(&format!("g{n}"), &one())).collect::<Vec<_>>();
    let named = |id: &str| vec![graph(id, &one())];
    for (graphs, code) in [
        (vec![], "REQUIRED_FIELD_MISSING"),
        (vec![graph("g", &[])], "REQUIRED_FIELD_MISSING"),
        (several(76), "LIMIT_EXCEEDED"),
        (vec![graph("g", &nodes(501))], "LIMIT_EXCEEDED"),
        (vec![graph("g", &chain(16))], "LIMIT_EXCEEDED"),
        (vec![graph("g", &kinds(16))], "LIMIT_EXCEEDED"),
        (vec![graph("g", &one()), graph("g", &one())], "INVALID_BATCH_REQUEST"),
        (named("a.b"), "INVALID_BATCH_REQUEST"),
        (named("-a"), "INVALID_BATCH_REQUEST"),
        (named(""), "INVALID_BATCH_REQUEST"),
        (named(&"g".repeat(40)), "INVALID_BATCH_REQUEST"),
    ] {
        let answer = client.post("composite/graph", json!({"graphs": graphs}));
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{}", answer.text);
    }
    for graphs in [several(75), vec![graph("g", &nodes(500))], vec![graph("g", &chain(15))], named(&"g".repeat(39))] {
        let answer = client.post("composite/graph", json!({"graphs": graphs}));
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.json()["graphs"].as_array().unwrap().iter().all(|graph| graph["isSuccessful"] == true));
    }
    let query = request("q", "GET", "query?q=SELECT Id FROM Account", Value::Null);
    let mut old = new_account("o", "A");
    old["url"] = json!("/services/data/v49.0/sobjects/Account");
    for request in [query, old] {
        let answer = client.post("composite/graph", json!({"graphs": [graph("g", &[request])]})).json();
        let reply = &answer["graphs"][0]["graphResponse"]["compositeResponse"][0];
        assert_eq!(reply["body"][0]["errorCode"], "INVALID_BATCH_REQUEST");
    }
    let body = json!({"graphs": several(1)}).to_string();
    assert_eq!(client.call("POST", "/services/data/v49.0/composite/graph", &[], &body).status, 404);
}

#[test]
fn a_hundred_thousand_references_and_circles_are_answered() {
    let mut client = Client::empty();
    let list: String = "@{a.id}".repeat(100_000);
    let replies = composite(
        &mut client,
        false,
        &[
            request("self", "POST", "sobjects/Account", json!({"Name": "@{self.id}"})),
            request("x", "POST", "sobjects/Account", json!({"Name": "@{y.id}"})),
            request("y", "POST", "sobjects/Account", json!({"Name": "@{x.id}"})),
            new_account("a", "A"),
            request("many", "POST", "sobjects/Account", json!({"Name": list})),
        ],
    );
    assert_eq!(statuses(&replies), [400, 400, 400, 201, 400]);
    assert_eq!(replies[4]["body"][0]["errorCode"], "STRING_TOO_LONG");
}

#[test]
fn deep_bodies_are_refused_and_do_not_overflow() {
    let mut client = Client::empty();
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    for path in ["composite", "composite/batch", "composite/graph", "composite/tree/Account", "composite/sobjects"] {
        assert_eq!(client.call("POST", path, &[], &deep).code(), "JSON_PARSER_ERROR", "{path}");
    }
    let url = "/services/data/v68.0/sobjects/Account";
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let body =
        format!(r#"{{"compositeRequest":[{{"referenceId":"a","method":"POST","url":"{url}","body":{objects}}}]}}"#);
    let answer = client.call("POST", "composite", &[], &body).json();
    assert_eq!(answer["compositeResponse"][0]["body"][0]["errorCode"], "JSON_PARSER_ERROR");
}

proptest::proptest! {
    #[test]
    fn no_composite_panics(
        url in "(/services/data/|v68.0|/|sobjects|query|composite|Account|\\?|q=|@\\{a\\.id\\}|@\\{|\\}|%|é| ){0,8}",
        body in "(\\{|\\}|\\[|\\]|,|:|\"Name\"|\"@\\{a.id\\}\"|\"@\\{a\"|1|null|\\\\){0,12}",
        method in "(GET|POST|PATCH|DELETE|PUT)",
    ) {
        let mut client = Client::empty();
        let first = new_account("a", "A");
        let second = json!({"referenceId": "b", "method": method, "url": url});
        let text = |body: &str| second.to_string().replacen('{', &format!("{{\"body\":{body},"), 1);
        let rest = if serde_json::from_str::<Value>(&body).is_ok() { text(&body) } else { text("\"@{a.id}\"") };
        let one = format!("{{\"compositeRequest\":[{first},{rest}]}}");
        assert_eq!(client.call("POST", "composite", &[], &one).status, 200);
        let graphs = format!("{{\"graphs\":[{{\"graphId\":\"g\",\"compositeRequest\":[{first},{rest}]}}]}}");
        assert!(client.call("POST", "composite/graph", &[], &graphs).status.as_u16() <= 400);
        let batch = json!({"batchRequests": [{"method": method, "url": url}]});
        assert!(client.post("composite/batch", batch).status.as_u16() <= 400);
        client.call("POST", "composite", &[], &body);
    }
}
