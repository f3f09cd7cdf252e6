//! What goes wrong: with processes, their clocks, and messages.

use std::time::Duration;

use super::super::happening::Happening;
use super::super::process::Process;
use super::{FAULTS_END, SLOWEST, World};
use crate::elect::machine::OnExit;

impl World {
    pub(super) fn hostile(&self) -> bool {
        self.real < FAULTS_END && !self.scenario.handovers
    }

    /// Carries a message to or from the API server: late, never or twice.
    pub(super) fn transmit(&mut self, process: usize, message: &Happening) {
        let hostile = self.hostile();
        let copies = match self.rng.u8(..) {
            0..12 if hostile => 0,
            12..24 if hostile => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let slow = hostile && self.rng.u8(..) < 25;
            let delay = self.within(if slow { SLOWEST } else { Duration::from_millis(50) });
            self.push(delay, process, message.clone());
        }
    }

    pub(super) fn disturb(&mut self, process: usize) {
        self.figures.disturbances += 1;
        let length = self.within(Duration::from_secs(40)).min(FAULTS_END.saturating_sub(self.real));
        let until = self.real + length;
        let choices = if self.scenario.deletions { 3 } else { 5 };
        let subject = &mut self.processes[process];
        match self.rng.u8(0..choices) {
            0 => {
                subject.paused_until = until;
                if self.scenario.clocks_stop {
                    subject.offset = subject.offset.saturating_sub(length.mul_f64(subject.rate));
                }
            }
            1 => subject.cut_off_until = until,
            2 => subject.wall_offset += self.rng.i64(-7_200_000_000..7_200_000_000),
            3 => {
                subject.alive = false;
                let after = self.within(Duration::from_secs(10));
                self.push(after, process, Happening::Start);
                return;
            }
            _ => {
                if subject.alive {
                    self.stop(process);
                    return; // it exits by itself, and another process follows
                }
            }
        }
        let after = self.within(Duration::from_secs(20));
        self.push(after, process, Happening::Disturb);
    }

    fn stop(&mut self, process: usize) {
        let subject = &mut self.processes[process];
        let now = subject.now(self.real);
        subject.elector.stop(now.boot, false);
        if subject.on_exit == OnExit::ReleaseAtOnce && !self.scenario.app_lives_on {
            // All that could act on its answers has ended.
            subject.promised_until = self.real;
        }
        let token = subject.token;
        self.push(Duration::ZERO, process, Happening::Wake { token });
    }

    /// Stops the leader, in a cluster where all is well; another process takes its place within ten seconds.
    pub(super) fn hand_over(&mut self) {
        let leads =
            |process: &Process| process.alive && process.elector.standing(process.now(self.real).boot).is_leader;
        if let Some(leader) = self.processes.iter().position(leads) {
            self.stop(leader);
            self.figures.handovers += 1;
        }
        let after = Duration::from_secs(15) + self.within(Duration::from_secs(15));
        self.push(after, 0, Happening::Disturb);
    }
}
