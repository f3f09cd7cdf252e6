//! Deterministic simulation of the queue: managers whose calls happen one at a time, in every order; each may be ended
//! before any call, be refused, or lose the answer. Futures are polled by hand, so a run is a list of choices.

mod world;

use std::cell::RefCell;
use std::io::Write as _;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;
use serde_json::json;

use super::*;
use world::{Link, World, Wrong};

type Process = Pin<Box<dyn Future<Output = ()>>>;

/// A manager that goes round so often, as a future that waits for its turns.
fn manager(link: &Link, rounds: usize) -> Process {
    let job = json!({"metadata": {"name": "q"}, "spec": {"volumes": ["${ITEM}"]}});
    let mut manager = Manager {
        template: Template::new(job, None).unwrap(),
        source: link.clone(),
        jobs: link.clone(),
        max_parallel: 8,
        keep_done: Duration::ZERO,
        memory: Memory::default(),
        report: Arc::new(Progress::register(&mut Registry::default(), Duration::from_secs(1))),
    };
    Box::pin(async move {
        for _ in 0..rounds {
            manager.round().await;
        }
    })
}

/// Lets one call happen; whether the manager is done.
fn step(process: &mut Process, link: &Link) -> bool {
    link.turn.set(true);
    let done = process.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
    link.turn.set(false);
    done
}

/// The kubelet's and the user's part: a Job that has its data completes; an item is withdrawn.
fn elsewhere(world: &mut World, withdraws: bool) {
    let World { jobs, config_maps, items, withdrawn, .. } = world;
    for (name, job) in jobs.iter_mut() {
        if config_maps.get(name).is_some_and(|(owner, _)| *owner == job.uid) {
            job.state = State::Complete;
        }
    }
    if withdraws && let Some((item, _)) = items.pop_first() {
        withdrawn.insert(item);
    }
}

#[derive(Clone, Copy)]
struct Scenario {
    items: usize,
    managers: usize,
    rounds: usize,
    /// Something happens elsewhere, once, at any point: work is done, and an item is withdrawn if it says so.
    elsewhere: Option<bool>,
    wrong: Option<(usize, Wrong)>,
    names_differ: bool,
}

