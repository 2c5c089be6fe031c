#![doc = include_str!("../README.md")]

mod answer;
mod apex;
mod blob;
mod body;
mod bulk;
mod call;
mod clock;
mod endpoint;
mod fault;
mod files;
mod graphql;
mod http_time;
mod ids;
mod journal;
mod metadata;
mod multipart;
mod oauth;
mod org;
mod route;
pub mod rules;
pub mod schema;
pub mod seed;
#[cfg(feature = "server")]
mod server;
mod session;
mod soql;
mod sosl;
pub mod store;
mod tooling;
pub mod value;
#[cfg(feature = "wiremock")]
mod wiremock;
mod xml;

pub use apex::{ApexAnswer, ApexCall};
pub use blob::Blob;
pub use body::Body;
pub use bulk::{Bulk, Fate};
pub use clock::OrgClock;
pub use fault::{Delivery, Fault, Part};
pub use files::Files;
pub use journal::{Entry, Journal};
pub use metadata::{Metadata, Package};
pub use oauth::{App, AppKind};
pub use org::Org;
#[cfg(feature = "server")]
pub use server::{MockOrg, MockOrgBuilder};
#[cfg(feature = "wiremock")]
pub use wiremock::OrgResponder;
