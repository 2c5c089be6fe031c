use std::time::Duration;

use salesforce_types::RecordId;

use super::Store;
use crate::clock::OrgClock;
use crate::rules::Draft;
use crate::schema::Schema;
use crate::seed;

fn store() -> Store {
    let mut store = seed::with_schema(Schema::demo());
    store.clock = OrgClock::fixed("2026-03-01T12:00:00Z".parse().unwrap());
    store
}

fn create(store: &mut Store, object: &str, draft: Draft) -> RecordId {
    let schema = store.schema().clone();
    store.create(schema.object(object).unwrap(), &draft).unwrap()
}

fn account(store: &mut Store) -> RecordId {
    create(store, "Account", Draft::new().with("Name", "Acme"))
}

fn is_deleted(store: &Store, id: RecordId) -> bool {
    let (object, row) = store.find(id).unwrap();
    assert_eq!(row.get(object.known.is_deleted.unwrap()).is_true(), row.is_deleted());
    row.is_deleted()
}

fn cell(store: &Store, id: RecordId, field: &str) -> String {
    let (object, row) = store.find(id).unwrap();
    row.get(object.field(field).unwrap().index).to_json().to_string()
}

#[test]
fn a_deleted_row_takes_its_children_along_and_brings_them_back() {
    let mut store = store();
    let parent = account(&mut store);
    let invoice = create(&mut store, "Invoice__c", Draft::new().with("Account__c", parent));
    let line = Draft::new().with("Invoice__c", invoice).with("Quantity__c", 1_i64).with("Unit_Price__c", 2_i64);
    let line = create(&mut store, "Invoice_Line__c", line);
    let case = create(&mut store, "Case", Draft::new().with("AccountId", parent));
    store.clock.advance(Duration::from_secs(10));
    store.delete(parent).unwrap();
    assert!([parent, invoice, line].iter().all(|&id| is_deleted(&store, id)));
    assert!(!is_deleted(&store, case));
    assert_eq!(cell(&store, case, "AccountId"), "null");
    assert_eq!(cell(&store, line, "SystemModstamp"), "\"2026-03-01T12:00:10.000+0000\"");
    assert_eq!(store.deletions().len(), 3);
    assert_eq!(store.delete(parent).unwrap_err().code, "ENTITY_IS_DELETED");
    assert_eq!(store.undelete(line).unwrap_err().code, "UNDELETE_FAILED");
    store.undelete(parent).unwrap();
    assert!([parent, invoice, line].iter().all(|&id| !is_deleted(&store, id)));
    assert_eq!(cell(&store, case, "AccountId"), format!("\"{parent}\""));
    assert_eq!(store.deletions().len(), 0);
    // A child that went before its parent comes back only after it.
    store.delete(line).unwrap();
    store.delete(parent).unwrap();
    assert_eq!(store.undelete(line).unwrap_err().code, "UNDELETE_FAILED");
    store.undelete(parent).unwrap();
    assert!(is_deleted(&store, line) && !is_deleted(&store, invoice));
    store.undelete(line).unwrap();
    assert_eq!(store.undelete(parent).unwrap_err().code, "UNDELETE_FAILED");
}

#[test]
fn cascades_can_leave_the_stamps_alone() {
    let mut store = store();
    store.stamp_cascades = false;
    let parent = account(&mut store);
    let contact = create(&mut store, "Contact", Draft::new().with("LastName", "X").with("AccountId", parent));
    store.clock.advance(Duration::from_secs(10));
    store.delete(parent).unwrap();
    assert_eq!(cell(&store, contact, "SystemModstamp"), "\"2026-03-01T12:00:00.000+0000\"");
    assert_eq!(cell(&store, parent, "SystemModstamp"), "\"2026-03-01T12:00:10.000+0000\"");
}

#[test]
fn a_row_can_be_held_back_by_another() {
    let mut store = store();
    let product = create(&mut store, "Product2", Draft::new().with("Name", "Bolt"));
    let specimen = create(&mut store, "Specimen__c", Draft::new().with("Name", "S").with("Held__c", product));
    let refusal = store.delete(product).unwrap_err();
    assert_eq!(refusal.code, "DELETE_FAILED");
    assert!(!is_deleted(&store, product));
    store.delete(specimen).unwrap();
    store.delete(product).unwrap();
}

