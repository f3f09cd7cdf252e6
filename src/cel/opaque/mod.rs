//! Values of the types that Kubernetes adds to CEL, which expressions cannot look into but by functions.

mod quantity;
mod semver;
mod url;

pub use quantity::Quantity;
pub use semver::Semver;
pub use url::{Url, unescape};
