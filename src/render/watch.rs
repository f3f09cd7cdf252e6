//! Signals that ask this process to end while a program runs. The program is in a separate group, so that it can be
//! ended with all that it has started; the terminal's Ctrl-C does not reach it there.

#[cfg(unix)]
pub use self::unix::{Watch, asked_to_end, end_by};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::low_level::emulate_default_handler;

    /// Whether no program runs: the signals then do what they always do.
    static IDLE: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));
    /// The signal that came while one ran; 0 for none.
    static CAME: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);
    /// Whether the signals are looked at.
    static WATCHED: LazyLock<io::Result<()>> = LazyLock::new(|| {
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&IDLE))?;
            flag::register_usize(signal, Arc::clone(&CAME), usize::try_from(signal).unwrap_or_default())?;
        }
        Ok(())
    });
    /// How many programs run.
    static RUNNING: AtomicUsize = AtomicUsize::new(0);

    /// Watches until it is dropped.
    pub struct Watch;

    impl Watch {
        /// Begins to watch.
        pub fn begin() -> io::Result<Self> {
            LazyLock::force(&WATCHED).as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
            RUNNING.fetch_add(1, Ordering::SeqCst);
            IDLE.store(false, Ordering::SeqCst);
            Ok(Self)
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            if RUNNING.fetch_sub(1, Ordering::SeqCst) == 1 {
                IDLE.store(true, Ordering::SeqCst);
            }
        }
    }

    /// The signal that came, if one did.
    pub fn asked_to_end() -> Option<i32> {
        i32::try_from(CAME.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// Ends this process as the signal would have.
    pub fn end_by(signal: i32) {
        let _ = emulate_default_handler(signal);
    }
}

#[cfg(not(unix))]
pub use self::elsewhere::{Watch, asked_to_end, end_by};

#[cfg(not(unix))]
mod elsewhere {
    use std::io;

    /// Nothing to watch.
    pub struct Watch;

    impl Watch {
        /// Begins to watch.
        #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
        pub fn begin() -> io::Result<Self> {
            Ok(Self)
        }
    }

    /// The signal that came.
    pub fn asked_to_end() -> Option<i32> {
        None
    }

    /// Ends this process.
    pub fn end_by(_: i32) {}
}
