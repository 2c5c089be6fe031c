//! The rows of all pages, each counted, and each given once.

use std::time::Duration;

use salesforce_http::{Error, ErrorKind, Result};

use super::count::CountMismatch;
use super::handle::QueryHandle;
use super::locators::{decode, list};
use super::pages::{Page, Pages};
use crate::Client;
use crate::bulk::csv::Reader;
use crate::bulk::job::{self, JobFailed, JobState};
use crate::bulk::{CsvRows, MalformedCsv};

/// The most bytes a row may have: an org's rows have at most 400,000 characters.
const ROW: usize = 4 << 20;
/// How often a page is read without any new row before it is given up.
const TRIES: u32 = 5;
/// The first version that lists the pages of a result.
const LISTS: u16 = 58;

/// How pages are read.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    pub(super) in_flight: usize,
    pub(super) page_rows: Option<u32>,
    pub(super) listed: bool,
}

/// Reads the rows behind a place.
pub(super) struct Read {
    client: Client,
    manner: Manner,
    pub(super) handle: QueryHandle,
    under_way: Option<UnderWay>,
    first_alone: bool,
}

struct UnderWay {
    pages: Pages,
    page: Option<Reading>,
    /// How many rows the job has.
    announced: u64,
    /// How often the page was read without any new row.
    tries: u32,
}

/// A page that is being read.
struct Reading {
    page: Page,
    reader: Reader,
    /// How many of its rows were given before.
    skip: u64,
    ended: bool,
}

/// Why a page cannot be read on.
enum Trouble {
    /// It may be whole when it is read again.
    Again(Error),
    Final(Error),
}

impl Reading {
    fn new(page: Page, skip: u64) -> Self {
        Self { page, reader: Reader::new(b',', ROW), skip, ended: false }
    }

    /// Rows of the page, or `None` when all of them were read.
    async fn rows(&mut self, pages: &mut Pages) -> Result<Option<CsvRows>, Trouble> {
        loop {
            let rows = self.reader.next().map_err(|error| self.malformed(error))?;
            let announced = self.page.announced;
            if self.reader.rows() > announced {
                return Err(Trouble::Final(CountMismatch::error(
                    "a page of the result",
                    announced,
                    self.reader.rows(),
                )));
            }
            match rows {
                Some(rows) => return Ok(Some(rows)),
                None if self.ended && self.reader.rows() == announced => return Ok(None),
                None if self.ended => {
                    let error = CountMismatch::error("a page of the result", announced, self.reader.rows());
                    return Err(Trouble::Again(error));
                }
                None => match pages.piece(&mut self.page).await {
                    Some(Ok(piece)) => self.reader.push(piece),
                    Some(Err(error)) if error.is_retryable() => return Err(Trouble::Again(error)),
                    Some(Err(error)) => return Err(Trouble::Final(error)),
                    None => {
                        self.reader.finish();
                        self.ended = true;
                    }
                },
            }
        }
    }

    /// What is wrong at the very end of a page may be that the page is cut.
    fn malformed(&self, error: MalformedCsv) -> Trouble {
        let cut = self.ended;
        let error = malformed(error);
        if cut { Trouble::Again(error) } else { Trouble::Final(error) }
    }
}

pub(super) fn malformed(error: MalformedCsv) -> Error {
    Error::new(ErrorKind::Decode, format!("a page of the result cannot be read: {error}")).with_source(error)
}

impl Read {
    pub(super) fn new(client: Client, manner: Manner, handle: QueryHandle) -> Self {
        Self { client, manner, handle, under_way: None, first_alone: false }
    }

    /// Opens no page ahead before the columns are known and [`let_go`](Self::let_go) is called.
    pub(super) fn first_alone(mut self) -> Self {
        self.first_alone = true;
        self
    }

    /// Gives back all places among the connection's calls, for calls that are made before [`next`](Self::next) is. A
    /// page of which not all has come is asked for again.
    pub(super) fn let_go(&mut self) {
        let Some(UnderWay { pages, page, .. }) = &mut self.under_way else { return };
        pages.in_flight(self.manner.in_flight);
        match page.take_if(|reading| reading.page.is_open()) {
            Some(reading) => pages.again(reading.page.locator),
            None => pages.let_go(),
        }
    }

    /// The next rows, or `None` behind the last one, when all were counted.
    pub(super) async fn next(&mut self) -> Result<Option<CsvRows>> {
        let mut under_way = match self.under_way.take() {
            Some(under_way) => under_way,
            None => self.begin().await?,
        };
        let rows = self.advance(&mut under_way).await?;
        self.under_way = Some(under_way);
        Ok(rows)
    }

