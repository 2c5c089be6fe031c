//! The program: started, spoken to, stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_salesforce-mock"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends with its test, whatever happens in it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> (Running, Value, BufReader<std::process::ChildStdout>) {
    let mut running = Running(command(arguments).spawn().unwrap());
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (running, serde_json::from_str(&line).unwrap(), out)
}

fn failed(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command(arguments).output().unwrap();
    assert!(stdout.is_empty());
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[cfg(unix)]
fn tell(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn it_says_where_it_is_and_stops_when_told() {
    for signal in ["-TERM", "-INT"] {
        let (mut running, ready, mut out) =
            start(&["serve", "--rows", "100", "--seed", "7", "--client-id", "app", "--client-secret", "word"]);
        let keys = [
            "instance_url",
            "login_url",
            "client_id",
            "client_secret",
            "username",
            "password",
            "security_token",
            "refresh_token",
            "access_token",
            "api_version",
            "org_id",
            "ca_cert",
        ];
        assert_eq!(ready.as_object().unwrap().len(), keys.len());
        for key in keys {
            let null = key == "ca_cert";
            assert_eq!(ready.get(key).map(Value::is_null), Some(null), "{key}");
        }
        assert_eq!(
            (&ready["client_id"], &ready["client_secret"], &ready["api_version"]),
            (&"app".into(), &"word".into(), &"68.0".into())
        );
        let address = ready["instance_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let token = ready["access_token"].as_str().unwrap();
        let path = "/services/data/v68.0/query?q=SELECT+COUNT()+FROM+Account";
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("\"totalSize\":0,"), "{answer}");

        tell(&running.0, signal);
        assert_eq!(running.0.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line and no more");
    }
}

#[cfg(unix)]
#[test]
fn with_tls_it_names_its_certificate_and_takes_it_away() {
    let (mut running, ready, _out) = start(&["serve", "--tls", "--rows", "10"]);
    assert!(ready["instance_url"].as_str().unwrap().starts_with("https://"));
    let path = std::path::PathBuf::from(ready["ca_cert"].as_str().unwrap());
    assert!(std::fs::read_to_string(&path).unwrap().contains("BEGIN CERTIFICATE"));
    tell(&running.0, "-TERM");
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_wrong_line_and_a_wrong_place_are_told_apart() {
    let (code, text) = failed(&["serve", "--fast"]);
    assert_eq!((code, &*text), (Some(2), "salesforce-mock: `--fast` is no option. Try `salesforce-mock --help`.\n"));
    let (code, text) = failed(&["serve", "--project", "no/such/folder"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("no/such/folder") && text.lines().count() == 1, "{text}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, text) = failed(&["serve", "--rows", "1", "--port", &port]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("salesforce-mock: the org cannot be served: "), "{text}");
}

#[test]
fn help_is_no_error() {
    let Output { status, stdout, .. } = command(&["--help"]).output().unwrap();
    assert!(status.success());
    assert!(String::from_utf8(stdout).unwrap().contains("--client-secret S"));
}
