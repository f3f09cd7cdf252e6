//! What the API server's validation would say, one rule for each family of its mistakes.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{dropped_field, octal_surprise};
use crate::apiserver::{Cause, Reason, Schemas, Verdict, custom_warnings, refused_pods, validate};
use crate::diagnostic::Level;
use crate::kube::versions::{Target, Targets};
use crate::kube::{Definition, Index, Object, ProblemKind, Typed};
use crate::policy::{CustomRules, Said, Unjudged};
use crate::rules::policy;
use crate::rules::{Check, Findings, FindingsAnywhere, Rule, SharedCheck, SharedPass};
use crate::words::list;
use crate::yaml::NodeId;

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
pub static CUSTOM: SharedCheck = SharedCheck { rules: OF_CUSTOM, check: SharedPass::Together(check_custom) };

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
    &policy::INVALID,
    &policy::NOT_EVALUATED,
];

fn check(object: &Object, found: &mut Findings<'_>) {
    say_all(object, &causes(object, found.targets()), found);
    dropped_field::check(object, found);
}

/// Says what the server says: a warning once, however many fields it is about, as kubectl prints it, and what a missing
/// map lacks at the map.
fn say_all(object: &Object, wrong: &[Wrong], found: &mut Findings<'_>) {
    let is_range = found.targets().is_range();
    let mut first = HashMap::new();
    let mut groups: Vec<(&Cow<'static, str>, Vec<&Cause>)> = Vec::new();
    for Wrong { cause, why } in wrong.iter().filter(|wrong| is_said(object, &wrong.cause)) {
        let key = match cause.reason {
            Reason::Warning => Some((cause.reason, cause.message.as_str())),
            // of several versions each mistake says when it is one
            Reason::Required | Reason::NotSupported if !is_range => {
                missing_map(object, cause).map(|map| (Reason::Required, map))
            }
            _ => None,
        };
        let next = groups.len();
        match key.map_or(next, |key| *first.entry((key, why)).or_insert(next)) {
            at if at < next => groups[at].1.push(cause),
            _ => groups.push((why, vec![cause])),
        }
    }
    for (why, group) in groups {
        match group.as_slice() {
            [] => {}
            [cause] => say(object, cause, &[], why.clone(), found),
            [cause, others @ ..] if cause.reason == Reason::Warning => say(object, cause, others, why.clone(), found),
            several => say(object, &of_missing_map(object, several), &[], why.clone(), found),
        }
    }
}

/// The outermost map on the way to a missing field that is missing itself: `roleRef` of `roleRef.name`.
fn missing_map<'cause>(object: &Object, cause: &'cause Cause) -> Option<&'cause str> {
    let (document, path) = (&object.document, cause.path.as_str());
    let (mut node, mut start) = (object.node, 0);
    while start < path.len() {
        // a key may have dots
        let ends = path[start..].match_indices('.').map(|(at, _)| start + at).chain([path.len()]);
        let mut steps = ends.map(|end| (end, document.get(node, &path[start..end])));
        let Some((end, next)) =
            steps.find_map(|(end, next)| Some((end, next.filter(|next| !document.is_null(*next))?)))
        else {
            let end = path[start..].find('.').map_or(path.len(), |at| start + at);
            return Some(&path[..end]).filter(|map| map.len() < path.len() && !map.contains('['));
        };
        (node, start) = (next, end + 1);
    }
    None
}

