//! Which rows may be sent at once, and which must come one after another.

use std::collections::HashMap;

use salesforce_types::{FieldName, RecordId, Value};

use crate::collections::{Operation, Pending};

/// Rows that are sent one call after another, while those of other lanes are under way.
pub(super) type Lane = Vec<Locked>;

/// A row and what it locks.
#[derive(Clone, Debug)]
pub(super) struct Locked {
    pub(super) pending: Pending,
    /// The record itself, where the row says which it is: two of it cannot be in one call.
    pub(super) own: Option<Box<str>>,
    /// Which rows it must not be sent at the same time with: those of the same number.
    group: usize,
}

impl Locked {
    /// The same, noting that a call may have done it, whatever the org says later.
    pub(super) fn lost_if(mut self, lost: bool) -> Self {
        self.pending.lost |= lost;
        self
    }
}

/// Spreads rows over at most `most` lanes. Rows that have a record or a parent in common, directly or over other rows,
/// are in one lane, side by side and in their order. A call that was begun is filled, up to `call` rows, before another
/// one is: calls are counted by the org.
pub(super) fn spread(
    rows: Vec<Pending>,
    operation: &Operation,
    group_by: &[FieldName],
    most: usize,
    call: usize,
) -> Vec<Lane> {
    let names: Vec<&str> = operation.key().into_iter().chain(group_by.iter().map(FieldName::as_str)).collect();
    let mut groups = Groups { of: (0..rows.len()).collect() };
    let mut first = HashMap::<(usize, Box<str>), usize>::new();
    let mut locked: Vec<Locked> = Vec::with_capacity(rows.len());
    for (n, pending) in rows.into_iter().enumerate() {
        let values = if names.is_empty() { Vec::new() } else { pending.row.values(names.iter().copied()) };
        let mut own = None;
        for (field, value) in values.into_iter().enumerate() {
            let Some(key) = value.as_ref().and_then(folded) else { continue };
            if field == 0 && operation.key().is_some() {
                own = Some(key.clone());
            }
            let other = *first.entry((field, key)).or_insert(n);
            groups.join(n, other);
        }
        locked.push(Locked { pending, own, group: n });
    }
    for row in &mut locked {
        row.group = groups.root(row.group);
    }
    // Stable: rows of a group keep their order. Groups come in the order of their first rows.
    locked.sort_by_key(|row| row.group);

    let mut lanes: Vec<Lane> = Vec::new();
    for group in locked.chunk_by(|one, next| one.group == next.group) {
        let has_room = |lane: &&mut Lane| {
            let begun = lane.len() % call;
            begun > 0 && begun + group.len() <= call
        };
        if let Some(lane) = lanes.iter_mut().find(has_room) {
            lane.extend_from_slice(group);
        } else if lanes.len() < most {
            lanes.push(group.to_vec());
        } else if let Some(shortest) = lanes.iter_mut().min_by_key(|lane| lane.len()) {
            shortest.extend_from_slice(group);
        }
    }
    lanes
}

/// A value as the org compares it: ids by their fifteen characters, other text without regard to case.
fn folded(value: &Value) -> Option<Box<str>> {
    match value {
        Value::Text(text) => Some(match text.parse::<RecordId>() {
            Ok(id) => id.as_15().into(),
            Err(_) => text.to_lowercase().into(),
        }),
        Value::Number(number) => Some(number.as_str().into()),
        // A parent by its external id: `{"Ext__c": "P-17"}`.
        Value::Record(record) => Some(record.to_string().to_lowercase().into()),
        Value::Json(json) => Some(json.as_str().to_lowercase().into()),
        _ => None,
    }
}

/// Sets that grow together.
struct Groups {
    of: Vec<usize>,
}

impl Groups {
    /// The first row of a row's set.
    fn root(&mut self, mut row: usize) -> usize {
        while let Some(&parent) = self.of.get(row).filter(|parent| **parent != row) {
            let above = self.of.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.of.get_mut(row) {
                *slot = above;
            }
            row = above;
        }
        row
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.of.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use salesforce_types::Record;

    use super::*;
    use crate::row::Row;

    fn rows(rows: &[Record]) -> Vec<Pending> {
        let row = |(position, row)| Pending::new(position, Row::new(row, None).unwrap());
        rows.iter().enumerate().map(row).collect()
    }

    fn positions(lanes: &[Lane]) -> Vec<Vec<usize>> {
        lanes.iter().map(|lane| lane.iter().map(|row| row.pending.position).collect()).collect()
    }

    fn child(parent: &str) -> Record {
        Record::new("Contact").with("AccountId", parent)
    }

    const A: &str = "001D000000IqhSLIAZ";
    const B: &str = "001Qz00000Ab1CdIAJ";

    #[test]
    fn children_of_one_parent_are_in_one_lane() {
        let by = ["AccountId".parse().unwrap()];
        let list = [child(A), child(B), child("001D000000IqhSL"), child(B), Record::new("Contact")];
        let lanes = spread(rows(&list), &Operation::Create, &by, 9, 2);
        assert_eq!(positions(&lanes), [vec![0, 2], vec![1, 3], vec![4]]);
        // With room in one call, they are one call.
        assert_eq!(positions(&spread(rows(&list), &Operation::Create, &by, 9, 200)), [vec![0, 2, 1, 3, 4]]);
    }

    #[test]
    fn without_a_group_rows_are_spread_and_keep_their_order() {
        let lanes = spread(rows(&vec![Record::new("Contact"); 7]), &Operation::Create, &[], 3, 2);
        assert_eq!(positions(&lanes), [vec![0, 1, 6], vec![2, 3], vec![4, 5]]);
    }

    #[test]
    fn one_record_twice_stays_in_order_even_if_its_parent_changes() {
        let row = |id: &str, parent: &str| child(parent).with("Id", id);
        let by = ["AccountId".parse().unwrap()];
        let list = [row("003Dn00000srto9IAA", A), row("003Dn00000srto8IAA", B), row("003Dn00000srto9", B)];
        // The first and the last are one record; the last shares its parent with the second.
        let lanes = spread(rows(&list), &Operation::Update, &by, 9, 2);
        assert_eq!(positions(&lanes), [vec![0, 1, 2]]);
    }

    proptest::proptest! {
        #[test]
        fn no_row_is_lost_and_no_parent_is_in_two_lanes(parents in proptest::collection::vec(0_u8..9, 0..80), most in 1_usize..6, call in 1_usize..9) {
            let by = ["AccountId".parse().unwrap()];
            let list: Vec<_> = parents.iter().map(|parent| child(&format!("p{parent}"))).collect();
            let lanes = spread(rows(&list), &Operation::Create, &by, most, call);
            proptest::prop_assert!(lanes.len() <= most);
            let mut all: Vec<usize> = positions(&lanes).concat();
            all.sort_unstable();
            proptest::prop_assert_eq!(all, (0..parents.len()).collect::<Vec<_>>());
            for parent in 0..9 {
                let holds = |lane: &&Lane| lane.iter().any(|row| parents[row.pending.position] == parent);
                proptest::prop_assert!(lanes.iter().filter(holds).count() <= 1);
            }
        }
    }
}
