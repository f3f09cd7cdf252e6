//! A policy with its expressions compiled.

use std::collections::BTreeMap;

use crate::cel::{Bound, CompileError, Field, Fields, Program, Scope, Type};
use crate::kube::Object;
use crate::kube::versions::Target;
use crate::yaml::{NodeId, Span, Style};

/// A `ValidatingAdmissionPolicy`.
#[derive(Debug)]
pub struct Policy<'run> {
    /// The object that defines it, for places and its name.
    pub object: &'run Object,
    /// Whether an expression that fails refuses the object.
    pub fails: bool,
    /// API version and kind of the parameters.
    pub params: Option<(String, String)>,
    /// What must be true for it to look at an object.
    pub conditions: Vec<Expression>,
    /// Names and values that expressions share, in their order.
    pub variables: Vec<(String, Program)>,
    /// What must be true.
    pub validations: Vec<Validation>,
    /// What is noted in the audit log.
    pub annotations: Vec<Expression>,
    /// What does not compile.
    pub problems: Vec<Problem>,
}

/// An expression that compiled, and where it is.
#[derive(Debug)]
pub struct Expression {
    /// The text of the expression, in the policy's document.
    pub node: NodeId,
    /// The name of a match condition.
    pub name: String,
    /// The expression.
    pub program: Program,
}

/// One of a policy's validations.
#[derive(Debug)]
pub struct Validation {
    /// What must be true.
    pub expression: Expression,
    /// What is said if it is not.
    pub message: Option<String>,
    /// The expression that makes the message.
    pub message_expression: Option<Program>,
}

/// An expression that does not compile.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The expression's node.
    pub node: NodeId,
    /// Its bytes in the file: the word at fault where it can be told.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Whether the server may take it.
    pub is_unsupported: bool,
}

impl<'run> Policy<'run> {
    /// Reads and compiles a policy for a version of Kubernetes; mutations are compiled, and not kept.
    #[must_use]
    pub fn compile(object: &'run Object, target: Target) -> Self {
        let document = &object.document;
        let at = |path: &[&str]| document.at(object.node, path);
        let text = |path: &[&str]| at(path).and_then(|node| document.str(node));
        let items = |path: &[&str]| at(path).map_or(&[][..], |node| document.items(node));
        let params = text(&["spec", "paramKind", "kind"])
            .zip(text(&["spec", "paramKind", "apiVersion"]))
            .map(|(kind, version)| (version.to_owned(), kind.to_owned()));
        let mut policy = Self::empty(object, params);
        policy.fails = text(&["spec", "failurePolicy"]) != Some("Ignore");
        let mut scope = scope(policy.params.is_some(), target);
        for item in items(&["spec", "matchConditions"]) {
            let name = document.get_str(*item, "name").unwrap_or_default().to_owned();
            if let Some((node, program)) = policy.expression(*item, "expression", &scope, &[Type::Bool]) {
                policy.conditions.push(Expression { node, name, program });
            }
        }
        for item in items(&["spec", "variables"]) {
            let Some(name) = document.get_str(*item, "name") else { continue };
            let compiled = policy.expression(*item, "expression", &scope, &[]);
            let of = compiled.as_ref().map_or(Type::Dyn, |(_, program)| program.result.clone());
            bind_variable(&mut scope, name, of);
            if let Some((_, program)) = compiled {
                policy.variables.push((name.to_owned(), program));
            }
        }
        // messages are made without asking who may do what
        let mut of_messages = scope.clone();
        of_messages.variables.retain(|(name, _)| name != "authorizer");
        for item in items(&["spec", "validations"]) {
            let message = document.get_str(*item, "message").map(|text| text.trim().to_owned());
            let message_expression = policy
                .expression(*item, "messageExpression", &of_messages, &[Type::String])
                .map(|(_, program)| program);
            if let Some((node, program)) = policy.expression(*item, "expression", &scope, &[Type::Bool]) {
                let expression = Expression { node, name: String::new(), program };
                policy.validations.push(Validation {
                    expression,
                    message: message.filter(|text| !text.is_empty()),
                    message_expression,
                });
            }
        }
        for item in items(&["spec", "auditAnnotations"]) {
            if let Some((node, program)) =
                policy.expression(*item, "valueExpression", &scope, &[Type::String, Type::Null])
            {
                policy.annotations.push(Expression { node, name: String::new(), program });
            }
        }
        scope.has_patches = true;
        for item in items(&["spec", "mutations"]) {
            let patches = [
                ("applyConfiguration", Type::message("Object")),
                ("jsonPatch", Type::list(Type::message("JSONPatch"))),
            ];
            for (key, of) in patches {
                if let Some(patch) = document.get(*item, key) {
                    policy.expression(patch, "expression", &scope, &[of]);
                }
            }
        }
        policy
    }

    /// What does not compile of the match conditions of webhooks.
    #[must_use]
    pub fn of_webhooks(object: &'run Object, target: Target) -> Vec<Problem> {
        let document = &object.document;
        let mut policy = Self::empty(object, None);
        let scope = scope(false, target);
        for hook in document.get(object.node, "webhooks").map_or(&[][..], |node| document.items(node)) {
            for item in document.get(*hook, "matchConditions").map_or(&[][..], |node| document.items(node)) {
                policy.expression(*item, "expression", &scope, &[Type::Bool]);
            }
        }
        policy.problems
    }

    fn empty(object: &'run Object, params: Option<(String, String)>) -> Self {
        Self {
            object,
            fails: true,
            params,
            conditions: Vec::new(),
            variables: Vec::new(),
            validations: Vec::new(),
            annotations: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Whether the server would refuse the policy itself.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| !problem.is_unsupported)
    }

