//! Brings a file of 1 GiB over loopback to the disk, from a server that is a process of its own, and compares ways.
//!
//! ```text
//! cargo bench -p salesforce-benches --bench files                # 1 GiB, five times each, the median
//! SALESFORCE_BENCH_MB=200 cargo bench -p salesforce-benches --bench files
//! cargo bench -p salesforce-benches --bench files -- --check     # fails when a target is missed
//! ```
//!
//! Each way runs in a process of its own, so that the peak of memory is its own. What is compared is the time from the
//! call until the file is on the disk (`fsync`), and that process's CPU time. The bare ways are what somebody would write
//! with reqwest and tokio: each piece of the answer into the digest, and through a buffer of 1 MB to the file. The file
//! lies in `target` or where `SALESFORCE_BENCH_DIR` says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use md5::{Digest, Md5};
use rustix::time::{ClockId, clock_gettime};
use salesforce_http::{AccessToken, Error, ErrorKind, TokenProvider, async_trait};
use salesforce_rest::{Client, FileKind, FileSource, NewFile, RecordId, StoredFile};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How often each way is run.
const RUNS: usize = 5;
const MB: u64 = 1 << 20;
/// The most memory that a process may have had, in KB.
const MEMORY: u64 = 24 * 1024;
/// The most that a way may cost of what the bare one does.
const TARGET: f64 = 1.15;
/// What the server sends again and again.
const BLOCK: usize = 1 << 20;

