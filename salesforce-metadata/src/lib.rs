#![doc = include_str!("../README.md")]

mod answer;
pub mod archive;
mod call;
mod client;
pub mod compare;
pub mod component;
mod crud;
mod deploy;
mod describe;
mod job;
mod list;
mod manifest;
pub mod package;
pub mod plan;
mod retrieve;
pub mod source;
pub mod types;
pub mod xml;

pub use client::Client;
pub use crud::{Delete, Outcome, Save, Saved};
pub use deploy::{
    CodeCoverageWarning, Deploy, DeployDetails, DeployFailed, DeployMessage, DeployOptions, DeployResult, DeployStatus,
    FollowDeploy, LARGEST_ZIP, ProblemType, RunTestFailure, RunTestSuccess, RunTestsResult, TestLevel,
    UnconfirmedDeletions,
};
pub use describe::{Describe, DescribedType, ValueType, ValueTypeField};
pub use list::{FileProperties, List, ListQuery, Listing, ManageableState};
pub use manifest::{Manifest, NoWildcard};
pub use retrieve::{
    Retrieve, RetrieveFailed, RetrieveMessage, RetrieveResult, RetrieveStatus, Retrieved, RetrievedFile,
};
pub use salesforce_http::{Error, ErrorKind, Poll, Progress, Result};
pub use salesforce_types::{ApiVersion, IdText, RecordId, Timestamp};
pub use xml::{XmlError, XmlErrorKind};
