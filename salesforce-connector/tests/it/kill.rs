use std::{
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use connector_core::{Event, FolderSink, Mode, Outcome, Source, folder::Backup, run};
use futures_util::TryStreamExt;
use salesforce_connector::SalesforceSource;
use salesforce_rest::Soql;
use salesforce_types::Record;

use crate::support::client;

const URL: &str = "CONNECTOR_TEST_ORG_URL";
const TOKEN: &str = "CONNECTOR_TEST_ORG_TOKEN";
const FOLDER: &str = "CONNECTOR_TEST_FOLDER";
const OBJECTS: [&str; 4] = ["Account", "Contact", "Opportunity", "Case"];

/// A process that is killed when the test ends.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> Option<String> {
        self.lines.next()?.ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // On unix this is SIGKILL: the process has no chance to tidy up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The mock org as a program of its own, so that it outlives its clients.
fn serve(rows: usize) -> (Process, String, String) {
    let mut build = Command::new(env!("CARGO"));
    let built = build
        .args(["build", "--quiet", "--package", "salesforce-mock", "--features", "server", "--bin", "salesforce-mock"])
        .args(["--message-format", "json"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let program = String::from_utf8(built.stdout).unwrap().lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(message.get("executable")?.as_str()?.to_owned())
    });
    let mut org = Process::start(Command::new(program.unwrap()).args(["serve", "--rows", &rows.to_string()]));
    let ready: serde_json::Value = serde_json::from_str(&org.line().unwrap()).unwrap();
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    let (url, token) = (text("instance_url"), text("access_token"));
    (org, url, token)
}

/// The client, as a process to kill: this very test, run again with a folder to write to. Without one it is not meant.
#[tokio::test]
async fn the_client_process() {
    let (Ok(url), Ok(token), Ok(folder)) = (std::env::var(URL), std::env::var(TOKEN), std::env::var(FOLDER)) else {
        return;
    };
    let source = SalesforceSource::new(client(&url, &token)).objects(OBJECTS).unwrap().page_size(200);
    let say = |event: &Event<'_>| match event {
        Event::RunStarted { resumed, .. } => println!("\nevent started {resumed}"),
        Event::Batch { stream, rows, .. } => println!("\nevent batch {stream} {rows}"),
        Event::Flushed { rows } => println!("\nevent flushed {rows}"),
        _ => {}
    };
    let sink = FolderSink::new(folder);
    let report = run(&source, &sink, Mode::Complete).flush_every(500, 1 << 20).observer(&say).await.unwrap();
    println!("\nevent done {} {} {}", report.outcome == Outcome::Succeeded, report.resumed, report.total().rows);
}

fn start_client(url: &str, token: &str, folder: &Path) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kill::the_client_process", "--nocapture", "--test-threads", "1"]);
    Process::start(command.env(URL, url).env(TOKEN, token).env(FOLDER, folder).stderr(Stdio::null()))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_backup_loses_and_doubles_nothing() {
    let (_org, url, token) = serve(12_000);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("backup");
    let (mut kills, mut read) = (0_u32, 0_u64);
    let last = loop {
        let mut client = start_client(&url, &token, &folder);
        // Later kills come later in the run, so that it gets somewhere; odd ones strike at other places than even ones.
        let mut left = 1 + kills % 4 + kills / 6;
        let end = loop {
            let Some(line) = client.line() else { break None };
            let Some(event) = line.strip_prefix("event ") else { continue };
            if let Some(done) = event.strip_prefix("done ") {
                break Some(done.to_owned());
            }
            read += event.strip_prefix("batch ").and_then(|b| b.split_once(' ')?.1.parse::<u64>().ok()).unwrap_or(0);
            left -= 1;
            if left == 0 {
                break None;
            }
        };
        drop(client);
        match end {
            Some(done) => break done,
            None => kills += 1,
        }
        assert!(kills < 200, "it does not get on");
        assert!(Backup::open(&folder).map_or(true, |b| b.manifests().is_empty()), "half a run was published");
    };
    assert!(kills >= 8, "it was killed {kills} times");
    assert!(last.starts_with("true true "), "{last}");

    let reader = client(&url, &token);
    let catalog = SalesforceSource::new(reader.clone()).objects(OBJECTS).unwrap().discover().await.unwrap();
    let backup = Backup::open(&folder).unwrap();
    backup.verify().unwrap();
    let mut rows_in_org = 0;
    for stream in catalog.selected() {
        let soql = format!("SELECT {} FROM {}", stream.fields.join(", "), stream.name);
        let rows: Vec<Record> =
            reader.query::<Record>(Soql::trusted(soql)).include_deleted().stream().try_collect().await.unwrap();
        rows_in_org += rows.len() as u64;
        let mut kept: std::collections::HashMap<_, _> = backup
            .fold(&stream.name)
            .unwrap()
            .map(|operation| {
                let record = operation.unwrap().record().clone();
                (record.id.to_string(), record.fields.decode::<Record>().unwrap())
            })
            .collect();
        for row in rows {
            assert_eq!(kept.remove(&row.id().unwrap().to_string()).as_ref(), Some(&row), "{}", stream.name);
        }
        assert!(kept.is_empty(), "{} has rows that the org has not", stream.name);
        let versions = backup.versions(&stream.name).count();
        assert_eq!(versions, backup.fold(&stream.name).unwrap().ids(), "{} has a row twice", stream.name);
    }
    assert_eq!(last, format!("true true {rows_in_org}"));
    let again = read.saturating_sub(rows_in_org);
    assert!(again <= u64::from(kills) * 1_700, "{again} of {rows_in_org} rows were read again after {kills} kills");
}
