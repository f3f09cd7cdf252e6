//! The agent's command line, and nothing else. Every flag is an environment variable too: `PATTERNS_AGENT_<FLAG>`.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The containers that patterns need and nobody maintains: election, scatter/gather, work queue, join and adapters.
#[derive(Debug, Parser)]
#[command(name = "patterns-agent", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What this container is.
    #[command(subcommand)]
    pub role: Role,
    /// What to log.
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", env = "PATTERNS_AGENT_LOG")]
    pub log: LogLevel,
}

/// How much to log.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogLevel {
    /// What a person has to look into.
    Error,
    /// Also what may become that.
    Warn,
    /// Also what the role does.
    Info,
    /// Also each call.
    Debug,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Elect leaders on Leases; an HTTP API on loopback says who leads.
    Elect(ElectArgs),
    /// Ask all leaves and merge their answers: the root of scatter/gather.
    Gather(GatherArgs),
    /// End when Jobs are complete, fail when one has failed.
    Join(JoinArgs),
    /// Make one Job for every item that a source lists.
    Queue(QueueArgs),
    /// Tell the app that mounted files have changed.
    Reload(ReloadArgs),
    /// Show which process of the Pod uses how much CPU and memory.
    Topz(TopzArgs),
    /// Answer the kubelet's probes for a server that speaks no HTTP.
    Health(HealthArgs),
    /// Serve the files of a folder as the items of a work queue.
    SourceDir(SourceDirArgs),
    /// Show processes, network, configuration and logs as JSON.
    Introspect(IntrospectArgs),
    /// Be a part of the histogram demonstrations.
    Demo(DemoArgs),
}

/// The status server of a long-running role.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Serve /healthz, /readyz and /metrics here.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:4041", env = "PATTERNS_AGENT_STATUS")]
    pub status: SocketAddr,
}

/// Where the role's objects are.
#[derive(Debug, Args)]
pub struct NamespaceArgs {
    /// The namespace; default: `POD_NAMESPACE`, or that of the ServiceAccount.
    #[arg(long, value_name = "NAME", env = "PATTERNS_AGENT_NAMESPACE")]
    pub namespace: Option<String>,
}

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

/// Arguments of `introspect`.
#[derive(Debug, Args)]
pub struct IntrospectArgs {
    /// Serve here.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:9081", env = "PATTERNS_AGENT_LISTEN")]
    pub listen: SocketAddr,
    /// Show this configuration file, or the files of this folder; repeat for more.
    #[arg(long, value_name = "PATH", value_delimiter = ',', env = "PATTERNS_AGENT_CONFIG")]
    pub config: Vec<PathBuf>,
    /// Show the end of this log; repeat for more.
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "PATTERNS_AGENT_LOGS")]
    pub logs: Vec<PathBuf>,
    /// What the app itself offers: metrics or stacks, passed on under /app.
    #[arg(long, value_name = "URL", env = "PATTERNS_AGENT_APP")]
    pub app: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub status: StatusArgs,
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

/// Times as Kubernetes users write them: `500ms`, `15s`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let duration =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write it like 500ms, 15s or 1h30m"))?;
    // A year is longer than any of these times means; beyond that, clock arithmetic could overflow.
    if duration > Duration::from_secs(366 * 24 * 3600) { Err("longer than a year".to_owned()) } else { Ok(duration) }
}

/// Sizes as Kubernetes users write them: `1Mi`, `500k`, `4096`.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: usize = match unit {
        "" => 1,
        "k" => 1000,
        "Ki" => 1 << 10,
        "M" => 1_000_000,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return Err("write it like 4096, 512Ki or 1Mi".to_owned()),
    };
    let number: usize = number.parse().map_err(|_| "write it like 4096, 512Ki or 1Mi".to_owned())?;
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(|| "out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_is_an_environment_variable() {
        for role in Cli::command().get_subcommands() {
            for arg in role.get_arguments().filter(|arg| !arg.is_positional() && arg.get_id() != "help") {
                let flag = arg.get_long().unwrap();
                let expected = format!("PATTERNS_AGENT_{}", flag.to_uppercase().replace('-', "_"));
                assert_eq!(arg.get_env().unwrap().to_str(), Some(expected.as_str()), "{} --{flag}", role.get_name());
            }
        }
    }
}
