//! `patterns-agent`: the real binary against real HTTP, files and processes.
//!
//! One program, because each that links the agent takes long to build; and because its tests mostly wait, so that many of
//! them can run at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod adapters;
mod common;
mod corpus;
mod demo;
mod elect;
mod frame;
mod gather;
mod hostile;
mod image;
mod join;
mod manifests;
mod queue;
#[path = "../support/mod.rs"]
mod support;
