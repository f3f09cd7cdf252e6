//! Documentation of patterns and descriptions: pages, overviews, starters, the schema for editors, images in use.

pub(super) mod images_used;
pub(super) mod key;
pub(super) mod overview;
pub(super) mod page;
pub(super) mod schema;
pub(super) mod starter;
