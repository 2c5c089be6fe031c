use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use connector_core::{
    Batch, Catalog, CheckReport, Checkpoint, Error, ErrorKind, Identity, Mode, Plan, Replication, Result, Scope, Slice,
    Source, Stamp, State, StreamInfo, StreamName, StreamPlan, StreamState, Window,
};
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::Request;
use salesforce_rest::Client;
use salesforce_types::ObjectName;
use salesforce_types::describe::SObjectSummary;
use serde::Deserialize;

use crate::{
    fault,
    read::Reading,
    schema::{self, Shape},
    select::Select,
    skip::{self, Skip},
    window,
};

/// So many describes are under way at once.
const DESCRIBES: usize = 4;

/// A Salesforce org as a source of records. See the crate's page.
pub struct SalesforceSource {
    client: Client,
    objects: Vec<ObjectName>,
    overlap: Duration,
    lag: Duration,
    batch_size: Option<u16>,
    /// What `discover` found, for `plan`.
    shapes: Mutex<HashMap<StreamName, Select>>,
    /// Objects that turned out not to be readable, and why.
    learned: Mutex<BTreeMap<StreamName, String>>,
}

impl fmt::Debug for SalesforceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SalesforceSource")
            .field("client", &self.client)
            .field("objects", &self.objects)
            .field("overlap", &self.overlap)
            .field("safety_lag", &self.lag)
            .finish_non_exhaustive()
    }
}

impl SalesforceSource {
    /// Reads every object that the client's user may see.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            objects: Vec::new(),
            overlap: Duration::from_secs(15 * 60),
            lag: Duration::from_secs(60),
            batch_size: None,
            shapes: Mutex::default(),
            learned: Mutex::default(),
        }
    }

    /// Reads these objects only. None means all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when a name is no object's name.
    pub fn objects<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        for name in names {
            let name = name.as_ref();
            let parsed = name
                .parse::<ObjectName>()
                .map_err(|e| Error::new(ErrorKind::Config, format!("`{name}` is no name of an object")).caused_by(e))?;
            self.objects.push(parsed);
        }
        Ok(self)
    }

    /// How far a window reaches back into the one before it; 15 minutes by default. A transaction that is open for
    /// longer than this and the safety lag together may hide rows from incremental runs.
    #[must_use]
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// How long before the org's now a window ends; 60 seconds by default. What changed since then is read by the next
    /// run.
    #[must_use]
    pub fn safety_lag(mut self, lag: Duration) -> Self {
        self.lag = lag;
        self
    }

    /// How many rows a page may have, from 200 to 2,000, which is what an org does by itself. Another number is moved
    /// to the nearest of these.
    #[must_use]
    pub fn page_size(mut self, rows: u16) -> Self {
        self.batch_size = Some(rows.clamp(200, 2_000));
        self
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn batch_size(&self) -> Option<u16> {
        self.batch_size
    }

    /// The machine's time, for the age of locators only.
    pub(crate) fn now(&self) -> Stamp {
        Stamp::from_millis(self.client.connection().clock().now().as_millis())
    }

    /// About how many rows the objects have; what the org does not say is not known.
    async fn approx_rows(&self) -> HashMap<String, u64> {
        #[derive(Deserialize)]
        struct Counts {
            #[serde(rename = "sObjects")]
            objects: Vec<Count>,
        }
        #[derive(Deserialize)]
        struct Count {
            name: String,
            count: i64,
        }
        let answer = self.client.connection().send(Request::get("limits/recordCount")).await;
        let counts = answer.and_then(|response| response.json::<Counts>());
        match counts {
            Ok(counts) => {
                let known = counts.objects.into_iter().filter_map(|c| Some((c.name, u64::try_from(c.count).ok()?)));
                known.collect()
            }
            Err(error) => {
                tracing::debug!(%error, "the org does not say how many rows its objects have");
                HashMap::new()
            }
        }
    }

    /// Why an object is not read, as far as it is known without a describe.
    fn why_skipped(&self, object: &SObjectSummary) -> Option<StreamInfo> {
        let chosen = |name: &ObjectName| name.as_str().eq_ignore_ascii_case(&object.name);
        if !self.objects.is_empty() && !self.objects.iter().any(chosen) {
            return Some(StreamInfo::skipped(object.name.as_str(), "was not chosen"));
        }
        if let Some(skip) = skip::why(object) {
            let mut info = StreamInfo::skipped(object.name.as_str(), skip.reason());
            if skip == Skip::ByParent {
                info.replication = Replication::ByParent;
            }
            return Some(info);
        }
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = learned.get(object.name.as_str())?;
        Some(StreamInfo::skipped(object.name.as_str(), reason.clone()))
    }

    async fn describe(&self, object: &SObjectSummary, approx_rows: Option<u64>) -> Result<StreamInfo> {
        if let Some(skipped) = self.why_skipped(object) {
            return Ok(skipped);
        }
        let name = object.name.as_str();
        let described = match self.client.describe(name).await {
            Ok(described) => described,
            Err(error) => {
                let error = fault::stream(error, &name.into());
                return match error.fault().scope {
                    Scope::Run => Err(error),
                    _ => Ok(StreamInfo::skipped(name, format!("cannot be described: {error}"))),
                };
            }
        };
        let shape = match Shape::of(&described) {
            Ok(shape) => shape,
            Err(reason) => return Ok(StreamInfo::skipped(name, reason)),
        };
        let Some(select) = Select::new(name, &shape) else {
            return Ok(StreamInfo::skipped(name, "has a name that no query can hold"));
        };
        if let Some(url) = select.too_long(self.client.api_version()) {
            let fields = shape.fields.len();
            let reason = format!(
                "has {fields} fields, which make a URL of {} bytes, and an org reads {}",
                url.bytes(),
                url.limit()
            );
            return Ok(StreamInfo::skipped(name, reason).left_out(shape.left_out));
        }
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into(), select);
        let mut info = StreamInfo::new(name, shape.replication)
            .approx_rows(approx_rows)
            .fields(shape.fields)
            .left_out(shape.left_out);
        info.key = shape.key;
        Ok(info)
    }

    fn plan_stream(&self, info: &StreamInfo, state: &StreamState, mode: Mode, now: Stamp) -> Result<StreamPlan> {
        let shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let select = shapes.get(&info.name).ok_or_else(|| {
            Error::new(ErrorKind::Contract, format!("the catalog does not come from this source: it has {}", info.name))
        })?;
        let schema = schema::digest(&info.fields);
        let detail = serde_json::to_value(select)
            .map_err(|e| Error::new(ErrorKind::Contract, "a plan cannot be written as JSON").caused_by(e))?;
        let plan = |mode, window: Window, then| {
            StreamPlan::single(info.name.clone(), mode, window, detail.clone(), then).approx_rows(info.approx_rows)
        };
        let Some(key) = info.key.clone() else {
            let then = StreamState::NeedsComplete { why: "nothing tells which of its rows changed".into() };
            return Ok(plan(Mode::Complete, window::next(None, now, self.lag, self.overlap), then));
        };
        let (mode, window, last_complete) = match state {
            StreamState::Watermark { hi, key: known, last_complete, schema: Some(of) }
                if mode == Mode::Incremental && *known == key && *of == schema =>
            {
                (mode, window::next(Some(*hi), now, self.lag, self.overlap), *last_complete)
            }
            // Everything is read, and the watermark still does not go back.
            StreamState::Watermark { hi, .. } => {
                let window = window::next(Some(*hi), now, self.lag, self.overlap);
                (Mode::Complete, Window::new(None, window.hi), window.hi)
            }
            _ => {
                let window = window::next(None, now, self.lag, self.overlap);
                (Mode::Complete, window, window.hi)
            }
        };
        let hi = window.hi.unwrap_or(now);
        Ok(plan(mode, window, StreamState::Watermark { hi, key, last_complete, schema: Some(schema) }))
    }
}

