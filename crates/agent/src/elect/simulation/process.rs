//! A process and its clocks.

use std::time::Duration;

use super::super::machine::{Elector, OnExit};
use super::super::record::Now;

/// One process; a restart is another process in the same slot.
pub struct Process {
    /// Which of the world's Pods it runs in.
    pub slot: usize,
    pub elector: Elector,
    /// How fast its clock since boot goes, 1 for real time.
    pub rate: f64,
    /// What its clock since boot showed at the start of the world.
    pub offset: Duration,
    /// By how many microseconds its wall clock is ahead of real time.
    pub wall_offset: i64,
    pub alive: bool,
    pub on_exit: OnExit,
    /// It does nothing until then, in real time.
    pub paused_until: Duration,
    /// Its calls do not reach the API server until then, in real time.
    pub cut_off_until: Duration,
    pub token: u64,
    /// Real time until which an answer that it has given may still be acted upon.
    pub promised_until: Duration,
}

impl Process {
    /// What its clocks say.
    pub fn now(&self, real: Duration) -> Now {
        let wall = i64::try_from(real.as_micros()).unwrap() + self.wall_offset;
        Now { boot: self.offset + real.mul_f64(self.rate), wall }
    }

    /// When its own clock will say so.
    pub fn real(&self, boot: Duration) -> Duration {
        boot.saturating_sub(self.offset).div_f64(self.rate) + Duration::from_nanos(2)
    }
}
