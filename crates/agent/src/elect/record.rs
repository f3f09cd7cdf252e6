//! What an election reads and writes: the Lease's spec, its times, and the words of the conversation.

use std::time::Duration;

/// A clock's reading at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Time since boot, suspend included (`CLOCK_BOOTTIME`); all decisions rest on it.
    pub boot: Duration,
    /// Microseconds since the epoch; only written into the Lease for people to read.
    pub wall: i64,
}

/// The three times of an election, checked against each other.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long followers leave an unchanged Lease alone; whole seconds, as the Lease stores it.
    pub lease: Duration,
    /// How long a renewal is good for, counted from before it was sent.
    pub renew_deadline: Duration,
    /// Pause between a leader's renewals; followers look a little more often, see [`LOOKS`].
    pub retry: Duration,
}

/// Followers look after a random part of the retry period, from the first to the second: so that a Lease that was
/// released is held again within one of them.
pub const LOOKS: (f64, f64) = (0.4, 0.7);

/// client-go's `leaderelection.JitterFactor`: its leaders need a renew deadline of so many retry periods.
const JITTER: f64 = 1.2;

/// A leader's clock may be 1 % slow and a follower's 1 % fast; the lease must outlast the renewal all the same.
const DRIFT: f64 = 1.01 / 0.99;

impl Times {
    /// Checks that no clock allowed by the assumptions lets two answers overlap, and that a leader can renew in time.
    ///
    /// # Errors
    /// Which flag is impossible and what it would have to be.
    pub fn new(lease: Duration, renew_deadline: Duration, retry: Duration) -> Result<Self, String> {
        if lease.is_zero() || lease.subsec_nanos() != 0 || i32::try_from(lease.as_secs()).is_err() {
            return Err("--lease-duration must be whole seconds, at least 1s: the Lease stores it so".to_owned());
        }
        if retry < Duration::from_millis(10) {
            return Err("--retry-period must be at least 10ms".to_owned());
        }
        if lease.as_secs_f64() <= renew_deadline.as_secs_f64() * DRIFT {
            return Err(format!(
                "--lease-duration ({}) must be greater than --renew-deadline ({}) by more than 2 %, \
                 or two clocks that differ by 1 % allow two leaders",
                humantime::format_duration(lease),
                humantime::format_duration(renew_deadline)
            ));
        }
        if renew_deadline.as_secs_f64() <= retry.as_secs_f64() * JITTER {
            return Err(format!(
                "--renew-deadline ({}) must be greater than 1.2 × --retry-period ({}), \
                 or a leader gives up before it has tried again",
                humantime::format_duration(renew_deadline),
                humantime::format_duration(retry)
            ));
        }
        Ok(Self { lease, renew_deadline, retry })
    }

    /// How long one API call may take: so that a lost renewal can be repeated before the deadline.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.renew_deadline / 2
    }
}

/// A Lease as the API server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `metadata.resourceVersion`; any change of it is a change of the Lease.
    pub version: String,
    /// `metadata.uid`; a new one means that the Lease was deleted and made again.
    pub uid: String,
    /// `spec.holderIdentity`; none when released or never held.
    pub holder: Option<String>,
    /// `spec.leaseDurationSeconds`, as the holder wrote it.
    pub duration: Option<Duration>,
    /// `spec.leaseTransitions`, the fencing term; 0 when absent.
    pub term: u64,
    /// `spec.acquireTime` in microseconds since the epoch.
    pub acquired: Option<i64>,
    /// `spec.renewTime` in microseconds since the epoch.
    pub renewed: Option<i64>,
}

/// The spec that a write leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// New `spec.holderIdentity`; none releases.
    pub holder: Option<String>,
    /// New `spec.leaseDurationSeconds`.
    pub duration: Duration,
    /// New `spec.leaseTransitions`.
    pub term: u64,
    /// New `spec.acquireTime`.
    pub acquired: Option<i64>,
    /// New `spec.renewTime`; always later than the one it replaces, or the API server would store nothing.
    pub renewed: i64,
}

/// An API call that the election wants made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `get`
    Read,
    /// `create`
    Create(Write),
    /// `update`, refused by the API server unless version and uid are still these.
    Replace {
        /// The resourceVersion that it replaces.
        version: String,
        /// The uid that it replaces.
        uid: String,
        /// The new spec.
        write: Write,
    },
}

/// What became of an API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The Lease as read, or as it is after the write.
    Found(Record),
    /// There is no such Lease.
    Absent,
    /// Someone else wrote first.
    Conflict,
    /// Anything else; whether a write took effect is unknown.
    Failed {
        /// The API server's `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// What happened, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// This process leads from now on.
    Acquired {
        /// The new term.
        term: u64,
    },
    /// This process no longer leads.
    Lost {
        /// The term that ended.
        term: u64,
        /// Why.
        reason: &'static str,
    },
    /// The Lease was given back.
    Released {
        /// The term that ended.
        term: u64,
    },
    /// Someone deleted the Lease: processes that start now know nothing of former terms.
    Deleted {
        /// The highest term this process has seen.
        term: u64,
    },
    /// Another process holds the Lease.
    Following {
        /// Its identity.
        leader: String,
        /// The term that it leads in.
        term: u64,
    },
}