#[test]
fn a_self_reference_is_emptied_and_a_circle_ends() {
    let mut store = store();
    let one = account(&mut store);
    let two = create(&mut store, "Account", Draft::new().with("Name", "B").with("ParentId", one));
    store.update(one, &Draft::new().with("ParentId", two)).unwrap();
    store.delete(one).unwrap();
    assert!(is_deleted(&store, one) && !is_deleted(&store, two));
    assert_eq!(cell(&store, two, "ParentId"), "null");
}

#[test]
fn a_purged_row_is_gone_but_stays_in_the_log() {
    let mut store = store();
    let parent = account(&mut store);
    let contact = create(&mut store, "Contact", Draft::new().with("LastName", "X").with("AccountId", parent));
    assert_eq!(store.purge(parent).unwrap_err().code, "DELETE_FAILED");
    store.delete(parent).unwrap();
    store.purge(parent).unwrap();
    assert!(store.find(parent).is_none() && store.find(contact).is_none());
    assert_eq!(store.deletions().len(), 2);
    assert_eq!(store.undelete(parent).unwrap_err().code, "INVALID_CROSS_REFERENCE_KEY");
    let at = store.deletions()[0].at;
    store.trim_deletions(at);
    assert!(store.deletions().is_empty());
}

#[test]
fn rows_that_cannot_be_deleted_stay() {
    let mut store = store();
    let user = store.user;
    assert_eq!(store.delete(user).unwrap_err().code, "INVALID_TYPE_FOR_OPERATION");
    assert_eq!(store.delete("001Qz00000Ab1Cd".parse().unwrap()).unwrap_err().code, "NOT_FOUND");
    assert_eq!(store.update("zzzQz00000Ab1Cd".parse().unwrap(), &Draft::new()).unwrap_err()[0].code, "NOT_FOUND");
}

#[test]
fn a_late_commit_is_stamped_before_it_is_seen() {
    let mut store = store();
    let schema = store.schema().clone();
    let accounts = schema.object("Account").unwrap();
    let at = store.clock.now().saturating_add(Duration::from_secs(540));
    let seen = account(&mut store);
    let late = store.create_late(accounts, &Draft::new().with("Name", "Late"), at).unwrap();
    store.update_late(seen, &Draft::new().with("Name", "Changed"), at).unwrap();
    store.update(seen, &Draft::new().with("Phone", "1")).unwrap();
    store.settle();
    assert!(store.find(late).is_none());
    assert_eq!(cell(&store, seen, "Name"), "\"Acme\"");
    store.clock.advance(Duration::from_secs(540));
    store.settle();
    assert_eq!(cell(&store, late, "SystemModstamp"), "\"2026-03-01T12:00:00.000+0000\"");
    assert_eq!((cell(&store, seen, "Name"), cell(&store, seen, "Phone")), ("\"Changed\"".into(), "\"1\"".into()));
}

#[test]
fn indexes_follow_the_rows() {
    let mut store = store();
    let (one, two) = (account(&mut store), account(&mut store));
    let contact = create(&mut store, "Contact", Draft::new().with("LastName", "X").with("AccountId", one));
    let schema = store.schema().clone();
    let (contacts, accounts) = (schema.object("Contact").unwrap(), schema.object("Account").unwrap());
    let field = contacts.field("AccountId").unwrap();
    let of = |store: &Store, id| store.table(contacts).pointing(field.index, id).count();
    assert_eq!((of(&store, one), of(&store, two)), (1, 0));
    store.update(contact, &Draft::new().with("AccountId", two)).unwrap();
    assert_eq!((of(&store, one), of(&store, two)), (0, 1));
    store.update(one, &Draft::new().with("External_Key__c", "K")).unwrap();
    let key = accounts.field("External_Key__c").unwrap();
    assert_eq!(store.table(accounts).having(key, &"k".into())[0].id(), one);
    store.delete(two).unwrap();
    store.purge(two).unwrap();
    assert_eq!(of(&store, two), 0);
    assert_eq!((store.table(accounts).len(), store.table(accounts).live()), (1, 1));
}

#[test]
fn a_field_can_be_added_while_there_are_rows() {
    let mut store = store();
    let id = account(&mut store);
    let mut schema = (**store.schema()).clone();
    schema.add_table("extend Account\nNew__c string(20) unique").unwrap();
    store.set_schema(schema);
    assert_eq!(cell(&store, id, "New__c"), "null");
    store.update(id, &Draft::new().with("New__c", "x")).unwrap();
    assert_eq!(cell(&store, id, "New__c"), "\"x\"");
}

