//! Writes, at a mock org: what the client says was done is what the org holds.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use http::Method;
use salesforce_http::{Connection, Effect, Request};
use salesforce_mock::rules::DuplicateRule as MockRule;
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{
    AmbiguousExternalId, AutoAssign, BatchRequest, Client, CompositeRequest, DuplicateRule, ErrorKind, Fetched,
    Outcome, PreconditionFailed, Record, RecordId, Timestamp, TreeRequest, Value, Written,
};
use serde_json::{Value as Json, json};

use crate::support::Token;

fn connect(org: &MockOrg) -> Client {
    let tokens = Arc::new(Token::new(&org.access_token(), org.url()));
    let connection = Connection::builder(tokens as Arc<dyn salesforce_http::TokenProvider>)
        .clock(Arc::new(Impatient))
        .build()
        .unwrap();
    Client::new(connection)
}

/// Pauses take no time; a time-out, which is a pause of minutes, never comes.
#[derive(Debug)]
struct Impatient;

impl salesforce_http::Clock for Impatient {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn sleep(&self, duration: Duration) -> futures_util::future::BoxFuture<'static, ()> {
        match duration < Duration::from_secs(120) {
            true => Box::pin(std::future::ready(())),
            false => Box::pin(std::future::pending()),
        }
    }
}

async fn org() -> MockOrg {
    let schema = salesforce_mock::schema::Schema::demo();
    MockOrg::serve(Org::new(salesforce_mock::seed::with_schema(schema))).await
}

fn count(org: &MockOrg, soql: &str) -> usize {
    org.with(|org| org.query(soql).unwrap().len())
}

fn accounts(count: usize) -> impl Iterator<Item = Json> + Clone {
    (0..count).map(|n| json!({"Name": format!("Account {n:04}"), "External_Key__c": format!("K-{n:04}")}))
}

fn done(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_done()).count()
}

