use std::collections::HashMap;
use std::io::{IsTerminal, stdout};
use std::sync::{Mutex, PoisonError};

use connector_core::{Event, Observer};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::table::thousands;

/// A bar per object on a terminal, a plain line per finished object elsewhere.
pub(crate) enum Progress {
    Bars { all: MultiProgress, by_stream: Mutex<HashMap<String, ProgressBar>> },
    Lines,
}

impl Progress {
    pub(crate) fn new() -> Self {
        match stdout().is_terminal() {
            true => Self::Bars { all: MultiProgress::new(), by_stream: Mutex::default() },
            false => Self::Lines,
        }
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        match self {
            Self::Bars { all, by_stream } => {
                draw(all, &mut by_stream.lock().unwrap_or_else(PoisonError::into_inner), event);
            }
            Self::Lines => print_line(event),
        }
    }
}

fn draw(all: &MultiProgress, bars: &mut HashMap<String, ProgressBar>, event: &Event<'_>) {
    match event {
        Event::StreamStarted { stream, approx_rows, resumed_rows, .. } => {
            let style = ProgressStyle::with_template("  {prefix:<28} {bar:30} {human_pos:>9} of {human_len} rows")
                .expect("the template is fixed");
            let bar =
                all.add(ProgressBar::new(approx_rows.unwrap_or(0)).with_style(style).with_prefix(stream.to_string()));
            bar.set_position(*resumed_rows);
            bars.insert(stream.to_string(), bar);
        }
        Event::Batch { stream, rows, total, .. } => {
            if let Some(bar) = bars.get(stream.as_str()) {
                if let Some(total) = total {
                    bar.set_length(*total);
                }
                bar.inc(*rows);
            }
        }
        Event::StreamDone { stream, report } => {
            if let Some(bar) = bars.remove(stream.as_str()) {
                bar.set_length(report.counts.rows);
                bar.finish();
            }
        }
        _ => {}
    }
}

fn print_line(event: &Event<'_>) {
    match event {
        Event::RunStarted { mode, streams, resumed, .. } => {
            println!("  {mode} run over {streams} objects{}", if *resumed { ", resumed" } else { "" });
        }
        Event::StreamDone { stream, report } => {
            println!(
                "  {stream}: {} rows, {} deleted",
                thousands(report.counts.rows),
                thousands(report.counts.deleted)
            );
        }
        _ => {}
    }
}
