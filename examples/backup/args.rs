use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Back up a Salesforce org into a folder, twice, and prove that nothing is missing.

Usage: cargo run --release --example backup -- [options]

  --out DIR        the folder; a new one in the temporary directory unless given
  --objects A,B    only these objects
  --project DIR    a mock org made from a project in source format (may be repeated)
  --rows N         a mock org of N generated rows
  --help           this text

Without --project and --rows the mock org holds a demo data set of about 25,000 rows. With SF_LOGIN_URL, SF_CLIENT_ID
and SF_CLIENT_SECRET set, the program reads that org instead, and never writes to it.

Exit code: 0 when the backup equals the org, 1 when it does not or something failed, 2 for a wrong option.
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Args {
    pub(crate) out: Option<PathBuf>,
    pub(crate) objects: Vec<String>,
    pub(crate) projects: Vec<PathBuf>,
    pub(crate) rows: Option<usize>,
    pub(crate) help: bool,
}

impl Args {
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value; --help lists the options"));
            match arg.as_str() {
                "--out" => parsed.out = Some(value()?.into()),
                "--objects" => parsed.objects.extend(value()?.split(',').map(|name| name.trim().to_owned())),
                "--project" => parsed.projects.push(value()?.into()),
                "--rows" => {
                    let rows = value()?;
                    let rows = rows.parse().map_err(|_| format!("--rows takes a number, not `{rows}`"))?;
                    parsed.rows = Some(rows);
                }
                "--help" | "-h" => parsed.help = true,
                other => return Err(format!("`{other}` is no option; --help lists them")),
            }
        }
        if parsed.rows.is_some() && !parsed.projects.is_empty() {
            return Err("--rows and --project are two different orgs; give one of them".to_owned());
        }
        Ok(parsed)
    }
}