#[tokio::test]
async fn a_record_lives_by_its_external_id() {
    let org = org().await;
    let client = connect(&org);
    let accounts = client.sobject_named("Account");
    assert_eq!(accounts.find_by("External_Key__c", "P-17").await.unwrap(), None);
    let first = accounts.upsert("External_Key__c", "P-17", &json!({"Name": "Acme"})).await.unwrap();
    let second = accounts.upsert("External_Key__c", "P-17", &json!({"Phone": "1"})).await.unwrap();
    assert!(first.created && !second.created && first.id == second.id);
    let found = accounts.get_by("External_Key__c", "P-17").fields(&["Name", "Phone"]).await.unwrap();
    assert_eq!((found.get("Name"), found.get("Phone")), (Some(&"Acme".into()), Some(&"1".into())));
    let missing = accounts.upsert("External_Key__c", "P-18", &json!({"Name": "B"})).update_only().await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    accounts.delete_by("External_Key__c", "P-17").await.unwrap();
    assert_eq!(accounts.find_by("External_Key__c", "P-17").await.unwrap(), None);
    assert_eq!(count(&org, "SELECT Id FROM Account"), 0);
    assert_eq!(accounts.find_by("Phone", "1").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn b6_10_an_ambiguous_external_id_is_typed_and_nothing_is_written() {
    let org = org().await;
    let ids: Vec<RecordId> = org.with(|org| {
        (0..2).map(|_| org.insert("Specimen__c", &json!({"Name": "A", "Number_Key__c": 7})).unwrap()).collect()
    });
    let client = connect(&org);
    let specimens = client.sobject_named("Specimen__c");
    let error = specimens.upsert("Number_Key__c", "7", &json!({"Name": "B"})).await.unwrap_err();
    let several = error.source().and_then(|source| source.downcast_ref::<AmbiguousExternalId>()).unwrap();
    assert_eq!(several.ids().collect::<Vec<_>>(), ids);
    assert_eq!(count(&org, "SELECT Id FROM Specimen__c WHERE Name = 'B'"), 0);
}

#[tokio::test]
async fn a_record_that_did_not_change_is_not_sent_and_one_that_did_is_not_overwritten() {
    let org = org().await;
    let id = org.with(|org| org.insert("Account", &json!({"Name": "Acme"})).unwrap());
    let client = connect(&org);
    let accounts = client.sobject_named("Account");
    let seen = org.with(|org| org.now());
    let get = || accounts.get(id).conditional();
    assert_eq!(get().if_modified_since(seen).await.unwrap(), Fetched::NotModified);
    let past = seen.saturating_sub(Duration::from_secs(3600));
    assert!(get().if_modified_since(past).await.unwrap().into_row().is_some());
    assert_eq!(get().if_unmodified_since(past).await.unwrap_err().kind(), ErrorKind::Conflict);

    // B6-23: what somebody edited meanwhile is not overwritten.
    let late = accounts.update(id, &json!({"Name": "Mine"})).if_unmodified_since(past).await.unwrap_err();
    assert!(late.source().unwrap().is::<PreconditionFailed>(), "{late}");
    accounts.update(id, &json!({"Phone": "1"})).if_unmodified_since(seen).await.unwrap();
    assert_eq!(count(&org, "SELECT Id FROM Account WHERE Name = 'Acme' AND Phone = '1'"), 1);
}

#[tokio::test]
async fn an_etag_guards_an_account() {
    let org = org().await;
    let id = org.with(|org| org.insert("Account", &json!({"Name": "Acme"})).unwrap());
    let client = connect(&org);
    let accounts = client.sobject_named("Account");
    let Fetched::Row { etag: Some(etag), .. } = accounts.get(id).conditional().await.unwrap() else {
        panic!("an account has an ETag")
    };
    assert_eq!(accounts.get(id).conditional().if_none_match(&etag).await.unwrap(), Fetched::NotModified);
    org.with(|org| {
        org.advance(Duration::from_secs(60));
        org.update(id, &json!({"Name": "Theirs"})).unwrap();
    });
    let late = accounts.update(id, &json!({"Name": "Mine"})).if_match(&etag).await.unwrap_err();
    assert!(late.source().unwrap().is::<PreconditionFailed>(), "{late}");
    assert_eq!(count(&org, "SELECT Id FROM Account WHERE Name = 'Theirs'"), 1);
}

#[tokio::test]
async fn what_is_related_is_reached_by_the_names_of_relationships() {
    let org = org().await;
    let (account, contact) = org.with(|org| {
        let account = org.insert("Account", &json!({"Name": "Acme"})).unwrap();
        (account, org.insert("Contact", &json!({"LastName": "Doe", "AccountId": account.to_string()})).unwrap())
    });
    let client = connect(&org);
    let contacts = client.sobject_named("Contact");
    let parent: Record = contacts.related(contact, "Account").fields(&["Name"]).get().await.unwrap();
    assert_eq!(parent.get("Name"), Some(&"Acme".into()));
    let children = client.sobject_named("Account").related(account, "Contacts").children::<Record>().await.unwrap();
    assert_eq!((children.records.len(), children.done), (1, true));
    contacts.related(contact, "Account").update(&json!({"Name": "Acme & Co"})).await.unwrap();
    assert_eq!(count(&org, "SELECT Id FROM Account WHERE Name = 'Acme & Co'"), 1);
    contacts.related(contact, "Account").delete().await.unwrap();
    assert_eq!(count(&org, "SELECT Id FROM Account"), 0);
}

#[tokio::test]
async fn b6_15_assignment_rules_run_unless_they_are_told_not_to() {
    let org = org().await;
    let (user, rule) = org.with(|org| {
        let user: RecordId = org.query("SELECT Id FROM User").unwrap()[0].id().unwrap();
        let queue = org.insert("Group", &json!({"Name": "Q", "DeveloperName": "Q", "Type": "Queue"})).unwrap();
        (user, org.store_mut().automation.assign("Case", queue))
    });
    let client = connect(&org);
    let cases = client.sobject_named("Case");
    let owner = |id: RecordId| {
        org.with(|org| {
            org.query(&format!("SELECT OwnerId FROM Case WHERE Id = '{id}'")).unwrap()[0].get("OwnerId").cloned()
        })
    };
    let row = json!({"Subject": "x"});
    let assigned = cases.create(&row).await.unwrap();
    assert_ne!(owner(assigned), Some(user.into()));
    let quiet = cases.create(&row).auto_assign(AutoAssign::Off).await.unwrap();
    assert_eq!(owner(quiet), Some(user.into()));
    let many = cases.create_many([&row]).auto_assign(AutoAssign::Off).await.unwrap();
    assert_eq!(owner(many[0].id().unwrap()), Some(user.into()));
    let mut composite = CompositeRequest::new();
    let part = composite.create("Case", &row);
    let answer = client.composite(&composite).auto_assign(AutoAssign::Off).await.unwrap();
    assert_eq!(owner(answer.get(&part).unwrap().id), Some(user.into()));
    let ruled = cases.create(&row).auto_assign(AutoAssign::Rule(rule)).await.unwrap();
    assert_ne!(owner(ruled), Some(user.into()));
}

#[tokio::test]
async fn b6_16_a_duplicate_alert_is_a_conflict_and_can_be_saved_over_but_a_block_cannot() {
    let org = org().await;
    org.with(|org| {
        let rules = &mut org.store_mut().automation;
        rules.add_duplicate_rule(MockRule::new("Same_Name", "Account", ["Name"]));
        rules.add_duplicate_rule(MockRule::new("Same_Name", "Lead", ["LastName"]).blocking());
    });
    let client = connect(&org);
    let over = DuplicateRule::new().allow_save();
    for (object, row, saved) in
        [("Account", json!({"Name": "Acme"}), true), ("Lead", json!({"LastName": "Doe", "Company": "Acme"}), false)]
    {
        let records = client.sobject_named(object);
        records.create(&row).await.unwrap();
        assert_eq!(records.create(&row).await.unwrap_err().kind(), ErrorKind::Conflict, "{object}");
        assert_eq!(records.create(&row).duplicate_rule(over).await.is_ok(), saved, "{object}");
        assert_eq!(
            done(&records.create_many([&row]).duplicate_rule(over).await.unwrap()),
            usize::from(saved),
            "{object}"
        );
    }
}

#[tokio::test]
async fn any_number_of_records_is_written_read_and_deleted() {
    let org = org().await;
    let client = connect(&org);
    let handle = client.sobject_named("Account");
    let created = handle.create_many(accounts(450)).await.unwrap();
    assert_eq!((done(&created), count(&org, "SELECT Id FROM Account")), (450, 450));
    let ids: Vec<RecordId> = created.iter().filter_map(Outcome::id).collect();
    let rows = handle.get_many(ids.clone()).fields(&["Name"]).await.unwrap();
    let name = |row: &Option<Record>| row.as_ref()?.get("Name")?.as_str().map(str::to_owned);
    assert_eq!(name(&rows[449]).as_deref(), Some("Account 0449"));
    let renamed = ids.iter().map(|id| Record::new("Account").with("Id", *id).with("Phone", "1"));
    assert_eq!(done(&handle.update_many(renamed).await.unwrap()), 450);
    let upserted = handle.upsert_many("External_Key__c", accounts(451)).await.unwrap();
    let new: Vec<_> = upserted
        .iter()
        .filter(|outcome| matches!(outcome.result, Written::Done { created: Some(true), .. }))
        .map(|outcome| outcome.position)
        .collect();
    assert_eq!((new, done(&upserted)), (vec![450], 451));
    assert_eq!(done(&handle.delete_many(ids.clone()).await.unwrap()), 450);
    assert_eq!(done(&handle.delete_many(ids.clone()).await.unwrap()), 450, "what is deleted is what was asked for");
    assert!(handle.get_many(ids).fields(&["Name"]).await.unwrap().iter().all(Option::is_none));
    assert_eq!(org.journal().count("composite/sobjects"), 3 + 1 + 3 + 3 + 3 + 3 + 1);
}

#[tokio::test]
async fn rows_of_objects_that_take_turns_fit_the_orgs_calls() {
    let org = org().await;
    let client = connect(&org);
    let rows = (0..50).map(|n| match n % 2 {
        0 => Record::new("Account").with("Name", format!("A{n}")),
        _ => Record::new("Contact").with("LastName", format!("C{n}")),
    });
    let outcomes = client.create_many(rows).await.unwrap();
    assert_eq!((done(&outcomes), org.journal().count("composite/sobjects")), (50, 5));
    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.id().unwrap().key_prefix().as_str(), if n % 2 == 0 { "001" } else { "003" });
    }
}

