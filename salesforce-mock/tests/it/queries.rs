//! What queries find, operator by operator, and the shape of what they answer.

use serde_json::{Value, json};

use crate::support::{Client, with_demo_objects};

/// Three specimens: two with values, and one with nothing but its name.
fn specimens() -> Client {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "Acme", "Industry": "Energy"}));
    client.insert(
        "Specimen__c",
        json!({
            "Name": "a", "Text__c": "Straße 50%", "Unique_Text__c": "Case", "Number__c": 1.5, "Whole__c": -2,
            "Currency__c": 1200, "Checkbox__c": true, "Date__c": "2026-03-01", "Moment__c": "2026-03-01T17:49:01Z",
            "Time__c": "08:00:00.000Z", "Choice__c": "Red", "Choices__c": "Sweet;Sour", "Lookup__c": account,
            "Place__Latitude__s": 52.52, "Place__Longitude__s": 13.405,
        }),
    );
    client.insert("Specimen__c", json!({
        "Name": "b", "Text__c": "under_score", "Unique_Text__c": "other", "Number__c": 10, "Whole__c": 7,
        "Date__c": "2026-03-02", "Moment__c": "2026-03-02T00:00:00Z", "Time__c": "17:49:01.500Z", "Choice__c": "Blue",
        "Choices__c": "Sour;Salty;Umami",
    }));
    let bare = client.insert("Specimen__c", json!({"Name": "c"}));
    client.org.update(bare.parse().unwrap(), &json!({"Choice__c": null})).unwrap();
    client
}

#[track_caller]
fn found(client: &mut Client, filter: &str) -> String {
    client.names(&format!("SELECT Name FROM Specimen__c WHERE {filter} ORDER BY Name")).concat()
}

#[test]
fn every_operator_finds_what_it_says() {
    let mut client = specimens();
    for (filter, names) in [
        // Text is compared without regard to case, unless the field tells case.
        ("Text__c = 'STRASSE 50%'", "a"),
        ("Text__c != 'strasse 50%'", "bc"),
        ("Text__c <> 'x'", "abc"),
        ("Unique_Text__c = 'Case'", "a"),
        ("Unique_Text__c = 'case'", ""),
        ("Name < 'B'", "a"),
        ("Name <= 'B'", "ab"),
        ("Name > 'B'", "c"),
        ("Name >= 'B'", "bc"),
        // Nothing is neither less nor greater, and not equal to any value; an empty text is nothing.
        ("Text__c = null", "c"),
        ("Text__c != null", "ab"),
        ("Text__c = ''", "c"),
        ("Number__c < 5", "a"),
        ("Number__c >= 1.50", "ab"),
        ("Number__c != 10", "ac"),
        ("Whole__c = -2", "a"),
        ("Whole__c > -2.5", "ab"),
        ("Currency__c = 1.2e3", "a"),
        // A checkbox is never empty.
        ("Checkbox__c = TRUE", "a"),
        ("Checkbox__c = false", "bc"),
        ("Checkbox__c = null", "bc"),
        ("Checkbox__c != null", "a"),
        ("Date__c = 2026-03-01", "a"),
        ("Date__c > 2026-03-01", "b"),
        ("Date__c <= 2026-03-02", "ab"),
        ("Moment__c = 2026-03-01T18:49:01+01:00", "a"),
        ("Moment__c < 2026-03-02T00:00:00Z", "a"),
        ("Moment__c >= 2026-03-02T00:00:00.000+0000", "b"),
        ("Time__c < 12:00:00Z", "a"),
        ("Time__c = 17:49:01.500Z", "b"),
        // Patterns.
        ("Text__c LIKE 'str%'", "a"),
        ("Text__c LIKE '%50\\%'", "a"),
        ("Text__c LIKE 'under\\_score'", "b"),
        ("Text__c LIKE 'under_score'", "b"),
        ("Text__c LIKE '%S_O%'", "b"),
        ("Text__c LIKE '%'", "ab"),
        ("Text__c LIKE ''", ""),
        ("NOT Text__c LIKE '%score'", "ac"),
        ("(NOT Text__c LIKE '%score') AND Name != 'a'", "c"),
        // Lists.
        ("Name IN ('A', 'c', 'x')", "ac"),
        ("Name NOT IN ('a')", "bc"),
        ("Text__c NOT IN ('under_score')", "ac"),
        ("Text__c IN (null, 'under_score')", "bc"),
        ("Number__c IN (1.50, 7)", "a"),
        ("Date__c IN (2026-03-02, 2026-03-01)", "ab"),
        // Multi-select picklists.
        ("Choices__c INCLUDES ('sour')", "ab"),
        ("Choices__c INCLUDES ('Sweet;Sour', 'Umami')", "ab"),
        ("Choices__c INCLUDES ('Sweet;Umami')", ""),
        ("Choices__c EXCLUDES ('Sweet')", "bc"),
        ("Choices__c EXCLUDES ('Sweet', 'Salty;Sour')", "c"),
        ("Choices__c = 'Sour;Sweet'", "a"),
        ("Choices__c != 'Sour;Sweet'", "bc"),
        // Logic.
        ("Name = 'a' OR (Name = 'b' AND Number__c = 10)", "ab"),
        ("NOT (Name = 'a' OR Name = 'b')", "c"),
        // Parents, with and without one.
        ("Lookup__r.Name = 'acme'", "a"),
        ("Lookup__r.Name != 'acme'", "bc"),
        ("Lookup__r.Name = null", "bc"),
        ("Lookup__r.Owner.Name != null", "a"),
        ("Lookup__c != null", "a"),
        ("Lookup__r.Industry = 'x' OR Name = 'b'", "b"),
        ("Owner.Type = 'User'", "abc"),
        // Functions.
        ("CALENDAR_YEAR(Date__c) = 2026", "ab"),
        ("DAY_IN_WEEK(Date__c) = 1", "a"),
        ("HOUR_IN_DAY(Moment__c) > 16", "a"),
        ("DAY_ONLY(Moment__c) = 2026-03-02", "b"),
        ("DISTANCE(Place__c, GEOLOCATION(52.5, 13.4), 'km') < 10", "a"),
        ("DISTANCE(Place__c, GEOLOCATION(37.7, -122.4), 'mi') > 5000", "a"),
        ("toLabel(Choice__c) = 'red'", "a"),
        // Formulas.
        ("Shout__c = 'UNDER_SCORE!'", "b"),
        ("Area__c > 60", "b"),
    ] {
        assert_eq!(found(&mut client, filter), names, "{filter}");
    }
}

