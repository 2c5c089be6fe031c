//! Reads rows over loopback, from a server that is a process of its own, and compares ways to do it.
//!
//! ```text
//! cargo bench -p salesforce-benches --bench rest              # 200,000 rows, five times each, the median
//! SALESFORCE_BENCH_ROWS=1000000 cargo bench -p salesforce-benches --bench rest
//! cargo bench -p salesforce-benches --bench rest -- --check   # fails when a target is missed
//! ```
//!
//! Each way runs in a process of its own, so that the peak of memory is its own; what is compared is that process's CPU
//! time, user and system, from the first call to the last row. (a) drains the pages unread, (b) decodes them by
//! `serde_json::from_slice` into the struct that (c) decodes too.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use rustix::time::{ClockId, clock_gettime};
use salesforce_benches::{Contact, ROWS, page};
use salesforce_http::{AccessToken, Error, ErrorKind, Request, TokenProvider, async_trait};
use salesforce_rest::{Client, Record};
use serde::Deserialize;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How often each way is run.
const RUNS: usize = 5;
/// Pages of the run with latency, and rows on them.
const SLOW_PAGES: usize = 100;
const SLOW_ROWS: usize = 200;
const LATENCY: Duration = Duration::from_millis(200);
/// The most memory that a process may have had.
const MEMORY: u64 = 16 * 1024;

/// A way, and what it may cost at most: this share of (b).
const WAYS: [(&str, &str, Option<f64>); 6] = [
    ("drain", "(a) pages drained unread", None),
    ("serde_json", "(b) serde_json::from_slice", None),
    ("typed", "(c) typed rows", Some(0.5)),
    ("record", "(c) Record", Some(1.0)),
    ("borrowed", "(c) borrowed rows, three fields", Some(1.0 / 3.0)),
    ("pages", "(c) typed rows by pages", None),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve", rows, page, latency] => {
            serve(number(rows), number(page), Duration::from_millis(number(latency) as u64))
        }
        ["read", way, url] => read(way, url),
        _ => compare(words.contains(&"--check")),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

// The one that compares.

struct Measured {
    rows: u64,
    cpu: Duration,
    wall: Duration,
    memory: u64,
}

