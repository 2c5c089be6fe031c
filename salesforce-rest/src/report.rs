//! Reports, run by the Analytics API.

use std::collections::BTreeMap;

use salesforce_http::{Effect, Error, ErrorKind, Look, Poll, Progress, Request, Result};
use salesforce_types::RecordId;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::Client;

impl Client {
    /// A report of the org, by its id (`00O…`).
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, id: salesforce_rest::RecordId) -> salesforce_rest::Result<()> {
    /// let report = client.report(id).run().await?;
    /// for row in report.rows() {
    ///     println!("{:?}", row.data_cells.iter().map(|cell| &cell.label).collect::<Vec<_>>());
    /// }
    /// assert!(report.all_data, "a report has 2,000 rows at most, and this one has more");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn report(&self, id: RecordId) -> ReportHandle<'_> {
        ReportHandle { client: self, id }
    }
}

/// A report of the org; made by [`Client::report`].
#[derive(Clone, Copy, Debug)]
pub struct ReportHandle<'c> {
    client: &'c Client,
    id: RecordId,
}

impl ReportHandle<'_> {
    /// Runs it with its details and waits for the answer, two minutes at most.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such report; `Timeout` and others when the org cannot run it now: a long one is
    /// [run in the background](Self::run_in_background).
    pub async fn run(&self) -> Result<Report> {
        self.client.send(Request::get(self.path("")).query("includeDetails", "true")).await?.json()
    }

    /// Has the org run it in the background and waits for that, as `poll` says. `tell` is told about each look.
    ///
    /// The org keeps the outcome for a day: [`instance`](Self::instance) reads it again.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, id: salesforce_rest::RecordId) -> salesforce_rest::Result<()> {
    /// let report = client.report(id).run_in_background(Default::default(), |progress| println!("{progress:?}")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Other` when the run fails; `Decode` when it is in no state that is known; as for [`run`](Self::run), and for [`Poll::until_done`].
    pub async fn run_in_background(
        &self,
        poll: Poll,
        tell: impl FnMut(Progress<'_, ReportInstance>),
    ) -> Result<Report> {
        let started = self.start().await?;
        let look = || self.look(&started.id);
        poll.until_done(self.client.connection(), look, tell).await
    }

    /// Has the org run it in the background.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such report; `Limit` when the hour's runs are used up; `Decode` when the answer names
    /// no run.
    pub async fn start(&self) -> Result<ReportInstance> {
        // A run too many uses one of the hour's and changes nothing.
        let request = Request::post(self.path("/instances")).query("includeDetails", "true");
        let answer = self.client.send(request.with_effect(Effect::Repeatable)).await?;
        let started: ReportInstance = answer.json()?;
        match started.id.is_empty() {
            true => Err(answer.error(ErrorKind::Decode, "the answer does not name the run that it started")),
            false => Ok(started),
        }
    }

    /// What became of a run, or how far it is.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such run, or it is too old.
    pub async fn instance(&self, instance: &str) -> Result<Report> {
        let path = self.path(&format!("/instances/{}", salesforce_http::path_segment(instance)));
        self.client.send(Request::get(path)).await?.json()
    }

    async fn look(&self, instance: &str) -> Result<Look<ReportInstance, Report>> {
        let report = self.instance(instance).await?;
        let error =
            |kind, message| Err(Error::new(kind, message).with_call(format!("GET {}", self.path("/instances"))));
        match report.attributes.status.as_deref() {
            Some("Success") => Ok(Look::Done(report)),
            Some("Error") => {
                let message = format!("the run {instance} of the report failed at the org; run it there to see why");
                error(ErrorKind::Other, message)
            }
            Some("New" | "Running") => Ok(Look::Running(report.attributes)),
            status => {
                let status = status.unwrap_or_default().escape_debug();
                let message = format!("the run {instance} of the report is in no state that is known, `{status}`");
                error(ErrorKind::Decode, message)
            }
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("analytics/reports/{}{rest}", self.id)
    }
}

/// A run in the background.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportInstance {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// `New`, `Running`, `Success`, `Error`; none for a report that was not run in the background.
    #[serde(default)]
    pub status: Option<String>,
    /// The report's name.
    #[serde(default)]
    pub report_name: Option<String>,
    /// When it ended.
    #[serde(default)]
    pub completion_date: Option<String>,
}

/// What a report shows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// Which report, and which run of it.
    pub attributes: ReportInstance,
    /// Facts by the key of their grouping: `T!T` is the whole, `0!T` the first group down, and so on.
    #[serde(default)]
    pub fact_map: BTreeMap<String, Facts>,
    /// Whether there are rows, or sums only.
    #[serde(default)]
    pub has_detail_rows: bool,
    /// Whether all rows are there. A report has 2,000 rows at most; `false` when there are more, or the org does not
    /// say.
    #[serde(default)]
    pub all_data: bool,
    /// Groups, columns and settings, as the org describes them: `groupingsDown`, `reportMetadata` and others.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Json>,
}

impl Report {
    /// The rows of all groups.
    pub fn rows(&self) -> impl Iterator<Item = &ReportRow> {
        self.fact_map.values().flat_map(|facts| &facts.rows)
    }
}

/// The facts of one group of a report.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Facts {
    /// Sums and counts, in the order of the report's aggregates.
    #[serde(default)]
    pub aggregates: Vec<DataCell>,
    /// The rows.
    #[serde(default)]
    pub rows: Vec<ReportRow>,
}

/// A row of a report.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportRow {
    /// Its cells, in the order of the report's columns.
    pub data_cells: Vec<DataCell>,
}

/// A cell of a report.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct DataCell {
    /// As it is shown, in the user's language and format.
    #[serde(default)]
    pub label: Option<String>,
    /// As data.
    #[serde(default)]
    pub value: Json,
}
