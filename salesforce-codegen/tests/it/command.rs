//! The command as a process, against a mock org and against saved describes.

use std::path::Path;
use std::process::{Command, Output};

use salesforce_mock::{MockOrg, Org};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_salesforce-codegen"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_is_described_and_written_once() {
    let org = MockOrg::serve(Org::demo()).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sobjects.rs");
    let out = out.to_str().unwrap();
    let (id, secret) = (org.client_id(), org.client_secret());
    let environment = [("SF_CLIENT_ID", &*id), ("SF_CLIENT_SECRET", &*secret)];
    let arguments = ["--org", org.login_url(), "--objects", "Account,Contact", "--out", out, "--parents"];

    let output = run(&arguments, &environment);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let code = std::fs::read_to_string(out).unwrap();
    assert!(code.contains("pub struct Account {") && code.contains("pub account: Option<AccountRef>,"), "{code}");
    let again = run(&arguments, &environment);
    assert!(String::from_utf8_lossy(&again.stdout).ends_with("was up to date\n"));

    let unknown = run(&["--org", org.login_url(), "--objects", "Accont", "--out", out], &environment);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown).contains("the org has no object `Accont`"), "{}", said(&unknown));
    for output in [&output, &again, &unknown] {
        let text = said(output) + &String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains(&secret), "{text}");
    }
}

/// The command that is quoted in the example, word for word; it writes when `SALESFORCE_CODEGEN_BLESS` is set.
#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_the_example_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Ok(example) = std::fs::read_to_string(root.join("examples/typed/main.rs")) else {
        println!("skipped: the examples are not beside this crate");
        return;
    };
    let quoted = example.split_once("`salesforce-codegen ").unwrap().1.split_once('`').unwrap().0;
    let org = MockOrg::serve(Org::demo()).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_salesforce-codegen"));
    command.args(quoted.split_whitespace().filter(|word| *word != "//")).args(["--org", org.login_url()]);
    command.args(std::env::var_os("SALESFORCE_CODEGEN_BLESS").is_none().then_some("--check"));
    command.current_dir(root).env_clear();
    let output = command.env("SF_CLIENT_ID", org.client_id()).env("SF_CLIENT_SECRET", org.client_secret()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn saved_describes_need_no_org() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (saved, out) = (path("Badge.json"), path("out/sobjects.rs"));
    std::fs::write(&saved, r#"{"name":"Badge__c","fields":[{"name":"Id","type":"id"}]}"#).unwrap();

    let missing = run(&["--describe", &saved, "--out", &out, "--check"], &[]);
    assert_eq!(missing.status.code(), Some(1), "what is not there is not up to date");
    assert_eq!(run(&["--describe", &saved, "--out", &out], &[]).status.code(), Some(0));
    assert_eq!(
        run(&["--describe", folder.path().to_str().unwrap(), "--out", &out, "--check"], &[]).status.code(),
        Some(0)
    );

    std::fs::write(&out, "fn mine() {}").unwrap();
    let refused = run(&["--describe", &saved, "--out", &out], &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("was not written by salesforce-codegen"), "{}", said(&refused));
    assert_eq!(run(&["--describe", &saved, "--out", &out, "--force"], &[]).status.code(), Some(0));

    std::fs::write(&saved, "[]").unwrap();
    let bad = run(&["--describe", &saved, "--out", &out], &[]);
    assert!(bad.status.code() == Some(1) && said(&bad).contains("holds no describe of an object"), "{}", said(&bad));
}

#[test]
fn a_wrong_option_is_code_2_and_no_org_is_code_1() {
    assert_eq!(run(&["--nonsense"], &[]).status.code(), Some(2));
    #[cfg(unix)]
    {
        let no_text = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"canary\xff");
        let output = Command::new(env!("CARGO_BIN_EXE_salesforce-codegen")).arg(no_text).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("no text in Unicode") && !said(&output).contains("canary"), "{}", said(&output));
    }
    let help = run(&["--help"], &[]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("Examples:"));
    let none = run(&["--objects", "Account", "--out", "x.rs"], &[]);
    assert_eq!(none.status.code(), Some(1));
    assert!(said(&none).contains("the environment names no org"), "{}", said(&none));
}
