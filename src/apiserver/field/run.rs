//! One validation: its document, the steps of all paths, and what it has found.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;

use super::{At, Field};
use crate::apiserver::Cause;
use crate::kube::FastSet;
use crate::kube::versions::Target;
use crate::yaml::{Document, Entry, Key, Keys, NodeId};

/// One validation: the document, the steps of all paths taken, and what was found.
#[derive(Debug)]
pub struct Run<'doc> {
    pub(super) document: &'doc Document,
    root: NodeId,
    pub(super) target: Target,
    pub(super) dropped: FastSet<NodeId>,
    pub(super) steps: RefCell<Vec<PathNode>>,
    asked: [Asked; ASKED],
    pub(super) found: RefCell<Causes>,
}

#[derive(Debug, Default)]
pub(super) struct Causes {
    pub(super) errors: Vec<Cause>,
    pub(super) warnings: Vec<Cause>,
}

/// A step of a path and the step before it.
#[derive(Clone, Copy, Debug)]
pub(super) enum PathNode {
    Root,
    Child(u32, &'static str),
    Index(u32, u32),
    /// The key of a map such as `labels`; its text is in the document.
    Key(u32, NodeId),
    /// The same, written by the server as if it were a field.
    Dotted(u32, NodeId),
    /// A key that the server names although it is not written.
    Named(u32, &'static str),
}

/// How many maps' keys are remembered: validation asks one map for much, and comes back to those around it.
const ASKED: usize = 8;

/// A map that was asked, and its keys.
#[derive(Debug)]
struct Asked {
    map: Cell<NodeId>,
    keys: Cell<Keys>,
}

/// How many steps' memory a thread keeps: few objects take more, and a server's threads live long.
const KEPT: usize = 64 << 10;

thread_local! {
    /// The memory of the steps of the last validation, up to [`KEPT`]: the next one takes as many.
    static STEPS: RefCell<Vec<PathNode>> = const { RefCell::new(Vec::new()) };
}

impl<'doc> Run<'doc> {
    /// Starts at an object's outermost map. What is dropped is not there.
    pub fn new(document: &'doc Document, root: NodeId, target: Target, dropped: FastSet<NodeId>) -> Self {
        let mut steps = STEPS.take();
        steps.push(PathNode::Root);
        let keys = Keys::of(document.entries(root));
        let asked = std::array::from_fn(|_| Asked { map: Cell::new(root), keys: Cell::new(keys) });
        Self { document, root, target, dropped, steps: RefCell::new(steps), asked, found: RefCell::default() }
    }

    #[inline]
    pub(super) fn is_dropped(&self, node: NodeId) -> bool {
        !self.dropped.is_empty() && self.dropped.contains(&node)
    }

    /// Whether a map may have a key.
    #[inline]
    pub(super) fn may_have(&self, map: NodeId, key: Key<'_>) -> bool {
        let asked = &self.asked[map.number() % ASKED];
        if asked.map.get() != map {
            self.ask(map, asked);
        }
        asked.keys.get().may_have(key)
    }

    #[inline(never)]
    fn ask(&self, map: NodeId, asked: &Asked) {
        asked.map.set(map);
        asked.keys.set(Keys::of(self.document.entries(map)));
    }

    /// The entry of a map under a key, unless it is dropped.
    pub(super) fn entry(&self, map: NodeId, key: Key<'_>) -> Option<&'doc Entry> {
        self.document.entry_of(map, key).filter(|entry| !self.is_dropped(entry.value()))
    }

    /// The object itself.
    pub fn root(&self) -> Field<'_> {
        let mark = self.document.get(self.root, "kind").unwrap_or(self.root);
        Field { run: self, at: At::Node(self.root), mark, step: 0 }
    }

    /// Errors and warnings, in the order in which they were found.
    pub fn finish(self) -> (Vec<Cause>, Vec<Cause>) {
        let mut steps = self.steps.into_inner();
        steps.clear();
        steps.shrink_to(KEPT);
        STEPS.set(steps);
        let found = self.found.into_inner();
        (found.errors, found.warnings)
    }

    #[inline]
    pub(super) fn step(&self, step: PathNode) -> u32 {
        let mut steps = self.steps.borrow_mut();
        steps.push(step);
        u32::try_from(steps.len() - 1).unwrap_or(0)
    }

    /// The end of a path: a field's name, or a key.
    pub(super) fn last_step(&self, step: u32) -> String {
        match self.steps.borrow().get(step as usize) {
            None | Some(PathNode::Root) => "this object".to_owned(),
            Some(PathNode::Child(_, name) | PathNode::Named(_, name)) => (*name).to_owned(),
            Some(PathNode::Key(_, key) | PathNode::Dotted(_, key)) => self.document.key_text(*key).into_owned(),
            Some(PathNode::Index(list, index)) => match self.steps.borrow().get(*list as usize) {
                Some(PathNode::Child(_, name)) => format!("{name}[{index}]"),
                _ => format!("[{index}]"),
            },
        }
    }

    pub(super) fn path(&self, step: u32) -> String {
        let steps = self.steps.borrow();
        let mut chain = Vec::new();
        let mut at = step;
        loop {
            let step = steps.get(at as usize).copied().unwrap_or(PathNode::Root);
            chain.push(step);
            at = match step {
                PathNode::Root => break,
                PathNode::Child(parent, _)
                | PathNode::Index(parent, _)
                | PathNode::Key(parent, _)
                | PathNode::Dotted(parent, _)
                | PathNode::Named(parent, _) => parent,
            };
        }
        let mut path = String::new();
        for step in chain.into_iter().rev() {
            match step {
                PathNode::Root => {}
                PathNode::Child(_, name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                PathNode::Index(_, index) => {
                    let _ = write!(path, "[{index}]");
                }
                PathNode::Key(_, key) => {
                    let _ = write!(path, "[{}]", self.document.key_text(key));
                }
                PathNode::Dotted(_, key) => {
                    let _ = write!(path, ".{}", self.document.key_text(key));
                }
                PathNode::Named(_, key) => {
                    let _ = write!(path, "[{key}]");
                }
            }
        }
        path
    }
}