/// A way, what it is called, and the bare way that it is compared with.
const WAYS: [(&str, &str, usize); 6] = [
    ("bare", "(a) reqwest to a file", 0),
    ("download", "    download, no checksum", 0),
    ("bare-md5", "(b) reqwest to a file, MD5", 2),
    ("download-md5", "    download, MD5 verified", 2),
    ("bare-up", "(c) reqwest from a file, MD5", 4),
    ("upload", "    upload, multipart", 4),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve", bytes] => serve(number(bytes)),
        ["move", way, url, bytes, md5, path] => carry(way, url, number(bytes), md5, Path::new(path)),
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

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

// The one that compares.

struct Measured {
    cpu: Duration,
    wall: Duration,
    memory: u64,
}

fn compare(check: bool) -> Result<ExitCode> {
    let bytes = std::env::var("SALESFORCE_BENCH_MB").map_or(1024, |mb| number(&mb)) * MB;
    let folder = match std::env::var_os("SALESFORCE_BENCH_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_exe()?.parent().ok_or("no folder")?.to_owned(),
    };
    let path = folder.join("salesforce-bench-file");
    let server = Server::start(bytes)?;
    let md5 = checksum(bytes);
    println!("a file of {} MB; median of {RUNS}\n", bytes / MB);
    println!("{:<30} {:>9} {:>7} {:>9} {:>7} {:>8} {:>7}", "", "time", "ratio", "CPU", "ratio", "peak", "target");
    let mut runs: Vec<Vec<Measured>> = WAYS.iter().map(|_| Vec::new()).collect();
    // Round by round, so that a noisy minute is everybody's.
    for _ in 0..RUNS {
        for ((way, ..), runs) in WAYS.iter().zip(&mut runs) {
            if !way.ends_with("up") && *way != "upload" {
                let _ = std::fs::remove_file(&path);
            }
            runs.push(server.measure(way, bytes, &md5, &path)?);
        }
    }
    std::fs::remove_file(&path)?;
    let mut missed = Vec::new();
    for (at, (_, name, bare)) in WAYS.iter().enumerate() {
        let memory = runs[at].iter().map(|run| run.memory).max().unwrap_or_default();
        let time = |time: fn(&Measured) -> f64| median(runs[at].iter().map(time));
        // Of runs that came one after the other, since a noisy minute is theirs together.
        let ratio = |time: fn(&Measured) -> f64| {
            median(runs[at].iter().zip(&runs[*bare]).map(|(ours, bare)| time(ours) / time(bare)))
        };
        let (wall, cpu) = (ratio(Measured::wall), ratio(Measured::cpu));
        let ours = at != *bare;
        println!(
            "{name:<30} {:>6.0} ms {wall:>7.2} {:>6.0} ms {cpu:>7.2} {:>5.1} MB {:>7}",
            time(Measured::wall) * 1000.0,
            time(Measured::cpu) * 1000.0,
            memory as f64 / 1024.0,
            if ours { format!("{TARGET:.2}") } else { String::new() }
        );
        for (ratio, what) in [(wall, "time"), (cpu, "CPU time")] {
            if ours && ratio > TARGET {
                missed.push(format!("{}: {ratio:.2} of the bare {what}", name.trim()));
            }
        }
        if ours && memory > MEMORY {
            missed.push(format!("{}: {memory} KB of memory", name.trim()));
        }
    }
    for missed in &missed {
        println!("missed: {missed}");
    }
    Ok(if check && !missed.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Measured {
    fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64()
    }

    fn wall(&self) -> f64 {
        self.wall.as_secs_f64()
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

struct Server(Child, String);

impl Server {
    fn start(bytes: u64) -> Result<Self> {
        let mut child = this().args(["serve", &bytes.to_string()]).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self(child, url.trim().to_owned()))
    }

    fn measure(&self, way: &str, bytes: u64, md5: &str, path: &Path) -> Result<Measured> {
        let mut command = this();
        command.args(["move", way, &self.1, &bytes.to_string(), md5]).arg(path).stderr(Stdio::inherit());
        let text = String::from_utf8(command.output()?.stdout)?;
        let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [cpu, wall, memory] = numbers[..] else { return Err(format!("{way} says `{text}`").into()) };
        Ok(Measured { cpu: Duration::from_micros(cpu), wall: Duration::from_micros(wall), memory })
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

// The server: one block again and again, or an upload that is read to its end.

fn block() -> Vec<u8> {
    (0..BLOCK as u32 / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn checksum(bytes: u64) -> String {
    let (block, mut md5) = (block(), Md5::new());
    (0..bytes / BLOCK as u64).for_each(|_| md5.update(&block));
    hexadecimal(md5)
}

fn hexadecimal(md5: Md5) -> String {
    md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn serve(bytes: u64) -> Result<ExitCode> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::spawn(move || answer(stream, bytes));
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(mut stream: TcpStream, bytes: u64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(1 << 18, stream.try_clone()?);
    let (mut line, block) = (String::new(), block());
    while reader.read_line(&mut line)? > 0 {
        let get = line.starts_with("GET ");
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            if line.len() <= 2 {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        line.clear();
        if get {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length";
            stream.write_all(format!("{head}: {bytes}\r\n\r\n").as_bytes())?;
            for _ in 0..bytes / BLOCK as u64 {
                stream.write_all(&block)?;
            }
        } else {
            std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
            let made = format!(r#"{{"id":"{ID}","success":true,"errors":[]}}"#);
            let head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length";
            stream.write_all(format!("{head}: {}\r\n\r\n{made}", made.len()).as_bytes())?;
        }
    }
    Ok(())
}

// The client.

const ID: &str = "068Qz00000Vv1AaIAJ";
const PLACE: &str = "/services/data/v68.0/sobjects/ContentVersion";

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

fn carry(way: &str, url: &str, bytes: u64, md5: &str, path: &Path) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::builder(Token(Arc::new(AccessToken::new("bench".into(), url)?))).build()?;
    let id: RecordId = ID.parse()?;
    let file = StoredFile::new(FileKind::ContentVersion, id).with_length(bytes);
    let (before, began) = (time(ClockId::ProcessCPUTime), time(ClockId::Monotonic));
    let (carried, digest) = runtime.block_on(async {
        match way {
            "bare" | "bare-md5" => bare(&format!("{url}{PLACE}/{ID}/VersionData"), path, way == "bare-md5").await,
            "bare-up" => bare_up(&format!("{url}{PLACE}"), path, bytes).await,
            "download" => Ok((client.download(file).to_file(path).await?.bytes, None)),
            "download-md5" => {
                let done = client.download(file.with_checksum(md5)?).to_file(path).await?;
                Ok((done.bytes, done.md5.map(|_| md5.to_owned())))
            }
            "upload" => {
                let done = client.upload(NewFile::content_version("file"), FileSource::path(path).await?).await?;
                let sent = done.md5.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok((done.bytes, Some(sent)))
            }
            other => Err(format!("no way is called `{other}`").into()),
        }
    })?;
    let (cpu, wall) = (time(ClockId::ProcessCPUTime) - before, time(ClockId::Monotonic) - began);
    if carried != bytes || digest.is_some_and(|digest| digest != md5) {
        return Err(format!("{way}: {carried} bytes of {bytes}, or others").into());
    }
    println!("{} {} {}", cpu.as_micros(), wall.as_micros(), memory()?);
    Ok(ExitCode::SUCCESS)
}

async fn bare(url: &str, path: &Path, digest: bool) -> Result<(u64, Option<String>)> {
    let (mut carried, mut md5) = (0, digest.then(Md5::new));
    let mut body = reqwest::Client::new().get(url).send().await?.bytes_stream();
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).await?);
    while let Some(piece) = body.try_next().await? {
        if let Some(md5) = &mut md5 {
            md5.update(&piece);
        }
        file.write_all(&piece).await?;
        carried += piece.len() as u64;
    }
    file.flush().await?;
    file.get_ref().sync_all().await?;
    Ok((carried, md5.map(hexadecimal)))
}

async fn bare_up(url: &str, path: &Path, bytes: u64) -> Result<(u64, Option<String>)> {
    let md5 = Arc::new(std::sync::Mutex::new(Md5::new()));
    let digest = md5.clone();
    let pieces = stream::try_unfold(File::open(path).await?, move |mut file| {
        let digest = digest.clone();
        async move {
            let mut piece = Vec::with_capacity(192 * 1024);
            (&mut file).take(192 * 1024).read_to_end(&mut piece).await?;
            digest.lock().expect("nobody panics").update(&piece);
            Ok::<_, std::io::Error>((!piece.is_empty()).then_some((piece, file)))
        }
    });
    let request = reqwest::Client::new().post(url).header("content-length", bytes);
    request.body(reqwest::Body::wrap_stream(pieces)).send().await?.error_for_status()?;
    let md5 = md5.lock().expect("nobody panics").clone();
    Ok((bytes, Some(hexadecimal(md5))))
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
