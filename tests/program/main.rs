//! The program `patterns` as its users run it. One test program, since each one more is linked twice by `.ci/run`, the
//! second time with all that the release profile does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::too_many_lines, reason = "tables of cases")]

mod book;
mod catalogue;
mod command_line;
mod consequences;
mod databases;
mod everyday;
mod explain;
mod files;
mod foreign_files;
mod generate;
mod helps;
mod import;
mod import_back;
mod import_keys;
mod import_objects;
mod import_reasons;
mod import_runs;
mod import_variants;
mod language;
mod limits;
mod lint;
mod lsp;
mod order;
mod outputs;
mod patterns;
mod project;
mod reach;
mod readme;
mod refused;

mod render;
mod report;
mod search;
mod secret_spellings;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod workspace;
mod written;
