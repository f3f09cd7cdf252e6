//! What others send to the agent, read as its roles read it, without sockets or a cluster: for fuzzers and tests.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prometheus_client::registry::Registry;

use super::cli::GatherMode;
use super::elect;
use super::gather;
use super::introspect::Mask;
use super::{Failure, manifest, queue, serve};

/// All that `elect`'s API says to a client that sends these bytes and then no more.
///
/// # Errors
/// No runtime to serve in.
pub fn election_api(sent: &[u8]) -> Result<Vec<u8>, Failure> {
    let times = elect::Times::new(Duration::from_secs(15), Duration::from_secs(10), Duration::from_secs(2));
    let times = times.map_err(Failure::Usage)?;
    let elector = elect::Elector::new("test_0".to_owned(), times, true, elect::OnExit::Keep, 0);
    let metrics = elect::Metrics::register(&mut Registry::default());
    let election = Arc::new(elect::Election::new("shop".to_owned(), elector, times, metrics));
    let router = elect::router(Arc::new(elect::Elections(vec![election])));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Usage(format!("cannot start: {error}")))?;
    Ok(runtime.block_on(serve::said(router, serve::Limits::SMALL, sent)))
}

/// The requests of `leaves` leaves, from a client's request: its parts, and as JSON-RPC.
#[must_use]
pub fn parts(body: &[u8], leaves: usize) -> Vec<Option<Bytes>> {
    let parts = gather::parts(GatherMode::Split, &Bytes::copy_from_slice(body), leaves);
    let Ok(call) = gather::Call::read(body) else { return parts };
    let of_call = gather::parts(GatherMode::Split, &call.data, leaves).into_iter().enumerate();
    parts.into_iter().chain(of_call.map(|(leaf, part)| part.map(|part| call.to_leaf(leaf, &part)))).collect()
}

/// The result in a leaf's JSON-RPC answer.
///
/// # Errors
/// What the leaf says instead.
pub fn result(body: &[u8]) -> Result<Bytes, String> {
    gather::Call::result(&Bytes::copy_from_slice(body))
}

/// The items of a source's list.
///
/// # Errors
/// What it is instead of one.
pub fn items(body: &[u8]) -> Result<Vec<String>, String> {
    queue::listing(body).map(|listing| listing.names)
}

/// The Jobs of a manifest.
///
/// # Errors
/// What it holds instead.
pub fn jobs(bytes: &[u8]) -> Result<usize, String> {
    manifest::jobs("job.yaml", bytes.to_vec()).map(|jobs| jobs.len())
}

/// What `introspect` shows of a configuration file, and of the lines of a log.
#[must_use]
pub fn shown(text: &str) -> (String, Vec<String>) {
    let mask = Mask::new([7; 16]);
    (mask.configuration(text), text.lines().map(|line| mask.log_line(line)).collect())
}
