#![doc = include_str!("../README.md")]

mod body_size;
mod client;
mod collections;
mod composite;
mod condition;
mod external_id;
mod load;
mod org;
mod outcome;
mod query;
mod row;
mod save_result;
mod sobject;
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
pub use load::Loader;
pub use org::{Identity, Organization, Resources, Version};
pub use outcome::{Outcome, Unknown, Written};
pub use query::{ChildRows, Cursor, InvalidCursor, Page, Query, Resume};
pub use salesforce_http::{Error, ErrorKind, Result};
pub use salesforce_soql::{IntoSoql, Soql};
pub use salesforce_types::describe::{GlobalDescribe, SObjectDescribe};
pub use salesforce_types::{
    ApiError, ApiVersion, ErrorCode, IdText, Limits, Record, RecordId, Rows, SObject, Timestamp, Value,
};
pub use save_result::SaveResult;
pub use sobject::{
    Create, Created, Delete, Fetched, Find, Get, GetIf, Related, SObjectHandle, Update, Upsert, Upserted,
};
pub use url_length::UrlTooLong;
pub use write_options::{AutoAssign, DuplicateRule, WriteOptions};
