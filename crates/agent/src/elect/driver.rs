//! Gives the state machine its clock, its API calls and its sleep.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use tokio::sync::{Notify, watch};

use super::super::clock;
use super::super::status::{Report, metric};
use super::lease::{LeaseClient, Told};
use super::machine::{Action, Elector, LAST_TERM, Standing};
use super::name_of;
use super::record::{Answer, Event, Now, Times};

/// A sleep is cut so short that one which the machine's suspend has prolonged ends soon after it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// A loop that has not turned for so long is stuck.
const STUCK: Duration = Duration::from_secs(30);

type Labels = Vec<(&'static str, String)>;

/// An API call under way.
type InFlight<'call> = Option<Pin<Box<dyn Future<Output = (u64, Told)> + Send + 'call>>>;

/// One election.
pub struct Election {
    name: String,
    times: Times,
    metrics: Metrics,
    elector: Mutex<Elector>,
    loop_state: Mutex<LoopState>,
    wake: Notify,
    seen: watch::Sender<Seen>,
}

struct LoopState {
    turned: Duration,
    /// When the API server last answered usefully.
    heard: Option<Duration>,
    complaint: Option<String>,
}

/// What watchers are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Name of the leader, if any.
    pub leader: Option<String>,
    /// Whether this process leads.
    pub is_leader: bool,
    /// The leader's term.
    pub term: u64,
}

impl From<Standing> for Seen {
    fn from(standing: Standing) -> Self {
        let leader = standing.leader.as_deref().map(|leader| name_of(leader).to_owned());
        Self { leader, is_leader: standing.is_leader, term: standing.term }
    }
}

/// All elections of this process, in the order of the flags.
pub struct Elections(pub Vec<Arc<Election>>);

/// The elections' metrics.
#[derive(Clone)]
pub struct Metrics {
    leader: Family<Labels, Gauge>,
    term: Family<Labels, Gauge>,
    acquisitions: Family<Labels, Counter>,
    losses: Family<Labels, Counter>,
    deletions: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
}

impl Metrics {
    /// Names and explains them.
    pub fn register(registry: &mut Registry) -> Self {
        Self {
            leader: metric(registry, "leader", "Whether this process leads"),
            term: metric(registry, "term", "Highest term seen of the Lease"),
            acquisitions: metric(registry, "acquisitions", "How often this process became leader"),
            losses: metric(registry, "losses", "How often this process ceased to lead"),
            deletions: metric(registry, "deletions", "How often the Lease was deleted by hand"),
            failures: metric(registry, "api_failures", "API calls that failed or timed out"),
        }
    }
}

impl Election {
    /// An election that [`Election::drive`] will run.
    pub fn new(name: String, elector: Elector, times: Times, metrics: Metrics) -> Self {
        let loop_state = LoopState { turned: clock::since_boot(), heard: None, complaint: None };
        Self {
            name,
            times,
            metrics,
            elector: Mutex::new(elector),
            loop_state: Mutex::new(loop_state),
            wake: Notify::new(),
            seen: watch::Sender::new(Seen::default()),
        }
    }

    /// Name of the Lease.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long it leads without renewal, and how often it tries.
    pub fn times(&self) -> Times {
        self.times
    }

    /// Who leads, computed now.
    pub fn standing(&self) -> Standing {
        let elector = lock(&self.elector);
        elector.standing(clock::since_boot())
    }

    /// How long an answer from before [`Election::step_down`] may still be in use.
    pub fn quiet(&self) -> Duration {
        lock(&self.elector).quiet(clock::since_boot())
    }

    /// Tells of every change.
    pub fn watch(&self) -> watch::Receiver<Seen> {
        self.seen.subscribe()
    }

    /// Campaigns, for a lock only that long.
    pub fn campaign(&self, lock_for: Option<Duration>) {
        let now = clock::since_boot();
        lock(&self.elector).campaign(now, lock_for.map(|time| now + time));
        self.wake.notify_one();
    }

    /// Gives leadership up.
    pub fn step_down(&self) {
        lock(&self.elector).step_down(clock::since_boot());
        self.publish();
        self.wake.notify_one();
    }

    /// Ends the part of this process in the election.
    pub fn stop(&self, heard: bool) {
        lock(&self.elector).stop(clock::since_boot(), heard);
        self.publish();
        self.wake.notify_one();
    }

