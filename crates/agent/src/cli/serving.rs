//! Roles of serving patterns: election, scatter/gather and its demonstration.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{bytes, duration};
use super::{NamespaceArgs, StatusArgs};

/// Arguments of `elect`.
#[derive(Debug, Args)]
pub struct ElectArgs {
    /// Take part in the election on this Lease; repeat for more.
    #[arg(long = "lease", value_name = "NAME", required = true, value_delimiter = ',', env = "PATTERNS_AGENT_LEASE")]
    pub leases: Vec<String>,
    /// Name of this participant, to which a random part per process is added; default: `POD_NAME`, or the host name.
    #[arg(long, value_name = "NAME", env = "PATTERNS_AGENT_IDENTITY")]
    pub identity: Option<String>,
    /// How long others leave an unchanged Lease alone.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration,
        env = "PATTERNS_AGENT_LEASE_DURATION")]
    pub lease_duration: Duration,
    /// How long a leader leads after its last renewal was sent.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration,
        env = "PATTERNS_AGENT_RENEW_DEADLINE")]
    pub renew_deadline: Duration,
    /// Pause between renewals.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration,
        env = "PATTERNS_AGENT_RETRY_PERIOD")]
    pub retry_period: Duration,
    /// Serve the election API here.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4040", env = "PATTERNS_AGENT_API")]
    pub api: SocketAddr,
    /// When to campaign.
    #[arg(long, value_name = "WHEN", default_value = "always", env = "PATTERNS_AGENT_CAMPAIGN")]
    pub campaign: Campaign,
    /// Release the Lease on SIGTERM, once the last answer has run out, so that others take over at once.
    #[arg(long, env = "PATTERNS_AGENT_RELEASE_ON_EXIT")]
    pub release_on_exit: bool,
    /// This is a native sidecar without a liveness probe: it gets SIGTERM only when the app's container has ended, so
    /// that nothing can act on the last answer any more. Then release the Lease at once.
    #[arg(long, env = "PATTERNS_AGENT_SIDECAR")]
    pub sidecar: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub namespace: NamespaceArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

/// When an elector campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Campaign {
    /// From the start.
    Always,
    /// After the first `POST /becomeLeader` or `PUT /locks/<name>`.
    OnRequest,
}

/// Arguments of `gather`.
#[derive(Debug, Args)]
pub struct GatherArgs {
    /// Serve the root here.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:3000", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: SocketAddr,
    /// How many leaves there are.
    #[arg(long, value_name = "N", env = "PATTERNS_AGENT_LEAVES")]
    pub leaves: NonZeroUsize,
    /// Where leaf `{i}` is, counted from 0.
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_LEAF_URL")]
    pub leaf_url: String,
    /// Where else leaf `{i}` is, if it fails or is slow; repeat for more.
    #[arg(long = "replica-url", value_name = "URL", value_delimiter = ',', env = "PATTERNS_AGENT_REPLICA_URL")]
    pub replica_urls: Vec<String>,
    /// What a leaf is sent: all of the request, or its part of an array or of a range {"from": …, "to": …}.
    #[arg(long, value_name = "MODE", default_value = "broadcast", env = "PATTERNS_AGENT_MODE")]
    pub mode: GatherMode,
    /// How long to wait for a leaf.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration, env = "PATTERNS_AGENT_TIMEOUT")]
    pub timeout: Duration,
    /// Answer by then, merging included; default: only --timeout counts, for leaves and merge.
    #[arg(long, value_name = "TIME", value_parser = duration, env = "PATTERNS_AGENT_DEADLINE")]
    pub deadline: Option<Duration>,
    /// Ask a replica (or the same URL) too when a leaf has not answered by then.
    #[arg(long, value_name = "TIME", value_parser = duration, env = "PATTERNS_AGENT_HEDGE_AFTER")]
    pub hedge_after: Option<Duration>,
    /// How many leaves must answer for a partial answer; default: all.
    #[arg(long, value_name = "N", env = "PATTERNS_AGENT_QUORUM")]
    pub quorum: Option<usize>,
    /// What to do when leaves are missing and the quorum is there.
    #[arg(long, value_name = "WHAT", default_value = "error", env = "PATTERNS_AGENT_ON_PARTIAL")]
    pub on_partial: OnPartial,
    /// The merge container; without it the answer is the list of the leaves' answers.
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_MERGE")]
    pub merge: Option<String>,
    /// What clients and leaves speak.
    #[arg(long, value_name = "NAME", default_value = "plain", env = "PATTERNS_AGENT_PROTOCOL")]
    pub protocol: Protocol,
    /// Largest body of a request, and of a leaf's answer.
    #[arg(long, value_name = "BYTES", default_value = "1Mi", value_parser = bytes, env = "PATTERNS_AGENT_MAX_BODY")]
    pub max_body: usize,
    /// How many requests may be answered at once.
    #[arg(long, value_name = "N", default_value = "256", env = "PATTERNS_AGENT_MAX_REQUESTS")]
    pub max_requests: NonZeroUsize,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

/// What a leaf is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GatherMode {
    /// The request itself.
    Broadcast,
    /// Its part of the request.
    Split,
}

/// What to do with a partial answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnPartial {
    /// Answer with an error.
    Error,
    /// Answer with what there is, and X-Patterns-Missing.
    Allow,
}

/// What clients and leaves speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// HTTP with bodies of any kind, best JSON.
    Plain,
    /// Metaparticle's JSON-RPC 2.0.
    Jsonrpc,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which part to be.
    #[arg(value_name = "PART")]
    pub part: DemoPart,
    /// Which demonstration.
    #[arg(long, value_name = "NAME", default_value = "gaussian", env = "PATTERNS_AGENT_KIND")]
    pub kind: DemoKind,
    /// Repeats the random numbers.
    #[arg(long, value_name = "N", default_value = "1", env = "PATTERNS_AGENT_SEED")]
    pub seed: u64,
    /// Which leaf this is, so that leaves differ; default: `LEAF_INDEX`.
    #[arg(long, value_name = "N", default_value_t = leaf_index(), env = "PATTERNS_AGENT_LEAF")]
    pub leaf: u64,
    /// Serve here; default: port 3000 (leaf), 3100 (merge) or 8080 (source).
    #[arg(long, value_name = "ADDR", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
}

fn leaf_index() -> u64 {
    std::env::var("LEAF_INDEX").ok().and_then(|index| index.parse().ok()).unwrap_or(0)
}

/// A part of a demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DemoPart {
    /// Draws random numbers.
    Leaf,
    /// Makes a histogram of them.
    Merge,
    /// Lists items of work.
    Source,
}

/// A demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DemoKind {
    /// Numbers around 100 (sigma 25), in ten bars of 20.
    Gaussian,
    /// Numbers from 0 to 200, in ten bars of 20.
    Uniform,
    /// What was published as such: sums of the leaves' first ten numbers.
    UniformOriginal,
    /// How often each digit occurs in numbers from 0 to 100.
    Digits,
    /// How often each digit is the last one of multiples of five.
    LastDigit,
}
