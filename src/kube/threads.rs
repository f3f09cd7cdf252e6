//! When work is shared among threads, and what each takes.

use std::hint::black_box;

/// From this many documents or objects on, threads pay.
pub(crate) const WORTH_THREADS: usize = 64;

/// The memory that a thread takes when it begins.
const ROOM: usize = 16 << 20;

/// Takes memory for a thread at once. Where glibc allocates, a thread that is not the first else asks the system for each
/// page that it comes to need, and that takes as long as to fill it. What is given back stays with the thread; pages that
/// are not written to take no room.
pub(crate) fn take_room() {
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        // the first is not the thread's yet: that such a piece was given back makes glibc keep the next
        for _ in 0..2 {
            drop(black_box(Vec::<u8>::with_capacity(ROOM)));
        }
    }
}
