use std::sync::Mutex;

use connector_core::{
    Batch, Cancel, Catalog, CheckReport, Checkpoint, ErrorKind, Event, Mode, Outcome, Plan, Result, Slice, Source,
    State, run,
    testing::{MemorySink, MemorySource, suite::Subject},
};
use futures_util::{StreamExt, stream::BoxStream};

use crate::support::Place;

fn org() -> MemorySource {
    let source = MemorySource::new("o1");
    for number in 0..9 {
        source.put("A", &format!("a{number}"), r#"{"n":1}"#);
        source.put("B", &format!("b{number}"), r#"{"n":1}"#);
    }
    source
}

#[tokio::test]
async fn a_run_that_failed_is_continued_at_its_last_checkpoint() {
    let (source, sink) = (org(), MemorySink::new());
    source.fail_after("B", 2, ErrorKind::Unavailable, true);
    let error = run(&source, &sink, Mode::Complete).flush_every(2, u64::MAX).concurrency(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(sink.folded().is_empty(), "nothing is published yet");
    let read = source.rows_read();
    let report = run(&source, &sink, Mode::Incremental).await.unwrap();
    assert!(report.resumed);
    assert_eq!(report.mode, Mode::Complete, "the unfinished run is finished as what it was");
    assert_eq!(sink.folded(), source.folded());
    assert_eq!(report.total().rows, 18);
    assert_eq!(report.streams["A"].resumed.rows, 9);
    assert_eq!(source.rows_read() - read, 5, "only what was not durable is read again");
}

#[tokio::test]
async fn an_unfinished_run_of_other_settings_or_of_a_lesser_mode_is_not_continued() {
    for settings in [true, false] {
        let (source, sink) = (org(), MemorySink::new());
        run(&source, &sink, Mode::Complete).await.unwrap();
        source.put("A", "a1", r#"{"n":2}"#);
        source.fail_after("A", 0, ErrorKind::Unavailable, true);
        run(&source, &sink, Mode::Incremental).await.unwrap_err();
        if settings {
            source.set_settings("another choice");
        }
        let mode = if settings { Mode::Incremental } else { Mode::Complete };
        let report = run(&source, &sink, mode).await.unwrap();
        assert_eq!((report.resumed, report.mode), (false, mode));
        assert_eq!(sink.folded(), source.folded());
    }
}

#[tokio::test]
async fn another_org_is_refused_before_the_first_write() {
    let place = Place::new();
    run(&org(), &place.folder(), Mode::Complete).await.unwrap();
    let before = place.folded();
    let other = MemorySource::new("o2");
    other.put("A", "a0", "{}");
    let error = run(&other, &place.folder(), Mode::Incremental).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Identity);
    assert!(error.to_string().contains("o2") && error.to_string().contains("o1"), "{error}");
    assert_eq!(place.folded(), before);
}

#[tokio::test]
async fn a_refused_stream_does_not_stop_the_others_and_keeps_its_state() {
    let (source, sink) = (org(), MemorySink::new());
    source.skip("C", "it is external");
    source.fail_after("A", 1, ErrorKind::Refused, false);
    let report = run(&source, &sink, Mode::Complete).await.unwrap();
    assert_eq!(report.outcome, Outcome::Partial);
    let failed: Vec<_> = report.failed().map(|(name, _)| name.to_string()).collect();
    assert_eq!(failed, ["A"]);
    assert_eq!(report.skipped["C"], "it is external");
    assert_eq!(report.streams["B"].counts.rows, 9);

    let report = run(&source, &sink, Mode::Incremental).await.unwrap();
    assert_eq!(report.streams["A"].mode, Mode::Complete, "it never was complete");
    assert_eq!(report.streams["B"].mode, Mode::Incremental);
    assert_eq!(sink.folded(), source.folded());
}

#[tokio::test]
async fn a_stream_that_turns_out_not_to_be_readable_is_skipped_with_the_reason() {
    let (source, sink) = (org(), MemorySink::new());
    source.fail_after("A", 0, ErrorKind::Unreadable, false);
    let report = run(&source, &sink, Mode::Complete).await.unwrap();
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert!(report.skipped["A"].contains("failed"), "{:?}", report.skipped);
    assert!(!report.streams.contains_key("A"));
    let report = run(&source, &sink, Mode::Incremental).await.unwrap();
    assert_eq!(report.streams["A"].mode, Mode::Complete, "its state did not move");
    assert_eq!(sink.folded(), source.folded());
}

#[tokio::test]
async fn a_stream_that_fails_in_a_later_complete_run_keeps_its_old_base() {
    let (source, place) = (org(), Place::new());
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    source.put("A", "a0", r#"{"n":2}"#);
    source.fail_after("A", 1, ErrorKind::Refused, false);
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    assert_eq!(place.folded().len(), 18, "half a complete reading does not supersede a whole one");
    run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    assert_eq!(place.folded(), source.folded());
}

#[tokio::test]
async fn a_cancelled_run_keeps_what_it_has_and_is_continued() {
    let (source, sink, cancel) = (org(), MemorySink::new(), Cancel::new());
    let observer = |event: &Event<'_>| {
        if matches!(event, Event::Batch { .. }) {
            cancel.cancel();
        }
    };
    let error = run(&source, &sink, Mode::Complete).cancel(&cancel).observer(&observer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.is_retryable());
    let report = run(&source, &sink, Mode::Complete).await.unwrap();
    assert!(report.resumed && report.streams.values().any(|s| s.resumed.rows > 0));
    assert_eq!(sink.folded(), source.folded());
    let error = run(&source, &sink, Mode::Complete).cancel(&cancel).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "a run that is cancelled beforehand does not begin");
}

#[tokio::test]
async fn dropping_a_run_at_any_await_loses_nothing() {
    use std::{future::IntoFuture, task::Poll};
    for polls in 0..60 {
        let (source, place) = (org(), Place::new());
        {
            let folder = place.folder();
            let mut running = Box::pin(run(&source, &folder, Mode::Complete).flush_every(2, u64::MAX).into_future());
            let mut left = polls;
            std::future::poll_fn(|cx| {
                if left == 0 || running.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                left -= 1;
                Poll::Pending
            })
            .await;
        }
        // What the dropped run had given to a thread ends by itself; until then the folder is locked.
        let report = loop {
            match run(&source, &place.folder(), Mode::Complete).await {
                Err(error) if error.kind() == ErrorKind::Locked => tokio::task::yield_now().await,
                report => break report.unwrap(),
            }
        };
        assert_eq!(report.outcome, Outcome::Succeeded);
        assert_eq!(place.folded(), source.folded(), "dropped after {polls} polls");
    }
}

#[tokio::test]
async fn events_tell_the_whole_story() {
    let (source, sink) = (org(), MemorySink::new());
    source.skip("C", "it is external");
    let told = Mutex::new(Vec::new());
    let observer = |event: &Event<'_>| {
        told.lock().unwrap().push(match event {
            Event::RunStarted { streams, .. } => format!("run {streams}"),
            Event::Skipped { stream, .. } => format!("skipped {stream}"),
            Event::StreamStarted { stream, approx_rows, .. } => format!("start {stream} {}", approx_rows.unwrap()),
            Event::Batch { stream, rows, total, .. } => format!("{stream} {rows} of {}", total.unwrap()),
            Event::Flushed { rows } => format!("flushed {rows}"),
            Event::StreamDone { stream, report } => format!("done {stream} {}", report.counts.rows),
            _ => String::new(),
        });
    };
    source.page(6);
    run(&source, &sink, Mode::Complete).concurrency(1).flush_every(15, u64::MAX).observer(&observer).await.unwrap();
    let told = told.into_inner().unwrap();
    let expected = [
        "run 2",
        "skipped C",
        "start A 9",
        "A 6 of 9",
        "A 3 of 9",
        "done A 9",
        "start B 9",
        "B 6 of 9",
        "flushed 15",
        "B 3 of 9",
        "done B 9",
    ];
    assert_eq!(told, expected);
    assert_eq!(sink.reports()[0].streams["A"].announced, Some(9));
    assert_eq!(sink.reports()[0].calls(), 4);
}

/// A source that leaves its contract in one way.
#[derive(Debug)]
struct Bent(MemorySource, Bend);

#[derive(Debug, PartialEq)]
enum Bend {
    EndsEarly,
    OtherStream,
    PlansTwice,
}

#[async_trait::async_trait]
impl Source for Bent {
    async fn check(&self) -> Result<CheckReport> {
        self.0.check().await
    }

    async fn discover(&self) -> Result<Catalog> {
        self.0.discover().await
    }

    async fn plan(&self, catalog: &Catalog, state: &State, mode: Mode) -> Result<Plan> {
        let mut plan = self.0.plan(catalog, state, mode).await?;
        if self.1 == Bend::PlansTwice {
            plan.streams.extend(plan.streams.clone());
        }
        Ok(plan)
    }

    fn read<'a>(&'a self, slice: &'a Slice, from: Option<&'a Checkpoint>) -> BoxStream<'a, Result<Batch>> {
        let batches = self.0.read(slice, from);
        match self.1 {
            Bend::EndsEarly => batches.take(1).boxed(),
            Bend::OtherStream => batches
                .map(|batch| {
                    let mut batch = batch?;
                    batch.stream = "X".into();
                    Ok(batch)
                })
                .boxed(),
            Bend::PlansTwice => batches,
        }
    }
}

#[tokio::test]
async fn a_source_that_ends_early_or_mixes_streams_does_not_pass_for_a_whole_reading() {
    for bend in [Bend::EndsEarly, Bend::OtherStream] {
        let sink = MemorySink::new();
        let report = run(&Bent(org(), bend), &sink, Mode::Complete).await.unwrap();
        assert_eq!(report.outcome, Outcome::Partial);
        assert_eq!(report.failed().count(), 2);
        let next = run(&org(), &sink, Mode::Incremental).await.unwrap();
        assert_eq!(next.streams["A"].mode, Mode::Complete);
    }
    let error = run(&Bent(org(), Bend::PlansTwice), &MemorySink::new(), Mode::Complete).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contract);
}