/// One mistake in the place of several about fields of one missing map.
fn of_missing_map(object: &Object, causes: &[&Cause]) -> Cause {
    let map = causes.first().and_then(|cause| missing_map(object, cause)).unwrap_or_default();
    let mut fields: Vec<&str> = Vec::new();
    for cause in causes {
        let below = cause.path.get(map.len() + 1..).unwrap_or_default();
        let field = below.split(['.', '[']).next().unwrap_or_default();
        if !field.is_empty() && !fields.contains(&field) {
            fields.push(field);
        }
    }
    let name = map.rsplit('.').next().unwrap_or_default();
    Cause {
        reason: Reason::Required,
        path: map.to_owned(),
        node: causes.first().map_or(object.node, |cause| cause.node),
        message: format!("`{name}` is missing: it needs {}", list(&fields)),
        help: None,
        fix: None,
    }
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
fn causes(object: &Object, targets: Targets) -> Vec<Wrong> {
    if !targets.is_range() {
        let verdict = validate(object, targets.last(), &Schemas::default());
        if !object.is_patch && targets.last() == Target::default() {
            object.is_accepted.get_or_init(|| verdict.errors.is_empty());
        }
        return wrong(object, targets.last(), verdict).collect();
    }
    let mut all: Vec<(Wrong, Vec<Target>)> = Vec::new();
    let mut known: HashMap<(Reason, NodeId, String, String), usize> = HashMap::new();
    // Versions that refuse the object before they would come to say something.
    let (mut undecoded, mut refusing) = (Vec::new(), Vec::new());
    for target in targets.all() {
        let verdict = validate(object, target, &Schemas::default());
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
            filled.extend(if cause.reason == Reason::Warning { &refusing } else { &undecoded });
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

fn check_custom(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let schemas = Schemas::collect(index.all().iter().copied());
    if schemas.is_empty() {
        return;
    }
    let mut rules = DefinitionRules::default();
    rules.compile(index, found);
    for object in index.all() {
        if let Some(cause) = schemas.unserved(object) {
            say_all(object, &[Wrong::of(cause, None)], &mut found.about(object));
            continue;
        }
        let Some((causes, definition)) =
            schemas.judge_by(object, found.targets(object).last()).filter(|_| !object.is_encrypted)
        else {
            continue;
        };
        // the server looks at rules in CEL once the schema takes the object
        let said = if causes.is_empty() { rules.judge(object, definition) } else { Said::default() };
        let by = &definition.document.source.name;
        let by = (*by != object.document.source.name).then_some(by.as_str());
        rules.note(&said, definition);
        let is_taken = causes.is_empty() && said.causes.is_empty();
        let warnings = if is_taken { custom_warnings(object, found.targets(object).last()) } else { Vec::new() };
        let lasts = |cause: &Cause| cause.reason != Reason::Required || !is_filled(index, object);
        let causes = said.causes.into_iter().chain(causes.into_iter().filter(lasts));
        let wrong = causes
            .map(|cause| Wrong::of(cause, by))
            .chain(warnings.into_iter().map(|warning| Wrong::of(warning, None)));
        say_all(object, &wrong.collect::<Vec<_>>(), &mut found.about(object));
    }
    rules.say_unknown(found);
}

/// The rules in CEL of the definitions of a run, by document and node of the schema.
#[derive(Default)]
struct DefinitionRules<'run> {
    rules: HashMap<(usize, NodeId), (&'run Object, CustomRules)>,
    unknown: HashMap<(usize, NodeId), (&'run Object, Unjudged)>,
}

impl<'run> DefinitionRules<'run> {
    fn compile(&mut self, index: &Index<'run>, found: &mut FindingsAnywhere<'_>) {
        for object in index.kind("CustomResourceDefinition") {
            let document = &object.document;
            let target = found.targets(object).last();
            let versions = document.at(object.node, &["spec", "versions"]).map_or(&[][..], |node| document.items(node));
            let read = |version: &NodeId| {
                let node = document.at(*version, &["schema", "openAPIV3Schema"])?;
                Some((node, CustomRules::read(object, node, target)?))
            };
            let read: Vec<_> = versions.iter().filter_map(read).collect();
            if read.is_empty() {
                continue;
            }
            // The server looks at expressions once the schema is right; before, their types are unknown.
            let is_accepted = || target == Target::default() && object.is_accepted.get() == Some(&true);
            let is_wrong = |cause: &Cause| comes_first(cause.reason) || cause.path.contains("openAPIV3Schema");
            if !is_accepted() && validate(object, target, &Schemas::default()).errors.iter().any(is_wrong) {
                continue;
            }
            for (node, rules) in read {
                policy::report_problems(object, &rules.problems, found);
                self.rules.insert((Arc::as_ptr(document).addr(), node), (object, rules));
            }
        }
    }

    fn judge(&self, object: &Object, definition: &Definition) -> Said {
        if !object.changes.is_empty() {
            return Said::default();
        }
        let key = (Arc::as_ptr(&definition.document).addr(), definition.node);
        self.rules.get(&key).map(|(_, rules)| rules.judge(object)).unwrap_or_default()
    }

    /// Remembers what was not evaluated: it is said once, at the rule.
    fn note(&mut self, said: &Said, definition: &Definition) {
        let address = Arc::as_ptr(&definition.document).addr();
        let Some((object, _)) = self.rules.get(&(address, definition.node)) else { return };
        for unjudged in &said.unknown {
            let entry = self.unknown.entry((address, unjudged.node)).or_insert_with(|| (*object, unjudged.clone()));
            if unjudged.is_too_costly && !entry.1.is_too_costly {
                entry.1 = unjudged.clone();
            }
        }
    }

    fn say_unknown(self, found: &mut FindingsAnywhere<'_>) {
        for ((_, node), (object, unjudged)) in self.unknown {
            let mut about = found.about(object);
            let mut under = about.under(&policy::NOT_EVALUATED);
            let saying = under.at(node, format!("this rule was not evaluated: {}", unjudged.why));
            if unjudged.is_too_costly {
                saying.because("the API server refuses an object when a rule exceeds its cost limit");
            } else {
                saying.level(Level::Advice);
            }
        }
    }
}

/// Whether a webhook fills in what is missing before the server looks at it: one of the run, or one that kinds of this
/// group always have.
fn is_filled(index: &Index<'_>, object: &Object) -> bool {
    const GROUPS: [&str; 7] = [
        "jobset.x-k8s.io",
        "tekton.dev",
        "triggers.tekton.dev",
        "serving.knative.dev",
        "eventing.knative.dev",
        "leaderworkerset.x-k8s.io",
        "kueue.x-k8s.io",
    ];
    let group = object.id.group();
    let is_of_run = || {
        index.kind("MutatingWebhookConfiguration").iter().any(|webhooks| {
            let Some(Typed::MutatingWebhookConfiguration(typed)) = &webhooks.typed else { return false };
            let rules = typed.webhooks.iter().flatten().flat_map(|webhook| webhook.rules.iter().flatten());
            rules.flat_map(|rule| rule.api_groups.iter().flatten()).any(|one| one == group || one == "*")
        })
    };
    GROUPS.contains(&group) || is_of_run()
}

/// The fields on the way of `spec.template.spec.containers[1].ports[0].name`.
fn keys(path: &str) -> Vec<&str> {
    let keys = path.split(['.', '[', ']']);
    keys.filter(|key| !key.is_empty() && !key.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

/// Whether it is a mistake of this object, and of these rules.
fn is_said(object: &Object, cause: &Cause) -> bool {
    // what istioctl reads is sent to no server, and needs no name
    if object.id.api_version.starts_with("install.istio.io/") && cause.path.ends_with("metadata.name") {
        return false;
    }
    let is_mendable = matches!(cause.reason, Reason::Required | Reason::Invalid | Reason::NotFound | Reason::Warning);
    let is_changed = !cause.path.is_empty() && object.changes.reach(&keys(&cause.path));
    if is_changed || is_mendable && object.changes.may_mend(&keys(&cause.path)) {
        return false;
    }
    // Other programs' files begin like objects, too (`apiVersion: v1`, `kind: Server`): no kind of the API is like theirs,
    // and they make no Pods.
    let is_like_none = cause.reason == Reason::UnknownKind && cause.help.is_none();
    if is_like_none && object.id.api_version == "v1" && object.pods().next().is_none() {
        return false;
    }
    !octal_surprise::speaks_of(object, cause.node, &cause.path)
        && !has_rule_of_its_own(cause)
        && !object.is_hole(cause.node)
}

/// How many other places of one warning are shown at most.
const SHOWN: usize = 8;

fn say(object: &Object, cause: &Cause, others: &[&Cause], why: Cow<'static, str>, found: &mut Findings<'_>) {
    let Some(rule) = rule(object, cause) else { return };
    let mut under = found.under(rule);
    let mut saying = under.at(cause.node, cause.message.clone()).because(why);
    if cause.path.contains(['.', '[']) {
        saying = saying.here(cause.path.clone());
    }
    let mut shown = HashSet::from([cause.node]);
    for other in others.iter().filter(|other| shown.insert(other.node)).take(SHOWN) {
        saying = saying.and(other.node, other.path.clone());
    }
    if let Some(help) = &cause.help {
        saying.help(help.clone());
    }
}

/// The server warns of ports that are duplicated among all containers; duplicate-container-port knows which of
/// them run at the same time.
fn has_rule_of_its_own(cause: &Cause) -> bool {
    let is_of_port = || match keys(&cause.path).as_slice() {
        [.., list, "ports"] => ["initContainers", "containers", "ephemeralContainers"].contains(list),
        _ => false,
    };
    cause.reason == Reason::Warning && cause.path.ends_with(']') && is_of_port()
}

/// Mistakes of decoding have their own rules, but for fields that the target does not have yet.
fn rule(object: &Object, cause: &Cause) -> Option<&'static Rule> {
    Some(match cause.reason {
        Reason::Required => &MISSING_FIELD,
        Reason::Invalid => &INVALID_VALUE,
        Reason::NotSupported => &UNSUPPORTED_VALUE,
        Reason::Duplicate => &DUPLICATE_VALUE,
        Reason::Forbidden => &FORBIDDEN_FIELD,
        Reason::TooLong => &VALUE_TOO_LONG,
        Reason::TooMany => &TOO_MANY_ITEMS,
        Reason::NotFound => &DANGLING_NAME,
        Reason::UnknownKind => &UNKNOWN_KIND,
        Reason::Warning => &SERVER_WARNING,
        Reason::UnknownField => {
            let is_new = |problem: &&crate::kube::Problem| {
                problem.node == cause.node && matches!(problem.kind, ProblemKind::OtherVersion { .. })
            };
            // a custom resource has no problems of its own: its schema is not built in
            (object.problems.is_empty() || object.problems.iter().any(|problem| is_new(&problem)))
                .then_some(&FORBIDDEN_FIELD)?
        }
        Reason::WrongType | Reason::Malformed => object.problems.is_empty().then_some(&INVALID_VALUE)?,
    })
}
