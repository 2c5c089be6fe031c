//! `salesforce-codegen`: Rust structs from what an org says of its objects.

use std::error::Error;
use std::process::ExitCode;

use args::Args;
use salesforce_codegen::{Generator, read};
use salesforce_types::describe::SObjectDescribe;

mod args;
mod org;

fn main() -> ExitCode {
    let args = std::env::args_os().skip(1).map(|arg| arg.into_string());
    // Not the argument itself: it may be a secret.
    let args = args.collect::<Result<Vec<_>, _>>().map_err(|_| "an argument is no text in Unicode".to_owned());
    let args = match args.and_then(Args::parse) {
        Ok(Some(args)) => args,
        Ok(None) => {
            print!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("salesforce-codegen: {problem}. Try `salesforce-codegen --help`.");
            return ExitCode::from(2);
        }
    };
    match run(&args) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprint!("salesforce-codegen: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprint!(": {error}");
                cause = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<String, Box<dyn Error>> {
    let mut generator = Generator::new(describes(args)?);
    for (object, fields) in &args.fields {
        generator = generator.fields(object, fields);
    }
    if args.parents {
        generator = generator.parents();
    }
    if args.force {
        generator = generator.force();
    }
    let out = args.out.display();
    if args.check {
        return match generator.is_current(&args.out)? {
            true => Ok(format!("{out} is up to date")),
            false => Err(format!("{out} is not up to date: run the same command without --check").into()),
        };
    }
    Ok(match generator.write(&args.out)? {
        true => format!("{out} is written"),
        false => format!("{out} was up to date"),
    })
}

fn describes(args: &Args) -> Result<Vec<SObjectDescribe>, Box<dyn Error>> {
    let Some(path) = &args.describe else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        return runtime.block_on(org::describe(args.org.as_deref(), &args.objects));
    };
    let mut describes = read(path)?;
    let is = |object: &String, describe: &SObjectDescribe| describe.name.eq_ignore_ascii_case(object);
    if let Some(missing) = args.objects.iter().find(|object| !describes.iter().any(|describe| is(object, describe))) {
        return Err(format!("`{}` holds no describe of `{missing}`", path.display()).into());
    }
    describes.retain(|describe| args.objects.is_empty() || args.objects.iter().any(|object| is(object, describe)));
    Ok(describes)
}
