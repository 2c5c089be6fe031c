//! What an org says of itself: which versions and resources it has, who is connected, what is left of its limits,
//! which objects it holds, what time it is there.

mod describe;
mod identity;
mod limits;
mod organization;
mod resources;
mod server_time;
mod versions;

pub use identity::Identity;
pub use organization::Organization;
pub use resources::Resources;
pub use versions::Version;