    /// Runs the election until it has been stopped.
    pub async fn drive(self: Arc<Self>, leases: LeaseClient) {
        let leases = &leases;
        let mut call: InFlight<'_> = None;
        loop {
            let now = Now { boot: clock::since_boot(), wall: clock::wall_micros() };
            let (step, events) = {
                let mut elector = lock(&self.elector);
                (elector.poll(now), elector.events())
            };
            lock(&self.loop_state).turned = now.boot;
            for event in events {
                self.log(event);
            }
            self.publish();
            match step {
                Action::Done => return,
                // Dropping the call before closes its connection, so that nothing waits behind it.
                Action::Send { id, request, .. } => {
                    call = Some(Box::pin(async move { (id, leases.call(request).await) }));
                }
                Action::Wait(until) => {
                    let sleep = until.saturating_sub(now.boot).min(LONGEST_SLEEP);
                    tokio::select! {
                        (id, told) = pending(&mut call) => {
                            call = None;
                            self.answered(id, told);
                        }
                        () = tokio::time::sleep(sleep) => {}
                        () = self.wake.notified() => {}
                    }
                }
            }
        }
    }

    fn answered(&self, id: u64, told: Told) {
        let now = Now { boot: clock::since_boot(), wall: clock::wall_micros() };
        let mut state = lock(&self.loop_state);
        if !matches!(told.answer, Answer::Failed { .. }) && told.complaint.is_none() {
            state.heard = Some(now.boot);
        }
        if let Some(complaint) = &told.complaint {
            self.metrics.failures.get_or_create(&self.labels()).inc();
            // Once, not every two seconds.
            if state.complaint.as_ref() != Some(complaint) {
                tracing::error!(lease = self.name, "{complaint}");
            }
        }
        state.complaint = told.complaint;
        drop(state);
        lock(&self.elector).answer(now, id, told.answer);
    }

    fn labels(&self) -> Labels {
        vec![("lease", self.name.clone())]
    }

    fn publish(&self) {
        let seen = Seen::from(self.standing());
        self.seen.send_if_modified(|before| {
            let changed = *before != seen;
            *before = seen;
            changed
        });
    }

    fn log(&self, event: Event) {
        let lease = self.name.as_str();
        let labels = self.labels();
        match event {
            Event::Acquired { term } => {
                self.metrics.acquisitions.get_or_create(&labels).inc();
                tracing::info!(lease, term, "leading");
                if term == LAST_TERM {
                    let edit = "set spec.leaseTransitions back by hand";
                    tracing::error!(lease, term, "terms cannot rise any more, so fencing by term fails: {edit}");
                }
            }
            Event::Lost { term, reason } => {
                self.metrics.losses.get_or_create(&labels).inc();
                tracing::warn!(lease, term, reason, "no longer leading");
            }
            Event::Released { term } => tracing::info!(lease, term, "released"),
            Event::Deleted { term } => {
                self.metrics.deletions.get_or_create(&labels).inc();
                tracing::warn!(
                    lease,
                    term,
                    "the Lease was deleted by hand: processes that start now begin terms anew, so fencing by term fails"
                );
            }
            Event::Following { leader, term } => tracing::info!(lease, leader, term, "following"),
        }
    }
}

async fn pending(call: &mut InFlight<'_>) -> (u64, Told) {
    match call {
        Some(call) => call.await,
        None => std::future::pending().await,
    }
}

/// A thread that panicked with the lock held cannot be: every panic is a bug, and the state is still the truth.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Report for Elections {
    fn healthy(&self) -> Result<(), String> {
        let now = clock::since_boot();
        let stuck = self.0.iter().find(|election| now > lock(&election.loop_state).turned + STUCK);
        stuck.map_or(Ok(()), |election| Err(format!("the election {} does not turn", election.name)))
    }

    fn ready(&self) -> Result<(), String> {
        let now = clock::since_boot();
        for election in &self.0 {
            let state = lock(&election.loop_state);
            if state.heard.is_none_or(|heard| now > heard + election.times.lease) {
                let reason = state.complaint.clone().unwrap_or_else(|| "the API server has not answered".to_owned());
                return Err(format!("{}: {reason}", election.name));
            }
        }
        Ok(())
    }

    fn measure(&self) {
        for election in &self.0 {
            let standing = election.standing();
            election.metrics.leader.get_or_create(&election.labels()).set(standing.is_leader.into());
            let term = i64::try_from(standing.term).unwrap_or(i64::MAX);
            election.metrics.term.get_or_create(&election.labels()).set(term);
        }
    }
}
