//! Back up an org, change it, back up what changed, and prove that nothing is missing.
//!
//! You learn: a source, a sink and a run; a complete backup with deleted rows, an incremental one, resuming after a
//! kill, reading a backup. Needs nothing; reads your org, and never writes to it, when `SF_LOGIN_URL`, `SF_CLIENT_ID`
//! and `SF_CLIENT_SECRET` are set. `--help` lists the options. Goes on in the documentation of `connector-core`.

mod args;
mod change;
mod compare;
mod progress;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use connector_core::folder::Backup;
use connector_core::{FolderSink, Mode, Outcome, RunReport, Source, run};
use salesforce_connector::SalesforceSource;
use salesforce_examples::{Result, Target, connect, exit};
use salesforce_mock::Org;

use crate::args::Args;
use crate::compare::Comparison;
use crate::progress::Progress;
use crate::table::thousands;

#[tokio::main]
async fn main() -> ExitCode {
    let args = std::env::args_os().skip(1).map(|arg| arg.into_string());
    let args = args.collect::<Result<Vec<_>, _>>().map_err(|arg| format!("`{}` is no text in Unicode", arg.display()));
    let args = match args.and_then(Args::parse) {
        Ok(args) if args.help => {
            print!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(args) => args,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    match backup(args).await {
        Ok(false) => ExitCode::FAILURE,
        outcome => exit(outcome.map(drop)),
    }
}

/// Whether the backup equals the org.
async fn backup(args: Args) -> Result<bool> {
    let Target { client, mock } = connect(|| org(&args)).await?;
    let identity = client.identity().await?;
    let organization = client.organization().await?;
    println!("connected as {} to {} ({})", identity.username, organization.name, organization.id);

    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => tempfile::Builder::new().prefix("salesforce-backup-").tempdir()?.keep(),
    };
    let source = SalesforceSource::new(client.clone()).objects(&args.objects)?;
    let sink = FolderSink::new(&folder);

    println!("complete backup into {}", folder.display());
    let complete = run(&source, &sink, Mode::Complete).observer(&Progress::new()).await?;
    let catalog = source.discover().await?;
    table::print(&complete);
    table::print_skipped(&catalog);

    if let Some(mock) = &mock {
        let changes = change::change(&client, &catalog).await?;
        // The backup's window ends a little before the org's now; let that pass.
        mock.with(|org| org.advance(Duration::from_secs(300)));
        println!(
            "changed the org: {} updated, {} deleted, {} created, {} refused by its rules",
            thousands(changes.updated),
            thousands(changes.deleted),
            thousands(changes.created),
            thousands(changes.refused)
        );
    }

    println!("incremental backup");
    let incremental = run(&source, &sink, Mode::Incremental).observer(&Progress::new()).await?;
    table::print(&incremental);

    let comparison = {
        let backup = Backup::open(&folder)?;
        backup.verify()?;
        let mut comparison = Comparison::default();
        for stream in catalog.selected() {
            compare::compare(&client, &backup, stream, &mut comparison).await?;
        }
        comparison
    };
    println!(
        "compared {} rows, {} fields with the org: {} differences, {} changed meanwhile",
        thousands(comparison.rows),
        thousands(comparison.fields),
        thousands(comparison.differences),
        thousands(comparison.newer)
    );
    comparison.examples.iter().for_each(|example| println!("  {example}"));
    Ok(conclude(&[&complete, &incremental], &comparison))
}

fn org(args: &Args) -> Result<Org> {
    match (args.rows, args.projects.as_slice()) {
        (Some(rows), _) => Ok(Org::generated(rows, 42)),
        (None, []) => Ok(Org::demo()),
        (None, projects) => {
            let org = Org::from_project(projects)?;
            let gaps = org.store().problems.len() + org.store().not_evaluated().len();
            println!("the mock org is made of {} projects; {gaps} of their parts it cannot play", projects.len());
            Ok(org)
        }
    }
}

/// Prints the last line; it says `ok` only if every object was read and nothing differs.
fn conclude(runs: &[&RunReport], comparison: &Comparison) -> bool {
    for (stream, reason) in runs.iter().flat_map(|run| run.failed()) {
        println!("  failed: {stream}: {reason}");
    }
    let ok = comparison.differences == 0 && runs.iter().all(|run| run.outcome == Outcome::Succeeded);
    let (rows, calls) = (runs.iter().map(|run| run.total().rows).sum(), runs.iter().map(|run| run.calls()).sum());
    let resumed = if runs.iter().any(|run| run.resumed) { ", resumed" } else { "" };
    println!(
        "backup: {} rows, {} calls, {} differences{resumed}: {}",
        thousands(rows),
        thousands(calls),
        thousands(comparison.differences),
        if ok { "ok" } else { "FAILED" }
    );
    ok
}