fn compare(check: bool) -> Result<ExitCode> {
    let rows = std::env::var("SALESFORCE_BENCH_ROWS").map_or(200_000, |rows| number(&rows));
    if rows == 0 || !rows.is_multiple_of(ROWS) {
        return Err(format!("SALESFORCE_BENCH_ROWS must be a multiple of {ROWS}: each page is full").into());
    }
    let mut missed = Vec::new();
    println!("{rows} rows of 20 fields with a parent, {ROWS} to a page; CPU time of the client, median of {RUNS}\n");
    println!("{:<34} {:>9} {:>9} {:>12} {:>7} {:>7}", "", "CPU", "of (b)", "rows/s CPU", "peak", "target");
    let server = Server::start(rows, ROWS, Duration::ZERO)?;
    let mut runs: Vec<Vec<Measured>> = WAYS.iter().map(|_| Vec::new()).collect();
    // Round by round, so that a noisy minute is everybody's.
    for _ in 0..RUNS {
        for ((way, ..), runs) in WAYS.iter().zip(&mut runs) {
            runs.push(server.measure(way)?);
        }
    }
    let medians: Vec<Measured> = runs.into_iter().map(median).collect();
    let baseline = medians[1].cpu.as_secs_f64();
    for ((_, name, target), run) in WAYS.iter().zip(&medians) {
        let share = run.cpu.as_secs_f64() / baseline;
        let wanted = target.map_or(String::new(), |target| format!("{target:.2}"));
        let speed = run.rows as f64 / run.cpu.as_secs_f64();
        println!(
            "{name:<34} {:>6} ms {share:>9.2} {speed:>12.0} {:>4.1} MB {wanted:>7}",
            run.cpu.as_millis(),
            run.memory as f64 / 1024.0
        );
        if run.rows != rows as u64 {
            missed.push(format!("{name}: {} rows of {rows}", run.rows));
        }
        if target.is_some_and(|target| share > target) {
            missed.push(format!("{name}: {share:.2} of (b)"));
        }
        if name.starts_with("(c) ") && target.is_some() && run.memory > MEMORY {
            missed.push(format!("{name}: {} KB of memory", run.memory));
        }
    }
    drop(server);

    println!("\n{SLOW_PAGES} pages of {SLOW_ROWS} rows, each {LATENCY:?} away; wall time");
    let server = Server::start(SLOW_PAGES * SLOW_ROWS, SLOW_ROWS, LATENCY)?;
    let (one, ahead) = (server.measure("typed")?, server.measure("ahead")?);
    let gain = one.wall.as_secs_f64() / ahead.wall.as_secs_f64();
    println!("{:<34} {:>6} ms", "page after page", one.wall.as_millis());
    println!("{:<34} {:>6} ms, {gain:.1} times as fast (target 5)", "look-ahead of 8", ahead.wall.as_millis());
    if gain < 5.0 || one.rows != ahead.rows {
        missed.push(format!("look-ahead: {gain:.1} times as fast, {} rows of {}", ahead.rows, one.rows));
    }
    for missed in &missed {
        println!("missed: {missed}");
    }
    Ok(if check && !missed.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn median(mut runs: Vec<Measured>) -> Measured {
    runs.sort_by_key(|run| run.cpu);
    let memory = runs.iter().map(|run| run.memory).max().unwrap_or_default();
    Measured { memory, ..runs.swap_remove(RUNS / 2) }
}

struct Server(Child, String);

impl Server {
    fn start(rows: usize, page: usize, latency: Duration) -> Result<Self> {
        let sizes = [rows.to_string(), page.to_string(), latency.as_millis().to_string()];
        let mut child = this().arg("serve").args(sizes).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self(child, url.trim().to_owned()))
    }

    fn measure(&self, way: &str) -> Result<Measured> {
        let output = this().args(["read", way, &self.1]).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [rows, cpu, wall, memory] = numbers[..] else { return Err(format!("{way} says `{text}`").into()) };
        Ok(Measured { rows, cpu: Duration::from_micros(cpu), wall: Duration::from_micros(wall), memory })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

fn this() -> Command {
    Command::new(std::env::current_exe().expect("this program is a file"))
}

// The server: pages that are ready, and the places that an org would write.

fn serve(rows: usize, size: usize, latency: Duration) -> Result<ExitCode> {
    let full = page();
    let (start, end) = (full.find(r#""records":["#).ok_or("no rows")? + 11, full.len() - 2);
    let cuts = full[start..end].match_indices(r#",{"attributes":{"type":"Contact""#).map(|(at, _)| at);
    let end = cuts.take(size).nth(size - 1).map_or(end, |at| start + at);
    let body: Arc<str> = full[start..end].into();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let (stream, body) = (stream?, body.clone());
        std::thread::spawn(move || answer(stream, &body, rows, size, latency));
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(mut stream: TcpStream, body: &str, rows: usize, size: usize, latency: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let path = line.split(' ').nth(1).unwrap_or_default();
        let at = path.rsplit_once('-').and_then(|(_, at)| at.parse().ok()).unwrap_or(0) + size;
        while reader.read_line(&mut line)? > 2 {}
        line.clear();
        std::thread::sleep(latency);
        let mut head = format!(r#"{{"totalSize":{rows},"done":{},"#, at >= rows);
        if at < rows {
            write!(head, r#""nextRecordsUrl":"/services/data/v68.0/query/0r8Qz00000FgHiJkLm-{at}","#)
                .expect("a String");
        }
        head.push_str(r#""records":["#);
        let length = head.len() + body.len() + 2;
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length";
        stream.write_all(format!("{answer}: {length}\r\n\r\n{head}").as_bytes())?;
        stream.write_all(body.as_bytes())?;
        stream.write_all(b"]}")?;
    }
    Ok(())
}

// The client.

/// A page, by `serde_json` alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    records: Vec<Contact>,
    next_records_url: Option<String>,
}

#[derive(Debug)]
struct Token(Arc<AccessToken>);

#[async_trait]
impl TokenProvider for Token {
    async fn token(&self) -> salesforce_http::Result<Arc<AccessToken>> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _: &Arc<AccessToken>) -> salesforce_http::Result<Arc<AccessToken>> {
        Err(Error::new(ErrorKind::Auth, "there is one token only"))
    }
}

fn read(way: &str, url: &str) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::builder(Token(Arc::new(AccessToken::new("bench".into(), url)?))).build()?;
    let (before, began) = (time(ClockId::ProcessCPUTime), time(ClockId::Monotonic));
    let rows = runtime.block_on(rows(way, &client))?;
    let (cpu, wall) = (time(ClockId::ProcessCPUTime) - before, time(ClockId::Monotonic) - began);
    println!("{rows} {} {} {}", cpu.as_micros(), wall.as_micros(), memory()?);
    Ok(ExitCode::SUCCESS)
}

async fn rows(way: &str, client: &Client) -> Result<u64> {
    const QUERY: &str = "SELECT Id FROM Contact";
    let mut rows = 0;
    match way {
        "drain" => {
            let mut next = Some("query?q=SELECT+Id+FROM+Contact".to_owned());
            while let Some(path) = next {
                let body = client.connection().send(Request::get(path)).await?.into_bytes();
                let head = std::str::from_utf8(body.get(..200).unwrap_or_default()).unwrap_or_default();
                next = head.split('"').find(|part| part.contains("/query/")).map(str::to_owned);
                rows += ROWS as u64;
            }
        }
        "serde_json" => {
            let mut next = Some("query?q=SELECT+Id+FROM+Contact".to_owned());
            while let Some(path) = next {
                let body = client.connection().send(Request::get(path)).await?.into_bytes();
                let page: Plain = serde_json::from_slice(&body)?;
                rows += page.records.len() as u64;
                next = page.next_records_url;
            }
        }
        "typed" | "ahead" => {
            let query = client.query::<Contact>(QUERY);
            let query = if way == "ahead" { query.look_ahead(8) } else { query };
            let mut stream = query.stream();
            while let Some(row) = stream.try_next().await? {
                rows += u64::from(!row.is_deleted);
            }
        }
        "pages" => {
            let mut pages = client.query::<Contact>(QUERY).pages();
            while let Some(page) = pages.try_next().await? {
                rows += page.records.len() as u64;
            }
        }
        "record" => {
            let mut stream = client.query::<Record>(QUERY).stream();
            while let Some(row) = stream.try_next().await? {
                rows += u64::from(!row.is_empty());
            }
        }
        "borrowed" => {
            let mut pages = client.query::<()>(QUERY).raw_pages();
            while let Some(page) = pages.try_next().await? {
                for row in page.rows() {
                    let id = row.get("Id").and_then(|id| id.as_str()).is_some();
                    let stamp = row.get("SystemModstamp").and_then(|stamp| stamp.as_str()).is_some();
                    let deleted = row.get("IsDeleted").and_then(|deleted| deleted.as_bool()) == Some(false);
                    rows += u64::from(id && stamp && deleted && !row.as_json().is_empty());
                }
            }
        }
        other => return Err(format!("no way is called `{other}`").into()),
    }
    Ok(rows)
}

fn time(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The most memory that this process had at once, in KB.
fn memory() -> Result<u64> {
    let mut status = String::new();
    std::fs::File::open("/proc/self/status")?.read_to_string(&mut status)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
