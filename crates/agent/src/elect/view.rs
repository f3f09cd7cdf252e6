//! What one process knows of the Lease: what it says, since when, and what it said before it was deleted.

use std::time::Duration;

use super::record::Record;

/// The Lease as this process last saw it.
#[derive(Debug)]
pub struct View {
    known: Known,
    /// A write of this or another process may have changed it: look before the next write.
    pub stale: bool,
    /// The highest term ever seen; survives the Lease.
    pub highest_term: u64,
    /// After a deletion no process acquires until then.
    pub guard_until: Duration,
    /// Replaces a duration that the Lease lacks, and that of a holder which is forgotten.
    own_duration: Duration,
}

/// What is known.
#[derive(Clone, Debug)]
pub enum Known {
    /// It has not been read.
    Nothing,
    /// There is none.
    Absent,
    /// It says this, unchanged since this moment of this process's own clock.
    Present {
        /// What it says.
        record: Record,
        /// When this process first saw it say so.
        since: Duration,
    },
}

/// What a look at the Lease brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// It says something else than before.
    pub changed: bool,
    /// It was deleted since the last look.
    pub deleted: bool,
}

impl View {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(own_duration: Duration) -> Self {
        Self { known: Known::Nothing, stale: false, highest_term: 0, guard_until: Duration::ZERO, own_duration }
    }

    /// What it said at the last look.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The Lease, if there is one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match &self.known {
            Known::Present { record, .. } => Some(record),
            _ => None,
        }
    }

    /// Whether it names this holder.
    #[must_use]
    pub fn is_held_by(&self, identity: &str) -> bool {
        self.record().is_some_and(|record| record.holder.as_deref() == Some(identity))
    }

    /// When the wait for its holder is over: the duration that the *holder* recorded, from when *this process* saw it.
    #[must_use]
    pub fn runs_out(&self) -> Option<Duration> {
        match &self.known {
            Known::Present { record, since } => Some(*since + self.duration(record)),
            _ => None,
        }
    }

    /// The duration that the holder recorded; a Lease made by hand may lack it.
    #[must_use]
    pub fn duration(&self, record: &Record) -> Duration {
        record.duration.unwrap_or(self.own_duration)
    }

    /// Notes what it says now. `leads`: this process led until now.
    pub fn found(&mut self, now: Duration, record: Record, leads: bool) -> News {
        self.stale = false;
        let deleted = self.record().is_some_and(|before| before.uid != record.uid);
        let changed = self.record().is_none_or(|before| before.version != record.version);
        if deleted {
            self.guard(now, leads);
        }
        self.highest_term = self.highest_term.max(record.term);
        if changed {
            self.known = Known::Present { record, since: now };
        }
        News { changed, deleted }
    }

    /// Notes that there is none.
    pub fn absent(&mut self, now: Duration, leads: bool) -> News {
        self.stale = false;
        let deleted = self.record().is_some();
        if deleted {
            self.guard(now, leads);
        }
        self.known = Known::Absent;
        News { changed: deleted, deleted }
    }

    /// A former leader's last answer may outlive the Lease that it rested on. A process that led itself knows
    /// that no other did.
    fn guard(&mut self, now: Duration, leads: bool) {
        let Some(before) = self.record().filter(|_| !leads) else { return };
        self.guard_until = now + self.duration(before).max(self.own_duration);
    }
}
