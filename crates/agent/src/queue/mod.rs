//! `queue`: one Job for every item that the source lists, and never a second one.
//!
//! The cluster's Jobs are its memory: names are hashes of items, so a Job that is there says that the item was taken,
//! whichever manager asks and however often this process was restarted. Order makes it safe to be ended anywhere: an
//! item's data is fetched first, then its Job is made, then the ConfigMap that the Job owns; the Pod waits for that
//! mount meanwhile. What is half made is completed by the next round.
//!
//! In full, for any number of managers at once, each ended or answered wrongly at any call:
//!
//! - **Q1: at most one Job of an item is there at a time.** Its name is a function of the item, and a name is taken once;
//!   who comes second is told `AlreadyExists`, and goes on with the one that is there.
//! - **Q2: a Job is deleted only when its item is not listed**: in `forget_old`, finished, after `keep_done` of looks that
//!   did not list it; in `repair`, active, when the source has it no more and nothing was ever kept of it, so that no Pod
//!   of it can have started. Both delete by uid, so never one that another manager has made since.
//! - With Q1, an item that stays listed has exactly one Job for as long as it does: **never a second one**.
//! - **Q3: what a Job's Pods read is what the source gave for the item.** The ConfigMap is immutable, made once under the
//!   Job's name, and owned by the uid that `create` answered.
//! - **Q4: what is half made does not stay so.** A Job without its ConfigMap is active, and every round of every manager
//!   looks for that: it is completed from the source, or deleted (Q2). Only names known to be whole are skipped, and
//!   those are forgotten with their Job.
//!
//! `simulation` drives this very code through every interleaving of two managers' calls and every call at which one
//! of them is ended, refused, or loses the answer.

mod calls;
mod jobs;
mod progress;
#[cfg(test)]
mod simulation;
mod source;
mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::cli::QueueArgs;
use super::serve::{GRACE, Servers};
use super::signals::Termination;
use super::status;
use super::{Failure, clock, cluster, manifest};
pub use calls::Refusal;
use calls::{Cluster, Items};
use jobs::{Jobs, Known, State};
use progress::{Progress, set};
pub use source::listing;
use source::{Listing, NoItem, Source};
use template::Template;

