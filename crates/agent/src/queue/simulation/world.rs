//! The world that a simulated queue works in: the API server, the source and the kubelet, with all their failures.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use serde_json::Value;

use crate::queue::jobs::{Known, State};
use crate::queue::source::{Listing, NoItem};
use crate::queue::template;
use crate::queue::{Cluster, Items, Refusal};

/// The API server, the source and the kubelet.
#[derive(Default)]
pub(super) struct World {
    pub(super) jobs: BTreeMap<String, Known>,
    pub(super) config_maps: BTreeMap<String, (String, String)>,
    pub(super) items: BTreeMap<String, String>,
    /// Items that were not listed to the end.
    pub(super) withdrawn: BTreeSet<String>,
    pub(super) made: BTreeMap<String, u32>,
    pub(super) deleted: BTreeMap<String, String>,
    pub(super) uids: u32,
    /// The item whose ConfigMap the API server refuses.
    pub(super) refuses: Option<String>,
    /// It refuses the dry run too, as a quota does.
    pub(super) refuses_dry_run: bool,
    /// The garbage collector takes what a deleted Job owned so many calls later.
    pub(super) collects_after: usize,
    /// ConfigMaps of deleted Jobs, and how many calls they stay.
    pub(super) garbage: Vec<(String, usize)>,
}

impl World {
    /// What happens between two calls.
    pub(super) fn pass(&mut self) {
        for (name, left) in &mut self.garbage {
            *left = left.saturating_sub(1);
            if *left == 0 {
                let jobs = &self.jobs;
                self.config_maps.retain(|of, (owner, _)| of != name || jobs.values().any(|job| job.uid == *owner));
            }
        }
        self.garbage.retain(|(_, left)| *left > 0);
    }
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The manager ends before it.
    Ended,
    /// Not done, and so answered.
    Refused,
    /// Done, and the answer lost.
    Lost,
}

/// One manager's way to the world: a call happens when it is its turn.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) world: Rc<RefCell<World>>,
    pub(super) turn: Rc<Cell<bool>>,
    pub(super) calls: Rc<Cell<usize>>,
    pub(super) wrong: Option<(usize, Wrong)>,
    /// The mistake that the simulation must catch: Jobs of other names each time.
    pub(super) names_differ: bool,
}

impl Link {
    /// A manager's way to a world, with what goes wrong at one call.
    pub(super) fn new(world: &Rc<RefCell<World>>, wrong: Option<(usize, Wrong)>) -> Self {
        Self { world: Rc::clone(world), turn: Rc::default(), calls: Rc::default(), wrong, names_differ: false }
    }

    /// Waits for its turn, does it, and says what came of it.
    async fn call<T>(&self, act: impl FnOnce(&mut World) -> T) -> Result<T, String> {
        let call = self.calls.get() + 1;
        poll_fn(|_| {
            let is_ended = self.wrong.is_some_and(|(at, wrong)| wrong == Wrong::Ended && call >= at);
            if self.turn.take() && !is_ended { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.calls.set(call);
        self.world.borrow_mut().pass();
        match self.wrong.filter(|(at, _)| *at == call) {
            Some((_, Wrong::Refused)) => Err("refused".to_owned()),
            Some((_, Wrong::Lost)) => {
                act(&mut self.world.borrow_mut());
                Err("no answer".to_owned())
            }
            _ => Ok(act(&mut self.world.borrow_mut())),
        }
    }

    /// Whether it will make no more calls.
    pub(super) fn is_ended(&self) -> bool {
        self.wrong.is_some_and(|(at, wrong)| wrong == Wrong::Ended && self.calls.get() + 1 >= at)
    }
}

impl Items for Link {
    async fn list(&self) -> Result<Listing, String> {
        let names = self.call(|world| world.items.keys().cloned().collect()).await?;
        Ok(Listing { names, malformed: Vec::new() })
    }

    async fn item(&self, name: &str) -> Result<String, NoItem> {
        let item = self.call(|world| world.items.get(name).cloned()).await.map_err(NoItem::Lost)?;
        item.ok_or(NoItem::Gone)
    }
}

impl Cluster for Link {
    async fn list(&self) -> Result<BTreeMap<String, Known>, String> {
        self.call(|world| world.jobs.clone()).await
    }

    async fn create(&self, name: &str, job: Value) -> Result<String, Refusal> {
        let item = job["metadata"]["annotations"][template::ITEM_ANNOTATION].as_str().unwrap().to_owned();
        self.call(|world| {
            let name = if self.names_differ { format!("{name}-{}", world.uids) } else { name.to_owned() };
            if let Some(there) = world.jobs.get(&name) {
                return there.uid.clone();
            }
            world.uids += 1;
            let uid = format!("uid-{}", world.uids);
            *world.made.entry(item.clone()).or_default() += 1;
            world.jobs.insert(name, Known { uid: uid.clone(), item, state: State::Active });
            uid
        })
        .await
        .map_err(Refusal::Call)
    }

    async fn keep(&self, name: &str, config_map: Value, dry_run: bool) -> Result<bool, Refusal> {
        let owner = config_map["metadata"]["ownerReferences"][0]["uid"].as_str().unwrap().to_owned();
        let data = config_map["data"]["item.json"].as_str().unwrap().to_owned();
        let refuses = self.world.borrow().refuses.clone();
        let is_refused = {
            let world = self.world.borrow();
            let is_its = |item: String| world.jobs.get(name).is_some_and(|job| job.item == item);
            refuses.is_some_and(is_its) && (!dry_run || world.refuses_dry_run)
        };
        let made = self.call(|world| {
            if is_refused || world.config_maps.contains_key(name) {
                return false;
            }
            // The garbage collector takes one whose owner is gone.
            if !dry_run && world.jobs.values().any(|job| job.uid == owner) {
                world.config_maps.insert(name.to_owned(), (owner, data));
            }
            true
        });
        let made = made.await.map_err(Refusal::Call)?;
        if is_refused { Err(Refusal::Object("too large".to_owned())) } else { Ok(made) }
    }

    async fn delete(&self, name: &str, uid: &str) -> Result<(), String> {
        self.call(|world| {
            if let Some(job) = world.jobs.remove(name).filter(|job| job.uid == uid) {
                if world.collects_after == 0 {
                    world.config_maps.retain(|_, (owner, _)| *owner != uid);
                } else {
                    world.garbage.push((name.to_owned(), world.collects_after));
                }
                world.deleted.insert(name.to_owned(), job.item);
            }
        })
        .await
    }
}
