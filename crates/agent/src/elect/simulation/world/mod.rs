//! The world of one run: processes, their clocks and the network; `faults` goes wrong with them, `invariant` watches.

mod faults;
mod invariant;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::happening::{Happening, Queued};
use super::process::Process;
use super::server::Server;
use super::{Figures, Scenario};
use crate::elect::machine::{Action, Elector, OnExit};
use crate::elect::record::{Answer, Event, Record, Times};

const FAULTS_END: Duration = Duration::from_secs(120);
const SLOWEST: Duration = Duration::from_secs(8);

/// All of it.
pub struct World {
    scenario: Scenario,
    rng: fastrand::Rng,
    real: Duration,
    order: u64,
    queue: BinaryHeap<Reverse<Queued>>,
    processes: Vec<Process>,
    server: Server,
    last_term: u64,
    leaderless_since: Option<Duration>,
    settled: bool,
    figures: Figures,
}

impl World {
    /// A world that a seed repeats.
    pub fn new(seed: u64, scenario: Scenario) -> Self {
        let mut world = Self {
            scenario,
            rng: fastrand::Rng::with_seed(seed),
            real: Duration::ZERO,
            order: 0,
            queue: BinaryHeap::new(),
            processes: Vec::new(),
            server: Server::default(),
            last_term: 0,
            leaderless_since: Some(Duration::ZERO),
            settled: false,
            figures: Figures { runs: 1, ..Figures::default() },
        };
        if world.rng.bool() {
            // Pre-created: `spec: {}`.
            let (version, uid) = ("0".to_owned(), "0".to_owned());
            world.server.lease =
                Some(Record { version, uid, holder: None, duration: None, term: 0, acquired: None, renewed: None });
        }
        for slot in 0..world.rng.usize(2..=5) {
            world.start(slot);
            if scenario.handovers {
                continue;
            }
            let calm = Duration::from_secs(if scenario.deletions { 30 } else { 0 });
            let at = calm + world.within(Duration::from_secs(20));
            world.push(at, slot, Happening::Disturb);
        }
        if scenario.handovers {
            world.push(Duration::from_secs(20), 0, Happening::Disturb);
        }
        if scenario.deletions {
            let at = world.within(Duration::from_secs(80));
            world.push(Duration::from_secs(30) + at, 0, Happening::Delete);
        }
        world
    }

    fn within(&mut self, limit: Duration) -> Duration {
        limit.mul_f64(self.rng.f64())
    }

    fn push(&mut self, after: Duration, process: usize, what: Happening) {
        self.order += 1;
        self.queue.push(Reverse(Queued { at: self.real + after, order: self.order, process, what }));
    }

