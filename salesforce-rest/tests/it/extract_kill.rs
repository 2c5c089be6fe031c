//! A process that extracts rows, killed again and again: each row once all the same.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use futures_util::TryStreamExt;
use salesforce_http::TokenProvider;
use salesforce_rest::extract::ExtractHandle;
use salesforce_rest::{Client, Record};

use crate::support::Token;

const URL: &str = "EXTRACT_TEST_ORG_URL";
const TOKEN: &str = "EXTRACT_TEST_ORG_TOKEN";
const FOLDER: &str = "EXTRACT_TEST_FOLDER";
const CALLS: &str = "EXTRACT_TEST_REST_CALLS";
/// How often the process is killed on each way, 10 unless said.
const KILLS: &str = "EXTRACT_TEST_KILLS";
const SEED: u64 = 4711;

/// A process that is killed when it is dropped.
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
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "salesforce-mock", "--features", "server", "--bin", "salesforce-mock"])
        .args(["--message-format", "json"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let program = String::from_utf8(built.stdout).unwrap().lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(message.get("executable")?.as_str()?.to_owned())
    });
    let mut org = Process::start(Command::new(program.unwrap()).args([
        "serve",
        "--rows",
        &rows.to_string(),
        "--page-rows",
        "400",
    ]));
    let ready: serde_json::Value = serde_json::from_str(&org.line().unwrap()).unwrap();
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    let (url, token) = (text("instance_url"), text("access_token"));
    (org, url, token)
}

fn client(url: &str, token: &str) -> Client {
    let tokens = Arc::new(Token::new(token, url));
    Client::builder(tokens as Arc<dyn TokenProvider>).build().unwrap()
}

/// The client, as a process to kill: this very test, run again with a folder to write to. Without one it is not meant.
///
/// A line is what a batch holds and the place behind it, in one: what is kept and how far it was are never apart. A line
/// that is cut is thrown away by the next process.
#[tokio::test]
async fn the_client_process() {
    let (Ok(url), Ok(token), Ok(folder)) = (std::env::var(URL), std::env::var(TOKEN), std::env::var(FOLDER)) else {
        return;
    };
    let calls = std::env::var(CALLS).unwrap().parse().unwrap();
    let client = client(&url, &token);
    let log = Path::new(&folder).join("log");
    let mut kept = whole_lines(&log);
    let mut file = File::create(Path::new(&folder).join("new")).unwrap();
    kept.iter().for_each(|line| writeln!(file, "{line}").unwrap());
    std::fs::rename(Path::new(&folder).join("new"), &log).unwrap();
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    let extraction = match kept.pop() {
        Some(line) => client.resume_extract(line_of(&line).1),
        None => {
            let extraction = client.extract("SELECT Id, Name FROM Contact").rest_calls(calls).start().await.unwrap();
            let start: (Vec<String>, &ExtractHandle) = (Vec::new(), extraction.handle());
            writeln!(file, "{}", serde_json::to_string(&start).unwrap()).unwrap();
            println!("\nevent started {}", extraction.route());
            extraction
        }
    };
    let mut batches = extraction.batches::<Record>();
    while let Some(batch) = batches.try_next().await.unwrap() {
        println!("\nevent read {}", batch.rows.len());
        let ids: Vec<_> = batch.rows.iter().map(|row| row.id().unwrap().to_string()).collect();
        writeln!(file, "{}", serde_json::to_string(&(ids, &batch.handle)).unwrap()).unwrap();
        println!("\nevent kept {}", batch.rows.len());
    }
    println!("\nevent done");
}

fn line_of(line: &str) -> (Vec<String>, ExtractHandle) {
    serde_json::from_str(line).unwrap()
}

fn whole_lines(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}

fn start_client(url: &str, token: &str, folder: &Path, calls: u64) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "extract_kill::the_client_process", "--nocapture", "--test-threads", "1"]);
    command.env(URL, url).env(TOKEN, token).env(FOLDER, folder).env(CALLS, calls.to_string());
    Process::start(command.stderr(Stdio::null()))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_an_extraction_loses_and_doubles_no_row() {
    let wanted: usize = std::env::var(KILLS).map_or(10, |kills| kills.parse().unwrap());
    let (_org, url, token) = serve(12_000);
    let reader = client(&url, &token);
    let rows: Vec<Record> = reader.query("SELECT Id FROM Contact").stream().try_collect().await.unwrap();
    let mut random = fastrand::Rng::with_seed(SEED);
    for (calls, way) in [(0, "by a job"), (u64::MAX, "over REST")] {
        let mut kills = 0;
        // A run that comes to its end before all kills were made begins anew.
        while kills < wanted {
            let dir = tempfile::tempdir().unwrap();
            let mut read = 0;
            let (mut died, mut most) = (0, 0);
            loop {
                let mut process = start_client(&url, &token, dir.path(), calls);
                let mut left = if kills < wanted { random.usize(1..6) } else { usize::MAX };
                let done = loop {
                    let Some(line) = process.line() else { panic!("the process ended by itself") };
                    let Some(event) = line.strip_prefix("event ") else { continue };
                    if let Some(route) = event.strip_prefix("started ") {
                        assert!(route.starts_with(way), "{route}");
                    }
                    if let Some(rows) = event.strip_prefix("read ") {
                        let rows: usize = rows.parse().unwrap();
                        (read, most) = (read + rows, most.max(rows));
                    }
                    left -= 1;
                    match event {
                        "done" => break true,
                        _ if left == 0 => break false,
                        _ => {}
                    }
                };
                drop(process);
                if done {
                    break;
                }
                (kills, died) = (kills + 1, died + 1);
            }
            let mut ids: HashMap<String, usize> = HashMap::new();
            for line in whole_lines(&dir.path().join("log")) {
                line_of(&line).0.into_iter().for_each(|id| *ids.entry(id).or_default() += 1);
            }
            assert!(ids.values().all(|times| *times == 1), "a row came twice");
            assert_eq!(ids.len(), rows.len(), "rows are lost");
            let again = read.saturating_sub(rows.len());
            assert!(again <= died * most, "{again} rows were read again after {died} kills");
        }
    }
}
