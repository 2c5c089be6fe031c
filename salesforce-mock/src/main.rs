//! `salesforce-mock serve`: an org as a program of its own.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use salesforce_mock::{MockOrg, Org};
use salesforce_types::ApiVersion;
use serde::Serialize;

const HELP: &str = "\
Serves a mock Salesforce org on this machine.

Usage: salesforce-mock serve [OPTIONS]

  --port N             the port on 127.0.0.1; 0, which is the default, for a free one
  --tls                speak TLS, with a certificate made for the occasion
  --project DIR        objects and rows from a folder in source format; may be given several times
  --rows N             a generated org of about N rows
  --seed S             the seed of the generated rows; 1 if not given
  --page-rows N        the rows on a page of a query job's results; 50,000 if not given
  --delay-ms N         how long every answer waits, in milliseconds; 0 if not given
  --client-id C        the id of the app that may log in
  --client-secret S    its secret
  --jwt-certificate F  a file with the certificate, in PEM, of those who log in with the JWT bearer flow
  --help               this text

Without --project and --rows it is the demo org. When it is ready, it prints one line of JSON with its address and
credentials. It runs until SIGTERM or SIGINT.
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
struct Options {
    port: u16,
    tls: bool,
    projects: Vec<PathBuf>,
    rows: Option<usize>,
    seed: Option<u64>,
    page_rows: Option<usize>,
    delay_ms: u64,
    client_id: Option<String>,
    client_secret: Option<String>,
    jwt_certificate: Option<PathBuf>,
}

#[derive(Debug, PartialEq)]
enum Command {
    Serve(Options),
    Help,
}

/// The line that says that the org is ready. What is not there yet is null.
#[derive(Serialize)]
struct Ready<'a> {
    instance_url: &'a str,
    login_url: &'a str,
    client_id: String,
    client_secret: String,
    username: String,
    password: Option<String>,
    security_token: Option<String>,
    refresh_token: Option<String>,
    access_token: String,
    api_version: String,
    org_id: String,
    ca_cert: Option<String>,
}

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.into_string());
    // Not the argument itself: it may be a secret.
    let arguments =
        arguments.collect::<Result<Vec<_>, _>>().map_err(|_| "an argument is no text in Unicode".to_owned());
    let options = match arguments.and_then(|arguments| parse(arguments.into_iter())) {
        Ok(Command::Serve(options)) => options,
        Ok(Command::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("salesforce-mock: {problem}. Try `salesforce-mock --help`.");
            return ExitCode::from(2);
        }
    };
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("salesforce-mock: {problem}");
            ExitCode::from(1)
        }
    }
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    match arguments.next().as_deref() {
        Some("serve") => {}
        Some("--help" | "-h" | "help") => return Ok(Command::Help),
        Some(other) => return Err(format!("`{other}` is no command; the only one is `serve`")),
        None => return Err("a command is missing; the only one is `serve`".into()),
    }
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let (name, given) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || given.clone().or_else(|| arguments.next()).ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--port" => options.port = number(&name, &value()?)?,
            "--project" => options.projects.push(value()?.into()),
            "--rows" => options.rows = Some(number(&name, &value()?)?),
            "--seed" => options.seed = Some(number(&name, &value()?)?),
            "--page-rows" => options.page_rows = Some(number(&name, &value()?)?),
            "--delay-ms" => options.delay_ms = number(&name, &value()?)?,
            "--client-id" => options.client_id = Some(value()?),
            "--client-secret" => options.client_secret = Some(value()?),
            "--jwt-certificate" => options.jwt_certificate = Some(value()?.into()),
            "--tls" if given.is_none() => options.tls = true,
            "--help" | "-h" => return Ok(Command::Help),
            _ => return Err(format!("`{name}` is no option")),
        }
    }
    if options.rows.is_some() && !options.projects.is_empty() {
        return Err("--project and --rows do not go together".into());
    }
    if options.seed.is_some() && options.rows.is_none() {
        return Err("--seed needs --rows".into());
    }
    if options.client_id.is_some() != options.client_secret.is_some() {
        return Err("--client-id and --client-secret go together".into());
    }
    Ok(Command::Serve(options))
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} does not take `{value}`: it is no number that fits"))
}