    fn start(&mut self, slot: usize) {
        let seconds = Duration::from_secs;
        // A rollout may change the times: processes with different ones campaign for one Lease. (After a
        // deletion it is not known how long the last holder's were.)
        let choices = [
            (15, seconds(10), seconds(2)),
            (15, seconds(14), seconds(2)),
            (30, seconds(20), seconds(5)),
            (3, Duration::from_millis(2900), Duration::from_millis(400)),
        ];
        let choice = if self.scenario.handovers {
            0
        } else if self.scenario.deletions {
            1
        } else {
            self.rng.usize(..choices.len())
        };
        let (lease, renew, retry) = choices[choice];
        let times = Times::new(seconds(lease), renew, retry).unwrap();
        let spread = if self.scenario.wild_clocks { 0.33 } else { 0.01 };
        let process = self.processes.len();
        let identity =
            if self.scenario.same_identity { format!("pod-{slot}") } else { format!("pod-{slot}_{process}") };
        let ways = [OnExit::Keep, OnExit::Release, OnExit::ReleaseAtOnce];
        let on_exit = if self.scenario.handovers { OnExit::ReleaseAtOnce } else { ways[self.rng.usize(..3)] };
        let mut elector = Elector::new(identity, times, true, on_exit, self.rng.u64(..));
        elector.fault = self.scenario.fault;
        self.processes.push(Process {
            slot,
            elector,
            rate: 1.0 + spread * (2.0 * self.rng.f64() - 1.0),
            offset: Duration::from_secs(self.rng.u64(0..1_000_000)),
            wall_offset: self.rng.i64(-5_000_000..5_000_000),
            alive: true,
            on_exit,
            paused_until: Duration::ZERO,
            cut_off_until: Duration::ZERO,
            token: 0,
            promised_until: Duration::ZERO,
        });
        self.push(Duration::ZERO, process, Happening::Wake { token: 0 });
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// What must never be.
    pub fn run(mut self) -> Result<Figures, String> {
        // The last late renewal, an unanswered call, the longest recorded lease, the longest pause between two looks.
        let slowest = SLOWEST + Duration::from_secs(10 + 31 + 11);
        let end = FAULTS_END + slowest + Duration::from_secs(60);
        while let Some(Reverse(next)) = self.queue.pop() {
            if next.at > end {
                break;
            }
            self.real = next.at;
            self.figures.events += 1;
            self.happen(next)?;
            self.check(slowest)?;
        }
        Ok(self.figures)
    }

    fn happen(&mut self, next: Queued) -> Result<(), String> {
        let Queued { process, what, .. } = next;
        let hostile = self.hostile();
        let knows = |one: &Process| !one.alive || one.elector.standing(one.now(self.real).boot).term > 0;
        let all_have_seen = !matches!(what, Happening::Delete) || self.processes.iter().all(knows);
        let subject = &mut self.processes[process];
        match what {
            Happening::Request { id, request } => {
                if self.real < subject.cut_off_until {
                    return Ok(());
                }
                let answer = match self.rng.u8(..) {
                    0..3 if hostile => Answer::Failed { retry_after: None },
                    3..6 if hostile => {
                        self.server.handle(request, &mut self.rng);
                        Answer::Failed { retry_after: Some(Duration::from_secs(1)) }
                    }
                    6..8 if hostile => Answer::Conflict,
                    _ => self.server.handle(request, &mut self.rng),
                };
                self.transmit(process, &Happening::Answer { id, answer });
            }
            // Not before all have seen who leads: one that was cut off until now could not know of him.
            Happening::Delete if !all_have_seen => self.push(Duration::from_secs(1), process, Happening::Delete),
            Happening::Delete => {
                self.server.lease = None;
                self.figures.disturbances += 1;
            }
            Happening::Start => {
                let slot = subject.slot;
                self.start(slot);
                if self.scenario.handovers {
                    return Ok(());
                }
                let at = self.within(Duration::from_secs(20));
                let latest = self.processes.len() - 1;
                self.push(at, latest, Happening::Disturb);
            }
            Happening::Disturb if self.scenario.handovers => self.hand_over(),
            Happening::Disturb if hostile => self.disturb(process),
            Happening::Disturb => {}
            Happening::Wake { .. } | Happening::Answer { .. } if !subject.alive => {}
            Happening::Wake { token } if token != subject.token => {}
            what if self.real < subject.paused_until => {
                let after = subject.paused_until.saturating_sub(self.real);
                self.push(after, process, what);
            }
            Happening::Answer { id, answer } => {
                if self.real >= subject.cut_off_until {
                    subject.elector.answer(subject.now(self.real), id, answer);
                    self.drive(process)?;
                }
            }
            Happening::Wake { .. } => self.drive(process)?,
        }
        Ok(())
    }

    /// What the program's driver does: polls, sends, sleeps.
    fn drive(&mut self, process: usize) -> Result<(), String> {
        let subject = &mut self.processes[process];
        let now = subject.now(self.real);
        let step = subject.elector.poll(now);
        subject.token += 1;
        let token = subject.token;
        let wake = match &step {
            Action::Send { deadline, .. } => subject.real(*deadline),
            Action::Wait(until) => subject.real((*until).max(now.boot + Duration::from_micros(10))),
            Action::Done => Duration::MAX,
        };
        for event in subject.elector.events() {
            match event {
                Event::Acquired { term } if term <= self.last_term && !self.scenario.deletions => {
                    return Err(format!("term {term} was acquired after term {}", self.last_term));
                }
                Event::Acquired { term } => {
                    self.last_term = term;
                    self.figures.acquisitions += 1;
                }
                Event::Lost { .. } if self.settled => return Err("leadership was lost without a fault".to_owned()),
                _ => {}
            }
        }
        match step {
            Action::Done => {
                subject.alive = false;
                let after = self.within(Duration::from_secs(10));
                self.push(after, process, Happening::Start);
                return Ok(());
            }
            Action::Send { id, request, .. } => self.transmit(process, &Happening::Request { id, request }),
            Action::Wait(_) => {}
        }
        self.push(wake.saturating_sub(self.real), process, Happening::Wake { token });
        Ok(())
    }
}
