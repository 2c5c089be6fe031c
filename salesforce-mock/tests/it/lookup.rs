//! Rows that are looked up by an index are those that a look at each row finds.

use std::time::Duration;

use proptest::prelude::*;
use salesforce_mock::value::Value as Cell;
use salesforce_types::{RecordId, Timestamp};
use serde_json::json;

use crate::support::{Client, with_demo_objects};

#[derive(Clone, Debug)]
enum Step {
    Insert { key: u8, parent: bool },
    Update { row: usize, key: u8, parent: bool },
    Delete(usize),
    Undelete(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u8>(), any::<bool>()).prop_map(|(key, parent)| Step::Insert { key, parent }),
        2 => (any::<usize>(), any::<u8>(), any::<bool>()).prop_map(|(row, key, parent)| Step::Update { row, key, parent }),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::Undelete),
        4 => (1u64..3).prop_map(Step::Wait),
    ]
}

const START: &str = "2026-03-02T12:00:00Z";

fn play(steps: &[Step]) -> (Client, Vec<RecordId>, RecordId) {
    let mut client = with_demo_objects();
    let org = &mut client.org;
    org.store_mut().clock = salesforce_mock::OrgClock::fixed(START.parse().unwrap());
    let account = org.insert("Account", &json!({ "Name": "Acme" })).unwrap();
    let mut ids = Vec::new();
    for step in steps {
        let values = |key: u8, parent: bool| json!({ "Name": "a", "Key__c": format!("Ключ {key}"), "Number_Key__c": key % 8, "Lookup__c": parent.then_some(account) });
        let nth = |row: usize, ids: &[RecordId]| ids.get(row.checked_rem(ids.len()).unwrap_or_default()).copied();
        // What the org refuses changes nothing: a key that is taken, a row that is deleted already.
        match *step {
            Step::Insert { key, parent } => ids.extend(org.insert("Specimen__c", &values(key, parent))),
            Step::Update { row, key, parent } => {
                nth(row, &ids).map(|id| org.update(id, &values(key, parent)));
            }
            Step::Delete(row) => {
                nth(row, &ids).map(|id| org.delete(id));
            }
            Step::Undelete(row) => {
                nth(row, &ids).map(|id| org.store_mut().undelete(id));
            }
            Step::Wait(seconds) => org.advance(Duration::from_secs(seconds)),
        }
    }
    (client, ids, account)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_an_index_finds_is_what_is_there(
        steps in prop::collection::vec(step(), 0..200),
        key in any::<u8>(),
        row in any::<usize>(),
        seconds in 0i64..4,
    ) {
        let (client, ids, account) = play(&steps);
        let id = ids.get(row.checked_rem(ids.len()).unwrap_or_default()).copied().unwrap_or(account);
        let (object, row) = client.org.store().find(id).unwrap();
        let &Cell::DateTime(stamp) = row.get(object.known.stamp.unwrap()) else { panic!("a row has a stamp") };
        let time = |seconds: i64| Timestamp::from_millis(stamp.as_millis() + seconds * 1000).to_soql();
        let (before, at, after) = (time(-seconds), time(0), time(seconds));
        for filter in [
            format!("Id = '{id}'"),
            format!("Id IN ('{id}', '{account}') AND Number_Key__c < 5"),
            format!("Key__c = 'ключ {key}'"),
            format!("Key__c IN ('КЛЮЧ {key}', 'Ключ 7', 'ключ 7')"),
            format!("Key__c IN ('Ключ {key}', null)"),
            format!("Number_Key__c = {}", key % 8),
            format!("Lookup__c = '{account}' AND Key__c != null"),
            format!("Lookup__c IN ('{account}', null)"),
            format!("SystemModstamp = {at}"),
            format!("SystemModstamp >= {at} AND SystemModstamp < {after}"),
            format!("SystemModstamp > {before} AND SystemModstamp <= {at}"),
            format!("((SystemModstamp = {at} AND Id > '{id}') OR SystemModstamp > {at}) AND SystemModstamp <= {after}"),
            format!("SystemModstamp = {at} OR Number_Key__c = 1"),
            format!("SystemModstamp != {at} AND SystemModstamp <= {after} AND SystemModstamp >= {before}"),
        ] {
            let found = |filter: &str| {
                let soql = format!("SELECT Id FROM Specimen__c WHERE {filter}");
                let ids = |rows: Vec<salesforce_types::Record>| rows.iter().map(|row| row.id()).collect::<Vec<_>>();
                (ids(client.org.query(&soql).unwrap()), ids(client.org.query_all(&soql).unwrap()))
            };
            // No index helps with what must not be.
            prop_assert_eq!(found(&filter), found(&format!("(NOT (NOT ({filter})))")), "{}", filter);
        }
    }
}
