//! The election as a pure state machine: no clock, no I/O, no thread. Its driver passes the time in, makes the
//! API calls that it asks for and hands back what became of them. The program and the simulation drive the same code.
//!
//! Why it is safe, if only agents write the Lease and clock rates differ by at most 1 %: a tenure ends at most the
//! renew deadline after a write of its holder was *sent*, while a follower waits the recorded lease duration, which is
//! longer, from when it first *saw* the result of that write. Every write carries the resourceVersion that it
//! replaces, so of two followers only one succeeds, and a delayed renewal of a former leader fails.
//!
//! In full, with *validity* for the time in which `standing` may say leader:
//!
//! - **I1: every validity rests on a write.** A tenure begins with the answer to an acquisition and is prolonged with the
//!   answer to a renewal, and ends the renew deadline after that very call was sent (`found`). A call without an answer
//!   in time prolongs nothing (`pass_time`); an answer whose resourceVersion is the one that was replaced stored nothing
//!   and prolongs nothing. Nothing else lengthens a tenure, and any Lease that names another holder or term ends it.
//! - **I2: who takes a Lease from another has seen nothing of him for the lease duration that he wrote**
//!   (`may_acquire`), on its own clock, counted from when it saw the latest version, and replaces that very version.
//! - **I3: a Lease without holder was released by a holder that had no validity left** (`poll_leaving`), nor anybody
//!   with an answer of it to act upon: `quiet_until` is the end of the last answer's `remaining`. In `ReleaseAtOnce` it
//!   is the moment of the signal instead, because the app that was told has ended before it was sent. The kubelet breaks that
//!   order where the Pod's time is up, as in an eviction: it then stops the sidecar while the app has its last seconds.
//!   So a connection that is open at that moment is taken for the app's, and then nothing is cut short. What
//!   remains is an app that asks without keeping a connection, and outlives its own grace period.
//!
//! From these, two validities never overlap. Let A's last successful write be w, sent at s, and let B acquire by
//! replacing a version v that B read. v is w or later, since a version before w cannot be replaced after w was stored.
//! If A released: I3. Otherwise B read w at r ≥ s, and waited the lease duration L, so that B's write was sent at least
//! L/1.01 of true time after s, while A's validity had ended R/0.99 after s at most (I1). `Times` has L > R · 1.01/0.99.
//! A write of A that is still under way when B's is stored replaces a version that is gone, and fails; one that is
//! stored before makes B's fail. After a deletion no version connects the two: who saw the Lease before waits the
//! longest duration that it knows (`View::guard`), and who starts later is outside of what can be promised.
//!
//! - **I4: terms only rise.** An acquisition writes the recorded term plus one, or more, and replaces the version that it
//!   read the term from; a renewal keeps it. An identity is used by one process only, so that a tenure is known by its
//!   term.
//!
//! `simulation` checks I1 to I4 as one: never two that say leader, no leader while another's last `remaining` runs,
//! and no term twice.

mod heard;
mod next;

use std::time::Duration;

use super::record::{Event, LOOKS, Request, Times};
use super::view::View;
pub use next::LAST_TERM;

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make this API call and hand its answer, with the number, to [`Elector::answer`].
    Send {
        /// Names the call.
        id: u64,
        /// The call.
        request: Request,
        /// Give up then (time since boot); an answer that comes later counts for nothing.
        deadline: Duration,
    },
    /// Ask again at this time since boot, or earlier if anything happens.
    Wait(Duration),
    /// Stopped, and the Lease released if it was to be.
    Done,
}

/// Who leads, computed for one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Identity of the leader; none when no leader is known now.
    pub leader: Option<String>,
    /// Whether this process leads.
    pub is_leader: bool,
    /// The term of the leader, or the last one known.
    pub term: u64,
    /// How much longer this answer is good for, unless renewed; zero on a follower.
    pub remaining: Duration,
}

/// What a process that is stopped does with a Lease that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExit {
    /// Leaves it to run out.
    Keep,
    /// Says leader no more, lets the last answer run out, and releases.
    Release,
    /// Releases at once: all that could have acted on an answer has ended before.
    ReleaseAtOnce,
}

/// One election as one process sees it.
#[derive(Debug)]
pub struct Elector {
    identity: String,
    times: Times,
    on_exit: OnExit,
    returns: bool,
    rng: fastrand::Rng,
    wants: Wants,
    view: View,
    tenure: Option<Tenure>,
    leaving: Option<Leaving>,
    pending: Option<Pending>,
    next_try: Duration,
    next_id: u64,
    events: Vec<Event>,
    #[cfg(test)]
    pub(in super::super) fault: Option<Fault>,
}

/// Mistakes that the simulation must catch.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// Validity counts from when the answer came.
    CountsFromAnswer,
    /// Followers compare the recorded renew time with their own wall clock.
    ComparesWallClocks,
    /// An acquisition keeps the term.
    KeepsTerm,
    /// A renewal that timed out is taken for a success.
    TrustsTimeouts,
    /// Writes ignore the resourceVersion.
    WritesBlindly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    /// Looks on.
    Nothing,
    /// Campaigns; a lock's campaign ends when its caller stays silent.
    Lead { until: Option<Duration> },
    /// Has stepped down and gives others this long to take over.
    Rest { until: Duration },
}