    fn expression(&mut self, item: NodeId, key: &str, scope: &Scope, results: &[Type]) -> Option<(NodeId, Program)> {
        let document = &self.object.document;
        let node = document.get(item, key)?;
        let text = document.str(node).filter(|text| !text.trim().is_empty())?;
        match compile(text, scope, results) {
            Ok(program) => Some((node, program)),
            Err(error) => {
                self.problems.push(Problem::of(self.object, node, &error));
                None
            }
        }
    }
}

/// Compiles an expression whose result must have one of these types; any type where there are none.
pub fn compile(text: &str, scope: &Scope, results: &[Type]) -> Result<Program, CompileError> {
    let program = Program::compile(text, scope)?;
    of_type(&program, text, results)?;
    Ok(program)
}

/// Compiles such an expression about `self`, and returns its estimated cost, too; see [`Program::compile_and_estimate`].
pub fn compile_and_estimate(
    text: &str,
    scope: &Scope,
    bound: &Bound,
    results: &[Type],
) -> Result<(Program, Option<u64>), CompileError> {
    let (program, cost) = Program::compile_and_estimate(text, scope, bound)?;
    of_type(&program, text, results)?;
    Ok((program, cost))
}

fn of_type(program: &Program, text: &str, results: &[Type]) -> Result<(), CompileError> {
    if results.is_empty() || results.contains(&program.result) {
        return Ok(());
    }
    let wanted: Vec<String> = results.iter().map(ToString::to_string).collect();
    let message = format!("its value must be {}, but is {}", wanted.join(" or "), program.result);
    Err(CompileError::about(text, message))
}

impl Problem {
    /// What is wrong with the expression at a node.
    pub(super) fn of(object: &Object, node: NodeId, error: &CompileError) -> Self {
        let span = place(object, node, error.at.start, error.at.end);
        Self { node, span, message: error.message.clone(), is_unsupported: error.is_unsupported }
    }
}

/// The bytes in the file of a part of a text; the whole text where it is written in a way that hides them.
fn place(object: &Object, node: NodeId, start: usize, end: usize) -> Span {
    let document = &object.document;
    let whole = document.span(node);
    let (Some(text), raw) = (document.str(node), document.raw(node)) else { return whole };
    let exact = || {
        let first = text.get(..start)?.matches('\n').count();
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let mut from = 0;
        for line in text.lines().take(first + 1) {
            from += raw.get(from..)?.find(line)?;
            if text[line_start..].starts_with(line) && line_start + line.len() >= start {
                let column = start - line_start;
                let mut length = (end - start).min(line.len().saturating_sub(column)).max(1);
                while column + length < line.len() && !line.is_char_boundary(column + length) {
                    length += 1;
                }
                let at = whole.range().start + from + column;
                return Some(Span::new(at, at + length)).filter(|span| span.range().end <= whole.range().end);
            }
            from += line.len();
        }
        None
    };
    if document.style(node) == Style::Alias { whole } else { exact().unwrap_or(whole) }
}

/// The variables of a policy's expressions (`k8s.io/apiserver/pkg/admission/plugin/cel/compile.go`).
fn scope(has_params: bool, target: Target) -> Scope {
    let mut variables = vec![
        ("object".to_owned(), Type::Dyn),
        ("oldObject".to_owned(), Type::Dyn),
        ("request".to_owned(), request()),
        ("namespaceObject".to_owned(), namespace()),
        ("authorizer".to_owned(), Type::Opaque("Authorizer")),
    ];
    if has_params {
        variables.push(("params".to_owned(), Type::Dyn));
    }
    Scope { variables, version: u8::try_from(target.minor()).unwrap_or(u8::MAX), has_patches: false }
}

/// Adds a field to `variables`.
fn bind_variable(scope: &mut Scope, name: &str, of: Type) {
    let field = Field { name: name.into(), of };
    match scope.variables.last_mut() {
        Some((variables, Type::Object(fields))) if variables == "variables" => fields.insert(name, field),
        _ => {
            let fields = BTreeMap::from([(name.into(), field)]);
            scope.variables.push(("variables".to_owned(), Type::Object(Fields::new("variables", fields))));
        }
    }
}

fn object(name: &'static str, fields: &[(&str, Type)]) -> Type {
    Type::Object(Fields::plain(name, fields))
}

/// `BuildRequestType`
fn request() -> Type {
    let of = |name: &'static str, last: &str| {
        object(name, &[("group", Type::String), ("version", Type::String), (last, Type::String)])
    };
    let kind = of("kubernetes.GroupVersionKind", "kind");
    let resource = of("kubernetes.GroupVersionResource", "resource");
    let user = object(
        "kubernetes.UserInfo",
        &[
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", Type::list(Type::String)),
            ("extra", Type::map(Type::String, Type::list(Type::String))),
        ],
    );
    object(
        "kubernetes.AdmissionRequest",
        &[
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("subResource", Type::String),
            ("requestKind", kind),
            ("requestResource", resource),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

/// `BuildNamespaceType`
fn namespace() -> Type {
    let texts = || Type::map(Type::String, Type::String);
    let metadata = object(
        "kubernetes.NamespaceMetadata",
        &[
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", texts()),
            ("annotations", texts()),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", Type::list(Type::String)),
        ],
    );
    let condition = object(
        "kubernetes.NamespaceCondition",
        &[
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let spec = object("kubernetes.NamespaceSpec", &[("finalizers", Type::list(Type::String))]);
    let status =
        object("kubernetes.NamespaceStatus", &[("conditions", Type::list(condition)), ("phase", Type::String)]);
    object("kubernetes.Namespace", &[("metadata", metadata), ("spec", spec), ("status", status)])
}
