//! Single steps of the state machine, where the simulation only sees that nothing breaks.

use std::time::Duration;

use super::machine::{Action, Elector, LAST_TERM, OnExit};
use super::record::{Answer, Event, Now, Record, Request, Times, Write};

const S: Duration = Duration::from_secs(1);

fn times(lease: u32) -> Times {
    Times::new(lease * S, lease * S * 2 / 3, lease * S / 8).unwrap()
}

fn at(boot: Duration) -> Now {
    Now { boot, wall: 1_000_000 }
}

/// One elector, an API server that answers at once, and a clock that jumps from step to step.
struct Bench {
    elector: Elector,
    lease: Option<Record>,
    now: Duration,
    version: u64,
    events: Vec<Event>,
    /// The API server says that it stored a write and has not.
    stores_nothing: bool,
}

impl Bench {
    fn new(campaigns: bool) -> Self {
        Self::that_ends(campaigns, OnExit::Release)
    }

    fn that_ends(campaigns: bool, on_exit: OnExit) -> Self {
        let elector = Elector::new("pod_1".to_owned(), times(15), campaigns, on_exit, 1);
        Self { elector, lease: None, now: 1000 * S, version: 0, events: Vec::new(), stores_nothing: false }
    }

    fn held_by(mut self, holder: &str, seconds: u32, term: u64) -> Self {
        let write = Write { holder: Some(holder.to_owned()), duration: seconds * S, term, acquired: None, renewed: 0 };
        self.store(write);
        self
    }

    fn store(&mut self, write: Write) -> Record {
        self.version += 1;
        let record = Record {
            version: self.version.to_string(),
            uid: "u".to_owned(),
            holder: write.holder,
            duration: Some(write.duration),
            term: write.term,
            acquired: write.acquired,
            renewed: Some(write.renewed),
        };
        self.lease = Some(record.clone());
        record
    }

    /// Lets time pass.
    fn run(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while self.now < end {
            match self.elector.poll(at(self.now)) {
                Action::Send { id, request, .. } => {
                    let answer = match request {
                        Request::Create(_) | Request::Replace { .. } if self.stores_nothing => {
                            Answer::Found(self.lease.clone().unwrap())
                        }
                        Request::Read => self.lease.clone().map_or(Answer::Absent, Answer::Found),
                        Request::Create(write) | Request::Replace { write, .. } => Answer::Found(self.store(write)),
                    };
                    self.elector.answer(at(self.now), id, answer);
                }
                Action::Wait(until) => self.now = until.max(self.now + Duration::from_millis(1)).min(end),
                Action::Done => break,
            }
            self.events.extend(self.elector.events());
        }
        self
    }

    fn leads(&self) -> bool {
        self.elector.standing(self.now).is_leader
    }

    fn holder(&self) -> Option<&str> {
        self.lease.as_ref().and_then(|lease| lease.holder.as_deref())
    }
}

#[test]
fn a_follower_waits_as_long_as_the_holder_recorded() {
    let mut bench = Bench::new(true).held_by("other_1", 60, 7);
    assert!(!bench.run(59 * S).leads(), "its own lease duration is 15 s, the holder's 60 s");
    assert!(bench.run(3 * S).leads());
    assert_eq!(bench.lease.as_ref().unwrap().term, 8);
}

#[test]
fn an_answer_is_good_until_the_renew_deadline_after_sending() {
    let mut bench = Bench::new(true);
    bench.run(S);
    let standing = bench.elector.standing(bench.now);
    assert!(standing.is_leader && standing.remaining <= 10 * S && standing.remaining > 8 * S, "{standing:?}");
    assert!(!bench.elector.standing(bench.now + 10 * S).is_leader, "without another renewal");
}

#[test]
fn a_write_that_stored_nothing_is_no_renewal() {
    let mut bench = Bench::new(true);
    bench.run(S);
    bench.stores_nothing = true;
    assert!(bench.leads());
    assert!(!bench.run(11 * S).leads());
}

/// The next request of an elector, the clock moved to when it is sent.
fn next_request(elector: &mut Elector, now: &mut Duration) -> (u64, Request, Duration) {
    for _ in 0..1000 {
        match elector.poll(at(*now)) {
            Action::Send { id, request, deadline } => return (id, request, deadline),
            Action::Wait(until) => *now = until.max(*now + Duration::from_millis(1)),
            Action::Done => break,
        }
    }
    panic!("no request");
}

/// The write may have been stored, so the next step reads; a renewal in doubt is simply sent again.
#[test]
fn an_acquisition_in_doubt_is_looked_up_first() {
    for answers in [true, false] {
        let mut bench = Bench::new(true);
        let (elector, now) = (&mut bench.elector, &mut bench.now);
        let doubt = |elector: &mut Elector, now: &mut Duration, id, deadline| {
            if answers {
                elector.answer(at(*now), id, Answer::Failed { retry_after: None });
            } else {
                *now = deadline;
            }
        };
        let (id, request, _) = next_request(elector, now);
        assert!(matches!(request, Request::Read), "{request:?}");
        elector.answer(at(*now), id, Answer::Absent);
        let (id, request, deadline) = next_request(elector, now);
        assert!(matches!(request, Request::Create(_)), "{request:?}");
        doubt(elector, now, id, deadline);
        let (id, request, _) = next_request(elector, now);
        assert!(matches!(request, Request::Read), "acquisition in doubt, answers {answers}: {request:?}");
        elector.answer(at(*now), id, Answer::Absent);
        let (id, request, _) = next_request(elector, now);
        let Request::Create(write) = request else { panic!("{request:?}") };
        let record = bench.store(write);
        let (elector, now) = (&mut bench.elector, &mut bench.now);
        elector.answer(at(*now), id, Answer::Found(record));
        let (id, request, deadline) = next_request(elector, now);
        assert!(matches!(request, Request::Replace { .. }), "{request:?}");
        doubt(elector, now, id, deadline);
        let (_, request, _) = next_request(elector, now);
        assert!(matches!(request, Request::Replace { .. }), "renewal in doubt, answers {answers}: {request:?}");
    }
}

