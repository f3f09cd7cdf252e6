//! Roles beside one app: what it uses, whether it is healthy, what it tells, when it reloads.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::StatusArgs;
use super::values::duration;

/// Arguments of `topz`.
#[derive(Debug, Args)]
pub struct TopzArgs {
    /// Serve /topz and /topz.json here.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:9080", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: SocketAddr,
    /// Pause between samples.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration, env = "PATTERNS_AGENT_INTERVAL")]
    pub interval: Duration,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

/// Arguments of `reload`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("how").args(["url", "signal"]).required(true))]
pub struct ReloadArgs {
    /// Watch this file or folder; repeat for more.
    #[arg(long, value_name = "PATH", required = true, value_delimiter = ',', env = "PATTERNS_AGENT_WATCH")]
    pub watch: Vec<PathBuf>,
    /// POST to this URL of the app.
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_URL")]
    pub url: Option<String>,
    /// Send this signal to --process; needs one user for both containers and a shared PID namespace.
    #[arg(long, value_name = "NAME", requires = "process", ignore_case = true, env = "PATTERNS_AGENT_SIGNAL")]
    pub signal: Option<SignalName>,
    /// Name of the processes to signal.
    #[arg(long, value_name = "NAME", requires = "signal", env = "PATTERNS_AGENT_PROCESS")]
    pub process: Option<String>,
    /// Pause between looks.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration, env = "PATTERNS_AGENT_INTERVAL")]
    pub interval: Duration,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

/// Signals that programs reload on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named after the signals")]
pub enum SignalName {
    Hup,
    Int,
    Quit,
    Term,
    Usr1,
    Usr2,
    Winch,
}

/// Arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Answer probes here, on any path.
    #[arg(long, value_name = "ADDR", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: SocketAddr,
    /// What to check: tcp, http, redis, memcached, mysql or postgres://[user[:password]@]host:port[/…].
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_TARGET", hide_env_values = true)]
    pub target: String,
    /// Log in as this user, instead of one in --target.
    #[arg(long, value_name = "NAME", env = "PATTERNS_AGENT_USER")]
    pub user: Option<String>,
    /// Its password; better in the variable, which no process list shows.
    #[arg(long, value_name = "TEXT", env = "PATTERNS_AGENT_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Also run this: SQL, or a Redis command.
    #[arg(long, value_name = "TEXT", env = "PATTERNS_AGENT_QUERY")]
    pub query: Option<String>,
    /// How long a check may take.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration, env = "PATTERNS_AGENT_TIMEOUT")]
    pub timeout: Duration,
    /// Check this often and answer with the last result; default: check on every probe.
    #[arg(long, value_name = "TIME", value_parser = duration, env = "PATTERNS_AGENT_INTERVAL")]
    pub interval: Option<Duration>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

/// Arguments of `introspect`.
#[derive(Debug, Args)]
pub struct IntrospectArgs {
    /// Serve here; reach it with `kubectl port-forward`.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9081", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: SocketAddr,
    /// Show this configuration file, or the files of this folder, values masked unless known to be harmless; repeat for more.
    #[arg(long, value_name = "PATH", value_delimiter = ',', env = "PATTERNS_AGENT_CONFIG")]
    pub config: Vec<PathBuf>,
    /// Show the end of this log, credentials masked as far as they can be told; repeat for more.
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "PATTERNS_AGENT_LOGS")]
    pub logs: Vec<PathBuf>,
    /// What the app itself offers: metrics or stacks, passed on under /app.
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_APP")]
    pub app: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}
