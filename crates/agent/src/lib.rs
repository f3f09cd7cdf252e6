//! The roles of `patterns-agent`, the container that generated Pods run for roles without a maintained image.
//!
//! Each role is a module with one `run`. They share the command line ([`cli`]), the status server ([`status`]),
//! outgoing HTTP ([`http`]) and the API server's client ([`cluster`]).

mod bounded;
pub mod cli;
mod clock;
mod cluster;
mod demo;
mod elect;
mod gather;
mod health;
mod http;
mod introspect;
mod join;
mod manifest;
mod names;
pub mod outside;
pub mod program;
mod queue;
mod reload;
mod serve;
mod signals;
mod source_dir;
mod status;
mod topz;

use std::future::Future;

use cli::{Cli, Role};

/// Why a role ended unexpectedly.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It cannot run like this: flags or configuration. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It ran, and was ended or could not go on. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// What it waits for has failed for good, so that another try is in vain. Exit code 3.
    #[error("{0}")]
    ForGood(String),
}

impl Failure {
    /// The process's exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
            Self::ForGood(_) => 3,
        }
    }
}

/// Runs the role until it has finished or SIGTERM ends it.
///
/// # Errors
/// The message for the user, with the exit code.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.role {
        Role::Elect(args) => small(elect::run(args)),
        Role::Gather(args) => large(gather::run(args)),
        Role::Join(args) => small(join::run(args)),
        Role::Queue(args) => small(queue::run(args)),
        Role::Reload(args) => small(reload::run(args)),
        Role::Topz(args) => small(topz::run(args)),
        Role::Health(args) => small(health::run(args)),
        Role::SourceDir(args) => small(source_dir::run(args)),
        Role::Introspect(args) => small(introspect::run(args)),
        Role::Demo(args) => small(demo::run(args)),
    }
}

/// One thread is enough for most roles, and keeps them within 32 MiB.
fn small(role: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    finish(&mut tokio::runtime::Builder::new_current_thread(), role)
}

/// A root fans out, so it may use all available cores.
fn large(role: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    finish(&mut tokio::runtime::Builder::new_multi_thread(), role)
}

/// Returns when the role does, without waiting for anything it leaves behind, such as a connection whose server never
/// stops.
fn finish(
    builder: &mut tokio::runtime::Builder,
    role: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Usage(format!("cannot start: {error}")))?;
    let end = runtime.block_on(role);
    runtime.shutdown_background();
    end
}

/// Unpredictable bytes.
fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(read) if read == N => Ok(bytes),
        _ => Err(Failure::Usage("the kernel gives no random bytes".to_owned())),
    }
}
