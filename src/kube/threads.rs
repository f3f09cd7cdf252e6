//! When work is shared among threads.

/// From this many documents or objects on, threads pay.
pub(crate) const WORTH_THREADS: usize = 64;