#[async_trait]
impl Source for SalesforceSource {
    async fn check(&self) -> Result<CheckReport> {
        let user = self.client.identity().await;
        let organization = self.client.organization().await;
        let mut warnings = Vec::new();
        let org = match (user, &organization) {
            (Ok(user), _) => Identity::new(user.organization_id.to_string()).user(user.username),
            // A token may be good for data only.
            (Err(error), Ok(organization)) if !error.is_retryable() => {
                warnings.push(format!("the org does not say who the user is: {error}"));
                Identity::new(organization.id.to_string())
            }
            (Err(error), _) => return Err(fault::run(error)),
        };
        let mut report = CheckReport::new(match &organization {
            Ok(organization) => org.name(&organization.name).sandbox(organization.is_sandbox),
            Err(error) => {
                warnings.push(format!("the org does not say what it is: {error}"));
                org
            }
        });
        if let Ok(url) = self.client.connection().instance_url().await {
            report.org = report.org.url(url);
        }
        let usage = self.client.connection().usage();
        report.calls_left = usage.map(|usage| usage.allowed.saturating_sub(usage.used));
        report.warnings = warnings;
        Ok(report)
    }

    async fn discover(&self) -> Result<Catalog> {
        let objects = self.client.describe_global().await.map_err(fault::run)?.sobjects;
        for chosen in &self.objects {
            if !objects.iter().any(|object| chosen.as_str().eq_ignore_ascii_case(&object.name)) {
                return Err(Error::new(ErrorKind::Config, format!("the org shows no object {chosen} to this user"))
                    .advice("correct the name, or grant the user access to it"));
            }
        }
        let rows = self.approx_rows().await;
        let streams = stream::iter(objects)
            .map(|object| {
                let approx_rows = rows.get(&object.name).copied();
                async move { self.describe(&object, approx_rows).await }
            })
            .buffered(DESCRIBES)
            .try_collect()
            .await?;
        Catalog::new(streams)
    }

    async fn plan(&self, catalog: &Catalog, state: &State, mode: Mode) -> Result<Plan> {
        let now = self.client.server_time().await.map_err(fault::run)?;
        let now = Stamp::from_millis(now.as_millis());
        let streams = catalog.selected().map(|info| self.plan_stream(info, state.get(info.name.as_str()), mode, now));
        Ok(Plan::new(streams.collect::<Result<_>>()?))
    }

    fn read<'a>(&'a self, slice: &'a Slice, from: Option<&'a Checkpoint>) -> BoxStream<'a, Result<Batch>> {
        stream::try_unfold(None, move |reading: Option<Reading<'a>>| async move {
            let mut reading = match reading {
                Some(reading) => reading,
                None => Reading::new(self, slice, from)?,
            };
            match reading.batch().await {
                Ok(batch) => Ok(batch.map(|batch| (batch, Some(reading)))),
                Err(error) => {
                    if error.kind() == ErrorKind::Unreadable {
                        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
                        learned.insert(slice.stream.clone(), error.to_string());
                    }
                    Err(error)
                }
            }
        })
        .boxed()
    }

    fn settings(&self) -> String {
        let mut objects: Vec<_> = self.objects.iter().map(|name| name.as_str().to_ascii_lowercase()).collect();
        objects.sort();
        format!("v{} {}", self.client.api_version(), objects.join(","))
    }
}
