//! The agent's command line, and nothing else. Every flag is an environment variable too: `PATTERNS_AGENT_<FLAG>`.

mod adapters;
mod batch;
mod serving;
mod values;

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use adapters::{HealthArgs, IntrospectArgs, ReloadArgs, SignalName, TopzArgs};
pub use batch::{JoinArgs, QueueArgs, SourceDirArgs};
pub use serving::{Campaign, DemoArgs, DemoKind, DemoPart, ElectArgs, GatherArgs, GatherMode, OnPartial, Protocol};

/// The containers that patterns need and that have no maintained image: election, scatter/gather, work queue, join and
/// adapters.
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
