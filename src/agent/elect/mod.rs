//! `elect`: leader election on Leases, with an HTTP API on loopback.

mod machine;
mod record;
#[cfg(test)]
mod simulation;