#[test]
fn ids_are_found_in_both_lengths() {
    let mut client = specimens();
    let id = client.rows("SELECT Id FROM Specimen__c WHERE Name = 'b'")[0]["Id"].as_str().unwrap().to_owned();
    for filter in
        [format!("Id = '{id}'"), format!("Id = '{}'", &id[..15]), format!("Id IN ('{id}', 'a02Qz0000009999')")]
    {
        assert_eq!(found(&mut client, &filter), "b", "{filter}");
    }
    assert_eq!(found(&mut client, &format!("Id != '{id}'")), "ac");
    assert_eq!(found(&mut client, &format!("Id > '{id}'")), "c");
    assert_eq!(found(&mut client, &format!("Id = '{id}' AND Name = 'a'")), "");
}

#[test]
fn date_literals_go_by_the_org_s_clock() {
    let mut client = with_demo_objects();
    let now = client.org.now();
    let day = |days: u64| now.saturating_sub(std::time::Duration::from_secs(days * 86_400)).date().to_string();
    for (name, days) in [("a", 0), ("b", 1), ("c", 3), ("d", 400)] {
        client.insert("Specimen__c", json!({"Name": name, "Date__c": day(days)}));
    }
    for (filter, names) in [
        ("Date__c = TODAY", "a"),
        ("Date__c = YESTERDAY", "b"),
        ("Date__c < TODAY", "bcd"),
        ("Date__c = LAST_N_DAYS:3", "abc"),
        ("Date__c = N_DAYS_AGO:3", "c"),
        ("Date__c < LAST_N_DAYS:3", "d"),
        ("Date__c > LAST_N_DAYS:3", ""),
        ("Date__c >= YESTERDAY", "ab"),
        ("CreatedDate = TODAY", "abcd"),
        ("CreatedDate < TODAY", ""),
        ("Date__c IN (TODAY, YESTERDAY)", "ab"),
    ] {
        assert_eq!(found(&mut client, filter), names, "{filter}");
    }
}