#[derive(Clone, Copy, Debug)]
struct Tenure {
    term: u64,
    valid_until: Duration,
}

/// No answer says leader any more; the last one given may still be in use.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    quiet_until: Duration,
    give_up: Duration,
    release: bool,
    stopping: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Look,
    Acquire { term: u64 },
    Renew,
    Release,
}

#[derive(Clone, Debug)]
struct Pending {
    id: u64,
    purpose: Purpose,
    replaces: Option<String>,
    sent: Duration,
    deadline: Duration,
}

impl Elector {
    /// A process that has not looked yet. `campaigns`: from the start, and again some time after stepping down.
    #[must_use]
    pub fn new(identity: String, times: Times, campaigns: bool, on_exit: OnExit, seed: u64) -> Self {
        Self {
            identity,
            times,
            on_exit,
            returns: campaigns,
            rng: fastrand::Rng::with_seed(seed),
            wants: if campaigns { Wants::Lead { until: None } } else { Wants::Nothing },
            view: View::new(times.lease),
            tenure: None,
            leaving: None,
            pending: None,
            next_try: Duration::ZERO,
            next_id: 0,
            events: Vec::new(),
            #[cfg(test)]
            fault: None,
        }
    }

    /// Who leads at this moment.
    #[must_use]
    pub fn standing(&self, now: Duration) -> Standing {
        let record = self.view.record();
        let term = record.map_or(self.view.highest_term, |record| record.term);
        let holder = record.filter(|_| self.view.runs_out().is_some_and(|at| now < at)).and_then(|r| r.holder.clone());
        match self.tenure {
            Some(tenure) if self.leaving.is_none() && now < tenure.valid_until => Standing {
                leader: Some(self.identity.clone()),
                is_leader: true,
                term: tenure.term,
                remaining: tenure.valid_until.saturating_sub(now),
            },
            // A Lease that names this process without a valid tenure names no leader.
            _ => Standing {
                leader: holder.filter(|holder| *holder != self.identity),
                is_leader: false,
                term,
                remaining: Duration::ZERO,
            },
        }
    }

    /// How long an earlier answer of this process may still be in use after it has begun to leave.
    #[must_use]
    pub fn quiet(&self, now: Duration) -> Duration {
        self.leaving.map_or(Duration::ZERO, |leaving| leaving.quiet_until.saturating_sub(now))
    }

    /// What happened since the last call.
    pub fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Asks to lead; for a lock, until a time since boot.
    pub fn campaign(&mut self, now: Duration, until: Option<Duration>) {
        let permanent = matches!(self.wants, Wants::Lead { until: None });
        if !permanent {
            if !matches!(self.wants, Wants::Lead { .. }) {
                self.next_try = now;
            }
            self.wants = Wants::Lead { until };
        }
    }

    /// Gives leadership up, releases the Lease when the last answer has run out, and lets others lead.
    pub fn step_down(&mut self, now: Duration) {
        self.wants = if self.returns { Wants::Rest { until: now + self.times.lease } } else { Wants::Nothing };
        self.leave(now, true, false);
    }

    /// Ends the process's part in the election. `heard` says that the app may still act on an answer: then the last
    /// answer runs out first, also with [`OnExit::ReleaseAtOnce`].
    pub fn stop(&mut self, now: Duration, heard: bool) {
        self.wants = Wants::Nothing;
        self.leave(now, self.on_exit != OnExit::Keep, true);
        if let Some(leaving) = self.leaving.as_mut().filter(|_| self.on_exit == OnExit::ReleaseAtOnce && !heard) {
            leaving.quiet_until = now;
            // Not when the next renewal would have been.
            self.next_try = now;
            leaving.give_up = now + self.times.renew_deadline;
        }
    }

    fn leave(&mut self, now: Duration, release: bool, stopping: bool) {
        if let Some(leaving) = &mut self.leaving {
            leaving.stopping |= stopping;
            return;
        }
        let acquiring = matches!(self.pending, Some(Pending { purpose: Purpose::Acquire { .. }, .. }));
        let quiet_until = self.tenure.map_or(now, |tenure| tenure.valid_until.max(now));
        let release = release && (self.tenure.is_some() || acquiring);
        if let Some(tenure) = self.tenure {
            self.events.push(Event::Lost { term: tenure.term, reason: "stepped down" });
        }
        let give_up = quiet_until + self.times.renew_deadline;
        if self.tenure.is_some() || acquiring || stopping {
            self.leaving = Some(Leaving { quiet_until, give_up, release, stopping });
        }
    }

    fn campaigns(&self) -> bool {
        matches!(self.wants, Wants::Lead { .. })
    }

    fn pause(&mut self) -> Duration {
        self.times.retry.mul_f64(LOOKS.0 + (LOOKS.1 - LOOKS.0) * self.rng.f64())
    }

    fn fraction(&mut self, of: Duration) -> Duration {
        of.mul_f64(self.rng.f64())
    }
}
