//! Ports for the servers that tests start.

use std::sync::atomic::{AtomicU64, Ordering};

/// A loopback port that is free now, and that no other test of this program is given. Below the ports that the kernel
/// gives to clients and for port 0, so that none of these takes it before the server does.
pub fn free_port() -> u16 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let first = u64::from(std::process::id()) * 97;
    loop {
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let port = u16::try_from(10_000 + (first + count) % 22_000).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
