//! From the command line to the exit code, with the log.

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::cli;

/// Runs the role that the command line names, to its end.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    start_log(cli.log);
    // A bug's own words, as a line of the log like all others.
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    match std::panic::catch_unwind(|| crate::run(cli)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            tracing::error!("{failure}");
            ExitCode::from(failure.code())
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// One JSON object per line on stderr.
fn start_log(level: cli::LogLevel) {
    let level = match level {
        cli::LogLevel::Error => tracing::Level::ERROR,
        cli::LogLevel::Warn => tracing::Level::WARN,
        cli::LogLevel::Info => tracing::Level::INFO,
        cli::LogLevel::Debug => tracing::Level::DEBUG,
    };
    // Libraries speak only when something is wrong: at debug level they would log requests with their headers.
    let filter = tracing_subscriber::filter::Targets::new()
        .with_target("patterns_agent", level)
        .with_default(tracing::Level::WARN)
        // Each failed call; roles say it themselves, in better words and once.
        .with_target("kube_client", tracing_subscriber::filter::LevelFilter::OFF);
    let format =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(format).init();
}
