//! `patterns lsp`: the results of `lint`, `gen`, `explain` and `schema` in an editor, over the Language Server
//! Protocol.
//!
//! Data flows one way. [`wire`] reads messages, [`server`] processes them in order, [`folders`] holds the texts and
//! finds what is wrong with them; every answer ([`actions`], [`diagnostics`] and so on) is a function of that state and
//! a position in it. Nothing here writes a file.

mod actions;
mod buffers;
mod catalogue;
mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod folders;
mod hover;
mod lens;
mod positions;
mod server;
mod shape;
mod trail;
mod uris;
mod wire;
mod word;

pub use server::{End, run};

/// The pattern of the schema for what stands for a parameter.
const HOLE: &str = r"\$\{[^}]+\}";
