use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Writes Rust structs and open picklist enums from what a Salesforce org says of its objects.

Usage: salesforce-codegen --objects A,B --out FILE [--org ORG | --describe PATH] [options]

  --objects A,B      the objects; with --describe, all that are there unless given
  --out FILE         the file to write, such as src/sobjects.rs
  --org ORG          an alias or user name of the Salesforce CLI, or the https URL of an org's My Domain, which is
                     logged in to with SF_CLIENT_ID and SF_CLIENT_SECRET; else the environment names the org
  --describe PATH    no org, but a file or a folder of saved describes (JSON)
  --fields A=X,Y     of object A, fields X and Y only (may be repeated)
  --parents          parents too, as far as their ids and names go, where a field refers to exactly one of the objects
  --check            write nothing, and fail if the file is not what would be written
  --force            overwrite a file that this program did not write
  --help             this text

Secrets come from the environment: SF_CLIENT_SECRET, or SF_ACCESS_TOKEN with SF_ORG_INSTANCE_URL.

Examples:
  salesforce-codegen --org my-sandbox --objects Account,Invoice__c --out src/sobjects.rs
  salesforce-codegen --org https://acme.my.salesforce.com --objects Account --out src/sobjects.rs
  salesforce-codegen --describe describe/ --out src/sobjects.rs --check

Exit code: 0 when the file is as it should be, 1 when something failed, 2 for a wrong option.
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Args {
    pub(crate) org: Option<String>,
    pub(crate) describe: Option<PathBuf>,
    pub(crate) objects: Vec<String>,
    pub(crate) out: PathBuf,
    pub(crate) fields: Vec<(String, Vec<String>)>,
    pub(crate) parents: bool,
    pub(crate) check: bool,
    pub(crate) force: bool,
}

impl Args {
    /// `None` when help is asked for. No message holds a value that may be a secret.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut parsed = Self::default();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let (name, given) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            let mut value = || given.clone().or_else(|| args.next()).ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--org" => parsed.org = Some(org(value()?)?),
                "--describe" => parsed.describe = Some(value()?.into()),
                "--objects" => parsed.objects.extend(list(&value()?)),
                "--out" => parsed.out = value()?.into(),
                "--fields" => {
                    let fields = value()?;
                    let (object, fields) = fields
                        .split_once('=')
                        .ok_or_else(|| format!("--fields takes an object and its fields, A=X,Y, not `{fields}`"))?;
                    parsed.fields.push((object.to_owned(), list(fields)));
                }
                "--parents" if given.is_none() => parsed.parents = true,
                "--check" if given.is_none() => parsed.check = true,
                "--force" if given.is_none() => parsed.force = true,
                "--help" | "-h" => return Ok(None),
                name if ["secret", "token", "password"].iter().any(|word| name.contains(word)) => {
                    let why = "a secret does not belong on a command line, where other users of the machine see it";
                    return Err(format!("{why}: set SF_CLIENT_SECRET or SF_ACCESS_TOKEN in the environment"));
                }
                _ => return Err(format!("`{name}` is no option")),
            }
        }
        match &parsed {
            Self { out, .. } if out.as_os_str().is_empty() => Err("--out is missing: the file to write".to_owned()),
            Self { org: Some(_), describe: Some(_), .. } => {
                Err("--org and --describe are two different sources; give one of them".to_owned())
            }
            Self { describe: None, objects, .. } if objects.is_empty() => {
                Err("--objects is missing: an org has too many to write them all".to_owned())
            }
            _ => Ok(Some(parsed)),
        }
    }
}

/// What is after `--org`, unless it brings a secret with it.
fn org(org: String) -> Result<String, String> {
    let user_info = org.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    match org.starts_with("force://") || user_info {
        true => Err("the value of --org holds a secret, and other users of the machine see a command line: name the \
                     org only, and set the secret in the environment"
            .to_owned()),
        false => Ok(org),
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Args>, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let line = "--org dev --objects A,B --objects=C --out src/x.rs --fields A=Id,Name --parents --check";
        let args = parse(line).unwrap().unwrap();
        assert_eq!((args.org.as_deref(), args.objects.join("")), (Some("dev"), "ABC".to_owned()));
        assert_eq!(args.fields, [("A".to_owned(), vec!["Id".to_owned(), "Name".to_owned()])]);
        assert!(args.parents && args.check && !args.force);
        assert_eq!(parse("--out x --help"), Ok(None));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_a_sentence() {
        for (line, expected) in [
            ("", "--out is missing"),
            ("--out x", "--objects is missing"),
            ("--out", "--out needs a value"),
            ("--out x --org a --describe b", "two different sources"),
            ("--outt x", "`--outt` is no option"),
            ("--out x --objects A --fields A", "--fields takes an object"),
            ("--out x --objects A --check=yes", "`--check` is no option"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for line in [
            "--client-secret canary",
            "--access-token=canary",
            "--password canary",
            "--org https://user:canary@acme.my.salesforce.com",
            "--org force://id:canary:refresh@acme.my.salesforce.com",
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains("secret") && !error.contains("canary"), "{error}");
        }
    }
}