fn serve(options: Options) -> Result<(), String> {
    let mut org = match (options.rows, options.projects.as_slice()) {
        (Some(rows), _) => Org::generated(rows, options.seed.unwrap_or(1)),
        (None, []) => Org::demo(),
        (None, projects) => Org::from_project(projects).map_err(|error| error.to_string())?,
    };
    for gap in org.store().problems.iter().chain(&org.store().not_evaluated()).filter(|_| !options.projects.is_empty())
    {
        eprintln!("not as in the project: {gap}");
    }
    if let Some(rows) = options.page_rows {
        org.bulk_mut().page_rows = rows;
    }
    if let (Some(id), Some(secret)) = (options.client_id, options.client_secret) {
        org.set_app(id, secret);
    }
    if let Some(file) = options.jwt_certificate {
        let read = std::fs::read(&file).and_then(|pem| org.app_mut().set_certificate_pem(&pem));
        read.map_err(|error| format!("no certificate can be read from {}: {error}", file.display()))?;
    }
    let failed = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed("the program cannot wait for signals"))?;
    runtime.block_on(async {
        // Before the line is printed: whoever reads it may send the signal at once.
        let stopped = stop_signal().map_err(failed("the program cannot wait for signals"))?;
        let builder = MockOrg::builder().org(org).port(options.port).latency(Duration::from_millis(options.delay_ms));
        let builder = if options.tls { builder.tls() } else { builder };
        let org = builder.start().await.map_err(failed("the org cannot be served"))?;
        announce(&org).map_err(failed("the line that says that the org is ready cannot be printed"))?;
        stopped.await;
        Ok(())
    })
}

fn announce(org: &MockOrg) -> io::Result<()> {
    let ready = Ready {
        instance_url: org.url(),
        login_url: org.login_url(),
        client_id: org.client_id(),
        client_secret: org.client_secret(),
        username: org.username(),
        password: Some(org.with(|org| org.password().to_owned())),
        security_token: Some(org.with(|org| org.security_token().to_owned())),
        refresh_token: Some(org.with(Org::issue_refresh_token)),
        access_token: org.access_token(),
        api_version: ApiVersion::DEFAULT.to_string(),
        org_id: org.org_id(),
        ca_cert: org.ca_cert().map(|path| path.display().to_string()),
    };
    let mut line = serde_json::to_vec(&ready)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

/// Ends when the program is told to stop.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends when the program is told to stop.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a way to be told, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_in_both_forms() {
        let options = Options {
            port: 8080,
            delay_ms: 200,
            tls: true,
            projects: vec!["a".into(), "b".into()],
            client_id: Some("id".into()),
            client_secret: Some("s=1".into()),
            ..Options::default()
        };
        assert_eq!(
            parsed("serve --port 8080 --delay-ms 200 --tls --project a --project=b --client-id id --client-secret=s=1"),
            Ok(Command::Serve(options))
        );
        assert_eq!(parsed("serve --rows 5 --help"), Ok(Command::Help));
    }

    #[test]
    fn a_wrong_line_is_refused_in_a_sentence() {
        for (line, problem) in [
            ("", "a command is missing; the only one is `serve`"),
            ("run", "`run` is no command; the only one is `serve`"),
            ("serve --port", "--port needs a value"),
            ("serve --port 99999", "--port does not take `99999`: it is no number that fits"),
            ("serve --fast", "`--fast` is no option"),
            ("serve --rows 5 --project a", "--project and --rows do not go together"),
            ("serve --seed 5", "--seed needs --rows"),
            ("serve --client-id x", "--client-id and --client-secret go together"),
        ] {
            assert_eq!(parsed(line), Err(problem.to_owned()));
        }
    }
}
