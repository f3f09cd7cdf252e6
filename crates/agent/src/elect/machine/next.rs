//! What to do next.

use std::time::Duration;

#[cfg(test)]
use super::Fault;
use super::{Action, Elector, Leaving, Pending, Purpose, Wants};
use crate::elect::record::{Now, Record, Request, Write};
use crate::elect::view::Known;

/// The highest term that a Lease can hold.
pub const LAST_TERM: u64 = i32::MAX as u64;

impl Elector {
    /// Says what to do next.
    pub fn poll(&mut self, now: Now) -> Action {
        self.pass_time(now);
        if let Some(pending) = &self.pending {
            return Action::Wait(self.next_change(now.boot, pending.deadline));
        }
        if let Some(leaving) = self.leaving {
            return self.poll_leaving(now, leaving);
        }
        if now.boot < self.next_try {
            return Action::Wait(self.next_change(now.boot, self.next_try));
        }
        let (purpose, request) = self.choose(now);
        self.send(now.boot, purpose, request)
    }

    fn poll_leaving(&mut self, now: Now, leaving: Leaving) -> Action {
        if now.boot < leaving.quiet_until && (leaving.release || !leaving.stopping) {
            return Action::Wait(leaving.quiet_until);
        }
        if leaving.release && now.boot < leaving.give_up {
            if now.boot < self.next_try {
                return Action::Wait(self.next_try.min(leaving.give_up));
            }
            if self.view.stale || matches!(self.view.known(), Known::Nothing) {
                return self.send(now.boot, Purpose::Look, Request::Read);
            }
            if let Some(record) = self.view.record().filter(|_| self.view.is_held_by(&self.identity)) {
                let request = Request::Replace {
                    version: record.version.clone(),
                    uid: record.uid.clone(),
                    // One second, as client-go writes it: followers of any kind take over at once.
                    write: self.write(now, record.term, None, record.acquired),
                };
                return self.send(now.boot, Purpose::Release, request);
            }
        }
        if leaving.stopping {
            return Action::Done;
        }
        self.leaving = None;
        self.next_try = now.boot + self.pause();
        Action::Wait(self.next_try)
    }

    fn choose(&self, now: Now) -> (Purpose, Request) {
        let look = (Purpose::Look, Request::Read);
        if self.view.stale {
            return look;
        }
        match (self.view.known(), self.tenure) {
            (Known::Present { record, .. }, Some(tenure)) => {
                let write = self.write(now, tenure.term, Some(self.identity.clone()), record.acquired);
                (Purpose::Renew, self.replace(record, write))
            }
            (Known::Present { record, since }, None) if self.may_acquire(now, record, *since) => {
                let term = self.new_term(record.term);
                let write = self.write(now, term, Some(self.identity.clone()), Some(now.wall));
                (Purpose::Acquire { term }, self.replace(record, write))
            }
            // The process that led until the Lease was deleted may make it again: no other can have led meanwhile.
            (Known::Absent, tenure) if self.campaigns() && (tenure.is_some() || now.boot >= self.view.guard_until) => {
                let term = self.new_term(0);
                let write = self.write(now, term, Some(self.identity.clone()), Some(now.wall));
                (Purpose::Acquire { term }, Request::Create(write))
            }
            _ => look,
        }
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "the simulation's mistakes are in self"))]
    fn replace(&self, record: &Record, write: Write) -> Request {
        #[cfg(test)]
        if self.fault == Some(Fault::WritesBlindly) {
            return Request::Replace { version: String::new(), uid: record.uid.clone(), write };
        }
        Request::Replace { version: record.version.clone(), uid: record.uid.clone(), write }
    }

    fn new_term(&self, recorded: u64) -> u64 {
        #[cfg(test)]
        if self.fault == Some(Fault::KeepsTerm) {
            return recorded.max(1);
        }
        // One that cannot rise any more stays: the election goes on, and its log says that fencing has ended.
        (self.view.highest_term.max(recorded) + 1).min(LAST_TERM)
    }

    fn may_acquire(&self, now: Now, record: &Record, since: Duration) -> bool {
        if !self.campaigns() {
            return false;
        }
        #[cfg(test)]
        if self.fault == Some(Fault::ComparesWallClocks) {
            let duration = i64::try_from(self.view.duration(record).as_micros()).unwrap_or(i64::MAX);
            return record.holder.is_none() || record.renewed.is_none_or(|renewed| renewed + duration < now.wall);
        }
        match &record.holder {
            // Of an earlier tenure of this very process, which has ended, or of an acquisition whose answer was lost.
            Some(holder) if *holder == self.identity => true,
            Some(_) => now.boot >= since + self.view.duration(record) && now.boot >= self.view.guard_until,
            None => now.boot >= self.view.guard_until,
        }
    }

    fn write(&self, now: Now, term: u64, holder: Option<String>, acquired: Option<i64>) -> Write {
        let before = self.view.record().and_then(|record| record.renewed).unwrap_or(i64::MIN);
        let duration = if holder.is_some() { self.times.lease } else { Duration::from_secs(1) };
        Write { holder, duration, term, acquired, renewed: now.wall.max(before.saturating_add(1)) }
    }

    fn send(&mut self, now: Duration, purpose: Purpose, request: Request) -> Action {
        let id = self.next_id;
        self.next_id += 1;
        let mut deadline = now + self.times.request_timeout();
        if let (Purpose::Renew, Some(tenure)) = (purpose, self.tenure) {
            deadline = deadline.min(tenure.valid_until);
        }
        let replaces = match &request {
            Request::Replace { version, .. } => Some(version.clone()),
            _ => None,
        };
        self.pending = Some(Pending { id, purpose, replaces, sent: now, deadline });
        Action::Send { id, request, deadline }
    }

    /// When an answer changes by the passing of time alone, so that watchers are told; at most `until`.
    fn next_change(&self, now: Duration, until: Duration) -> Duration {
        let tenure = self.tenure.map(|tenure| tenure.valid_until);
        let wish = match self.wants {
            Wants::Rest { until } | Wants::Lead { until: Some(until) } => Some(until),
            _ => None,
        };
        [tenure, self.view.runs_out(), wish].into_iter().flatten().filter(|at| *at > now).fold(until, Duration::min)
    }
}