#[test]
fn queries_on_the_right_of_in_find_ids() {
    let mut client = specimens();
    client.insert("Account", json!({"Name": "Lonely"}));
    assert_eq!(client.names("SELECT Name FROM Account WHERE Id IN (SELECT Lookup__c FROM Specimen__c)"), ["Acme"]);
    assert_eq!(
        client.names("SELECT Name FROM Account WHERE Id NOT IN (SELECT Lookup__c FROM Specimen__c)"),
        ["Lonely"]
    );
    assert_eq!(found(&mut client, "Lookup__c IN (SELECT Id FROM Account WHERE Industry = 'Energy')"), "a");
    assert_eq!(found(&mut client, "Lookup__c NOT IN (SELECT Id FROM Account WHERE Industry = 'Energy')"), "bc");
    assert_eq!(
        found(&mut client, "Lookup__c IN (SELECT Id FROM Account WHERE Owner.IsActive = true) AND Name = 'a'"),
        "a"
    );
}

#[test]
fn order_puts_nothing_first_unless_told_otherwise() {
    let mut client = specimens();
    for (order, names) in [
        ("Number__c", "cab"),
        ("Number__c DESC", "cba"),
        ("Number__c NULLS LAST", "abc"),
        ("Number__c DESC NULLS LAST", "bac"),
        ("Name DESC", "cba"),
        ("Text__c NULLS LAST", "abc"),
        // A picklist sorts by its list (Red, Green, Blue), not by its letters.
        ("Choice__c NULLS LAST", "abc"),
        ("Lookup__r.Name NULLS LAST, Name", "bca"),
        ("Checkbox__c DESC, Name DESC", "acb"),
        ("CALENDAR_MONTH(Date__c), Name DESC", "cba"),
        ("DISTANCE(Place__c, GEOLOCATION(0.0, 0.0), 'km') NULLS LAST, Name", "abc"),
        ("Name LIMIT 1 OFFSET 1", "b"),
        ("Name LIMIT 0", ""),
        ("Name OFFSET 5", ""),
    ] {
        let names_found = client.names(&format!("SELECT Name FROM Specimen__c ORDER BY {order}")).concat();
        assert_eq!(names_found, names, "{order}");
    }
}

#[test]
fn values_stand_in_an_answer_as_the_server_writes_them() {
    let mut client = specimens();
    let answer = client.query(
        "SELECT Name, text__c, Number__c, Whole__c, Checkbox__c, Date__c, Moment__c, Time__c, Choices__c, Place__c, Lookup__c, \
         Long_Text__c, Shout__c FROM Specimen__c WHERE Name = 'a'",
    );
    let account = client.rows("SELECT Id FROM Account")[0]["Id"].as_str().unwrap().to_owned();
    let expected = format!(
        concat!(
            r#""Name":"a","Text__c":"Straße 50%","Number__c":1.5,"Whole__c":-2.0,"Checkbox__c":true,"Date__c":"2026-03-01","#,
            r#""Moment__c":"2026-03-01T17:49:01.000+0000","Time__c":"08:00:00.000Z","Choices__c":"Sweet;Sour","#,
            r#""Place__c":{{"latitude":52.52,"longitude":13.405}},"Lookup__c":"{}","Long_Text__c":null,"Shout__c":"STRASSE 50%!"}}]}}"#
        ),
        account
    );
    assert!(answer.text.ends_with(&expected), "{}", answer.text);
    assert!(answer.text.starts_with(
        r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Specimen__c","url":"/services/data/v68.0/sobjects/Specimen__c/a02"#
    ));
}

