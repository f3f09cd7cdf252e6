//! Deterministic simulation of the election: many processes, virtual clocks, a model API server and a hostile network.
//! It drives the very state machine that the program drives; a seed repeats a run exactly.

mod happening;
mod process;
mod server;
mod world;

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::machine::Fault;
use world::World;

#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that goes wrong")]
struct Scenario {
    /// A hand deletes the Lease once, when all processes have seen it, and none starts later: more is outside what
    /// can be promised, for nothing then remembers that there was a leader.
    deletions: bool,
    /// The state machine carries this mistake.
    fault: Option<Fault>,
    /// Clocks stop while a process is suspended, as `CLOCK_MONOTONIC` does.
    clocks_stop: bool,
    /// Clock rates differ by a third instead of a hundredth.
    wild_clocks: bool,
    /// A restarted process takes its old identity, as if it were the Pod's name alone.
    same_identity: bool,
    /// Nothing fails; leaders are stopped, one after the other, when their app has ended.
    handovers: bool,
    /// Processes that release at once are stopped while their app lives on, as by a liveness probe.
    app_lives_on: bool,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    runs: u64,
    events: u64,
    acquisitions: u64,
    disturbances: u64,
    longest_without_leader: Duration,
    handovers: u64,
    longest_handover: Duration,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.events += other.events;
        self.acquisitions += other.acquisitions;
        self.disturbances += other.disturbances;
        self.longest_without_leader = self.longest_without_leader.max(other.longest_without_leader);
        self.handovers += other.handovers;
        self.longest_handover = self.longest_handover.max(other.longest_handover);
    }
}

fn simulate(seeds: std::ops::Range<u64>, scenario: Scenario) -> Result<Figures, (u64, String)> {
    use rayon::prelude::*;
    let results: Vec<_> = seeds
        .into_par_iter()
        .map(|seed| World::new(seed, scenario).run().map_err(|violation| (seed, violation)))
        .collect();
    results.into_iter().try_fold(Figures::default(), |mut sum, result| {
        sum.add(result?);
        Ok(sum)
    })
}

/// Past the test harness's capture, so that the figures are in every run's output.
fn report(text: &str) {
    let _ = writeln!(std::io::stderr(), "election simulation: {text}");
}

fn never_two_leaders(name: &str, seeds: std::ops::Range<u64>, scenario: Scenario) {
    let start = Instant::now();
    match simulate(seeds, scenario) {
        Ok(f) => report(&format!(
            "{name}: {} runs, {} events, {} acquisitions, {} disturbances, never two leaders; \
             at most {:.1} s without one after faults stop, {:.2} s after one of {} handovers ({:.1} s)",
            f.runs,
            f.events,
            f.acquisitions,
            f.disturbances,
            f.longest_without_leader.as_secs_f64(),
            f.longest_handover.as_secs_f64(),
            f.handovers,
            start.elapsed().as_secs_f64()
        )),
        Err((seed, violation)) => panic!("{name}, seed {seed}: {violation}"),
    }
}

#[test]
fn one_leader_through_pauses_partitions_restarts_and_bad_clocks() {
    never_two_leaders("faults", 0..1500, Scenario::default());
}

#[test]
fn one_leader_when_the_lease_is_deleted_by_hand() {
    never_two_leaders("deletions", 0..1000, Scenario { deletions: true, ..Scenario::default() });
}

/// The large runs, by hand: `cargo test --release -p patterns-agent --lib -- --ignored --nocapture a_hundred_thousand`.
#[test]
#[ignore = "minutes, on the release profile"]
fn a_hundred_thousand_seeds_of_faults() {
    never_two_leaders("faults", 0..100_000, Scenario::default());
}

#[test]
#[ignore = "minutes, on the release profile"]
fn a_hundred_thousand_seeds_of_deletions() {
    never_two_leaders("deletions", 0..100_000, Scenario { deletions: true, ..Scenario::default() });
}

#[test]
#[ignore = "minutes, on the release profile"]
fn a_hundred_thousand_seeds_of_handovers() {
    never_two_leaders("handovers", 0..100_000, Scenario { handovers: true, ..Scenario::default() });
}

#[test]
fn a_planned_handover_takes_two_seconds_at_most() {
    never_two_leaders("handovers", 0..300, Scenario { handovers: true, ..Scenario::default() });
}

#[test]
fn a_broken_election_is_caught() {
    let broken = |fault| Scenario { fault: Some(fault), ..Scenario::default() };
    let variants = [
        ("validity counted from the answer", broken(Fault::CountsFromAnswer)),
        ("followers compare wall clocks", broken(Fault::ComparesWallClocks)),
        ("an acquisition keeps the term", broken(Fault::KeepsTerm)),
        ("a timed-out renewal counts", broken(Fault::TrustsTimeouts)),
        ("writes ignore the resourceVersion", broken(Fault::WritesBlindly)),
        ("clocks stop during suspend", Scenario { clocks_stop: true, ..Scenario::default() }),
        ("identity is the Pod's name alone", Scenario { same_identity: true, ..Scenario::default() }),
        (
            "a sidecar is stopped while its app lives on",
            Scenario { app_lives_on: true, handovers: true, ..Scenario::default() },
        ),
        ("clock rates differ by a third", Scenario { wild_clocks: true, ..Scenario::default() }),
    ];
    for (name, scenario) in variants {
        let caught = (0..40).find_map(|part| simulate(part * 50..(part + 1) * 50, scenario).err());
        let (seed, violation) = caught.expect(name);
        report(&format!("{name}: caught by seed {seed}: {violation}"));
    }
}

/// The run in which a process began that had never seen the Lease before it was deleted, so that nothing could be promised:
/// now the hand waits until all have.
#[test]
fn the_run_that_was_outside_of_what_can_be_promised() {
    never_two_leaders("deletions", 44_640..44_660, Scenario { deletions: true, ..Scenario::default() });
}

#[test]
fn a_seed_repeats_a_run() {
    let run = || format!("{:?}", World::new(7, Scenario::default()).run());
    assert_eq!(run(), run());
}
