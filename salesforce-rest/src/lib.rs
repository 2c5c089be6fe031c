#![doc = include_str!("../README.md")]

mod apex_rest;
mod body_size;
#[cfg(feature = "bulk")]
pub mod bulk;
mod client;
mod collections;
mod composite;
mod condition;
mod external_id;
#[cfg(feature = "bulk")]
pub mod extract;
mod file;
mod graphql;
mod load;
mod org;
mod outcome;
mod query;
mod report;
mod row;
mod save_result;
mod search;
mod sobject;
mod tooling;
#[cfg(feature = "soap")]
mod undelete;
mod url_length;
mod write;
mod write_options;

pub use client::{Client, ClientBuilder};
pub use collections::{GetMany, WriteMany};
pub use composite::{
    Batch, BatchAnswer, BatchRequest, Composite, CompositeAnswer, CompositeRequest, GraphAnswer, Graphs, GraphsAnswer,
    Part, PartAnswer, Reference, Slot, Target, Tree, TreeAnswer, TreeNode, TreeRequest, TreeResult,
};
pub use condition::PreconditionFailed;
pub use external_id::AmbiguousExternalId;
pub use file::{
    Download, DownloadMany, DownloadOutcome, Downloaded, FileError, FileKind, FileSource, LostUpload, NewFile,
    StoredFile, Upload, UploadMany, UploadOutcome, UploadWay, Uploaded,
};
pub use graphql::{Graphql, GraphqlError, GraphqlErrors};
pub use load::Loader;
pub use org::{
    BasicDescribe, Cached, DescribeCache, Freshness, Identity, Organization, Resources, UntestedVersion, Version,
    VersionChoice, VersionNotThere,
};
pub use outcome::{Outcome, Unknown, Written};
pub use query::{
    ChildRows, Cursor, InvalidCursor, Key, Keyset, NoKeyset, Page, PlanNote, Query, QueryPlan, QueryPlans, RawPage,
    Resume, Select, complete_child_rows,
};
pub use report::{DataCell, Facts, Report, ReportHandle, ReportInstance, ReportRow};
#[cfg(feature = "derive")]
pub use salesforce_derive::SObjectOfRest as SObject;
pub use salesforce_http::{
    Effect, Error, ErrorKind, Poll, Progress, Request, Reserve, ReserveReached, Response, Result,
};
pub use salesforce_soql::{IntoSoql, Soql, Sosl};
#[doc(hidden)]
pub use salesforce_types::__derive;
pub use salesforce_types::describe::{GlobalDescribe, SObjectDescribe};
// The trait alone: the derive of that name in salesforce-types writes the name of that crate.
#[doc(inline)]
pub use salesforce_types::__derive::SObject;
pub use salesforce_types::{
    ApiError, ApiVersion, ErrorCode, FieldRef, IdText, Limits, Patch, Record, RecordId, RowRef, Rows, Timestamp, Value,
};
pub use save_result::SaveResult;
pub use search::{ParameterizedSearch, SearchIn, SearchObject};
pub use sobject::{
    Create, Created, Delete, DeleteLogPurged, Deleted, DeletedRecord, Fetched, Find, Get, GetIf, Related,
    SObjectHandle, Update, Updated, Upsert, Upserted,
};
pub use tooling::Tooling;
pub use url_length::UrlTooLong;
pub use write_options::{AutoAssign, DuplicateRule, WriteOptions};