/// One run: at each point the choice says who acts next; choices beyond its end are 0. The choices that there were, or
/// what went wrong.
fn run(scenario: Scenario, choices: &[usize]) -> Result<Vec<usize>, String> {
    let names: Vec<_> = (0..scenario.items).map(|item| format!("item-{item}")).collect();
    let items = names.iter().map(|name| (name.clone(), format!("\"{name}\""))).collect();
    let world = Rc::new(RefCell::new(World { items, ..World::default() }));
    let links: Vec<_> = (0..scenario.managers)
        .map(|at| Link { names_differ: scenario.names_differ, ..Link::new(&world, scenario.wrong.filter(|_| at == 0)) })
        .collect();
    let mut processes: Vec<_> = links.iter().map(|link| Some(manager(link, scenario.rounds))).collect();
    // Up to their first call.
    for process in processes.iter_mut().flatten() {
        let _ = process.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    let mut pending = scenario.elsewhere;
    let mut alternatives = Vec::new();
    loop {
        let mut able: Vec<_> =
            (0..processes.len()).filter(|at| processes[*at].is_some() && !links[*at].is_ended()).collect();
        if pending.is_some() {
            able.push(processes.len());
        }
        if able.is_empty() || able == [processes.len()] {
            break;
        }
        let choice = choices.get(alternatives.len()).copied().unwrap_or(0);
        alternatives.push(able.len());
        match able[choice] {
            at if at == processes.len() => elsewhere(&mut world.borrow_mut(), pending.take() == Some(true)),
            at => {
                if processes[at].as_mut().is_none_or(|process| step(process, &links[at])) {
                    processes[at] = None;
                }
            }
        }
        check(&world.borrow(), &names)?;
    }
    drop(processes);
    // The next manager that starts makes it whole.
    let link = Link { names_differ: scenario.names_differ, ..Link::new(&world, None) };
    let mut last = manager(&link, 3);
    while !step(&mut last, &link) {
        check(&world.borrow(), &names)?;
    }
    whole(&world.borrow(), &names)?;
    Ok(alternatives)
}

/// At every moment.
fn check(world: &World, names: &[String]) -> Result<(), String> {
    for name in names.iter().filter(|name| !world.withdrawn.contains(*name)) {
        if world.made.get(name).is_some_and(|made| *made > 1) {
            return Err(format!("a second Job was made for {name}"));
        }
        if world.deleted.values().any(|item| item == name) {
            return Err(format!("the Job of {name} was deleted while it is listed"));
        }
    }
    Ok(())
}

/// In the end.
fn whole(world: &World, names: &[String]) -> Result<(), String> {
    for name in names.iter().filter(|name| !world.withdrawn.contains(*name)) {
        if !world.jobs.values().any(|job| job.item == *name) {
            return Err(format!("{name} has no Job"));
        }
    }
    for (name, job) in &world.jobs {
        match world.config_maps.get(name) {
            Some((owner, data)) if *owner == job.uid && *data == format!("\"{}\"", job.item) => {}
            other => return Err(format!("the Job of {} has {other:?}", job.item)),
        }
    }
    Ok(())
}

/// Runs all lists of choices, one after the other; how many there are.
fn all(scenario: Scenario) -> Result<u64, String> {
    let mut choices: Vec<usize> = Vec::new();
    let mut runs = 0;
    loop {
        let alternatives = run(scenario, &choices).map_err(|what| format!("{what}; choices {choices:?}"))?;
        runs += 1;
        choices.resize(alternatives.len(), 0);
        // The next list in order: the last choice that has another alternative takes it, and what follows begins anew.
        let Some(at) = (0..choices.len()).rfind(|at| choices[*at] + 1 < alternatives[*at]) else { return Ok(runs) };
        choices[at] += 1;
        choices.truncate(at + 1);
    }
}

const PLAIN: Scenario =
    Scenario { items: 1, managers: 2, rounds: 1, elsewhere: None, wrong: None, names_differ: false };

fn report(name: &str, scenarios: impl IntoIterator<Item = Scenario>) {
    let start = Instant::now();
    let mut runs = 0;
    for scenario in scenarios {
        match all(scenario) {
            Ok(more) => runs += more,
            Err(what) => panic!("{name}, wrong {:?}: {what}", scenario.wrong),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    // Past the test harness's capture, so that the figures are in every run's output.
    let _ =
        writeln!(std::io::stderr(), "queue simulation: {name}: {runs} runs, all whole, no second Job ({seconds:.1} s)");
}

/// Every call of the first manager, and every way for it to go wrong.
fn wrongs(calls: usize) -> impl Iterator<Item = Option<(usize, Wrong)>> {
    let ways = [Wrong::Ended, Wrong::Refused, Wrong::Lost];
    let all = (1..=calls).flat_map(move |call| ways.map(|wrong| Some((call, wrong))));
    std::iter::once(None).chain(all)
}

#[test]
fn every_crash_point_of_one_manager() {
    let scenario = Scenario { items: 3, managers: 1, rounds: 2, ..PLAIN };
    let elsewhere = [None, Some(false), Some(true)];
    let all = elsewhere
        .into_iter()
        .flat_map(|elsewhere| wrongs(24).map(move |wrong| Scenario { elsewhere, wrong, ..scenario }));
    report("three items, one manager", all);
}

#[test]
fn every_interleaving_of_two_managers() {
    report("one item, two managers", wrongs(6).map(|wrong| Scenario { wrong, ..PLAIN }));
    let withdrawn = Scenario { elsewhere: Some(true), ..PLAIN };
    report("one item that is withdrawn, two managers", [withdrawn]);
}

/// The large run, by hand: `cargo test --release -p patterns-agent --lib -- --ignored --nocapture simulation`.
#[test]
#[ignore = "minutes, on the release profile"]
fn every_interleaving_of_two_managers_and_two_items() {
    let two = Scenario { items: 2, ..PLAIN };
    report("two items, two managers", wrongs(8).map(|wrong| Scenario { wrong, ..two }));
    let rounds = Scenario { rounds: 2, ..PLAIN };
    report("one item, two managers, two rounds each", wrongs(9).map(|wrong| Scenario { wrong, ..rounds }));
    let withdrawn = Scenario { elsewhere: Some(true), ..PLAIN };
    report("one item that is withdrawn, two managers", wrongs(6).map(|wrong| Scenario { wrong, ..withdrawn }));
    let three = Scenario { managers: 3, ..PLAIN };
    report("one item, three managers", [three]);
    let withdrawn = Scenario { items: 2, elsewhere: Some(true), ..PLAIN };
    report("two items, one is withdrawn, two managers", [withdrawn]);
}

/// A Job of an item that is still listed is deleted by hand; what it owned goes later.
#[test]
fn a_job_that_is_made_again_gets_its_item_though_garbage_is_collected_late() {
    for collects_after in 0..12 {
        let items = BTreeMap::from([("item-0".to_owned(), "\"item-0\"".to_owned())]);
        let world = Rc::new(RefCell::new(World { items, collects_after, ..World::default() }));
        let link = Link::new(&world, None);
        let mut first = manager(&link, 2);
        while !step(&mut first, &link) {}
        let (name, uid) = {
            let world = world.borrow();
            let (name, job) = world.jobs.first_key_value().unwrap();
            (name.clone(), job.uid.clone())
        };
        let deleting = Link::new(&world, None);
        let mut delete: Process = {
            let link = deleting.clone();
            Box::pin(async move { link.delete(&name, &uid).await.unwrap() })
        };
        while !step(&mut delete, &deleting) {}
        let mut second = manager(&link, 12);
        while !step(&mut second, &link) {}
        whole(&world.borrow(), &["item-0".to_owned()]).unwrap_or_else(|what| panic!("{collects_after}: {what}"));
    }
}

/// An item that the API server refuses holds up no other, and leaves no Job that holds a place.
#[test]
fn a_refused_item_stops_no_other() {
    let names = ["item-0", "item-1", "item-2"].map(str::to_owned);
    let items = names.iter().map(|name| (name.clone(), format!("\"{name}\""))).collect();
    let refuses = Some("item-0".to_owned());
    let world = Rc::new(RefCell::new(World { items, refuses, ..World::default() }));
    let link = Link::new(&world, None);
    let mut process = manager(&link, 4);
    while !step(&mut process, &link) {}
    whole(&world.borrow(), &names[1..]).unwrap();
    assert!(world.borrow().jobs.values().all(|job| job.item != "item-0"), "its Job holds a place");
    assert_eq!(world.borrow().made["item-0"], 1, "it is not tried in each round");
}

/// Nor does one whose Job was left half made when the quota was full.
#[test]
fn a_job_that_cannot_be_repaired_stops_no_other() {
    let names = ["item-0", "item-1"].map(str::to_owned);
    let items: BTreeMap<_, _> = names.iter().map(|name| (name.clone(), format!("\"{name}\""))).collect();
    let world = Rc::new(RefCell::new(World { items, ..World::default() }));
    // Ended between the Job and its ConfigMap.
    let first = Link::new(&world, Some((5, Wrong::Ended)));
    let mut process = manager(&first, 1);
    while !first.is_ended() {
        step(&mut process, &first);
    }
    drop(process);
    assert_eq!((world.borrow().jobs.len(), world.borrow().config_maps.len()), (1, 0));
    (world.borrow_mut().refuses, world.borrow_mut().refuses_dry_run) = (Some("item-0".to_owned()), true);
    let link = Link::new(&world, None);
    let mut process = manager(&link, 2);
    while !step(&mut process, &link) {}
    assert!(world.borrow().config_maps.values().any(|(_, data)| data == "\"item-1\""), "held up");
    assert!(world.borrow().jobs.values().any(|job| job.item == "item-0"), "it may have its item");
    world.borrow_mut().refuses = None;
    let mut process = manager(&link, 2);
    while !step(&mut process, &link) {}
    whole(&world.borrow(), &names).unwrap();
}

#[test]
fn a_broken_queue_is_caught() {
    let caught = all(Scenario { names_differ: true, ..PLAIN }).unwrap_err();
    assert!(caught.contains("a second Job"), "{caught}");
}
