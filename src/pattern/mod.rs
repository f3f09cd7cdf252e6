//! Patterns: folders of templates, filled with parameters, rendered and woven into one Pod.
//!
//! The modules are in dependency order: each may use only those above it.

mod names;

mod catalogue;
mod template;

mod plan;

mod objects;

mod keys;

mod compose;

mod docs;
mod user;

pub use catalogue::definition::{
    Check, Claim, Definition, Note, Port, Readiness, Replicas, Shards, Variant, WellKnown,
};
pub use catalogue::folders::{Catalogue, Folder};
pub use catalogue::images::{Image, image_table};
pub use compose::expand::{expand, notes};
pub use docs::images_used::{ImageFrom, ImageUse, images_used};
pub use docs::key::{key, key_of, mentioning, top_keys};
pub use docs::overview::overview;
pub use docs::page::{page, source};
pub use docs::schema::{definition_schema, editor_schema, settings_schema};
pub use docs::starter::starter;
pub(crate) use names::volume_name;
pub use objects::made::Made;
pub(crate) use objects::strategic::key_of as merge_key;
pub(crate) use objects::templates;
pub use objects::{file_names, rank, sort, weave};
pub use plan::document::{check, check_elsewhere};
pub(crate) use plan::inbound::app_protocol;
pub use template::patience::is_template_stuck;