/// Everything that a transaction has to put back.
fn dump(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let bin = store.bin.clone();
    (store.tables.clone(), store.mint.clone(), store.numbers.clone(), bin, store.pending.len(), store.recent.clone())
}

/// One write, of a kind and to a row that are chosen by numbers; many are refused.
fn write(store: &mut Store, kind: u8, which: usize) {
    let schema = store.schema().clone();
    let ids: Vec<RecordId> = ["Account", "Contact", "Invoice__c", "Case", "ContentVersion"]
        .iter()
        .filter_map(|name| schema.object(name))
        .flat_map(|object| store.table(object).rows().map(super::Row::id).collect::<Vec<_>>())
        .collect();
    let some = ids.get(which % ids.len().max(1)).copied();
    let new = |store: &mut Store, object: &str, draft: Draft| {
        let _ = store.create(schema.object(object).unwrap(), &draft);
    };
    let key = format!("K{}", which % 5);
    match kind % 10 {
        0 => new(store, "Account", Draft::new().with("Name", "A").with("External_Key__c", key)),
        1 => new(store, "Contact", Draft::new().with("LastName", "C").with("AccountId", some)),
        2 => new(store, "Invoice__c", Draft::new().with("Account__c", some)),
        3 => new(store, "Case", Draft::new().with("AccountId", some)),
        4 => {
            let file = Draft::new().with("PathOnClient", "a.txt").with("VersionData", "AAAA");
            new(store, "ContentVersion", file.with("FirstPublishLocationId", some));
        }
        5 => drop(some.map(|id| store.update(id, &Draft::new().with("External_Key__c", key)))),
        6 => drop(some.map(|id| store.update(id, &Draft::new().with("AccountId", ids[0])))),
        7 => drop(some.map(|id| store.delete(id))),
        8 => drop(some.map(|id| store.undelete(id))),
        _ => drop(some.map(|id| store.purge(id))),
    }
}

proptest::proptest! {
    #[test]
    fn a_rolled_back_transaction_leaves_no_trace(
        before in proptest::collection::vec((0u8..10, 0usize..50), 0..25),
        kept in proptest::collection::vec((0u8..10, 0usize..50), 0..15),
        lost in proptest::collection::vec((0u8..10, 0usize..50), 0..25),
        after in proptest::collection::vec((0u8..10, 0usize..50), 0..10),
    ) {
        let mut store = store();
        let run = |store: &mut Store, writes: &[(u8, usize)]| {
            writes.iter().for_each(|&(kind, which)| write(store, kind, which));
        };
        run(&mut store, &before);
        let start = dump(&store);
        let outer = store.begin();
        run(&mut store, &kept);
        let middle = dump(&store);
        let inner = store.begin();
        run(&mut store, &lost);
        store.roll_back(inner);
        proptest::prop_assert!(dump(&store) == middle);
        let inner = store.begin();
        run(&mut store, &after);
        store.keep(inner);
        store.roll_back(outer);
        proptest::prop_assert!(dump(&store) == start);
        proptest::prop_assert!(store.undo.is_empty() && store.transactions == 0);
        // The twin: what is kept does leave traces, and what was taken back can be done again.
        let again = store.begin();
        run(&mut store, &kept);
        store.keep(again);
        proptest::prop_assert!(dump(&store) == middle);
    }
}

#[test]
fn a_late_write_that_came_due_inside_of_a_transaction_is_late_again_after_it() {
    let mut store = store();
    let schema = store.schema().clone();
    let accounts = schema.object("Account").unwrap();
    let at = store.clock.now().saturating_add(Duration::from_secs(60));
    let late = store.create_late(accounts, &Draft::new().with("Name", "Late"), at).unwrap();
    let savepoint = store.begin();
    store.clock.advance(Duration::from_secs(60));
    store.settle();
    assert!(store.find_live(late).is_some());
    store.roll_back(savepoint);
    assert!(store.find_live(late).is_none());
    store.settle();
    assert!(store.find_live(late).is_some());
}

#[test]
fn nothing_is_remembered_outside_of_a_transaction() {
    let mut store = store();
    let id = account(&mut store);
    store.delete(id).unwrap();
    assert!(store.undo.is_empty());
    let savepoint = store.begin();
    store.undelete(id).unwrap();
    assert!(!store.undo.is_empty());
    store.keep(savepoint);
    assert!(store.undo.is_empty() && !is_deleted(&store, id));
}