#[test]
fn no_rows_are_an_empty_list() {
    let mut client = Client::empty();
    assert_eq!(client.query("SELECT Id FROM Account").text, r#"{"totalSize":0,"done":true,"records":[]}"#);
}

#[test]
fn parents_are_objects_and_several_fields_of_one_stand_together() {
    let mut client = specimens();
    let rows = client.rows(
        "SELECT Name, Lookup__r.Name, Lookup__r.Owner.Name, Lookup__r.Industry FROM Specimen__c WHERE Name IN ('a', 'b') ORDER BY Name",
    );
    let account = &rows[0]["Lookup__r"];
    assert_eq!((&account["Name"], &account["Industry"]), (&json!("Acme"), &json!("Energy")));
    assert_eq!(account["attributes"]["type"], "Account");
    assert_eq!(account["Owner"]["Name"], "Ada Admin");
    assert_eq!(rows[1], json!({"Name": "b", "Lookup__r": null}));
}

#[test]
fn aliases_and_the_object_s_own_name_may_stand_before_a_field() {
    let mut client = specimens();
    for soql in [
        "SELECT s.Name FROM Specimen__c s WHERE s.Name = 'a'",
        "SELECT s.Name FROM Specimen__c s, s.Lookup__r x WHERE x.Name = 'Acme'",
        "SELECT Specimen__c.Name FROM Specimen__c WHERE Specimen__c.Name = 'a' ORDER BY Specimen__c.Name",
    ] {
        assert_eq!(client.names(soql), ["a"], "{soql}");
    }
}

#[test]
fn a_parent_of_several_types_is_a_name_and_its_address_says_what_it_is() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "Acme", "Phone": "1"}));
    let contact = client.insert("Contact", json!({"LastName": "Doe", "Email": "doe@example.com"}));
    client.insert("Task", json!({"Subject": "a", "WhatId": account, "WhoId": contact}));
    client.insert("Task", json!({"Subject": "b"}));
    let rows = client.rows("SELECT What.Name, What.Type, What.Email FROM Task ORDER BY Subject");
    let url = format!("/services/data/v68.0/sobjects/Account/{account}");
    assert_eq!(
        rows[0]["What"],
        json!({"attributes": {"type": "Name", "url": url}, "Name": "Acme", "Type": "Account", "Email": null})
    );
    assert_eq!(rows[1]["What"], Value::Null);
    assert_eq!(client.rows("SELECT Id FROM Task WHERE What.Type IN ('Account', 'Case')").len(), 1);

    let rows = client.rows(
        "SELECT TYPEOF What WHEN Account THEN Phone, Name WHEN Case THEN Subject END, \
         TYPEOF Who WHEN Lead THEN Company ELSE Name, Type END FROM Task ORDER BY Subject",
    );
    assert_eq!(rows[0]["What"], json!({"attributes": {"type": "Account", "url": url}, "Phone": "1", "Name": "Acme"}));
    assert_eq!((&rows[0]["Who"]["Name"], &rows[0]["Who"]["Type"]), (&json!("Doe"), &json!("Contact")));
    assert_eq!(rows[0]["Who"]["attributes"]["type"], "Contact");
    assert_eq!(rows[1], json!({"What": null, "Who": null}));
    let none = client.rows("SELECT TYPEOF What WHEN Case THEN Subject END FROM Task WHERE Subject = 'a'");
    assert_eq!(none[0]["What"], Value::Null);
}

#[test]
fn children_are_pages_and_none_are_null() {
    let mut client = with_demo_objects();
    let acme = client.insert("Account", json!({"Name": "Acme"}));
    client.insert("Account", json!({"Name": "Lonely"}));
    for name in ["Doe", "Roe", "Poe"] {
        client.insert("Contact", json!({"LastName": name, "AccountId": acme}));
    }
    let rows = client.rows(
        "SELECT Name, (SELECT LastName, Account.Name FROM Contacts WHERE LastName != 'Roe' ORDER BY LastName DESC LIMIT 1), \
         (SELECT Id FROM Opportunities) FROM Account ORDER BY Name",
    );
    let contacts = &rows[0]["Contacts"];
    assert_eq!((&contacts["totalSize"], &contacts["done"]), (&json!(1), &json!(true)));
    assert_eq!(contacts["records"][0]["LastName"], "Poe");
    assert_eq!(contacts["records"][0]["Account"]["Name"], "Acme");
    assert_eq!(rows[0]["Opportunities"], Value::Null);
    assert_eq!(rows[1], json!({"Name": "Lonely", "Contacts": null, "Opportunities": null}));
}

#[test]
fn children_nest_five_levels_deep_and_in_old_versions_two() {
    let mut client = with_demo_objects();
    let acme = client.insert("Account", json!({"Name": "Acme"}));
    let contact = client.insert("Contact", json!({"LastName": "Doe", "AccountId": acme}));
    client.insert("Task", json!({"Subject": "call", "WhoId": contact}));
    let nested = "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks) FROM Contacts) FROM Account";
    let row = client.rows(nested).remove(0);
    assert_eq!(row["Contacts"]["records"][0]["Tasks"]["records"][0]["Subject"], "call");
    let old = client.get(&format!("/services/data/v57.0/query?q={}", crate::support::encoded(nested)));
    assert_eq!(old.code(), "MALFORMED_QUERY");
    let six = (0..5).fold("SELECT Id FROM ChildAccounts".to_owned(), |inner, level| {
        format!("SELECT Id, ({inner}) FROM {}", if level == 4 { "Account" } else { "ChildAccounts" })
    });
    assert_eq!(client.query(&six).code(), "MALFORMED_QUERY");
}

