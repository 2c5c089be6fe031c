use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher},
};

use super::{
    backup::Backup,
    segment::{SegmentEntry, Versions},
};
use crate::{Operation, Result, Stamp};

/// The latest version of every id of one stream. Made by [`Backup::fold`].
///
/// Of two versions the one with the later stamp wins; of two with the same stamp the one of the later run, then a
/// deletion. So rows may come twice and in any order without a difference.
#[derive(Debug)]
pub struct Fold<'a> {
    backup: &'a Backup,
    segments: Vec<&'a SegmentEntry>,
    latest: HashMap<Box<str>, Place>,
    open: Option<Versions>,
    segment: u32,
    row: u32,
}

/// Where the latest version of an id is, and what makes it the latest.
#[derive(Debug)]
struct Place {
    rank: Rank,
    segment: u32,
    row: u32,
}

/// `text` settles what is left when two versions claim the same stamp within one run: any order gives the same one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    version: Stamp,
    seq: u64,
    deleted: bool,
    text: u64,
}

impl<'a> Fold<'a> {
    pub(super) fn new(backup: &'a Backup, stream: &str) -> Result<Self> {
        let mut latest: HashMap<Box<str>, Place> = HashMap::new();
        let mut segments = Vec::new();
        for ((seq, entry), segment) in backup.segments(stream).zip(0_u32..) {
            segments.push(entry);
            for (operation, row) in Versions::open(backup.layout(), entry)?.zip(0_u32..) {
                let operation = operation?;
                let record = operation.record();
                let mut text = DefaultHasher::new();
                text.write(record.fields.as_bytes());
                let rank = Rank { version: record.version, seq, deleted: record.deleted, text: text.finish() };
                match latest.get_mut(&record.id) {
                    Some(place) if place.rank >= rank => {}
                    Some(place) => *place = Place { rank, segment, row },
                    None => {
                        latest.insert(record.id.clone(), Place { rank, segment, row });
                    }
                }
            }
        }
        Ok(Self { backup, segments, latest, open: None, segment: 0, row: 0 })
    }

    /// How many ids there are, the deleted ones included.
    #[must_use]
    pub fn ids(&self) -> usize {
        self.latest.len()
    }

    fn read(&mut self) -> Result<Option<Operation>> {
        loop {
            let Some(entry) = self.segments.get(self.segment as usize) else { return Ok(None) };
            let open = match &mut self.open {
                Some(open) => open,
                none => none.insert(Versions::open(self.backup.layout(), entry)?),
            };
            match open.next().transpose()? {
                Some(operation) => {
                    let place = self.latest.get(&operation.record().id);
                    let latest = place.is_some_and(|p| (p.segment, p.row) == (self.segment, self.row));
                    self.row += 1;
                    if latest {
                        return Ok(Some(operation));
                    }
                }
                None => {
                    self.open = None;
                    (self.segment, self.row) = (self.segment + 1, 0);
                }
            }
        }
    }
}

impl Iterator for Fold<'_> {
    type Item = Result<Operation>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.read().transpose();
        if matches!(next, Some(Err(_))) {
            // An error is the end, not the beginning of a loop.
            self.segments.clear();
        }
        next
    }
}