/// A page of Jobs.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Works until SIGTERM.
///
/// # Errors
/// A template or flag that cannot work, or no API server to connect to.
pub async fn run(args: QueueArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let mut jobs = manifest::read_jobs(&args.job)?;
    let job = jobs.pop().filter(|_| jobs.is_empty());
    let job = job.ok_or_else(|| Failure::Usage(format!("{}: exactly one Job is the template", args.job.display())))?;
    let template = Template::new(job, args.name)?;
    let source = Source::new(&args.source, &args.source_path)?;
    let (client, namespace) = cluster::connect(args.namespace.namespace.as_deref(), MAX_ANSWER).await?;
    let jobs = Jobs::new(&client, &namespace, template.queue());
    let mut servers = Servers::new("queue");
    let report = Arc::new(Progress::register(&mut servers.registry, args.interval));
    status::start(&mut servers, args.status.status, Arc::clone(&report) as _).await?;
    tracing::info!(queue = template.queue(), namespace, "taking items");
    let (max_parallel, keep_done) = (args.max_parallel.get(), args.keep_done);
    let mut manager = Manager { template, source, jobs, max_parallel, keep_done, memory: Memory::default(), report };
    let rounds = async {
        loop {
            manager.round().await;
            tokio::time::sleep(args.interval).await;
        }
    };
    tokio::select! {
        () = rounds => {}
        end = servers.until(&mut termination) => end?,
    }
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

struct Manager<S, J> {
    template: Template,
    source: S,
    jobs: J,
    max_parallel: usize,
    keep_done: Duration,
    memory: Memory,
    report: Arc<Progress>,
}

/// Saves calls and log lines; losing it loses nothing else.
#[derive(Default)]
struct Memory {
    /// The uids of Jobs whose ConfigMap was seen. Some other process made it, or it is that of an earlier Job of the
    /// name, which the garbage collector has yet to take: since when, for it is looked at again.
    seen: HashMap<String, Seen>,
    /// Items that the API server refused, and when.
    refused: HashMap<String, Duration>,
    /// Since when an item with a finished Job has not been listed.
    unlisted: HashMap<String, Duration>,
    /// What has been logged.
    said: BTreeSet<String>,
}

/// When a ConfigMap was seen.
#[derive(Clone, Copy)]
struct Seen {
    first: Duration,
    last: Duration,
    /// It was made for this very Job.
    own: bool,
}

impl Seen {
    /// Whether it may have gone since.
    fn is_doubtful(self, now: Duration) -> bool {
        !self.own && (now.saturating_sub(self.first) < SETTLED || now.saturating_sub(self.last) >= SETTLED)
    }
}

/// The garbage collector takes what a deleted Job owned within seconds; long after that, a look now and then is enough.
const SETTLED: Duration = Duration::from_secs(600);

/// An item that was refused is tried again after so long, and a round tries so many: each may be refused by what will
/// refuse all of them, and each is a call.
const AGAIN: Duration = Duration::from_secs(300);
const REFUSALS: usize = 8;

impl<S: Items, J: Cluster> Manager<S, J> {
    /// Brings the cluster to what the source lists, as far as it gets.
    async fn round(&mut self) {
        let outcome = self.try_round().await;
        self.report.turned(outcome.as_ref().err().cloned());
        if let Err(reason) = outcome {
            tracing::warn!("{reason}; trying again");
        }
    }

    async fn try_round(&mut self) -> Result<(), String> {
        let listing = self.source.list().await.map_err(|reason| format!("the source is lost: {reason}"))?;
        let known = self.jobs.list().await?;
        self.count(&listing, &known);
        let now = clock::since_boot();
        let names: HashSet<&String> = listing.names.iter().collect();
        self.memory.refused.retain(|item, at| names.contains(item) && now.saturating_sub(*at) < AGAIN);
        let unrepaired = self.repair(&listing, &known).await?;
        let refused = self.take_new(&listing, &known).await?;
        self.forget_old(&listing, &known).await?;
        unrepaired.or(refused).map_or(Ok(()), Err)
    }

    /// Completes what an earlier process, or a lost answer, left half made. A refusal, if there was one.
    async fn repair(&mut self, listing: &Listing, known: &BTreeMap<String, Known>) -> Result<Option<String>, String> {
        let mut last = None;
        let uids: HashSet<&String> = known.values().map(|job| &job.uid).collect();
        self.memory.seen.retain(|uid, _| uids.contains(uid));
        let now = clock::since_boot();
        let listed: HashSet<&String> = listing.names.iter().collect();
        for (name, job) in known {
            // A Job that merely carries the label is none of ours.
            let ours = self.template.name(&job.item) == *name;
            let is_whole = self.memory.seen.get(&job.uid).is_some_and(|seen| !seen.is_doubtful(now));
            if !ours || job.state != State::Active || is_whole {
                continue;
            }
            let placeholder = self.template.config_map(&job.item, "", &job.uid);
            let is_missing = match self.jobs.keep(name, placeholder, true).await {
                Ok(is_missing) => is_missing,
                // Quotas and policies are asked before the name is looked up, so this does not say whether it is there.
                Err(Refusal::Object(reason)) => {
                    self.say(&format!("Job {name:?} may lack its item {:?}: {reason}", job.item));
                    last = Some(reason);
                    continue;
                }
                Err(Refusal::Call(reason)) => return Err(reason),
            };
            if !is_missing {
                let seen = self.memory.seen.entry(job.uid.clone());
                seen.or_insert(Seen { first: now, last: now, own: false }).last = now;
                continue;
            }
            match self.source.item(&job.item).await {
                Ok(data) => match self.keep(name, &job.item, &data, &job.uid).await? {
                    None => tracing::info!(job = name, item = job.item, "completed a Job that lacked its item"),
                    refused => last = refused,
                },
                // No Pod of it can have started, and nothing is left to start it with.
                Err(NoItem::Gone) if !listed.contains(&job.item) => {
                    self.jobs.delete(name, &job.uid).await?;
                    tracing::warn!(
                        job = name,
                        item = job.item,
                        "the source withdrew the item before its data was kept"
                    );
                }
                Err(no_item) => self.complain(&job.item, no_item),
            }
        }
        Ok(last)
    }

    /// Makes Jobs while there is room. A refusal, if the API server refused every one: then it is not this item's.
    async fn take_new(&mut self, listing: &Listing, known: &BTreeMap<String, Known>) -> Result<Option<String>, String> {
        let (mut taken, mut refusals, mut last) = (0, 0, None);
        let active = known.values().filter(|job| job.state == State::Active).count();
        let mut room = self.max_parallel.saturating_sub(active);
        for item in &listing.names {
            let name = self.template.name(item);
            if room == 0 || refusals == REFUSALS {
                break;
            }
            if known.contains_key(&name) || self.memory.refused.contains_key(item) {
                continue;
            }
            match self.source.item(item).await {
                Ok(data) => {
                    let refused = match self.jobs.create(&name, self.template.job(item)).await {
                        Ok(uid) => self.keep(&name, item, &data, &uid).await?,
                        Err(Refusal::Object(reason)) => Some(self.refuse(item, reason)),
                        Err(Refusal::Call(reason)) => return Err(reason),
                    };
                    if refused.is_some() {
                        refusals += 1;
                        last = refused;
                        continue;
                    }
                    self.report.taken.inc();
                    tracing::info!(job = name, item, "taken");
                    taken += 1;
                    room -= 1;
                }
                Err(NoItem::Gone) => {}
                Err(no_item) => self.complain(item, no_item),
            }
        }
        Ok(last.filter(|_| taken == 0))
    }

    /// Gives a Job its item. A Job whose item is refused goes: no Pod of it can have started, and it would hold a place.
    async fn keep(&mut self, name: &str, item: &str, data: &str, uid: &str) -> Result<Option<String>, String> {
        match self.jobs.keep(name, self.template.config_map(item, data, uid), false).await {
            Ok(own) => {
                let now = clock::since_boot();
                self.memory.seen.insert(uid.to_owned(), Seen { first: now, last: now, own });
                Ok(None)
            }
            Err(Refusal::Object(reason)) => {
                self.jobs.delete(name, uid).await?;
                Ok(Some(self.refuse(item, reason)))
            }
            Err(Refusal::Call(reason)) => Err(reason),
        }
    }

    /// Notes that an item's Job cannot be, for now.
    fn refuse(&mut self, item: &str, reason: String) -> String {
        self.memory.refused.insert(item.to_owned(), clock::since_boot());
        self.say(&format!("item {item:?} was not taken: {reason}"));
        reason
    }

    /// Deletes finished Jobs whose items have long been unlisted. A restart begins that time anew.
    async fn forget_old(&mut self, listing: &Listing, known: &BTreeMap<String, Known>) -> Result<(), String> {
        let listed: HashSet<String> = listing.names.iter().map(|item| self.template.name(item)).collect();
        let now = clock::since_boot();
        self.memory.unlisted.retain(|name, _| known.contains_key(name) && !listed.contains(name));
        for (name, job) in known {
            let ours = self.template.name(&job.item) == *name;
            if !ours || job.state == State::Active || listed.contains(name) {
                continue;
            }
            let since = *self.memory.unlisted.entry(name.clone()).or_insert(now);
            if now.saturating_sub(since) >= self.keep_done {
                self.jobs.delete(name, &job.uid).await?;
                tracing::info!(job = name, item = job.item, "done, no longer listed: deleted");
            }
        }
        Ok(())
    }

    fn count(&mut self, listing: &Listing, known: &BTreeMap<String, Known>) {
        let waiting = listing.names.iter().filter(|item| !known.contains_key(&self.template.name(item))).count();
        let of = |wanted: fn(&State) -> bool| known.values().filter(|job| wanted(&job.state)).count();
        set(&self.report.waiting, waiting);
        set(&self.report.active, of(|state| *state == State::Active));
        set(&self.report.complete, of(|state| *state == State::Complete));
        set(&self.report.failed, of(|state| matches!(state, State::Failed(_))));
        set(&self.report.malformed, listing.malformed.len());
        for (name, job) in known {
            if let State::Failed(reason) = &job.state {
                self.say(&format!("item {:?} failed (Job {name}): {reason}", job.item));
            }
        }
        for item in &listing.malformed {
            self.say(&format!("the source lists {item}, which is not a name of an item"));
        }
    }

    fn complain(&mut self, item: &str, no_item: NoItem) {
        match no_item {
            NoItem::Gone => self.say(&format!("the source lists item {item:?} and does not have it")),
            NoItem::Malformed(reason) | NoItem::Lost(reason) => {
                self.say(&format!("item {item:?} was not taken: {reason}"));
            }
        }
    }

    /// Logs what has not been logged before; bounded, whatever the source lists.
    fn say(&mut self, complaint: &str) {
        if self.memory.said.len() > 10_000 {
            self.memory.said.clear();
        }
        if self.memory.said.insert(complaint.to_owned()) {
            tracing::warn!("{complaint}");
        }
    }
}