#[tokio::test]
async fn b6_11_one_bad_row_costs_the_others_nothing_unless_all_or_none_is_asked() {
    let org = org().await;
    let client = connect(&org);
    let accounts = client.sobject_named("Account");
    let rows = [json!({"Name": "A"}), json!({}), json!({"Name": "B"})];
    let outcomes = accounts.create_many(&rows).all_or_none().await.unwrap();
    assert_eq!(outcomes.iter().map(Outcome::is_rolled_back).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(count(&org, "SELECT Id FROM Account"), 0);
    let outcomes = accounts.create_many(&rows).await.unwrap();
    assert_eq!(outcomes.iter().map(Outcome::is_done).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(outcomes[1].error().unwrap().api_errors()[0].code.as_str(), "REQUIRED_FIELD_MISSING");
    assert_eq!(count(&org, "SELECT Id FROM Account"), 2);
}

#[tokio::test]
async fn b6_09_a_create_of_many_whose_answer_is_lost_leaves_as_many_records_as_rows() {
    let org = org().await;
    let client = connect(&org);
    org.fault(Fault::lost_answer().at("composite/sobjects"));
    let rows = stream::iter(accounts(50));
    let outcomes: Vec<_> = client
        .sobject_named("Account")
        .loader()
        .settle_by(["External_Key__c"])
        .create(rows)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(count(&org, "SELECT Id FROM Account"), 50, "no row is doubled");
    assert_eq!(outcomes.len(), 50);
    // What each needs to be settled is at hand.
    for outcome in &outcomes {
        let Written::Unknown(unknown) = &outcome.result else { panic!("{outcome:?}") };
        assert_eq!(client.query::<Record>(unknown.query().unwrap()).all().await.unwrap().len(), 1);
    }
}

/// What the safety is for: the same rows, with a call that says of itself that it may be repeated.
#[tokio::test]
async fn b6_09_twin_a_create_that_is_sent_again_after_a_lost_answer_doubles_its_records() {
    let org = org().await;
    let client = connect(&org);
    org.fault(Fault::lost_answer().at("composite/sobjects"));
    let records: Vec<_> =
        (0..50).map(|n| json!({"attributes": {"type": "Account"}, "Name": format!("Account {n}")})).collect();
    let careless = Request::post("composite/sobjects").with_effect(Effect::Repeatable);
    client.connection().send(careless.json(&json!({"records": records}))).await.unwrap();
    assert_eq!(count(&org, "SELECT Id FROM Account"), 100);
}

#[tokio::test]
async fn a_load_by_external_id_whose_answer_is_lost_is_repeated_and_doubles_nothing() {
    let org = org().await;
    let client = connect(&org);
    org.fault(Fault::lost_answer().at("composite/sobjects").skip(1).times(2));
    let load = client.sobject_named("Account").loader().upsert("External_Key__c", stream::iter(accounts(1000)));
    let outcomes: Vec<_> = load.try_collect().await.unwrap();
    assert_eq!((done(&outcomes), outcomes.len()), (1000, 1000));
    assert_eq!(count(&org, "SELECT Id FROM Account"), 1000);
}

#[tokio::test]
async fn b6_12_children_of_locked_parents_are_all_loaded_and_only_the_locked_are_sent_again() {
    let org = org().await;
    let parents: Vec<RecordId> = org.with(|org| {
        let parents: Vec<_> =
            (0..10).map(|n| org.insert("Account", &json!({"Name": format!("P{n}")})).unwrap()).collect();
        for parent in &parents {
            org.store_mut().automation.lock(*parent, 3);
        }
        parents
    });
    let client = connect(&org);
    let children: Vec<_> =
        (0..2000).map(|n| json!({"LastName": format!("C{n}"), "AccountId": parents[n % parents.len()]})).collect();
    let load = client.sobject_named("Contact").loader().group_by(["AccountId"]).create(stream::iter(children));
    let outcomes: Vec<_> = load.try_collect().await.unwrap();
    assert_eq!(outcomes.iter().map(|outcome| outcome.position).collect::<Vec<_>>(), (0..2000).collect::<Vec<_>>());
    assert_eq!((done(&outcomes), count(&org, "SELECT Id FROM Contact")), (2000, 2000));
    let ids: std::collections::HashSet<_> = outcomes.iter().filter_map(Outcome::id).collect();
    assert_eq!(ids.len(), 2000);
}

#[tokio::test]
async fn children_of_one_parent_are_in_one_lane_of_calls() {
    let org = org().await;
    let parents: Vec<RecordId> =
        org.with(|org| (0..4).map(|n| org.insert("Account", &json!({"Name": format!("P{n}")})).unwrap()).collect());
    let client = connect(&org);
    let children = (0..800).map(|n| json!({"LastName": format!("C{n}"), "AccountId": parents[n % 4]}));
    let load = client.sobject_named("Contact").loader().group_by(["AccountId"]).create(stream::iter(children));
    let outcomes: Vec<_> = load.try_collect().await.unwrap();
    // Each call has the children of one parent: ids are given in the order of calls.
    let mut calls: HashMap<usize, Vec<RecordId>> = HashMap::new();
    for outcome in &outcomes {
        calls.entry(outcome.position % 4).or_default().push(outcome.id().unwrap());
    }
    let mut all: Vec<(RecordId, usize)> =
        calls.iter().flat_map(|(parent, ids)| ids.iter().map(|id| (*id, *parent))).collect();
    all.sort_unstable();
    let changes = all.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    assert_eq!((changes, org.journal().count("composite/sobjects")), (3, 4));
}

#[tokio::test]
async fn a_composite_call_ties_new_records_together() {
    let org = org().await;
    let client = connect(&org);
    let mut request = CompositeRequest::new();
    let account = request.create("Account", &json!({"Name": "Acme"}));
    let contact = request.create("Contact", &Record::default().with("LastName", "Doe").with("AccountId", account.id()));
    let read = request.get_named("Contact", contact.id(), &["Id", "AccountId"]);
    let found = request.query::<Record>("SELECT Id FROM Account");
    let answer = client.composite(&request).all_or_none().await.unwrap();
    assert!(answer.all_done(), "{:?}", answer.causes().collect::<Vec<_>>());
    let id = answer.get(&account).unwrap().id;
    assert_eq!(answer.get(&read).unwrap().get("AccountId"), Some(&Value::from(id)));
    assert_eq!(answer.get(&found).unwrap().records[0].id(), Some(id));
}

#[tokio::test]
async fn a_composite_call_that_is_all_or_none_undoes_what_was_done_and_names_the_cause() {
    let org = org().await;
    let client = connect(&org);
    let mut request = CompositeRequest::new();
    let good = request.create("Account", &json!({"Name": "Acme"}));
    let bad = request.create("Contact", &json!({"AccountId": good.id()}));
    let answer = client.composite(&request).all_or_none().await.unwrap();
    assert!(answer.part(&good).unwrap().is_halted() && !answer.part(&bad).unwrap().is_halted());
    let cause = answer.causes().next().unwrap();
    assert_eq!(cause.api_errors()[0].code.as_str(), "REQUIRED_FIELD_MISSING");
    assert_eq!(count(&org, "SELECT Id FROM Account"), 0);
    // Without it, only what depends on the bad part fails.
    let mut request = CompositeRequest::new();
    let bad = request.create("Account", &json!({}));
    let below = request.create("Contact", &json!({"LastName": "Doe", "AccountId": bad.id()}));
    let free = request.create("Account", &json!({"Name": "Free"}));
    let answer = client.composite(&request).await.unwrap();
    assert!(answer.part(&below).unwrap().is_halted() && answer.get(&free).is_ok());
    assert_eq!(answer.causes().count(), 1);
}

#[tokio::test]
async fn a_lost_composite_create_is_not_repeated() {
    let org = org().await;
    let client = connect(&org);
    org.fault(Fault::lost_answer().at("composite").method(Method::POST));
    let mut request = CompositeRequest::new();
    request.create("Account", &json!({"Name": "Acme"}));
    assert_eq!(client.composite(&request).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(count(&org, "SELECT Id FROM Account"), 1);
}

#[tokio::test]
async fn a_batch_does_its_parts_one_by_one() {
    let org = org().await;
    let client = connect(&org);
    let mut request = BatchRequest::new();
    let one = request.create("Account", &json!({"Name": "A"}));
    let bad = request.create("Account", &json!({}));
    let two = request.create("Account", &json!({"Name": "B"}));
    let answer = client.batch(&request).await.unwrap();
    assert!(answer.has_errors && answer.get(&one).is_ok() && answer.get(&two).is_ok());
    assert_eq!(answer.get(&bad).unwrap_err().kind(), ErrorKind::Invalid);
    let answer = client.batch(&request).halt_on_error().await.unwrap();
    assert!(answer.parts[2].is_halted());
    assert_eq!(count(&org, "SELECT Id FROM Account"), 3);
}

#[tokio::test]
async fn each_graph_is_done_as_a_whole_or_not_at_all() {
    let org = org().await;
    let client = connect(&org);
    let family = |name: Option<&str>| {
        let mut graph = CompositeRequest::new();
        let account = graph.create("Account", &json!({"Name": "Acme"}));
        let contact = graph.create("Contact", &json!({"LastName": name, "AccountId": account.id()}));
        (graph, contact)
    };
    let ((good, contact), (bad, culprit)) = (family(Some("Doe")), family(None));
    let answer = client.graphs(&[good, bad]).await.unwrap();
    assert_eq!(answer.graphs().iter().map(|graph| graph.is_successful).collect::<Vec<_>>(), [true, false]);
    assert!(answer.graphs()[0].answer.get(&contact).is_ok());
    assert!(answer.graphs()[1].answer.get(&culprit).is_err());
    assert_eq!(count(&org, "SELECT Id FROM Account"), 1);
}

#[tokio::test]
async fn a_tree_is_created_as_a_whole_or_not_at_all() {
    let org = org().await;
    let client = connect(&org);
    let mut tree = TreeRequest::new("Account");
    let acme = tree.root(&json!({"Name": "Acme"}));
    let doe = tree.child(&acme, "Contacts", "Contact", &json!({"LastName": "Doe"}));
    let answer = client.tree(&tree).await.unwrap();
    let soql = format!("SELECT AccountId FROM Contact WHERE Id = '{}'", answer.id(&doe).unwrap());
    let parent = org.with(|org| org.query(&soql).unwrap()[0].get("AccountId").cloned());
    assert_eq!(parent, Some(answer.id(&acme).unwrap().into()));

    let bad = tree.child(&acme, "Contacts", "Contact", &json!({"Email": "x"}));
    let answer = client.tree(&tree).await.unwrap();
    assert!(answer.has_errors && answer.id(&acme).is_err());
    assert!(!answer.id(&bad).unwrap_err().api_errors().is_empty());
    assert_eq!(count(&org, "SELECT Id FROM Account"), 1);
}