#[test]
fn fields_stands_for_all_fields_of_a_group() {
    let mut client = specimens();
    let all = client.rows("SELECT FIELDS(ALL) FROM Specimen__c LIMIT 200").remove(0);
    let standard = client.rows("SELECT FIELDS(STANDARD) FROM Specimen__c").remove(0);
    let custom = client.rows("SELECT FIELDS(CUSTOM), Id FROM Specimen__c LIMIT 1").remove(0);
    let keys = |row: &Value| row.as_object().unwrap().len();
    assert_eq!(keys(&all), keys(&standard) + keys(&custom) - 1);
    assert!(standard.get("SystemModstamp").is_some() && standard.get("Text__c").is_none());
    assert!(custom.get("Text__c").is_some());
    let id = custom["Id"].as_str().unwrap();
    assert_eq!(client.rows(&format!("SELECT FIELDS(ALL) FROM Specimen__c WHERE Id IN ('{id}')")).len(), 1);
}

#[test]
fn functions_of_the_select_list_shape_values() {
    let mut client = specimens();
    let row = client
        .rows(
            "SELECT Name, toLabel(Choice__c), FORMAT(Currency__c) shown, convertCurrency(Currency__c), FORMAT(Date__c), \
             DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') FROM Specimen__c WHERE Name = 'a'",
        )
        .remove(0);
    assert_eq!(
        row,
        json!({"Name": "a", "Choice__c": "Red", "shown": "$1,200.00", "Currency__c": 1200.0, "Date__c": "3/1/2026", "expr0": 0.0})
    );
}

#[test]
fn deleted_rows_are_seen_by_query_all_only() {
    let mut client = specimens();
    let id = client.rows("SELECT Id FROM Specimen__c WHERE Name = 'b'")[0]["Id"].as_str().unwrap().to_owned();
    client.org.delete(id.parse().unwrap()).unwrap();
    let soql = "SELECT Name, IsDeleted FROM Specimen__c ORDER BY Name";
    assert_eq!(client.names(soql), ["a", "c"]);
    let all = client.get(&format!("queryAll?q={}", crate::support::encoded(soql))).json();
    assert_eq!(all["totalSize"], 3);
    assert_eq!(all["records"][1]["IsDeleted"], true);
    let rows = client.org.query_all("SELECT Name FROM Specimen__c WHERE IsDeleted = true").unwrap();
    assert_eq!(rows.len(), 1);
    assert!(client.org.query("SELECT Name FROM Specimen__c WHERE IsDeleted = true").unwrap().is_empty());
}

#[test]
fn several_long_texts_make_pages_of_two_hundred() {
    let mut client = with_demo_objects();
    for n in 0..201 {
        client.insert("Specimen__c", json!({"Name": n.to_string()}));
    }
    let mut size = |soql: &str| client.query(soql).json()["records"].as_array().unwrap().len();
    assert_eq!(size("SELECT Id, Long_Text__c FROM Specimen__c"), 201);
    assert_eq!(size("SELECT Id, Long_Text__c, Rich_Text__c FROM Specimen__c"), 200);
    let rows = client.org.query("SELECT Id, Long_Text__c, Rich_Text__c FROM Specimen__c").unwrap();
    assert_eq!(rows.len(), 201, "what is asked for without a call has no pages");
}

#[test]
fn a_scope_can_be_everything_or_mine() {
    let mut client = with_demo_objects();
    let other = client.rows("SELECT Id FROM User WHERE Alias = 'ulla'")[0]["Id"].as_str().unwrap().to_owned();
    client.insert("Account", json!({"Name": "Mine"}));
    client.insert("Account", json!({"Name": "Hers", "OwnerId": other}));
    assert_eq!(client.names("SELECT Name FROM Account USING SCOPE mine"), ["Mine"]);
    assert_eq!(client.names("SELECT Name FROM Account USING SCOPE everything").len(), 2);
    assert_eq!(client.query("SELECT Name FROM Account USING SCOPE delegated").code(), "INVALID_QUERY_SCOPE");
}
