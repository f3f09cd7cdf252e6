//! YAML text into events, as go-yaml v2 reads it.
//!
//! `cursor` knows characters, lines and columns. `scanner` makes tokens, with a file for each way to write a
//! scalar. `grammar` makes events of them. `fault` says in words for people what is wrong. `direct` takes a shorter way
//! where a document is written as most are.

mod block;
mod cursor;
pub(super) mod direct;
mod entries;
mod fault;
mod grammar;
mod keys;
mod literal;
mod plain;
mod quoted;
mod scanner;
mod tag;
mod token;

pub(super) use grammar::{Event, Parser};
