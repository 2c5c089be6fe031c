//! A download whose process is killed again and again: the file is whole in the end, and never anything else.
//!
//! `SALESFORCE_KILLS=50 cargo test -p salesforce-rest --test it files_kill` kills more often than 10 times;
//! `SALESFORCE_KILL_SEED` chooses other places.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt, TryStreamExt};
use salesforce_http::transport::{Reqwest, Settings, Transport, TransportError};
use salesforce_http::{Body, BodyStream};
use salesforce_rest::{Client, FileKind, FileSource, NewFile, StoredFile};

use crate::files::bytes;
use crate::support::Token;

const URL: &str = "FILES_TEST_ORG_URL";
const TOKEN: &str = "FILES_TEST_ORG_TOKEN";
const FILE: &str = "FILES_TEST_FILE";
const PATH: &str = "FILES_TEST_PATH";
const AFTER: &str = "FILES_TEST_KILLED_AFTER";
const SIZE: usize = 6_000_000;

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
fn serve() -> (Process, String, String) {
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
    let mut org = Process::start(Command::new(program.unwrap()).args(["serve", "--rows", "10"]));
    let ready: serde_json::Value = serde_json::from_str(&org.line().unwrap()).unwrap();
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    let (url, token) = (text("instance_url"), text("access_token"));
    (org, url, token)
}

/// Says when so many bytes of answers came.
#[derive(Debug)]
struct Telling {
    inner: Reqwest,
    after: u64,
    came: Arc<AtomicU64>,
}

impl Transport for Telling {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let (after, came) = (self.after, self.came.clone());
        let told = move |piece: &bytes::Bytes| {
            let before = came.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if (before..before + piece.len() as u64).contains(&after) {
                println!("\nevent here");
            }
        };
        self.inner.send(request).map_ok(|answer| answer.map(|body| BodyStream::new(body.inspect_ok(told)))).boxed()
    }
}

/// The client, as a process to kill: this very test, run again with a path to write to. Without one it is not meant.
#[tokio::test]
async fn the_client_process() {
    let value = |name: &str| std::env::var(name).ok();
    let (Some(url), Some(token), Some(file), Some(path), Some(after)) =
        (value(URL), value(TOKEN), value(FILE), value(PATH), value(AFTER))
    else {
        return;
    };
    let inner = Reqwest::new(&Settings::default()).unwrap();
    let transport = Telling { inner, after: after.parse().unwrap(), came: Arc::default() };
    let client = Client::builder(Token::new(&token, &url)).transport(Arc::new(transport)).build().unwrap();
    let file = StoredFile::new(FileKind::ContentVersion, file.parse().unwrap());
    let done = client.download(file).to_file(path).await.unwrap();
    println!("\nevent done {} {}", done.bytes, done.md5.is_some());
}

fn start_client(url: &str, token: &str, file: &str, path: &Path, after: u64) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "files_kill::the_client_process", "--nocapture", "--test-threads", "1"]);
    command.env(URL, url).env(TOKEN, token).env(FILE, file).env(PATH, path).env(AFTER, after.to_string());
    Process::start(command.stderr(Stdio::null()))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_a_download_loses_and_doubles_no_byte() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let kills = number("SALESFORCE_KILLS").unwrap_or(10);
    let mut random = fastrand::Rng::with_seed(number("SALESFORCE_KILL_SEED").unwrap_or(1));
    let (_org, url, token) = serve();
    let content = bytes(SIZE);
    let client = Client::builder(Token::new(&token, &url)).build().unwrap();
    let file = NewFile::content_version("file.bin");
    let file = client.upload(file, FileSource::bytes(content.clone())).await.unwrap().id.to_string();

    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("file"), folder.path().join("file.part"));
    let (mut killed, mut whole, mut taken_up) = (0, 0, 0);
    loop {
        // The last one is let through.
        let after = if killed < kills { random.u64(0..SIZE as u64) } else { u64::MAX };
        let kept = part.metadata().map_or(0, |part| part.len());
        let mut process = start_client(&url, &token, &file, &path, after);
        let end = loop {
            let line = process.line().unwrap_or_else(|| panic!("the client ended, to be killed after {after} bytes"));
            if let Some(event) = line.strip_prefix("event ") {
                break event.to_owned();
            }
        };
        drop(process);
        if end == "here" {
            killed += 1;
            taken_up += u32::from(kept > 0);
        } else {
            assert_eq!(end, format!("done {SIZE} true"));
        }
        // A name has nothing but the whole file; a part is its beginning.
        match std::fs::read(&path) {
            Ok(read) => {
                assert!(read == content, "after {killed} kills");
                assert!(!part.exists());
                std::fs::remove_file(&path).unwrap();
                whole += 1;
            }
            Err(_) => {
                let read = std::fs::read(&part).unwrap_or_default();
                assert!(content.starts_with(&read) && read.len() as u64 >= kept, "after {killed} kills");
                assert_ne!(end, format!("done {SIZE} true"));
            }
        }
        if after == u64::MAX {
            break;
        }
    }
    assert!(whole > 0 && taken_up > 0, "{whole} times whole, {taken_up} of {killed} kills were of a part taken up");
}
