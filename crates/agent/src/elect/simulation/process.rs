//! A process and its clocks.

use std::time::Duration;

use super::super::machine::{Elector, OnExit};
use super::super::record::Now;

/// One process; a restart is another process in the same slot.
pub struct Process {
    pub slot: usize,
    pub elector: Elector,
    pub rate: f64,
    pub offset: Duration,
    pub wall_offset: i64,
    pub alive: bool,
    pub on_exit: OnExit,
    pub paused_until: Duration,
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
