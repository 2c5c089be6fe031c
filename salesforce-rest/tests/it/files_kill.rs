//! A download whose process is killed again and again, or runs out of room: the file is whole in the end, and never
//! anything else.
//!
//! `SALESFORCE_KILLS=50 cargo test -p salesforce-rest --test it files_kill` kills more often than 10 times;
//! `SALESFORCE_KILL_SEED` chooses other places.

use std::error::Error as _;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt, TryStreamExt};
use salesforce_http::transport::{Reqwest, Settings, Transport, TransportError};
use salesforce_http::{Body, BodyStream};
use salesforce_rest::{Client, FileError, FileKind, FileSource, NewFile, StoredFile};

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

    /// The first thing that the client says; then it is killed.
    fn event(mut self) -> String {
        loop {
            let line = self.line().expect("the client says something before it ends");
            if let Some(event) = line.strip_prefix("event ") {
                return event.to_owned();
            }
        }
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
    match client.download(file).to_file(path).await {
        Ok(done) => println!("\nevent done {} {}", done.bytes, done.md5.is_some()),
        Err(error) => match error.source().and_then(|source| source.downcast_ref()) {
            Some(FileError::Write { written, .. }) => println!("\nevent full {written}"),
            _ => println!("\nevent failed {error}"),
        },
    }
}

/// What runs the client; `program` is this test, or what runs it in turn.
fn client(program: Command, url: &str, token: &str, file: &str, path: &Path, after: u64) -> Process {
    let mut command = program;
    command.args(["--exact", "files_kill::the_client_process", "--nocapture", "--test-threads", "1"]);
    command.env(URL, url).env(TOKEN, token).env(FILE, file).env(PATH, path).env(AFTER, after.to_string());
    Process::start(command.stderr(Stdio::null()))
}

fn this() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

async fn upload(url: &str, token: &str, content: &[u8]) -> String {
    let client = Client::builder(Token::new(token, url)).build().unwrap();
    let file = NewFile::content_version("file.bin");
    client.upload(file, FileSource::bytes(content.to_vec())).await.unwrap().id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_a_download_loses_and_doubles_no_byte() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let kills = number("SALESFORCE_KILLS").unwrap_or(10);
    let mut random = fastrand::Rng::with_seed(number("SALESFORCE_KILL_SEED").unwrap_or(1));
    let (_org, url, token) = serve();
    let content = bytes(SIZE);
    let file = upload(&url, &token, &content).await;

    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("file"), folder.path().join("file.part"));
    let (mut killed, mut whole, mut taken_up) = (0, 0, 0);
    loop {
        // The last one is let through.
        let after = if killed < kills { random.u64(0..SIZE as u64) } else { u64::MAX };
        let kept = part.metadata().map_or(0, |part| part.len());
        let end = client(this(), &url, &token, &file, &path, after).event();
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

/// The limit on the size of a file stands for a full disk: a write fails after some that did not.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_a_part_that_the_next_process_goes_on_with() {
    let (_org, url, token) = serve();
    let content = bytes(SIZE);
    let file = upload(&url, &token, &content).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("file"), folder.path().join("file.part"));

    let mut cramped = Command::new("sh");
    cramped.args(["-c", r#"trap "" XFSZ; ulimit -f 4000; exec "$0" "$@""#]).arg(this().get_program());
    let end = client(cramped, &url, &token, &file, &path, u64::MAX).event();
    let written = std::fs::read(&part).unwrap();
    assert_eq!(end, format!("full {}", written.len()), "it says how many bytes are good");
    assert!(!written.is_empty() && written.len() < SIZE && content.starts_with(&written));

    let end = client(this(), &url, &token, &file, &path, u64::MAX).event();
    assert_eq!(end, format!("done {SIZE} true"));
    assert!(std::fs::read(&path).unwrap() == content && !part.exists());
}
