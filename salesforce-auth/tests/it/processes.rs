//! Several operating system processes that share one connection's store.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use salesforce_auth::store::{Revision, StoreLock};
use salesforce_auth::{App, FileStore, Grant, Reauthorize, Refreshing, TokenStore};
use salesforce_http::{Connection, Request, Result, async_trait};
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_types::Timestamp;

const TOKEN: &str = "/services/oauth2/token";
/// What a process of these tests is told by its parent.
const TASK: &str = "SALESFORCE_AUTH_TEST_TASK";

/// A store with one of its safeties off.
#[derive(Debug)]
struct Store {
    file: FileStore,
    locks: bool,
    dies: bool,
}

#[async_trait]
impl TokenStore for Store {
    async fn lock(&self) -> Result<StoreLock> {
        if self.locks { self.file.lock().await } else { Ok(StoreLock::none()) }
    }

    async fn load(&self) -> Result<Option<(Grant, Revision)>> {
        self.file.load().await
    }

    async fn replace(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool> {
        if self.dies {
            // The login server has rotated; nothing of it is stored.
            std::process::abort();
        }
        self.file.replace(expected, grant).await
    }

    async fn clear(&self) -> Result<()> {
        self.file.clear().await
    }
}

fn refreshing(url: &str, client_id: &str, store: impl TokenStore + 'static) -> Refreshing {
    Refreshing::new(url, App::public(client_id), store).build().unwrap()
}

/// Not a test by itself: the body of the processes that the tests below start. Without a task it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_of_these_tests() {
    let Ok(task) = std::env::var(TASK) else { return };
    let parts: Vec<&str> = task.split('|').collect();
    let [kind, url, client_id, path, until] = parts.as_slice() else { panic!("{task}") };
    let until = Timestamp::from_millis(until.parse().unwrap());
    let store = Store { file: FileStore::new(path), locks: *kind != "unlocked", dies: *kind == "dies" };
    let connection = Connection::builder(refreshing(url, client_id, store)).build().unwrap();
    let worker = async || {
        loop {
            match connection.send(Request::get("limits")).await {
                Ok(answer) if answer.date().unwrap() < until => {}
                Ok(_) => return None,
                Err(error) => return Some(error.to_string()),
            }
        }
    };
    let failures: Vec<String> = join_all((0..4).map(|_| worker())).await.into_iter().flatten().collect();
    assert!(failures.is_empty(), "calls failed: {failures:?}");
}

fn spawn(kind: &str, org: &MockOrg, path: &Path, until: Timestamp) -> Child {
    let task = [kind, org.url(), &org.client_id(), path.to_str().unwrap(), &until.as_millis().to_string()].join("|");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_process_of_these_tests", "--nocapture"])
        .env(TASK, task)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// An org whose tokens live five minutes and whose clock goes on with the calls, and a stored login at it.
async fn org_and_store(folder: &Path, pace: Duration) -> (MockOrg, PathBuf) {
    let org = MockOrg::serve(Org::empty()).await;
    let path = folder.join("grant");
    let refresh_token = org.with(|org| {
        org.set_token_lifetime(Duration::from_secs(300));
        org.set_pace(pace);
        org.issue_refresh_token()
    });
    let store = FileStore::new(&path);
    store.replace(None, &Grant::from_refresh_token(refresh_token.into())).await.unwrap();
    (org, path)
}

async fn wait(mut child: Child) -> bool {
    tokio::task::spawn_blocking(move || child.wait().unwrap().success()).await.unwrap()
}

/// Eight workers in two processes for an hour of the org's clock. Whether all calls went well, how many renewals there
/// were, and how many old refresh tokens came back.
async fn an_hour(kind: &str) -> (bool, usize, u64) {
    let folder = tempfile::tempdir().unwrap();
    let (org, path) = org_and_store(folder.path(), Duration::from_secs(2)).await;
    // A renewal takes a moment, as it does over a network, so that the two processes can meet in it.
    org.fault(Fault::delay(Duration::from_millis(30)).at(TOKEN).forever());
    let until = org.with(|org| org.now()).saturating_add(Duration::from_secs(3600));
    let children = [spawn(kind, &org, &path, until), spawn(kind, &org, &path, until)];
    let good = join_all(children.map(wait)).await.into_iter().all(|good| good);
    (good, org.journal().count(TOKEN), org.with(|org| org.reused_refresh_tokens()))
}

#[tokio::test]
async fn s_17_eight_workers_in_two_processes_renew_twelve_times_in_an_hour() {
    let (good, renewals, reused) = an_hour("locked").await;
    assert!(good, "a caller saw a failure");
    assert!((11..=13).contains(&renewals), "{renewals} renewals");
    assert_eq!(reused, 0, "an old refresh token was sent");
}

#[tokio::test]
async fn s_17_without_the_lock_the_same_hour_ends_in_a_revoked_connection() {
    let (good, _, reused) = an_hour("unlocked").await;
    assert!(!good && reused > 0, "the lock is what keeps the connection alive: {good} {reused}");
}

#[tokio::test]
async fn b10_02_a_process_killed_before_it_stored_leaves_one_clear_error_and_no_loop() {
    let folder = tempfile::tempdir().unwrap();
    let (org, path) = org_and_store(folder.path(), Duration::ZERO).await;
    let until = org.with(|org| org.now());
    assert!(!wait(spawn("dies", &org, &path, until)).await, "it was killed");
    assert_eq!(org.journal().count(TOKEN), 1, "the login server has rotated");
    for start in 0..3 {
        let tokens = refreshing(org.url(), &org.client_id(), FileStore::new(&path));
        let connection = Connection::builder(tokens).build().unwrap();
        for _ in 0..3 {
            let error = connection.send(Request::get("limits")).await.unwrap_err();
            assert!(matches!(Reauthorize::of(&error), Some(Reauthorize::Refused(_))), "{start}: {error}");
            assert!(error.to_string().contains("connect again"), "{error}");
        }
        assert_eq!(org.journal().count(TOKEN), 2, "the old token was sent once, whatever is started again");
    }
}
