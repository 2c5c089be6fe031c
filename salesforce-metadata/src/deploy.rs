//! Deploys: components into an org, and out of it.

mod deletions;
mod options;
mod rest;
mod result;
mod soap;

use std::fmt;
use std::future::IntoFuture;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use salesforce_http::{Error, ErrorKind, Look, Poll, Progress, Result};
use salesforce_types::RecordId;

pub use self::deletions::UnconfirmedDeletions;
pub use self::options::{DeployOptions, TestLevel};
pub use self::result::{
    CodeCoverageWarning, DeployDetails, DeployFailed, DeployMessage, DeployResult, DeployStatus, ProblemType,
    RunTestFailure, RunTestSuccess, RunTestsResult,
};
use crate::job::{Tell, patient};
use crate::{Client, Manifest};

/// The most bytes of a zip that an org takes, so that it fits a message of 50 MB as base64.
pub const LARGEST_ZIP: usize = 39_000_000;

/// A deploy; made by [`Client::deploy`].
#[must_use = "nothing is sent until the deploy is awaited"]
pub struct Deploy<'c> {
    client: &'c Client,
    zip: Bytes,
    options: DeployOptions,
    confirmed: Option<Manifest>,
    follow: FollowDeploy<'c>,
}

/// Waiting for a deploy that has begun; made by [`Client::follow_deploy`].
#[must_use = "nothing is waited for until it is awaited"]
pub struct FollowDeploy<'c> {
    client: &'c Client,
    id: Option<RecordId>,
    poll: Poll,
    tell: Tell<'c, DeployResult>,
}

impl Client {
    /// Deploys a zip: validates it or has the org take it over, and waits for the end.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_metadata::Client, zip: Vec<u8>) -> salesforce_metadata::Result<()> {
    /// use salesforce_metadata::{DeployFailed, TestLevel};
    ///
    /// let validated = client.deploy(zip).check_only().test_level(TestLevel::RunLocalTests).await;
    /// let validated = match validated {
    ///     Ok(result) => result,
    ///     Err(error) => {
    ///         for failure in DeployFailed::of(&error).iter().flat_map(|failed| failed.result().failures()) {
    ///             println!("{}: {}", failure.full_name, failure.problem.as_deref().unwrap_or_default());
    ///         }
    ///         return Err(error);
    ///     }
    /// };
    /// // What was validated with its tests need not be tested again.
    /// let id = client.quick_deploy(validated.record_id().expect("a deploy has an id")).await?;
    /// client.follow_deploy(id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Unless said otherwise a deploy is all or nothing. A zip that deletes components is sent only when exactly these
    /// deletions were [confirmed](Deploy::confirm_deletions). It is sent once: when the answer is lost the error is
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), and the org may be working on it.
    ///
    /// # Errors
    /// The deploy did not go well: [`DeployFailed`] is the source and has the result with every problem.
    /// [`Invalid`](ErrorKind::Invalid), and nothing was sent, for what is no zip, for one over 39 MB
    /// ([`Limit`](ErrorKind::Limit)), and for deletions that were not confirmed ([`UnconfirmedDeletions`]).
    pub fn deploy(&self, zip: impl Into<Bytes>) -> Deploy<'_> {
        Deploy {
            client: self,
            zip: zip.into(),
            options: DeployOptions::default(),
            confirmed: None,
            follow: self.follow(None),
        }
    }

    /// Waits for a deploy that has begun, here or elsewhere.
    ///
    /// # Errors
    /// As for [`deploy`](Self::deploy).
    pub fn follow_deploy(&self, id: RecordId) -> FollowDeploy<'_> {
        self.follow(Some(id))
    }

    fn follow(&self, id: Option<RecordId>) -> FollowDeploy<'_> {
        FollowDeploy { client: self, id, poll: Poll::new(), tell: Tell::nobody() }
    }

    /// How far a deploy is. A deploy that failed is no error here.
    ///
    /// # Errors
    /// There is no deploy of that id; an org keeps them for 30 days.
    pub async fn deploy_status(&self, id: RecordId) -> Result<DeployResult> {
        self.status(id, true).await
    }

    async fn status(&self, id: RecordId, with_details: bool) -> Result<DeployResult> {
        match self.has_deploys_by_soap() {
            true => soap::status(self, id, with_details).await,
            false => rest::status(self, id, with_details).await,
        }
    }

    /// Has the org stop a deploy. It may take its time: [`follow_deploy`](Self::follow_deploy) until it is canceled.
    ///
    /// True when it had not begun and is gone. Below API version 65.0 an org may cancel a deploy of which some is done.
    ///
    /// # Errors
    /// There is no such deploy, it has ended, or it is too late.
    pub async fn cancel_deploy(&self, id: RecordId) -> Result<bool> {
        match self.has_deploys_by_soap() {
            true => soap::cancel(self, id).await,
            false => rest::cancel(self, id).await,
        }
    }

    /// Deploys what was validated with its tests within the last ten days, without running them again, and hands back
    /// the id of the new deploy.
    ///
    /// # Errors
    /// The validation is too old, did not go well, or ran no tests.
    pub async fn quick_deploy(&self, validation: RecordId) -> Result<RecordId> {
        match self.has_deploys_by_soap() {
            true => soap::quick(self, validation).await,
            false => rest::quick(self, validation).await,
        }
    }
}

