use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use salesforce_types::{RecordId, Timestamp};

use super::Store;
use crate::rules::Refusal;
use crate::schema::{Object, OnParentDelete};
use crate::value::Value;

/// The recycle bin and the log of deletions.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct RecycleBin {
    /// By the row that was asked to be deleted.
    deletions: HashMap<RecordId, Group>,
    log: Vec<Deletion>,
    /// Up to when the log was trimmed.
    trimmed: Option<Timestamp>,
    /// When the log was last looked at.
    tidied: Option<Timestamp>,
}

impl RecycleBin {
    pub(super) fn put(&mut self, id: RecordId, group: Group) {
        self.deletions.insert(id, group);
    }

    /// Gives objects and fields their new positions, and forgets what is of one that is gone. A field is asked for by
    /// its row and its old position.
    pub(super) fn renumber(
        &mut self,
        object: impl Fn(usize) -> Option<usize>,
        field: impl Fn(RecordId, usize) -> Option<usize>,
    ) {
        self.log = self.log.drain(..).filter_map(|it| Some(Deletion { object: object(it.object)?, ..it })).collect();
        for group in self.deletions.values_mut() {
            let cleared = std::mem::take(&mut group.cleared).into_iter();
            group.cleared = cleared.filter_map(|(row, place, id)| Some((row, field(row, place)?, id))).collect();
        }
    }

    /// Takes back a deletion, before which the log was that long.
    pub(super) fn forget(&mut self, id: RecordId, log: usize) {
        self.deletions.remove(&id);
        self.log.truncate(log);
    }
}

/// How many deletions the log keeps for each user who may log in, once it is tidied.
const LOGGED_PER_LICENCE: usize = 5_000;

/// How often the log is tidied, and the age of what is then let go.
const TIDY_EVERY: Duration = Duration::from_secs(2 * 60 * 60);

/// What one deletion did, so that it can be undone.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Group {
    /// The row and the rows that went with it.
    members: Vec<RecordId>,
    /// Lookups that were emptied: the row, the field's position, and the id it held.
    cleared: Vec<(RecordId, usize, RecordId)>,
}

/// An entry of the log of deletions. It stays when the row is purged, and goes when it is undeleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The position of the object.
    pub object: usize,
    /// The row.
    pub id: RecordId,
    /// When it was deleted.
    pub at: Timestamp,
}

/// What a deletion will do.
#[derive(Debug, Default)]
struct Reach {
    members: Vec<RecordId>,
    cleared: Vec<(RecordId, usize, RecordId)>,
}

impl Store {
    /// Moves a row into the recycle bin, with the rows that cannot be without it. Lookups to them are emptied where
    /// the field says so.
    ///
    /// # Errors
    ///
    /// Why it was refused: the object's rows cannot be deleted, the row is deleted already or never was, or another
    /// row holds it back. Nothing was changed.
    pub fn delete(&mut self, id: RecordId) -> Result<(), Refusal> {
        let schema = Arc::clone(self.schema());
        let Some((object, row)) = self.find(id) else { return Err(Refusal::not_found()) };
        if row.is_deleted() {
            return Err(Refusal::is_deleted());
        }
        if !object.deletable {
            let text = format!("entity type {} does not support delete", object.name);
            return Err(Refusal::new("INVALID_TYPE_FOR_OPERATION", text));
        }
        let object = schema.at(object.index);
        let parents = object.fields.iter().filter(|field| field.reference.is_some());
        let parents = parents.filter_map(|field| row.get(field.index).as_id());
        let touched: Vec<RecordId> = std::iter::once(id).chain(parents).collect();
        self.automation.take_locks(&touched)?;
        let reach = self.reach(object, id)?;
        let stamp = self.clock.stamp();
        let log = self.bin.log.len();
        for &(row, field, _) in &reach.cleared {
            let mut changes = self.stamps(row, self.stamp_cascades);
            changes.push((field, Value::Null));
            self.set_cells(row, changes);
        }
        for &member in &reach.members {
            let Some(object) = schema.object_of(member) else { continue };
            let stamps = self.stamps(member, member == id || self.stamp_cascades);
            self.set_cells(member, stamps);
            self.mark_deleted(object, member, true);
            self.bin.log.push(Deletion { object: object.index, id: member, at: stamp });
        }
        self.bin_group(id, Group { members: reach.members, cleared: reach.cleared }, log);
        Ok(())
    }

    /// The rows that go with a row, and the lookups to them that are emptied.
    fn reach(&self, object: &Object, id: RecordId) -> Result<Reach, Refusal> {
        let mut reach = Reach::default();
        let mut going = BTreeSet::from([id]);
        let mut held_by = Vec::new();
        let mut next = VecDeque::from([(object, id)]);
        while let Some((object, id)) = next.pop_front() {
            reach.members.push(id);
            for child in &object.children {
                let child_object = self.schema().at(child.object);
                // Who owns or made a row is not indexed; users are not deleted.
                if child.on_delete == OnParentDelete::Keep {
                    continue;
                }
                for row in self.table(child_object).pointing(child.field, id).filter(|row| !row.is_deleted()) {
                    match child.on_delete {
                        OnParentDelete::Keep => {}
                        OnParentDelete::Clear => reach.cleared.push((row.id(), child.field, id)),
                        OnParentDelete::Restrict => held_by.push((child_object, row.id())),
                        OnParentDelete::Cascade => {
                            if going.insert(row.id()) {
                                next.push_back((child_object, row.id()));
                            }
                        }
                    }
                }
            }
        }
        reach.cleared.retain(|(row, _, _)| !going.contains(row));
        // A row that goes itself holds nothing back.
        match held_by.iter().find(|(_, row)| !going.contains(row)) {
            None => Ok(reach),
            Some((held_by, _)) => Err(Refusal::new(
                "DELETE_FAILED",
                format!(
                    "Your attempt to delete {id} could not be completed because it is associated with the \
                         following {}.",
                    held_by.plural.to_lowercase()
                ),
            )
            .no_fields()),
        }
    }

