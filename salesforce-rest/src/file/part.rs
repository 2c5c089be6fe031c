//! A download that takes its name when it is whole.

use std::error::Error as _;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use salesforce_http::{Error, ErrorKind, Result};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncSeekExt, BufWriter};

use super::{Download, Downloaded, FileError};

/// What is gathered before the disk is asked.
const BUFFER: usize = 1024 * 1024;

pub(super) async fn download(download: &Download<'_>, path: &Path) -> Result<Downloaded> {
    let part = beside(path);
    let failed = |what: &'static str| {
        let call = download.call();
        move |error: io::Error| {
            Error::new(ErrorKind::Other, format!("the file cannot be {what}: {error}"))
                .with_call(call)
                .with_source(error)
        }
    };
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&part).await;
    let mut file = open.map_err(failed("opened"))?;
    let taken_up = file.metadata().await.map_err(failed("looked at"))?.len() > 0;
    let mut done = write(download, &mut file).await;
    // What an earlier process left is of another file, or of an earlier state of this one.
    if taken_up && done.as_ref().is_err_and(is_stale) {
        file.set_len(0).await.map_err(failed("begun anew"))?;
        file.rewind().await.map_err(failed("begun anew"))?;
        done = write(download, &mut file).await;
    }
    match done {
        Ok(done) => {
            file.sync_all().await.map_err(failed("brought to the disk"))?;
            fs::rename(&part, path).await.map_err(failed("given its name"))?;
            sync_folder(path).await.map_err(failed("brought to the disk"))?;
            Ok(done)
        }
        Err(error) => {
            if let Some(&FileError::Write { cause, .. }) = problem(&error) {
                // What was taken last may lie in a buffer; what counts is what the file has.
                let written = file.metadata().await.map_err(failed("looked at"))?.len();
                return Err(FileError::Write { written, cause }.error(&download.call()));
            }
            if is_useless(&error) {
                fs::remove_file(&part).await.map_err(failed("thrown away"))?;
            }
            Err(error)
        }
    }
}

/// Goes on at the end of what is there.
async fn write(download: &Download<'_>, file: &mut File) -> Result<Downloaded> {
    let kept = download.kept(file).await?;
    download.run(kept, &mut BufWriter::with_capacity(BUFFER, file)).await
}

fn is_stale(error: &Error) -> bool {
    match problem(error) {
        Some(FileError::Changed { .. }) => true,
        Some(FileError::Length { stated, received }) => received > stated,
        _ => false,
    }
}

/// No byte of it is known to be right.
fn is_useless(error: &Error) -> bool {
    is_stale(error) || problem(error) == Some(&FileError::Checksum)
}

fn problem(error: &Error) -> Option<&FileError> {
    error.source()?.downcast_ref()
}

fn beside(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".part");
    name.into()
}

/// A name is on the disk when its folder is. Only unix opens folders.
async fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).await?.sync_all().await?;
    }
    Ok(())
}
