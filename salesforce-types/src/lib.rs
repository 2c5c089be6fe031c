#![doc = include_str!("../README.md")]

mod api_error;
mod compound;
pub mod describe;
mod id;
mod invalid;
pub mod json;
mod name;
mod patch;
mod picklist;
mod record;
mod sobject;
mod time;
mod usage;
mod version;

pub use api_error::{ApiError, ErrorCode};
pub use compound::{Address, Location};
pub use id::{IdText, KeyPrefix, RecordId};
pub use invalid::Invalid;
pub use name::{FieldName, ObjectName};
pub use patch::Patch;
pub use picklist::MultiPicklist;
pub use record::{FieldRef, Json, Number, Record, RowRef, Rows, Value};
#[cfg(feature = "derive")]
pub use salesforce_derive::SObject;
pub use sobject::SObject;
#[doc(hidden)]
pub use sobject::derive as __derive;
pub use time::{Date, TimeOfDay, Timestamp};
pub use usage::{ApiUsage, AppUsage, Limit, Limits};
pub use version::ApiVersion;