    /// Brings a row back from the recycle bin, with its id, the rows that went with it, and the lookups to them.
    ///
    /// # Errors
    ///
    /// Why it was refused: it is not in the bin, it was purged, or it went with a parent that is still there.
    pub fn undelete(&mut self, id: RecordId) -> Result<(), Refusal> {
        self.may_undelete(id, &mut BTreeSet::new())?;
        let schema = Arc::clone(self.schema());
        let group = self.bin_mut().deletions.remove(&id).expect("a row that may be undeleted began a deletion");
        for &member in &group.members {
            let Some(object) = schema.object_of(member) else { continue };
            self.mark_deleted(object, member, false);
            let stamps = self.stamps(member, member == id || self.stamp_cascades);
            self.set_cells(member, stamps);
        }
        self.bin.log.retain(|entry| !group.members.contains(&entry.id));
        for (row, field, parent) in group.cleared {
            // What somebody has filled in since then stays.
            if self.find_live(row).is_some_and(|(_, row)| row.get(field).is_null()) {
                let mut changes = self.stamps(row, self.stamp_cascades);
                changes.push((field, Value::Id(parent)));
                self.set_cells(row, changes);
            }
        }
        Ok(())
    }

    /// Whether a row can be brought back once those in `coming` are back. It and what comes with it are added to them.
    pub(crate) fn may_undelete(&self, id: RecordId, coming: &mut BTreeSet<RecordId>) -> Result<(), Refusal> {
        let refused = |text: &str| Err(Refusal::new("UNDELETE_FAILED", text).no_fields());
        let Some((object, row)) = self.find(id) else {
            return Err(Refusal::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").no_fields());
        };
        if !row.is_deleted() || coming.contains(&id) {
            return refused("Entity is not in the recycle bin");
        }
        if !object.undeletable {
            return refused("Entity type is not undeletable");
        }
        let mut masters = object.fields.iter().filter(|field| {
            field.reference.as_ref().is_some_and(|reference| reference.on_delete == OnParentDelete::Cascade)
        });
        let gone = |id| !coming.contains(&id) && self.find(id).is_none_or(|(_, row)| row.is_deleted());
        if masters.any(|field| row.get(field.index).as_id().is_some_and(gone)) {
            return refused("The parent of this record is in the recycle bin");
        }
        let Some(group) = self.bin.deletions.get(&id) else {
            return refused("Entity went to the recycle bin with another one");
        };
        coming.extend(&group.members);
        Ok(())
    }

    /// Takes a row in the recycle bin out for good, with the rows that went with it. The log of deletions keeps them.
    ///
    /// # Errors
    ///
    /// When the row is not in the bin.
    pub fn purge(&mut self, id: RecordId) -> Result<(), Refusal> {
        let schema = Arc::clone(self.schema());
        let deleted = self.find(id).is_some_and(|(_, row)| row.is_deleted());
        if !deleted {
            return Err(Refusal::new("DELETE_FAILED", "Entity is not in the recycle bin").no_fields());
        }
        let members = self.bin_mut().deletions.remove(&id).map_or_else(|| vec![id], |group| group.members);
        for member in members {
            if let Some(object) = schema.object_of(member) {
                self.purge_row(object, member);
            }
        }
        Ok(())
    }

    /// The log of deletions, in their order.
    #[must_use]
    pub fn deletions(&self) -> &[Deletion] {
        &self.bin.log
    }

    /// Forgets deletions up to a moment, as the org does when its log grows too long.
    pub fn trim_deletions(&mut self, up_to: Timestamp) {
        let bin = self.bin_mut();
        bin.log.retain(|entry| entry.at > up_to);
        bin.trimmed = bin.trimmed.max(Some(up_to));
    }

    /// Up to when deletions were forgotten; nothing if none was.
    #[must_use]
    pub fn deletions_trimmed(&self) -> Option<Timestamp> {
        self.bin.trimmed
    }

    /// Lets go of old deletions when there are too many: every two hours those older than two hours, once the log has
    /// more than 5,000 for each active user. The org calls it before every request.
    pub fn tidy_deletions(&mut self) {
        let now = self.clock.now();
        let last = *self.bin.tidied.get_or_insert(now);
        if now.since(last) < TIDY_EVERY {
            return;
        }
        self.bin.tidied = Some(now);
        if self.bin.log.len() > self.licences().saturating_mul(LOGGED_PER_LICENCE) {
            self.trim_deletions(now.saturating_sub(TIDY_EVERY));
        }
    }

    /// The users who may log in.
    fn licences(&self) -> usize {
        let Some(users) = self.schema().object("User") else { return 0 };
        let Some(active) = users.field("IsActive") else { return 0 };
        self.table(users).rows().filter(|user| user.get(active.index).is_true()).count()
    }

    /// The stamps of a row that changes now, if it shows them.
    fn stamps(&self, id: RecordId, stamped: bool) -> Vec<(usize, Value)> {
        let Some(object) = self.schema().object_of(id).filter(|_| stamped) else { return Vec::new() };
        let stamp = Value::DateTime(self.clock.stamp());
        let known = object.known;
        let who = known.modified_by.map(|place| (place, Value::Id(self.user)));
        let when = [known.modified_date, known.stamp].into_iter().flatten().map(|place| (place, stamp.clone()));
        when.chain(who).collect()
    }
}
