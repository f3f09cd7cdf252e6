//! The description language: from a file to complete, checked documents without parameters.

mod app;
mod beside;
mod description;
mod document;
mod entries;
mod environment;
mod extends;
mod formats;
mod grammar;
mod jq;
mod keys;
pub mod keywords;
mod merge;
mod params;
mod schema;
mod settings;
mod spanned;
mod target;

pub use app::{
    App, EnvFrom, EnvSource, EnvVar, Files, Handler, Health, NamedPort, Probe, Request, Resources, Right, Volume,
    looks_like_secret, read as read_app, read_resources,
};
pub use beside::{find as find_beside, read as read_beside};
pub use description::{Description, Entry, Expose, Ignore, Init, LeftOut, Options};
pub use document::{environments, parameters, read};
pub use formats::{
    duration_seconds, fits, format_pattern, is_config_key, is_format, is_object_name, is_service_name, port_of,
    taint_and_effect,
};
pub use grammar::{check_app, grammar};
pub use merge::merge as lay_over;
pub use params::Setting;
pub use schema::{Subject, check, check_keys, embedded, form, with_defaults};
pub use settings::{check_namespace, from_file, from_flag, kubernetes_version, named_by_flag};
pub use spanned::{Kind, Member, Place, Spanned};
pub use target::Target;
