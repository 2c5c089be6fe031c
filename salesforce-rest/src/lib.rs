#![doc = include_str!("../README.md")]

mod client;
mod org;
mod query;
mod save_result;
mod sobject;
mod url_length;

pub use client::{Client, ClientBuilder};
pub use org::{Identity, Organization, Resources, Version};
pub use query::{ChildRows, Cursor, InvalidCursor, Page, Query, Resume};
pub use salesforce_http::{Error, ErrorKind, Result};
pub use salesforce_soql::{IntoSoql, Soql};
pub use salesforce_types::describe::{GlobalDescribe, SObjectDescribe};
pub use salesforce_types::{
    ApiError, ApiVersion, ErrorCode, IdText, Limits, Record, RecordId, Rows, SObject, Timestamp, Value,
};
pub use save_result::SaveResult;
pub use sobject::{Find, Get, SObjectHandle};
pub use url_length::UrlTooLong;
