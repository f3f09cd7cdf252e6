//! What must hold after every event.

use std::time::Duration;

use super::{FAULTS_END, World};

/// From the end of a leader's app to the next leader, where all is well and renewals are two seconds apart.
const HANDOVER: Duration = Duration::from_secs(2);

impl World {
    /// The invariant, after every event.
    pub(super) fn check(&mut self, slowest: Duration) -> Result<(), String> {
        let mut leader = None;
        for index in 0..self.processes.len() {
            let process = &self.processes[index];
            if !process.alive {
                continue;
            }
            let standing = process.elector.standing(process.now(self.real).boot);
            if !standing.is_leader {
                continue;
            }
            if let Some(other) = leader.replace(index) {
                return Err(format!("processes {other} and {index} both say leader at {:?}", self.real));
            }
            let promised = self.real + standing.remaining.div_f64(process.rate);
            self.processes[index].promised_until = promised;
        }
        if let (Some(_), Some(since)) = (leader, self.leaderless_since)
            && self.figures.handovers > 0
        {
            let handover = self.real.saturating_sub(since);
            self.figures.longest_handover = self.figures.longest_handover.max(handover);
            if handover > HANDOVER {
                return Err(format!("{handover:?} without a leader after one was stopped"));
            }
        }
        if let Some(leader) = leader {
            let promised = |other: usize| self.processes[other].promised_until > self.real + Duration::from_micros(1);
            if let Some(other) = (0..self.processes.len()).find(|other| *other != leader && promised(*other)) {
                return Err(format!("{leader} leads while {other}'s last remainingMs still runs at {:?}", self.real));
            }
            self.leaderless_since = None;
            self.settled = self.real > FAULTS_END + slowest && !self.scenario.handovers;
        } else {
            let since = *self.leaderless_since.get_or_insert(self.real);
            let without = self.real.saturating_sub(since.max(FAULTS_END));
            self.figures.longest_without_leader = self.figures.longest_without_leader.max(without);
            if without > slowest {
                return Err(format!("no leader {without:?} after the faults stopped"));
            }
        }
        Ok(())
    }
}
