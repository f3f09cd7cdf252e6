//! Claims, volumes, their classes and drivers.

mod claim;
mod class;
mod volume;

pub use claim::{claim, claim_spec, claim_spec_warnings, claim_template_spec};
pub use class::{attributes_class, class, csi_driver};
pub use volume::volume;
