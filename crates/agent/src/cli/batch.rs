//! Roles of batch patterns: work queue, its source, and the join barrier.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::duration;
use super::{NamespaceArgs, StatusArgs};

/// Arguments of `join`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["jobs", "selector", "create"]).required(true).multiple(true))]
pub struct JoinArgs {
    /// Wait for this Job; repeat for more. One that is not there yet is waited for too.
    #[arg(long = "job", value_name = "NAME", value_delimiter = ',', env = "PATTERNS_AGENT_JOB")]
    pub jobs: Vec<String>,
    /// Wait for all Jobs with these labels, but for this Pod's own.
    #[arg(long, value_name = "LABELS", conflicts_with = "jobs", env = "PATTERNS_AGENT_SELECTOR")]
    pub selector: Option<String>,
    /// First create the Jobs of this manifest, named after and owned by this Pod's own Job, and wait for them.
    #[arg(long, value_name = "FILE", env = "PATTERNS_AGENT_CREATE")]
    pub create: Option<PathBuf>,
    /// This Pod's own Job; default: told from `POD_NAME`.
    #[arg(long, value_name = "NAME", env = "PATTERNS_AGENT_OWNER")]
    pub owner: Option<String>,
    /// Fail after this time; default: never.
    #[arg(long, value_name = "TIME", value_parser = duration, env = "PATTERNS_AGENT_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// Pause between looks.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration, env = "PATTERNS_AGENT_INTERVAL")]
    pub interval: Duration,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub namespace: NamespaceArgs,
}

/// Arguments of `queue`.
#[derive(Debug, Args)]
pub struct QueueArgs {
    /// The source container.
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_SOURCE")]
    pub source: String,
    /// Where its `items` are: `/` or `/api/v1`.
    #[arg(long, value_name = "PATH", default_value = "/", env = "PATTERNS_AGENT_SOURCE_PATH")]
    pub source_path: String,
    /// Template of the Jobs; `${ITEM}` is the name of the item's ConfigMap.
    #[arg(long, value_name = "FILE", env = "PATTERNS_AGENT_JOB")]
    pub job: PathBuf,
    /// Begins the names of the Jobs; default: the template's label `app.kubernetes.io/name`, or its name.
    #[arg(long, value_name = "NAME", env = "PATTERNS_AGENT_NAME")]
    pub name: Option<String>,
    /// How many Jobs may be unfinished at once.
    #[arg(long, value_name = "N", default_value = "8", env = "PATTERNS_AGENT_MAX_PARALLEL")]
    pub max_parallel: NonZeroUsize,
    /// Pause between looks at the source.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, env = "PATTERNS_AGENT_INTERVAL")]
    pub interval: Duration,
    /// Delete a finished Job when its item has not been listed for so long.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration, env = "PATTERNS_AGENT_KEEP_DONE")]
    pub keep_done: Duration,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub namespace: NamespaceArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

/// Arguments of `source-dir`.
#[derive(Debug, Args)]
pub struct SourceDirArgs {
    /// The folder; each file in it is an item.
    #[arg(long, value_name = "DIR", env = "PATTERNS_AGENT_DIR")]
    pub dir: PathBuf,
    /// Serve /items here, and under /api/v1.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: SocketAddr,
    /// List a file when it has not been written to for so long.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, env = "PATTERNS_AGENT_SETTLE")]
    pub settle: Duration,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}