#[test]
fn a_lock_lapses_when_its_caller_stays_silent() {
    let mut bench = Bench::new(false);
    assert!(!bench.run(5 * S).leads());
    bench.elector.campaign(bench.now, Some(bench.now + 30 * S));
    assert!(bench.run(S).leads());
    bench.run(20 * S);
    bench.elector.campaign(bench.now, Some(bench.now + 30 * S));
    assert!(bench.run(29 * S).leads(), "a heartbeat prolongs it");
    assert!(!bench.run(2 * S).leads());
    assert_eq!(bench.holder(), Some("pod_1"), "released only when the last answer has run out");
    bench.run(11 * S);
    assert_eq!(bench.holder(), None);
    assert!(!bench.run(60 * S).leads());
}

#[test]
fn who_steps_down_lets_others_lead_and_comes_back() {
    let mut bench = Bench::new(true);
    bench.run(5 * S);
    bench.elector.step_down(bench.now);
    assert!(!bench.leads() && bench.elector.quiet(bench.now) > 7 * S);
    assert!(!bench.run(14 * S).leads());
    assert_eq!(bench.holder(), None);
    assert!(bench.run(5 * S).leads(), "no other process wanted to");
    assert_eq!(bench.lease.as_ref().unwrap().term, 2);
}

#[test]
fn stopping_ends_at_once_unless_there_is_something_to_release() {
    let mut follower = Bench::new(true).held_by("other_1", 60, 1);
    follower.run(5 * S).elector.stop(Duration::ZERO, false);
    assert_eq!(follower.elector.poll(at(follower.now)), Action::Done);
    let mut leader = Bench::new(true);
    leader.run(5 * S);
    leader.elector.stop(leader.now, false);
    let stopped = leader.now;
    leader.run(30 * S);
    assert!(leader.events.contains(&Event::Released { term: 1 }));
    assert!(leader.now > stopped + 7 * S && leader.now < stopped + 11 * S);
}

#[test]
fn a_sidecar_releases_at_once_and_only_when_it_is_stopped() {
    let mut bench = Bench::that_ends(true, OnExit::ReleaseAtOnce);
    bench.run(5 * S);
    bench.elector.step_down(bench.now);
    bench.run(S);
    assert_eq!(bench.holder(), Some("pod_1"), "the app lives, and may act on an answer");
    bench.elector.stop(bench.now, false);
    let stopped = bench.now;
    bench.run(30 * S);
    assert_eq!(bench.holder(), None);
    assert!(bench.events.contains(&Event::Released { term: 1 }));
    assert_eq!(bench.now, stopped);
    // A connection that is open at the signal may be the app's, which then has its last seconds.
    let mut heard = Bench::that_ends(true, OnExit::ReleaseAtOnce);
    heard.run(5 * S);
    let remaining = heard.elector.standing(heard.now).remaining;
    let until = heard.now + remaining;
    heard.elector.stop(heard.now, true);
    heard.run(remaining.saturating_sub(Duration::from_millis(100)));
    assert_eq!(heard.holder(), Some("pod_1"), "the last answer is good until {until:?}");
    heard.run(30 * S);
    assert_eq!(heard.holder(), None);
    let mut keeps = Bench::that_ends(true, OnExit::Keep);
    keeps.run(5 * S).elector.stop(Duration::ZERO, false);
    keeps.run(30 * S);
    assert_eq!(keeps.holder(), Some("pod_1"));
}

#[test]
fn times_must_fit_together() {
    let of = |lease: u64, renew: u64, retry: u64| {
        let millis = Duration::from_millis;
        Times::new(millis(lease), millis(renew), millis(retry)).map(drop)
    };
    assert_eq!(of(15000, 10000, 2000), Ok(()));
    for (lease, renew, retry, complaint) in [
        (10_000, 10_000, 2000, "greater than --renew-deadline"),
        (10_000, 9_850, 2000, "more than 2 %"),
        (15_000, 2000, 1700, "1.2"),
        (0, 0, 0, "whole seconds"),
        (15_000, 10_000, 0, "--retry-period"),
    ] {
        assert!(of(lease, renew, retry).unwrap_err().contains(complaint), "{lease} {renew} {retry}");
    }
}

/// A hand, or a very long life, has brought `leaseTransitions` to its end: it leads all the same, without a break.
#[test]
fn the_last_term_is_kept() {
    let mut bench = Bench::new(true).held_by("other_1", 3, LAST_TERM);
    bench.run(10 * S);
    assert!(bench.leads());
    bench.run(60 * S);
    assert!(bench.leads());
    assert_eq!(bench.lease.as_ref().unwrap().term, LAST_TERM);
    assert!(!bench.events.iter().any(|event| matches!(event, Event::Lost { .. })), "{:?}", bench.events);
}
