//! Policies over objects.

mod asked;

use std::collections::HashMap;

use super::compile::Policy;
use super::matching::{self, Namespaces};
use crate::cel::Item;
use crate::kube::versions::KindHistory;
use crate::kube::versions::Target;
use crate::kube::{Index, Object};
use crate::yaml::NodeId;
use asked::{Asked, Seen, SoFar, denies, read_params};

/// What all evaluations of a run may cost together: no folder of policies takes more than some seconds.
const RUN: u64 = 400_000_000;

/// The variable that holds the object's namespace.
const NAMESPACE: &str = "namespaceObject";

/// What it costs to ask whether a policy is about an object, and to begin an evaluation.
const ASK: u64 = 5;
const BEGIN: u64 = 100;

/// Parameters as expressions see them, or why there are none.
type Params<'a> = Result<Vec<(&'a Object, Item)>, String>;

/// The policies that hold for some objects, and their bindings.
#[derive(Debug, Default)]
pub struct Policies<'run> {
    /// The policies, in the order of the run.
    pub all: Vec<Policy<'run>>,
    /// The bindings, by the name of the policy.
    bindings: HashMap<&'run str, Vec<&'run Object>>,
    /// Whether a policy without a binding holds for all objects.
    hold_unbound: bool,
}

/// What a policy says to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The server refuses the object.
    Deny,
    /// It takes it, and warns or keeps a note.
    Warn,
    /// Only a cluster can tell.
    Unknown,
    /// It costs about as much as the server spends on an expression, which refuses what costs more; or this run has
    /// spent what it spends on policies.
    TooCostly,
}

/// One thing that a policy says to an object.
#[derive(Clone, Debug)]
pub struct Verdict<'run> {
    /// What becomes of the object.
    pub decision: Decision,
    /// The policy that decides so.
    pub policy: &'run Object,
    /// The binding; none for a policy that holds without one.
    pub binding: Option<&'run Object>,
    /// The expression; none where the policy as a whole could not be evaluated.
    pub expression: Option<NodeId>,
    /// The message, or why it is not known.
    pub message: String,
    /// What to underline in the object: what the expression has read.
    pub mark: Option<NodeId>,
}

impl<'run> Policies<'run> {
    /// Collects and compiles the policies among some objects, each for a version of Kubernetes. Without bindings they hold for all objects if
    /// `hold_unbound` says so.
    #[must_use]
    pub fn collect(objects: &[&'run Object], target: &dyn Fn(&Object) -> Target, hold_unbound: bool) -> Self {
        // what no server of the version can have guards nothing
        let is = |object: &Object, kind: &str| {
            let history = KindHistory::of(&object.id.api_version, &object.id.kind);
            object.id.kind == kind
                && object.id.api_version.starts_with("admissionregistration.k8s.io/")
                && history.is_some_and(|history| history.exists_in(target(object)))
        };
        let mut policies = Self { hold_unbound, ..Self::default() };
        for object in objects.iter().filter(|object| !object.is_patch) {
            if is(object, "ValidatingAdmissionPolicy") {
                policies.all.push(Policy::compile(object, target(object)));
            } else if is(object, "ValidatingAdmissionPolicyBinding")
                && let Some(name) = object.document.at(object.node, &["spec", "policyName"])
                && let Some(name) = object.document.str(name)
            {
                policies.bindings.entry(name).or_default().push(object);
            }
        }
        policies
    }

    /// The kinds that its policies may take parameters of.
    pub fn parameter_kinds(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter_map(|policy| policy.params.as_ref()).map(|(_, kind)| kind.as_str())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The bindings to ask a policy with. Bindings without parameters that take all objects which the policy takes give
    /// the same verdict if they have the same actions, so only the first of these is evaluated.
    fn bound<'a>(&self, policy: &Policy<'run>) -> Vec<Option<&'a Object>>
    where
        'run: 'a,
    {
        let all = self.bindings.get(policy.object.id.name.as_str()).map_or(&[][..], Vec::as_slice);
        if all.is_empty() && self.hold_unbound {
            return vec![None];
        }
        let mut is_said = [false; 2];
        let is_new = |binding: &&&Object| {
            let takes_all = binding.document.at(binding.node, &["spec", "matchResources"]).is_none();
            let said = &mut is_said[usize::from(denies(binding))];
            !(takes_all && policy.params.is_none() && std::mem::replace(said, true))
        };
        all.iter().filter(is_new).map(|binding| Some(*binding)).collect()
    }

    /// What the policies say to objects, in the order of the objects. `holds` says where a policy counts.
    #[must_use]
    pub fn judge<'a>(
        &'a self,
        objects: &[&'a Object],
        index: &Index<'a>,
        holds: &dyn Fn(&Object, &Object) -> bool,
    ) -> Vec<(&'a Object, Vec<Verdict<'a>>)>
    where
        'run: 'a,
    {
        let mut budget = RUN;
        let namespaces = Namespaces::of(index);
        let mut params: HashMap<usize, Params<'a>> = HashMap::new();
        let bound: Vec<Vec<Option<&Object>>> = self.all.iter().map(|policy| self.bound(policy)).collect();
        let mut found = Vec::new();
        for object in objects.iter().copied() {
            if budget == 0 {
                break;
            }
            if object.is_patch || !object.changes.is_empty() || object.is_encrypted || matching::is_exempt(object) {
                continue;
            }
            let mut verdicts = Vec::new();
            let mut value = Seen::Not;
            let policies = self.all.iter().zip(&bound);
            for (policy, bound) in policies.filter(|(policy, _)| !policy.is_refused() && holds(policy.object, object)) {
                let mut so_far = SoFar::default();
                for binding in bound {
                    budget = budget.saturating_sub(ASK);
                    let asked = Asked { policy, binding: *binding, object, namespaces: &namespaces };
                    let of_binding = asked.reference().map(|reference| {
                        let read = || read_params(&reference, index);
                        &*params.entry(std::ptr::from_ref(reference.binding).addr()).or_insert_with(read)
                    });
                    asked.answer(of_binding, &mut value, &mut budget, &mut so_far, &mut verdicts);
                }
            }
            if !verdicts.is_empty() {
                found.push((object, verdicts));
            }
        }
        found
    }
}