impl<'c> Deploy<'c> {
    /// Only looks whether it would go well; nothing changes.
    pub fn check_only(mut self) -> Self {
        self.options.check_only = true;
        self
    }

    /// Which tests run; the org decides unless said.
    pub fn test_level(mut self, level: TestLevel) -> Self {
        self.options.test_level = Some(level);
        self
    }

    /// Runs these test classes and no others. Each class that is deployed has to be covered to 75 % by them.
    pub fn run_tests<S: Into<String>>(mut self, classes: impl IntoIterator<Item = S>) -> Self {
        self.options.run_tests = classes.into_iter().map(Into::into).collect();
        self.options.test_level = Some(TestLevel::RunSpecifiedTests);
        self
    }

    /// Lets warnings be warnings; otherwise they fail the deploy.
    pub fn ignore_warnings(mut self) -> Self {
        self.options.ignore_warnings = true;
        self
    }

    /// All options at once.
    pub fn options(self, options: DeployOptions) -> Self {
        Self { options, ..self }
    }

    /// The deletions that the zip may do: every component that its destructive manifests name, and no other.
    ///
    /// Show the list to whoever has to answer for it. [`Archive::deletions`](crate::archive::Archive::deletions) has
    /// it.
    pub fn confirm_deletions(self, deletions: &Manifest) -> Self {
        Self { confirmed: Some(deletions.clone()), ..self }
    }

    /// How to wait.
    pub fn poll(mut self, poll: Poll) -> Self {
        self.follow.poll = poll;
        self
    }

    /// What to call while the org works.
    pub fn on_progress(mut self, tell: impl FnMut(Progress<'_, DeployResult>) + Send + 'c) -> Self {
        self.follow.tell = Tell::to(tell);
        self
    }

    /// Has the org begin, and hands back the id of the deploy.
    ///
    /// # Errors
    /// As for [`Client::deploy`], but that it is not known yet whether it goes well.
    pub async fn start(self) -> Result<RecordId> {
        start(self.client, self.zip, self.options, self.confirmed).await
    }

    async fn run(self) -> Result<DeployResult> {
        let id = start(self.client, self.zip, self.options, self.confirmed).await?;
        FollowDeploy { id: Some(id), ..self.follow }.await
    }
}

async fn start(client: &Client, zip: Bytes, options: DeployOptions, confirmed: Option<Manifest>) -> Result<RecordId> {
    if zip.len() > LARGEST_ZIP {
        let message = format!("nothing was sent: the zip has {} bytes and an org takes {LARGEST_ZIP}", zip.len());
        return Err(Error::new(ErrorKind::Limit, message));
    }
    options.check()?;
    deletions::check(&zip, confirmed.as_ref())?;
    match client.has_deploys_by_soap() || options.are_of_soap() {
        true => soap::start(client, &zip, &options).await,
        false => rest::start(client, zip, &options).await,
    }
}

impl<'c> FollowDeploy<'c> {
    /// How to wait.
    pub fn poll(self, poll: Poll) -> Self {
        Self { poll, ..self }
    }

    /// What to call while the org works.
    pub fn on_progress(self, tell: impl FnMut(Progress<'_, DeployResult>) + Send + 'c) -> Self {
        Self { tell: Tell::to(tell), ..self }
    }

    async fn run(mut self) -> Result<DeployResult> {
        let client = self.client;
        let Some(id) = self.id else {
            return Err(Error::new(ErrorKind::Invalid, "there is no deploy to wait for"));
        };
        patient(client, self.poll, &mut self.tell, || async move {
            let result = client.status(id, false).await?;
            Ok(match result.is_done() {
                true => Look::Done(()),
                false => Look::Running(result),
            })
        })
        .await?;
        // The details of thousands of components are asked for once.
        client.status(id, true).await?.checked()
    }
}

impl<'c> IntoFuture for Deploy<'c> {
    type Output = Result<DeployResult>;
    type IntoFuture = BoxFuture<'c, Result<DeployResult>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<'c> IntoFuture for FollowDeploy<'c> {
    type Output = Result<DeployResult>;
    type IntoFuture = BoxFuture<'c, Result<DeployResult>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Deploy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zip = format_args!("{} bytes", self.zip.len());
        f.debug_struct("Deploy").field("zip", &zip).field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for FollowDeploy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowDeploy").field("id", &self.id).field("poll", &self.poll).finish_non_exhaustive()
    }
}
