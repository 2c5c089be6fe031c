use std::collections::BTreeMap;
use std::time::Duration;

use connector_core::{Catalog, RunReport, StreamReport};

/// The table of a run: object, rows, deleted, bytes, calls, rows/s. Objects that brought no row share the last line.
pub(crate) fn print(report: &RunReport) {
    const HEAD: [&str; 6] = ["object", "rows", "deleted", "bytes", "calls", "rows/s"];
    let mut lines: Vec<[String; 6]> = vec![HEAD.map(str::to_owned)];
    let (with_rows, empty): (Vec<_>, Vec<_>) = report.streams.iter().partition(|(_, stream)| stream.counts.rows > 0);
    lines.extend(with_rows.into_iter().map(|(name, stream)| line(name.to_string(), stream)));
    let total = report.total();
    let seconds = Duration::from_millis(millis_between(report)).as_secs_f64();
    lines.push([
        "total".to_owned(),
        thousands(total.rows),
        thousands(total.deleted),
        thousands(total.bytes),
        thousands(report.calls()),
        rate(total.rows, seconds),
    ]);
    let widths: Vec<usize> =
        (0..HEAD.len()).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0)).collect();
    for line in &lines {
        let cells = line.iter().zip(&widths).skip(1).map(|(cell, width)| format!("  {cell:>width$}"));
        println!("  {:<width$}{}", line[0], cells.collect::<String>(), width = widths[0]);
    }
    if !empty.is_empty() {
        let names: Vec<_> = empty.into_iter().map(|(name, _)| name.as_str()).collect();
        println!("  no rows: {}", names.join(", "));
    }
}

fn line(name: String, stream: &StreamReport) -> [String; 6] {
    [
        name,
        thousands(stream.counts.rows),
        thousands(stream.counts.deleted),
        thousands(stream.counts.bytes),
        thousands(stream.calls),
        rate(stream.counts.rows, stream.duration().as_secs_f64()),
    ]
}

/// What was skipped, and why. Objects with the same reason share a line; fields are named one by one.
pub(crate) fn print_skipped(catalog: &Catalog) {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (stream, reason) in catalog.skipped() {
        by_reason.entry(reason).or_default().push(stream.as_str());
    }
    for stream in catalog.selected() {
        for field in &stream.left_out {
            println!("  left out: {}.{}: {}", stream.name, field.field, field.reason);
        }
    }
    for (reason, streams) in by_reason {
        println!("  skipped: {}: {reason}", streams.join(", "));
    }
}

fn millis_between(report: &RunReport) -> u64 {
    u64::try_from(report.finished.as_millis().saturating_sub(report.started.as_millis())).unwrap_or(0)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "for people to read"
)]
fn rate(rows: u64, seconds: f64) -> String {
    if seconds > 0.0 { thousands((rows as f64 / seconds) as u64) } else { "-".to_owned() }
}

/// `12500` as `12,500`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
