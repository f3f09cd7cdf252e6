//! What the API server's validation would say, one rule for each family of its mistakes.

mod custom;
mod say;

use std::borrow::Cow;
use std::collections::HashMap;

use super::{dropped_field, unknown_field};
use crate::apiserver::{
    Cause, Reason, Schemas, Verdict, refused_pods, validate, validate_without_unknown_fields as validate_the_rest,
};
use crate::kube::Object;
use crate::kube::versions::{Target, Targets};
use crate::rules::policy;
use crate::rules::{Check, Findings, Rule, SharedCheck, SharedPass};
use crate::yaml::NodeId;
use say::say_all;

/// Declares the rules: they differ in page and level alone.
macro_rules! rules {
    ($($constant:ident $level:ident $page:literal,)*) => {
        $(pub static $constant: Rule = rule!($page, $level, Check::Elsewhere);)*
        /// The rules of this file.
        pub const RULES: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    MISSING_FIELD Error "missing_field.md",
    INVALID_VALUE Error "invalid_value.md",
    UNSUPPORTED_VALUE Error "unsupported_value.md",
    DUPLICATE_VALUE Error "duplicate_value.md",
    FORBIDDEN_FIELD Error "forbidden_field.md",
    VALUE_TOO_LONG Error "value_too_long.md",
    TOO_MANY_ITEMS Error "too_many_items.md",
    DANGLING_NAME Error "dangling_name.md",
    UNKNOWN_KIND Error "unknown_kind.md",
    SERVER_WARNING Warning "server_warning.md",
}

/// The rules of the pass over one object: those of this file, and fields that servers drop.
const OF_OBJECT: [&Rule; RULES.len() + 1] = {
    let mut rules = [&dropped_field::RULE; RULES.len() + 1];
    let mut index = 0;
    while index < RULES.len() {
        rules[index] = RULES[index];
        index += 1;
    }
    rules
};

/// Built-in kinds, object by object.
pub static SOURCE: SharedCheck = SharedCheck { rules: &OF_OBJECT, check: SharedPass::Object(check) };

/// Custom resources, whose definitions may be anywhere in the run.
pub static CUSTOM: SharedCheck = SharedCheck { rules: OF_CUSTOM, check: SharedPass::Together(custom::check) };

/// The rules about custom resources, those about their definitions' expressions among them.
const OF_CUSTOM: &[&Rule] = &[
    &MISSING_FIELD,
    &INVALID_VALUE,
    &UNSUPPORTED_VALUE,
    &DUPLICATE_VALUE,
    &FORBIDDEN_FIELD,
    &VALUE_TOO_LONG,
    &TOO_MANY_ITEMS,
    &DANGLING_NAME,
    &UNKNOWN_KIND,
    &SERVER_WARNING,
    &unknown_field::RULE,
    &policy::INVALID,
    &policy::NOT_EVALUATED,
];

fn check(object: &Object, found: &mut Findings<'_>) {
    let validate = |target| {
        let verdict = validate(object, target, Schemas::none());
        if !found.targets().is_range() && !object.is_patch && target == Target::default() {
            object.is_accepted.get_or_init(|| verdict.errors.is_empty());
        }
        verdict
    };
    let wrong = causes(object, found.targets(), validate);
    say(object, wrong, found);
    dropped_field::check(object, found);
}

/// What servers say of an object whose unknown fields they drop.
pub fn check_the_rest(object: &Object, found: &mut Findings<'_>) {
    let wrong = causes(object, found.targets(), |target| validate_the_rest(object, target));
    say(object, wrong, found);
}

fn say(object: &Object, mut wrong: Vec<Wrong>, found: &mut Findings<'_>) {
    if defines_nothing(object) && wrong.iter().any(is_of_versions) {
        // all else that it lacks follows: most are parts of definitions
        wrong.retain(is_of_versions);
    }
    say_all(object, &wrong, found);
}

/// Whether it is a definition without a version.
fn defines_nothing(object: &Object) -> bool {
    object.id.kind == "CustomResourceDefinition" && object.document.at(object.node, &["spec", "versions"]).is_none()
}

fn is_of_versions(wrong: &Wrong) -> bool {
    wrong.cause.path == "spec.versions"
}

/// One thing that is wrong with an object, and what comes of it.
struct Wrong {
    cause: Cause,
    why: Cow<'static, str>,
}

impl Wrong {
    /// What the server says, by the definition in another file.
    fn of(cause: Cause, schema: Option<&str>) -> Self {
        let why = cause.reason.why();
        let why = schema.map_or(Cow::Borrowed(why), |file| format!("{why} (by the definition in {file})").into());
        Self { cause, why }
    }
}

/// What a server says of an object, and then of the Pods that it has to create from it.
fn wrong(object: &Object, target: Target, verdict: Verdict) -> impl Iterator<Item = Wrong> {
    let (of_pods, why) = refused_pods(object, target, &verdict.errors).unwrap_or_default();
    let said = verdict.errors.into_iter().chain(verdict.warnings);
    let said = said.map(|cause| Wrong::of(cause, None));
    said.chain(of_pods.into_iter().map(move |cause| Wrong { cause, why: Cow::Borrowed(why) }))
}

/// What servers say, of several versions with the times at which they do.
fn causes(object: &Object, targets: Targets, validate: impl Fn(Target) -> Verdict) -> Vec<Wrong> {
    if !targets.is_range() {
        return wrong(object, targets.last(), validate(targets.last())).collect();
    }
    let mut all: Vec<(Wrong, Vec<Target>)> = Vec::new();
    let mut known: HashMap<(Reason, NodeId, String, String), usize> = HashMap::new();
    // Versions that refuse the object before they would come to say something.
    let (mut undecoded, mut refusing) = (Vec::new(), Vec::new());
    for target in targets.all() {
        let verdict = validate(target);
        if verdict.errors.iter().any(|cause| comes_first(cause.reason)) {
            undecoded.push(target);
        }
        if !verdict.errors.is_empty() {
            refusing.push(target);
        }
        for said in wrong(object, target, verdict) {
            let cause = &said.cause;
            // Where an older version drops elements before it, an element has another index there.
            let key = (cause.reason, cause.node, without_indices(&cause.path), without_indices(&cause.message));
            let at = *known.entry(key).or_insert(all.len());
            match all.get_mut(at) {
                Some((_, holds)) if holds.last() == Some(&target) => {}
                Some((known, holds)) => {
                    holds.push(target);
                    *known = said;
                }
                None => all.push((said, vec![target])),
            }
        }
    }
    let timed = all.into_iter().map(|(mut said, mut holds)| {
        let cause = &mut said.cause;
        if !comes_first(cause.reason) {
            let mut filled = holds.clone();
            filled.extend(if cause.reason.is_warning() { &refusing } else { &undecoded });
            filled.sort_unstable();
            filled.dedup();
            // A version that refuses the object first is counted where it lies between or beside those that say it.
            if filled.windows(2).all(|pair| pair[1].minor() == pair[0].minor() + 1) {
                holds = filled;
            }
        }
        if let Some(times) = targets.times(&holds) {
            cause.message = format!("{} ({times})", cause.message);
        }
        said
    });
    timed.collect()
}

/// A path or a message with `[]` for `[3]`.
fn without_indices(text: &str) -> String {
    let mut parts = text.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        out.push('[');
        out.push_str(if rest.starts_with(']') { rest } else { part });
    }
    out
}

/// Whether a server that says this looks no further.
fn comes_first(reason: Reason) -> bool {
    matches!(reason, Reason::UnknownField | Reason::WrongType | Reason::Malformed | Reason::UnknownKind)
}
