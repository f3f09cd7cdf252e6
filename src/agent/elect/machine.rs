//! The election as a pure state machine: no clock, no I/O, no thread. Whoever drives it passes the time in, makes the
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
//!   is the moment of the signal instead, because whoever was told has ended before it was sent.
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

use std::time::Duration;

use super::record::{Answer, Event, LOOKS, Now, Record, Request, Times, Write};
use super::view::{Known, News, View};

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
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
    /// Identity of the leader; none when nobody is known to lead now.
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
    /// Releases at once: whoever could have acted on an answer has ended before.
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
    pub(super) fault: Option<Fault>,
}

/// Mistakes that the simulation must catch.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
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
            // A Lease that names this process without a valid tenure names nobody.
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

    /// Ends the process's part in the election.
    pub fn stop(&mut self, now: Duration) {
        self.wants = Wants::Nothing;
        self.leave(now, self.on_exit != OnExit::Keep, true);
        if let Some(leaving) = self.leaving.as_mut().filter(|_| self.on_exit == OnExit::ReleaseAtOnce) {
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

    /// Says what to do next.
    pub fn poll(&mut self, now: Now) -> Step {
        self.pass_time(now);
        if let Some(pending) = &self.pending {
            return Step::Wait(self.next_change(now.boot, pending.deadline));
        }
        if let Some(leaving) = self.leaving {
            return self.poll_leaving(now, leaving);
        }
        if now.boot < self.next_try {
            return Step::Wait(self.next_change(now.boot, self.next_try));
        }
        let (purpose, request) = self.choose(now);
        self.send(now.boot, purpose, request)
    }

    /// Takes the answer to a call. Late, repeated and unasked ones count for nothing.
    pub fn answer(&mut self, now: Now, id: u64, answer: Answer) {
        self.pass_time(now);
        let Some(pending) = self.pending.take_if(|pending| pending.id == id) else { return };
        match answer {
            Answer::Found(record) => self.found(now, &pending, record),
            Answer::Absent => {
                let creating = matches!(pending.purpose, Purpose::Acquire { .. }) && pending.replaces.is_none();
                self.absent(now.boot);
                // Nowhere to create it: the namespace itself is missing.
                self.next_try = if creating { now.boot + self.pause() } else { self.next_look(now.boot) };
            }
            Answer::Conflict => {
                self.view.stale = true;
                // Not at once: several that lost the same race would race again.
                self.next_try = now.boot + self.fraction(self.times.retry / 8);
            }
            Answer::Failed { retry_after } => {
                if let Purpose::Acquire { .. } = pending.purpose {
                    self.view.stale = true;
                }
                let pause = match self.tenure {
                    Some(_) => self.times.retry / 2,
                    None => self.pause().max(retry_after.unwrap_or_default().min(self.times.lease)),
                };
                self.next_try = now.boot + pause;
            }
        }
    }

    /// Ends what time ends: calls, tenures, rests and locks.
    fn pass_time(&mut self, now: Now) {
        if let Some(pending) = self.pending.take_if(|pending| now.boot >= pending.deadline) {
            self.next_try = now.boot;
            if let Purpose::Acquire { .. } = pending.purpose {
                // It may have taken effect, now or later.
                self.view.stale = true;
            }
            #[cfg(test)]
            if let (Some(Fault::TrustsTimeouts), Purpose::Renew, Some(tenure)) =
                (self.fault, pending.purpose, &mut self.tenure)
            {
                tenure.valid_until = now.boot + self.times.renew_deadline;
            }
            if pending.purpose == Purpose::Look {
                self.next_try = now.boot + self.fraction(self.times.retry / 2);
            }
        }
        if let Some(tenure) = self.tenure.take_if(|tenure| now.boot >= tenure.valid_until)
            && self.leaving.is_none()
        {
            self.events.push(Event::Lost { term: tenure.term, reason: "no renewal succeeded in time" });
        }
        match self.wants {
            Wants::Rest { until } if now.boot >= until => self.wants = Wants::Lead { until: None },
            Wants::Lead { until: Some(until) } if now.boot >= until => self.step_down(now.boot),
            _ => {}
        }
    }

    fn poll_leaving(&mut self, now: Now, leaving: Leaving) -> Step {
        if now.boot < leaving.quiet_until && (leaving.release || !leaving.stopping) {
            return Step::Wait(leaving.quiet_until);
        }
        if leaving.release && now.boot < leaving.give_up {
            if now.boot < self.next_try {
                return Step::Wait(self.next_try.min(leaving.give_up));
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
            return Step::Done;
        }
        self.leaving = None;
        self.next_try = now.boot + self.pause();
        Step::Wait(self.next_try)
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
            // Whoever led until the Lease was deleted may make it again: nobody else can have led meanwhile.
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
        self.view.highest_term.max(recorded) + 1
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

    fn campaigns(&self) -> bool {
        matches!(self.wants, Wants::Lead { .. })
    }

    fn write(&self, now: Now, term: u64, holder: Option<String>, acquired: Option<i64>) -> Write {
        let before = self.view.record().and_then(|record| record.renewed).unwrap_or(i64::MIN);
        let duration = if holder.is_some() { self.times.lease } else { Duration::from_secs(1) };
        Write { holder, duration, term, acquired, renewed: now.wall.max(before.saturating_add(1)) }
    }

    fn send(&mut self, now: Duration, purpose: Purpose, request: Request) -> Step {
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
        Step::Send { id, request, deadline }
    }

    fn found(&mut self, now: Now, pending: &Pending, record: Record) {
        if pending.purpose != Purpose::Look && pending.replaces.as_ref() == Some(&record.version) {
            // The API server stores nothing when nothing changes, so followers would not see this as a renewal.
            self.view.stale = true;
            self.next_try = now.boot + self.fraction(self.times.retry / 8);
            return;
        }
        self.observe(now.boot, record);
        let mine = self.view.is_held_by(&self.identity);
        let from = pending.sent;
        #[cfg(test)]
        let from = if self.fault == Some(Fault::CountsFromAnswer) { now.boot } else { from };
        let valid_until = from + self.times.renew_deadline;
        match pending.purpose {
            Purpose::Acquire { term } if mine && self.leaving.is_none() && now.boot < valid_until => {
                self.tenure = Some(Tenure { term, valid_until });
                self.events.push(Event::Acquired { term });
            }
            Purpose::Renew if mine => {
                if let (Some(tenure), None) = (&mut self.tenure, self.leaving) {
                    tenure.valid_until = valid_until;
                }
            }
            Purpose::Release => self.events.push(Event::Released { term: self.view.highest_term }),
            _ => {}
        }
        self.next_try = match (pending.purpose, self.tenure) {
            _ if self.leaving.is_some() => now.boot,
            // After a conflict the leader has looked; now it renews.
            (Purpose::Look, Some(_)) => now.boot,
            (_, Some(_)) => from + self.times.retry,
            _ => self.next_look(now.boot),
        };
    }

    /// Notes what the Lease says, and what that means for this process.
    fn observe(&mut self, now: Duration, record: Record) {
        let (holder, term) = (record.holder.clone(), record.term);
        let followed = self.view.record().and_then(|record| record.holder.clone());
        let news = self.view.found(now, record, self.tenure.is_some());
        self.tell_deleted(news);
        let mine = holder.as_ref() == Some(&self.identity);
        if let Some(tenure) = self.tenure.take_if(|tenure| !mine || tenure.term != term)
            && self.leaving.is_none()
        {
            self.events.push(Event::Lost { term: tenure.term, reason: "the Lease names another holder or term" });
        }
        if let Some(leader) = holder.filter(|_| news.changed && !mine)
            && followed.as_ref() != Some(&leader)
        {
            self.events.push(Event::Following { leader, term });
        }
    }

    fn absent(&mut self, now: Duration) {
        let news = self.view.absent(now, self.tenure.is_some());
        self.tell_deleted(news);
    }

    fn tell_deleted(&mut self, news: News) {
        if news.deleted {
            self.events.push(Event::Deleted { term: self.view.highest_term });
        }
    }

    /// When a follower acts next: at its next look, or when the Lease runs out if that is sooner.
    fn next_look(&mut self, now: Duration) -> Duration {
        let look = now + self.pause();
        let runs_out = match self.view.known() {
            Known::Nothing => look,
            _ if self.view.is_held_by(&self.identity) => now,
            Known::Present { record: Record { holder: Some(_), .. }, .. } => self.view.runs_out().unwrap_or(look),
            _ => now,
        };
        if !self.campaigns() {
            return look;
        }
        match runs_out.max(self.view.guard_until) {
            due if due <= now => now,
            due => look.min(due + self.fraction(self.times.retry / 4)),
        }
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

    fn pause(&mut self) -> Duration {
        self.times.retry.mul_f64(LOOKS.0 + (LOOKS.1 - LOOKS.0) * self.rng.f64())
    }

    fn fraction(&mut self, of: Duration) -> Duration {
        of.mul_f64(self.rng.f64())
    }
}
