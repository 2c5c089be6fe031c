//! What an org says of itself: which versions and resources it has, who is connected, what is left of its limits,
//! which objects it holds, what time it is there.

mod describe;
mod describe_cache;
mod identity;
mod limits;
mod organization;
mod recent;
mod record_counts;
mod resources;
mod server_time;
mod version_choice;
mod versions;

pub use describe::BasicDescribe;
pub use describe_cache::{Cached, DescribeCache, Freshness};
pub use identity::Identity;
pub use organization::Organization;
pub use resources::Resources;
pub use version_choice::{UntestedVersion, VersionChoice, VersionNotThere};
pub use versions::Version;
