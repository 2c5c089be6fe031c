#![doc = include_str!("../README.md")]

mod api_error;
pub mod describe;
mod id;
mod invalid;
mod name;
mod record;
mod sobject;
mod time;
mod usage;
mod version;

pub use api_error::{ApiError, ErrorCode};
pub use id::{IdText, KeyPrefix, RecordId};
pub use invalid::Invalid;
pub use name::{FieldName, ObjectName};
pub use record::{Json, Number, Record, Rows, Value};
pub use sobject::SObject;
pub use time::{Date, TimeOfDay, Timestamp};
pub use usage::{ApiUsage, AppUsage, Limit, Limits};
pub use version::ApiVersion;
