//! Tests that call the library.
//!
//! They are one program, because a program that links the library takes minutes to build on the release profile. Tests
//! that only run the `patterns` binary are in `tests/program`, which builds without the program.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

mod cases;
mod corpus;
mod diagram;
mod effects;
mod english;
mod fixes;
mod hostile;
mod image_answers;
mod keys;
mod limits;
mod matrix;
mod policies;
mod random;
mod recipes;
mod recognise;
mod recognise_corpus;
mod rules;
mod schema;
mod shapes;
mod structure;
#[path = "../support/mod.rs"]
mod support;
mod types;
mod verdicts;
mod versions;
mod weave;
mod work;
mod wrong_forms;
mod yaml;
