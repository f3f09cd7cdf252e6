//! The description language: from a file to documents that are whole, checked and free of parameters.

mod app;
mod document;
mod entries;
mod extends;
mod formats;
mod jq;
mod keys;
mod merge;
mod params;
mod schema;
mod settings;
mod spanned;
mod target;
mod variants;

pub use app::{App, EnvSource, EnvVar, Health, Resources, Volume, read as read_app};
pub use document::{Description, Entry, Expose, Ignore, Options, check_app, grammar, read};
pub use formats::{duration_seconds, format_pattern, is_config_key, is_format, is_object_name, is_service_name};
pub use merge::merge_maps;
pub use params::{KEYWORDS, Setting};
pub use schema::{Subject, check, embedded, with_defaults};
pub use settings::{check_namespace, from_file, from_flag, kubernetes_version, named_by_flag};
pub use spanned::{Kind, Member, Place, Spanned};
pub use target::Target;
pub use variants::form;
