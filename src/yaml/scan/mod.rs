//! YAML text into events, as go-yaml v2 reads it.
//!
//! [`cursor`](self) knows characters, lines and columns; the scanner makes tokens, one file for each way to
//! write a scalar; the grammar makes events. `fault` says what is wrong in words for people.

mod block;
mod cursor;
mod fault;
mod grammar;
mod plain;
mod quoted;
mod scanner;
mod tag;
mod token;

pub(super) use grammar::{Event, Parser};
