//! Files: uploaded, downloaded several at once, compared with what their records state, taken up again after a break.
//!
//! You learn: multipart and base64, a further version of a file, an upload whose answer was lost, lengths and MD5s, a
//! stream of files to paths. Needs nothing; talks to your org when `SF_LOGIN_URL`, `SF_CLIENT_ID` and `SF_CLIENT_SECRET`
//! are set; there it only reads, 20 files at most.
//! Goes on in the documentation of `salesforce-rest`.

use std::error::Error as _;
use std::process::ExitCode;

use futures_util::{StreamExt, stream};
use salesforce_examples::{Result, connect, exit};
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{Client, FileSource, LostUpload, NewFile, Record, StoredFile, Value};

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let target = connect(|| Ok(Org::demo())).await?;
    let client = &target.client;
    let folder = tempfile::tempdir()?;

    let mut uploaded = 0;
    if let Some(org) = &target.mock {
        uploaded = upload(client, org, folder.path()).await?;
        break_off(client, org).await?;
    }

    // Rows that say how long a file is and what its MD5 is: its download costs one call.
    let soql = "SELECT Id, Title, ContentSize, Checksum, ContentLocation FROM ContentVersion \
                WHERE ContentLocation = 'S' ORDER BY ContentSize LIMIT 20";
    let rows = client.query::<Record>(soql).all().await?;
    let files = rows.iter().map(StoredFile::of).collect::<Result<Vec<_>, _>>()?;
    let files = stream::iter(files).map(|file| {
        let path = folder.path().join(file.id().to_string());
        (file, path)
    });
    let mut outcomes = client.download_many(files).concurrency(4).stream();
    let (mut downloaded, mut bytes, mut failed) = (0, 0, 0);
    while let Some(outcome) = outcomes.next().await {
        match outcome.result {
            Ok(done) => {
                downloaded += 1;
                bytes += done.bytes;
                if outcome.path.metadata()?.len() != done.bytes || done.md5 != outcome.file.md5() {
                    return Err(format!("{} is not the file", outcome.path.display()).into());
                }
            }
            // Of a file that fails no other one hears; the record may be gone by now.
            Err(error) => {
                failed += 1;
                println!("failed    {}: {error}", outcome.file.id());
            }
        }
    }
    println!("download  {downloaded} files, {bytes} bytes, length and MD5 as stated; {failed} failed");
    if downloaded + failed != rows.len() || (target.mock.is_some() && failed > 0) {
        return Err(format!("{downloaded} of {} files came", rows.len()).into());
    }
    println!("files: {uploaded} uploaded, {downloaded} downloaded, {} calls: ok", client.connection().calls());
    Ok(())
}

/// Every way to upload, into the mock org only.
async fn upload(client: &Client, org: &MockOrg, folder: &std::path::Path) -> Result<u32> {
    let account = client.query::<Record>("SELECT Id FROM Account LIMIT 1").all().await?;
    let account = account.first().and_then(Record::id).ok_or("there is no account")?;
    let path = folder.join("plan.bin");
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&path, &content)?;

    // A new file at a record, from the disk; its bytes pass through memory piece by piece.
    let plan = NewFile::content_version("plan.bin").with("FirstPublishLocationId", account);
    let first = client.upload(plan, FileSource::path(&path).await?).await?;
    first.verify(client).await?;
    println!("upload    {}: {} bytes by {:?}, MD5 as sent", first.id, first.bytes, first.way);

    // Its next version, as base64 in JSON.
    let row: Record = client.sobject_named("ContentVersion").get(first.id).fields(&["ContentDocumentId"]).await?;
    let document = row.get("ContentDocumentId").and_then(Value::as_str).ok_or("the file has no document")?.parse()?;
    let second = client.upload(NewFile::version_of(document, "plan.txt"), FileSource::bytes("Plan B")).base64().await?;
    println!("upload    {}: {} bytes by {:?}, the next version", second.id, second.bytes, second.way);

    let attachment = NewFile::attachment(account, "plan.txt").with("ContentType", "text/plain");
    client.upload(attachment, FileSource::bytes("Plan C")).await?.verify(client).await?;

    // The answer is lost: whoever sent it again might have the file twice. A query says whether it is there.
    org.fault(Fault::lost_answer().at("sobjects/ContentVersion").method(http::Method::POST));
    let Err(error) = client.upload(NewFile::content_version("lost.txt"), FileSource::bytes("Plan D")).await else {
        return Err("an answer that was lost came".into());
    };
    let lost = error.source().and_then(|source| source.downcast_ref::<LostUpload>()).ok_or_else(|| error.clone())?;
    let found = client.query::<Record>(lost.query().ok_or("there is no query")?).all().await?;
    println!("lost      {lost}: {} found", found.len());
    if found.len() != 1 {
        return Err("the file is not there once".into());
    }
    Ok(4)
}

/// A connection that breaks in the middle costs one call, and no byte is written twice.
async fn break_off(client: &Client, org: &MockOrg) -> Result<()> {
    let soql = "SELECT Id, ContentSize, Checksum FROM ContentVersion WHERE Title = 'plan' AND VersionNumber = '1'";
    let row = client.query::<Record>(soql).all().await?.into_iter().next().ok_or("the file is not there")?;
    org.fault(Fault::truncated(5_000_000).at("sobjects/ContentVersion").containing("VersionData"));
    let mut out = Vec::new();
    let done = client.download(StoredFile::of(&row)?).write_to(&mut out).await?;
    println!("break     {} of {} bytes, after {} break", out.len(), done.bytes, done.breaks);
    if done.breaks != 1 || out.len() as u64 != done.bytes {
        return Err("a break was not taken up".into());
    }
    Ok(())
}
