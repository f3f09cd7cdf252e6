//! `elect`: leader election on Leases, with an HTTP API on loopback.
//!
//! Safe if only agents write the Lease and clock rates differ by at most 1 %; see [`machine`] for why.

mod api;
mod driver;
mod lease;
mod machine;
mod record;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod view;
mod watchdog;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::cli::{Campaign, ElectArgs};
use super::serve::{self, GRACE, Limits, Servers};
use super::signals::Termination;
use super::{Failure, cluster, random, status};
pub use api::router;
pub use driver::{Election, Elections, Metrics};
use lease::LeaseClient;
pub use machine::{Elector, OnExit};
pub use record::Times;

/// What the server for the containers of the Pod is called.
const API: &str = "election API";

/// A Lease is a few hundred bytes; the container has 32 MiB.
const MAX_ANSWER: usize = 1024 * 1024;

/// Takes part in the elections until SIGTERM.
///
/// # Errors
/// Impossible times, no API server to connect to, or an address in use.
pub async fn run(args: ElectArgs) -> Result<(), Failure> {
    let times = Times::new(args.lease_duration, args.renew_deadline, args.retry_period).map_err(Failure::Usage)?;
    check_names(&args.leases)?;
    let identity = identity(args.identity)?;
    if !args.api.ip().is_loopback() {
        tracing::warn!(api = %args.api, "anyone who reaches this address can make the leader step down; use 127.0.0.1");
    }
    let mut termination = Termination::new()?;
    let (client, namespace) = cluster::connect(args.namespace.namespace.as_deref(), MAX_ANSWER).await?;
    let mut servers = Servers::new("elect");
    let metrics = Metrics::register(&mut servers.registry);
    let mut elections = Vec::new();
    for name in &args.leases {
        let campaigns = args.campaign == Campaign::Always;
        let seed = u64::from_le_bytes(random()?);
        let on_exit = match (args.sidecar, args.release_on_exit) {
            (true, _) => OnExit::ReleaseAtOnce,
            (false, true) => OnExit::Release,
            (false, false) => OnExit::Keep,
        };
        let elector = Elector::new(identity.clone(), times, campaigns, on_exit, seed);
        elections.push(Arc::new(Election::new(name.clone(), elector, times, metrics.clone())));
    }
    let elections = Arc::new(Elections(elections));
    status::start(&mut servers, args.status.status, Arc::clone(&elections) as _).await?;
    servers.serve(API, "--api", args.api, router(Arc::clone(&elections)), Limits::SMALL).await?;
    tracing::info!(identity, namespace, leases = ?args.leases, "taking part in elections");
    watchdog::start(Arc::clone(&elections) as _, watchdog::PERIOD, watchdog::end_process);
    let mut drivers = JoinSet::new();
    for election in &elections.0 {
        let leases = LeaseClient::new(client.clone(), &namespace, election.name());
        drivers.spawn(Arc::clone(election).drive(leases));
    }
    asked_to_end(&mut servers, &mut termination, &mut drivers).await?;
    let heard = is_heard(&servers).await;
    let at_once = args.sidecar && !heard;
    tracing::info!(at_once, "ending: no longer leading, releasing unless others are to wait");
    elections.0.iter().for_each(|election| election.stop(heard));
    tokio::select! {
        end = all(&mut drivers) => end?,
        () = termination.wait() => tracing::warn!("ended before the Leases were released"),
    }
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

/// Whether the app may still act on an answer: an app that has ended keeps no connection, one that is stopped together
/// with its sidecar may. What was closed just now is given a moment to be seen.
async fn is_heard(servers: &Servers) -> bool {
    for _ in 0..10 {
        if servers.connections(API) == 0 {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

/// A driver ends when its election has been stopped. One that ends before is broken: its process must end too, without
/// releasing what it may still lead, so that the container is started again.
async fn asked_to_end(
    servers: &mut Servers,
    termination: &mut Termination,
    drivers: &mut JoinSet<()>,
) -> Result<(), Failure> {
    tokio::select! {
        end = servers.until(termination) => end,
        Some(end) = drivers.join_next() => Err(serve::ended("an election", &end)),
    }
}

async fn all(drivers: &mut JoinSet<()>) -> Result<(), Failure> {
    while let Some(end) = drivers.join_next().await {
        if end.is_err() {
            return Err(serve::ended("an election", &end));
        }
    }
    Ok(())
}

fn check_names(leases: &[String]) -> Result<(), Failure> {
    for (index, name) in leases.iter().enumerate() {
        let valid = |part: &str| {
            let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-')
        };
        if name.len() > 253 || !name.split('.').all(valid) {
            return Err(Failure::Usage(format!("--lease {name:?} cannot name an object: a-z, 0-9, - and . only")));
        }
        if leases[..index].contains(name) {
            return Err(Failure::Usage(format!("--lease {name:?} is given twice")));
        }
    }
    Ok(())
}

/// Who this process is. The random part makes a restarted container another participant: it cannot know whether an
/// answer of its predecessor is still in use.
fn identity(name: Option<String>) -> Result<String, Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let name = name.or_else(|| variable("POD_NAME")).or_else(|| variable("HOSTNAME"));
    let name = name.unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
    // client-go separates the parts of its identities by the same sign, which no Pod's name contains.
    Ok(format!("{name}_{:016x}", u64::from_le_bytes(random()?)))
}

/// The name in an identity, without its random part.
fn name_of(identity: &str) -> &str {
    identity.rsplit_once('_').map_or(identity, |(name, _)| name)
}

#[cfg(test)]
mod drivers {
    use super::*;

    /// Else the process would go on without ever leading again.
    #[tokio::test]
    async fn an_election_that_breaks_ends_the_process() {
        let (mut servers, mut termination) = (Servers::new("test"), Termination::new().unwrap());
        let mut drivers = JoinSet::new();
        drivers.spawn(std::future::pending());
        drivers.spawn(async { panic!("a bug") });
        let failure = asked_to_end(&mut servers, &mut termination, &mut drivers).await.unwrap_err();
        assert_eq!(failure.code(), 1);
        assert!(failure.to_string().contains("an election has ended by itself"), "{failure}");
        assert!(failure.to_string().contains("a bug"), "{failure}");
        drivers.spawn(async { panic!("another bug") });
        assert!(all(&mut drivers).await.unwrap_err().to_string().contains("another bug"));
    }
}
