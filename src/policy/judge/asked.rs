//! One policy and binding asked about one object.

mod request;

use super::super::admitted::{admitted, is_clustered};
use super::super::compile::{Expression, Policy, Validation};
use super::super::matching::{self, Match, Namespaces, is_param_for, matches};
use super::{BEGIN, Decision, NAMESPACE, Params, Verdict};
use crate::cel::{Budget, Evaluation, Fail, Item, Origin, Value, Variables};
use crate::kube::{Index, Object};
use crate::yaml::NodeId;
use request::{request, without_place};

/// Which parameters a binding takes for its policy.
pub(super) struct Reference<'a> {
    pub(super) binding: &'a Object,
    pub(super) node: NodeId,
    /// API version and kind.
    pub(super) kind: &'a (String, String),
}

impl Reference<'_> {
    fn has(&self, key: &str) -> bool {
        self.binding.document.get(self.node, key).is_some()
    }
}

pub(super) fn read_params<'a>(reference: &Reference<'_>, index: &Index<'a>) -> Params<'a> {
    let found = matching::params(&reference.binding.document, reference.node, reference.kind, index)?;
    let read = |params: &Object| {
        admitted(params).map_or_else(|| Value::Unknown("the parameters are too large").into(), without_place)
    };
    Ok(found.into_iter().map(|params| (params, read(params))).collect())
}

/// An object as expressions see it.
pub(super) enum Seen {
    /// No policy was about it yet.
    Not,
    /// Too large to be judged.
    TooLarge,
    /// The value.
    As(Item),
}

/// What is known of a policy and an object, whatever the binding is.
#[derive(Default)]
pub(super) struct SoFar {
    /// Whether the policy takes the object.
    taken: Option<Match>,
    /// Whether it was evaluated without parameters: for bindings that warn, and for those that deny.
    is_said: [bool; 2],
}

/// Whether a binding makes the server refuse what its policy does not allow.
pub(super) fn denies(binding: &Object) -> bool {
    let actions = binding.document.at(binding.node, &["spec", "validationActions"]);
    let actions = actions.map_or(&[][..], |node| binding.document.items(node));
    actions.iter().any(|node| binding.document.str(*node) == Some("Deny"))
}

/// One policy and binding asked about one object.
pub(super) struct Asked<'b, 'a, 'run> {
    pub(super) policy: &'a Policy<'run>,
    pub(super) binding: Option<&'a Object>,
    pub(super) object: &'a Object,
    pub(super) namespaces: &'b Namespaces<'b, 'a>,
}