    async fn begin(&mut self) -> Result<UnderWay> {
        let path = self.handle.path();
        let job = job::status(self.client.connection(), &path).await?;
        match job.state {
            JobState::JobComplete => {}
            JobState::Failed | JobState::Aborted => return Err(JobFailed::error(job)),
            state => {
                let message = format!("the job {} is not complete, but {state}: wait for it first", job.id);
                return Err(Error::new(ErrorKind::Invalid, message));
            }
        }
        let Some(announced) = job.number_records_processed else {
            return Err(decode(
                "the org does not say how many rows the job has, so that none of them can be missed unseen",
            ));
        };
        // Until the columns are known, one page is enough for those who ask for describes then.
        let in_flight = if self.first_alone && self.handle.columns.is_none() { 1 } else { self.manner.in_flight };
        let client = self.client.clone();
        let pages = |rows, chained| Pages::new(client.clone(), path.clone(), rows, in_flight, chained);
        let wanted = self.manner.listed && self.manner.page_rows.is_none() && self.handle.version() >= LISTS;
        let listed = match self.handle.listed.unwrap_or(wanted) {
            true => self.list(pages(None, false), &path).await?,
            false => None,
        };
        if self.handle.listed.is_none() {
            self.handle.most_rows = self.manner.page_rows;
        }
        self.handle.listed = Some(listed.is_some());
        let pages = listed.unwrap_or_else(|| pages(self.handle.most_rows, true).from(self.handle.locator.clone()));
        Ok(UnderWay { pages, page: None, announced, tries: 0 })
    }

    /// The pages that the org lists, from the handle's on; `None` if it does not list them.
    async fn list(&mut self, mut pages: Pages, path: &str) -> Result<Option<Pages>> {
        let mut url = format!("{path}/resultPages");
        loop {
            let mut part = match list(self.client.clone(), url).await {
                Ok(part) => part,
                Err(error) => return self.not_listed(error),
            };
            match &self.handle.locator {
                None if part.locators.is_empty() && part.next.is_none() => return Ok(None),
                None => {}
                Some(wanted) => match part.locators.iter().position(|locator| locator == wanted) {
                    Some(place) => drop(part.locators.drain(..place)),
                    None => match part.next {
                        Some(next) => {
                            url = next;
                            continue;
                        }
                        None => {
                            return Err(decode("the page that was being read is no longer listed: read the job anew"));
                        }
                    },
                },
            }
            pages.add(part);
            return Ok(Some(pages));
        }
    }

    /// An org that refuses to list its pages still gives them one after the other, unless some were read by the list.
    fn not_listed(&self, error: Error) -> Result<Option<Pages>> {
        let refused = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid);
        if refused && self.handle.listed.is_none() { Ok(None) } else { Err(error) }
    }

    async fn advance(&mut self, under_way: &mut UnderWay) -> Result<Option<CsvRows>> {
        let UnderWay { pages, page, announced, tries } = under_way;
        loop {
            let reading = match page {
                Some(reading) => reading,
                None => {
                    let Some(next) = pages.next().await? else { return self.end(*announced).map(|()| None) };
                    self.handle.turn_to(next.locator.clone());
                    page.insert(Reading::new(next, self.handle.page_rows))
                }
            };
            let trouble = match reading.rows(pages).await {
                Ok(Some(rows)) => match self.take(reading, rows, *announced)? {
                    Some(rows) => {
                        *tries = 0;
                        return Ok(Some(rows));
                    }
                    None => continue,
                },
                Ok(None) if reading.skip > 0 => return Err(changed()),
                Ok(None) => {
                    self.check_header(reading)?;
                    *page = None;
                    continue;
                }
                Err(trouble) => trouble,
            };
            *tries += 1;
            match trouble {
                Trouble::Again(_) if *tries < TRIES => {
                    pages.again(reading.page.locator.clone());
                    *page = None;
                    // At once, and then after 1, 2 and 4 seconds.
                    let pause = Duration::from_secs((1 << (*tries - 1)) / 2);
                    self.client.connection().clock().sleep(pause).await;
                }
                Trouble::Again(error) | Trouble::Final(error) => return Err(error),
            }
        }
    }

    /// The rows that were not given before.
    fn take(&mut self, reading: &mut Reading, rows: CsvRows, announced: u64) -> Result<Option<CsvRows>> {
        self.check_header(reading)?;
        let skip = reading.skip.min(rows.len() as u64);
        let skip_now = usize::try_from(skip).unwrap_or(usize::MAX);
        if skip > 0 {
            reading.skip -= skip;
            // The last row that was given stands where it stood, or the page is another one.
            if reading.skip == 0
                && !rows.iter().nth(skip_now - 1).is_some_and(|row| self.handle.is_last(row.as_bytes()))
            {
                return Err(changed());
            }
        }
        let rows = rows.skip(skip_now);
        let Some(last) = rows.iter().last() else { return Ok(None) };
        self.handle.took(rows.len() as u64, last.as_bytes());
        if self.handle.rows > announced {
            return Err(CountMismatch::error("the job's result", announced, self.handle.rows));
        }
        Ok(Some(rows))
    }

    /// All pages of a result have the same columns.
    fn check_header(&mut self, reading: &Reading) -> Result<()> {
        let Some(columns) = reading.reader.columns() else { return Ok(()) };
        match &self.handle.columns {
            Some(known) if known.iter().map(|name| &**name).eq(columns.names()) => Ok(()),
            Some(_) => Err(decode("a page of the result has other columns than the first one")),
            None => {
                self.handle.columns = Some(columns.names().map(Into::into).collect());
                Ok(())
            }
        }
    }

    fn end(&self, announced: u64) -> Result<()> {
        match self.handle.rows {
            rows if rows == announced => Ok(()),
            rows => Err(CountMismatch::error("the job's result", announced, rows)),
        }
    }
}

fn changed() -> Error {
    decode("a page of the result is not what it was when its first rows were read: read the job anew")
}
