//! The connections that one server holds: who has a place, who must make room, and what all of them may take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::Limits;

/// How long a client may take a large answer, where others have no room for theirs.
const TAKE: Duration = Duration::from_secs(10);

/// The connections of one server.
pub struct Pool {
    /// The name of the server, for the log.
    pub what: &'static str,
    pub limits: Limits,
    /// What is left of `limits.bodies`.
    bodies: Arc<Semaphore>,
    state: Mutex<State>,
    changed: Notify,
    connections: Gauge,
    dropped: Counter,
}

#[derive(Default)]
struct State {
    open: usize,
    next: u64,
    /// Those that wait for their client, by how long.
    waiting: BTreeMap<u64, Arc<Notify>>,
    /// Bytes of large answers that their clients have not taken yet, and those clients, by how long.
    answers: usize,
    takers: BTreeMap<u64, (Instant, Arc<Notify>)>,
    /// When it was last said that there is not room for all.
    said: Option<Instant>,
}

impl Pool {
    /// An empty one.
    pub fn new(what: &'static str, limits: Limits, connections: Gauge, dropped: Counter) -> Self {
        let bodies = Arc::new(Semaphore::new(limits.bodies));
        Self { what, limits, bodies, state: Mutex::default(), changed: Notify::new(), connections, dropped }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection; another's when there is none, or the next that is given back when all are at work.
    pub async fn take(self: &Arc<Self>) -> Arc<Permit> {
        loop {
            let oldest = {
                let mut state = self.state();
                if state.open < self.limits.connections {
                    state.open += 1;
                    break;
                }
                let oldest = state.waiting.pop_first();
                if oldest.is_some() && state.said.is_none_or(|said| said.elapsed() > Duration::from_secs(60)) {
                    state.said = Some(Instant::now());
                    let limit = self.limits.connections;
                    tracing::warn!(
                        limit,
                        "{}: more connections than fit; those that wait longest are closed",
                        self.what
                    );
                }
                oldest
            };
            if let Some((_, oldest)) = oldest {
                self.dropped.inc();
                oldest.notify_one();
            }
            self.changed.notified().await;
        }
        self.connections.inc();
        let place = Permit { pool: Arc::clone(self), dropped: Arc::default(), turn: Mutex::new(None) };
        place.wait();
        Arc::new(place)
    }

    /// A whole body, and its part of what all bodies may take.
    pub async fn read(
        &self,
        mut body: Incoming,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), (StatusCode, String)> {
        let (mut whole, mut held) = (Vec::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "the body broke off".to_owned()))?;
            let Ok(chunk) = frame.into_data() else { continue };
            if whole.len() + chunk.len() > self.limits.body {
                let error = format!("the body is larger than {} bytes", self.limits.body);
                return Err((StatusCode::PAYLOAD_TOO_LARGE, error));
            }
            let room = u32::try_from(chunk.len())
                .ok()
                .and_then(|bytes| Arc::clone(&self.bodies).try_acquire_many_owned(bytes).ok());
            let full = || (StatusCode::SERVICE_UNAVAILABLE, "too many large requests at once".to_owned());
            let room = room.ok_or_else(full)?;
            match &mut held {
                Some(held) => held.merge(room),
                None => held = Some(room),
            }
            whole.extend_from_slice(&chunk);
        }
        Ok((whole.into(), held))
    }

    /// Room for a large answer, if there is; else those who have long been taking theirs make it for the next.
    pub fn share(self: &Arc<Self>, bytes: usize, taker: &Arc<Notify>) -> Option<Share> {
        let mut state = self.state();
        if state.answers > 0 && state.answers + bytes > self.limits.answers {
            // Room is there for the next one, when these connections are closed.
            while let Some(oldest) = state.takers.first_entry().filter(|oldest| oldest.get().0.elapsed() >= TAKE) {
                self.dropped.inc();
                oldest.remove().1.notify_one();
            }
            return None;
        }
        state.answers += bytes;
        state.next += 1;
        let turn = state.next;
        state.takers.insert(turn, (Instant::now(), Arc::clone(taker)));
        Some(Share { pool: Arc::clone(self), bytes, turn })
    }

    /// Waits until all connections have ended.
    pub async fn empty(&self) {
        while self.state().open > 0 {
            self.changed.notified().await;
        }
    }
}

/// A large answer's part of what all may take, given back when it is dropped.
pub struct Share {
    pool: Arc<Pool>,
    bytes: usize,
    turn: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.answers -= self.bytes;
        state.takers.remove(&self.turn);
    }
}

/// A connection's place, given back when it is dropped.
pub struct Permit {
    /// Of which server.
    pub pool: Arc<Pool>,
    /// Says that another needs the place.
    pub dropped: Arc<Notify>,
    turn: Mutex<Option<u64>>,
}

impl Permit {
    /// It is the client's turn.
    pub fn wait(&self) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.pool.state();
        state.next += 1;
        *turn = Some(state.next);
        let next = state.next;
        state.waiting.insert(next, Arc::clone(&self.dropped));
    }

    /// It is the role's turn.
    pub fn work(&self) {
        if let Some(turn) = self.turn.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.pool.state().waiting.remove(&turn);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.work();
        self.pool.state().open -= 1;
        self.pool.connections.dec();
        self.pool.changed.notify_one();
    }
}