impl<'a> Asked<'_, 'a, '_> {
    /// The parameters that the binding names; nothing where it names none, or the policy has no kind of them.
    pub(super) fn reference(&self) -> Option<Reference<'a>> {
        let (kind, binding) = (self.policy.params.as_ref()?, self.binding?);
        let node = binding.document.at(binding.node, &["spec", "paramRef"])?;
        Some(Reference { binding, node, kind })
    }

    pub(super) fn answer(
        &self,
        of_binding: Option<&Params<'a>>,
        value: &mut Seen,
        budget: &mut u64,
        so_far: &mut SoFar,
        out: &mut Vec<Verdict<'a>>,
    ) {
        let Self { policy, binding, object, namespaces } = *self;
        let of_policy = policy.object;
        let take = || {
            let constraints = of_policy.document.at(of_policy.node, &["spec", "matchConstraints"]);
            constraints.map_or(Match::No, |node| matches(&of_policy.document, node, object, namespaces))
        };
        let resources = binding
            .and_then(|binding| Some((binding, binding.document.at(binding.node, &["spec", "matchResources"])?)));
        let found = so_far.taken.get_or_insert_with(take).clone().and(|| {
            resources.map_or(Match::Yes, |(binding, node)| matches(&binding.document, node, object, namespaces))
        });
        match found {
            Match::No => return,
            Match::Unknown(why) => {
                out.push(self.unknown(None, why));
                return;
            }
            Match::Yes => {}
        }
        // without parameters a policy says the same for each binding with the same actions
        let is_said = &mut so_far.is_said[usize::from(self.denies())];
        if policy.params.is_none() && std::mem::replace(is_said, true) {
            return;
        }
        if let Seen::Not = value {
            *value = admitted(object).map_or(Seen::TooLarge, Seen::As);
        }
        let Seen::As(value) = value else {
            out.push(self.unknown(None, "the object is too large to evaluate".to_owned()));
            return;
        };
        let params = match self.parameters(of_binding) {
            Ok(params) => params,
            Err(verdict) => {
                out.extend(verdict);
                return;
            }
        };
        for params in params {
            if *budget == 0 {
                let message =
                    "the policies of this run cost too much; those for later objects were not evaluated either";
                out.push(Verdict { decision: Decision::TooCostly, ..self.unknown(None, message.to_owned()) });
                return;
            }
            *budget = budget.saturating_sub(BEGIN);
            let limit = Budget::OBJECT.min(*budget);
            let left = self.evaluate(value, params, Budget::new(limit), out);
            *budget -= limit - left.left();
        }
    }

    /// The parameters to evaluate with, one after the other; without any, what that comes to, if it is to be said.
    fn parameters(&self, of_binding: Option<&Params<'a>>) -> Result<Vec<Option<Item>>, Option<Verdict<'a>>> {
        let Self { policy, binding, object, .. } = *self;
        Ok(match (self.reference(), of_binding) {
            (Some(reference), _) if !reference.has("namespace") && matching::has_no_place(object, reference.kind) => {
                let verdict = policy.fails.then(|| {
                    let message = format!(
                        "its parameters are looked up in the object's namespace, but a {} has none: the binding must name the namespace",
                        object.id.kind
                    );
                    Verdict { decision: Decision::Deny, ..self.unknown(None, message) }
                });
                return Err(verdict);
            }
            (Some(reference), Some(Ok(found))) => {
                let is_meant = |params: &Object| reference.has("namespace") || is_param_for(object, params);
                let meant: Vec<_> = found.iter().filter(|(params, _)| is_meant(params)).collect();
                if meant.is_empty() || (reference.has("name") && meant.len() > 1) {
                    let why = "which parameters apply cannot be determined from the run";
                    return Err(Some(self.unknown(None, why.to_owned())));
                }
                meant.into_iter().map(|(_, item)| Some(item.clone())).collect()
            }
            (_, Some(Err(why))) => return Err(Some(self.unknown(None, why.clone()))),
            _ => match (&policy.params, binding) {
                (None, _) => vec![None],
                // a binding that names none makes them null
                (Some(_), Some(_)) => vec![Some(Value::Null.into())],
                (Some(_), None) => vec![Some(Value::Unknown("there is no binding that names parameters").into())],
            },
        })
    }

    fn evaluate(&self, value: &Item, params: Option<Item>, budget: Budget, out: &mut Vec<Verdict<'a>>) -> Budget {
        let policy = self.policy;
        let variables =
            Variables::new(policy.variables.iter().map(|(name, program)| (name.as_str(), program)).collect());
        let mut bound = vec![
            ("object", value.clone()),
            ("oldObject", Value::Null.into()),
            ("request", request(self.object)),
            // match conditions have none
            (NAMESPACE, Value::Null.into()),
            ("authorizer", Value::Unknown("only a cluster knows who may do what").into()),
        ];
        bound.extend(params.map(|params| ("params", params)));
        let mut evaluation = Evaluation::new(bound, Some(&variables), budget);
        let mut failed = None;
        for condition in &policy.conditions {
            match evaluation.run(&condition.program) {
                Ok(Item { value: Value::Bool(true), .. }) => {}
                // one that is false decides, whatever the others are
                Ok(_) => return evaluation.budget,
                Err(fail) => failed = failed.or(Some((condition, fail))),
            }
        }
        if let Some((condition, fail)) = failed {
            self.failure(condition, fail, out);
            return evaluation.budget;
        }
        for (_, value) in evaluation.bound.iter_mut().filter(|(name, _)| *name == NAMESPACE) {
            *value = self.namespace();
        }
        if policy.problems.iter().any(|problem| problem.is_unsupported) {
            out.push(self.unknown(None, "one of its expressions is not evaluated here".to_owned()));
        }
        for validation in &policy.validations {
            match evaluation.run(&validation.expression.program) {
                Ok(Item { value: Value::Bool(true), .. }) => {}
                Ok(Item { origin, .. }) => {
                    let message = self.message(validation, &mut evaluation);
                    out.push(self.denied(&validation.expression, message, origin));
                }
                Err(fail) => self.failure(&validation.expression, fail, out),
            }
        }
        for annotation in &policy.annotations {
            if let Err(fail) = evaluation.run(&annotation.program) {
                let before = out.len();
                self.failure(annotation, fail, out);
                // whatever the binding's actions are
                for verdict in out.iter_mut().skip(before).filter(|verdict| verdict.decision == Decision::Warn) {
                    verdict.decision = Decision::Deny;
                }
            }
        }
        evaluation.budget
    }

    fn message<'v>(&self, validation: &'v Validation, evaluation: &mut Evaluation<'v>) -> String {
        // what an expression makes of a Secret may be the secret
        let program = validation.message_expression.as_ref().filter(|_| self.object.id.kind != "Secret");
        let made = program.and_then(|program| match evaluation.run(program) {
            Ok(Item { value: Value::String(text), .. }) => Some(text.trim().to_owned()),
            _ => None,
        });
        // `MaxEvaluatedMessageExpressionSizeBytes`
        let made = made.filter(|text| !text.is_empty() && text.len() <= 5 * 1024 && !text.contains('\n'));
        made.or_else(|| validation.message.clone())
            .unwrap_or_else(|| format!("failed expression: {}", self.text(validation.expression.node)))
    }

    fn text(&self, node: NodeId) -> &'a str {
        self.policy.object.document.str(node).unwrap_or_default().trim()
    }

    fn failure(&self, expression: &Expression, fail: Fail, out: &mut Vec<Verdict<'a>>) {
        match fail {
            Fail::Unknown(why) => out.push(self.unknown(Some(expression.node), why)),
            Fail::Exhausted => {
                let message = "its cost is above or close to the API server's limit for an expression".to_owned();
                // a policy that may fail takes the object all the same
                let decision = if self.policy.fails { Decision::TooCostly } else { Decision::Unknown };
                out.push(Verdict { decision, ..self.unknown(Some(expression.node), message) });
            }
            Fail::Error(_) if !self.policy.fails => {}
            Fail::Error(error) => {
                let text = self.text(expression.node);
                let error = if self.object.id.kind == "Secret" { "it is about a Secret" } else { error.as_str() };
                let message = format!("expression '{text}' resulted in error: {error}");
                out.push(self.denied(expression, message, Origin::Nowhere));
            }
        }
    }

    fn denies(&self) -> bool {
        self.binding.is_none_or(denies)
    }

    fn denied(&self, expression: &Expression, message: String, origin: Origin) -> Verdict<'a> {
        Verdict {
            decision: if self.denies() { Decision::Deny } else { Decision::Warn },
            mark: match origin {
                Origin::Node { mark, .. } => Some(mark),
                _ => None,
            },
            message,
            ..self.unknown(Some(expression.node), String::new())
        }
    }

    fn unknown(&self, expression: Option<NodeId>, message: String) -> Verdict<'a> {
        Verdict {
            decision: Decision::Unknown,
            policy: self.policy.object,
            binding: self.binding,
            expression,
            message,
            mark: None,
        }
    }

    /// `namespaceObject`: null for an object that has no namespace.
    fn namespace(&self) -> Item {
        const WHY: &str = "the namespace is not in the run";
        let object = self.object;
        if is_clustered(&object.id.kind) {
            return Value::Null.into();
        }
        let Some(name) = object.id.namespace.as_deref() else {
            return Value::Unknown("the namespace is not set").into();
        };
        if let Some(found) = self.namespaces.find(object, name)
            && let Some(item) = admitted(found)
        {
            return without_place(item);
        }
        let metadata = Value::object(vec![
            ("name", Value::text(name)),
            ("labels", Value::Unknown(WHY)),
            ("annotations", Value::Perhaps(WHY)),
        ]);
        Value::object(vec![("metadata", metadata), ("spec", Value::Unknown(WHY)), ("status", Value::Unknown(WHY))])
            .into()
    }
}
