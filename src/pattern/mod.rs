//! Patterns: folders of templates, filled with parameters, rendered and woven into one Pod.

mod broken;
mod catalogue;
mod checks;
mod clash;
mod compose;
mod containers;
mod context;
mod definition;
mod expose;
mod files;
mod fill;
mod flow;
mod hatches;
mod images;
mod invariants;
mod objects;
mod overview;
mod own;
mod page;
mod ports;
mod prepare;
mod proof;
mod provides;
mod quote;
mod references;
mod render;
pub mod weave;

pub use catalogue::{Catalogue, Folder};
pub use compose::{expand, notes};
pub use definition::{Check, Claim, Definition, Note, Port, Readiness, Shards, Variant, WellKnown};
pub use hatches::Made;
pub use images::{Image, image_table};
pub use objects::{file_names, sort};
pub use overview::overview;
pub use page::{page, source};
pub use prepare::check;
