//! The design patterns of container-based distributed systems, for Kubernetes.
//!
//! Data flows one way. `gen` reads a description, fills and weaves patterns into objects, checks them and writes YAML.
//! `lint` reads manifests, reads what each container does (`facts`) and runs the rules. Both read YAML with [`yaml`],
//! interpret objects with [`kube`], ask [`apiserver`] what a server says of them, and report with [`diagnostic`].

pub mod apiserver;
pub mod cel;
pub mod cli;
pub mod cmd;
pub mod describe;
pub mod diagnostic;
pub mod diagram;
pub mod expand;
pub mod facts;
pub mod files;
pub mod go;
pub mod import;
pub mod kube;
pub mod limits;
pub mod lint;
pub mod lsp;
pub mod origin;
pub mod output;
mod packed;
pub mod pattern;
pub mod policy;
pub mod project;
pub mod render;
pub mod report;
pub mod rules;
pub mod secrets;
mod sort;
pub mod text;

use patterns_text::command_secrets;
use patterns_text::secrets as secret_texts;
pub use patterns_text::words;
pub use patterns_yaml as yaml;
