use std::{collections::BTreeMap, time::Duration};

use super::Run;
use crate::{Batch, Checkpoint, Counts, Event, Plan, Slice, StreamName, StreamPlan, StreamReport};

/// What the books keep of a batch.
pub(super) struct Item {
    stream: StreamName,
    part: u32,
    pub(super) counts: Counts,
    total: Option<u64>,
    calls: u64,
    note: Option<String>,
}

impl Item {
    pub(super) fn of(batch: &Batch) -> Self {
        Self {
            stream: batch.stream.clone(),
            part: batch.checkpoint.part,
            counts: Counts::new(batch.operations.len() as u64, batch.deleted(), batch.bytes()),
            total: batch.total,
            calls: batch.calls,
            note: batch.note.clone(),
        }
    }
}

/// What has been read of every stream, in this process and before.
pub(super) struct Books(pub(super) BTreeMap<StreamName, Entry>);

pub(super) struct Entry {
    pub(super) report: StreamReport,
    approx_rows: Option<u64>,
    /// Why it is not read after all.
    pub(super) skipped: Option<String>,
    /// Slices of the stream that have not ended.
    open: usize,
    /// When reading began in this process.
    begun: Option<Duration>,
    /// What each slice announced.
    totals: BTreeMap<u32, u64>,
}

impl Books {
    pub(super) fn open(plan: &Plan, counts: &BTreeMap<StreamName, Counts>) -> Self {
        let entry = |plan: &StreamPlan| Entry {
            report: StreamReport::new(plan.mode, counts.get(&plan.stream).copied().unwrap_or_default()),
            approx_rows: plan.approx_rows,
            skipped: None,
            open: 0,
            begun: None,
            totals: BTreeMap::new(),
        };
        Self(plan.streams.iter().map(|plan| (plan.stream.clone(), entry(plan))).collect())
    }

    /// Notes which slices are to be read; streams that have none are over before they begin.
    pub(super) fn announce(&mut self, run: &Run<'_>, work: &[(&Slice, Option<&Checkpoint>)]) {
        for (slice, _) in work {
            if let Some(entry) = self.0.get_mut(&slice.stream) {
                entry.open += 1;
            }
        }
        let over: Vec<_> = self.0.iter().filter(|(_, e)| e.open == 0).map(|(name, _)| name.clone()).collect();
        for stream in over {
            self.start(run, &stream);
            self.end(run, &stream, None);
        }
    }

    pub(super) fn start(&mut self, run: &Run<'_>, stream: &StreamName) {
        let Some(entry) = self.0.get_mut(stream).filter(|e| e.begun.is_none()) else { return };
        entry.begun = Some(run.clock.uptime());
        run.observer.on(&Event::StreamStarted {
            stream,
            mode: entry.report.mode,
            approx_rows: entry.approx_rows,
            resumed_rows: entry.report.resumed.rows,
        });
    }

    pub(super) fn count(&mut self, run: &Run<'_>, item: Item) {
        let Item { stream, part, counts, total, calls, note } = item;
        let Some(entry) = self.0.get_mut(&stream) else { return };
        entry.report.counts.add(counts);
        entry.report.calls += calls;
        entry.report.notes.extend(note);
        if let Some(total) = total {
            entry.totals.insert(part, total);
            entry.report.announced = Some(entry.totals.values().sum());
        }
        entry.stop_watch(run);
        let Counts { rows, deleted, bytes } = counts;
        run.observer.on(&Event::Batch { stream: &stream, rows, deleted, bytes, total });
    }

    /// A stream turned out not to be readable.
    pub(super) fn skip(&mut self, run: &Run<'_>, stream: &StreamName, reason: String) {
        let Some(entry) = self.0.get_mut(stream) else { return };
        if entry.skipped.is_none() {
            run.observer.on(&Event::Skipped { stream, reason: &reason });
        }
        entry.skipped = Some(reason);
        self.end(run, stream, None);
    }

    pub(super) fn end(&mut self, run: &Run<'_>, stream: &StreamName, failed: Option<String>) {
        let Some(entry) = self.0.get_mut(stream) else { return };
        entry.open = entry.open.saturating_sub(1);
        entry.stop_watch(run);
        if let Some(failed) = failed {
            tracing::warn!(%stream, %failed, "stream failed");
            entry.report.failed.get_or_insert(failed);
        }
        if entry.open == 0 && entry.skipped.is_none() {
            run.observer.on(&Event::StreamDone { stream, report: &entry.report });
        }
    }
}

impl Entry {
    fn stop_watch(&mut self, run: &Run<'_>) {
        let since = run.clock.uptime().saturating_sub(self.begun.unwrap_or_default());
        self.report.millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    }
}
