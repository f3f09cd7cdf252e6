//! How much a thread has looked at, for tests of how that grows with what it is given. Counted only where debug
//! assertions are on.

#[cfg(debug_assertions)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts so many looks at something.
#[inline]
pub fn count(steps: usize) {
    #[cfg(debug_assertions)]
    STEPS.with(|all| all.set(all.get() + steps as u64));
    #[cfg(not(debug_assertions))]
    let _ = steps;
}

/// How many this thread has counted so far; always none where debug assertions are off.
#[must_use]
pub fn steps() -> u64 {
    #[cfg(debug_assertions)]
    return STEPS.with(std::cell::Cell::get);
    #[cfg(not(debug_assertions))]
    0
}
