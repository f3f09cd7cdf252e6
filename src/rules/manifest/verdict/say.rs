//! How the server's reasons become findings: what is said once, of what nothing is said, and under which rule.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::{
    DANGLING_NAME, DUPLICATE_VALUE, FORBIDDEN_FIELD, INVALID_VALUE, MISSING_FIELD, SERVER_WARNING, TOO_MANY_ITEMS,
    UNKNOWN_KIND, UNSUPPORTED_VALUE, VALUE_TOO_LONG, Wrong,
};
use crate::apiserver::{Cause, PORTS_NEED_NAMES, REFUSED_VOLUME, Reason};
use crate::kube::{ContainerView, Object, PodView, ProblemKind};
use crate::rules::manifest::octal_surprise;
use crate::rules::{Findings, Rule};
use crate::words::list;

/// Says what the server says: a warning once, however many fields it is about, as kubectl prints it, that a Service's
/// ports lack names once, and what a missing map lacks at the map.
pub(super) fn say_all(object: &Object, wrong: &[Wrong], found: &mut Findings<'_>) {
    let is_range = found.targets().is_range();
    let mut first = HashMap::new();
    let mut groups: Vec<(&Cow<'static, str>, Vec<&Cause>)> = Vec::new();
    let is_said = |cause: &Cause| is_said(object, cause) && !follows(cause, wrong);
    for Wrong { cause, why } in wrong.iter().filter(|wrong| is_said(&wrong.cause)) {
        let key = match cause.reason {
            _ if is_said_once(cause) => Some((cause.reason, cause.message.as_str())),
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
            [cause, others @ ..] if is_said_once(cause) => say(object, cause, others, why.clone(), found),
            several => say(object, &of_missing_map(object, several), &[], why.clone(), found),
        }
    }
}

/// Whether a sentence is about several fields at once.
fn is_said_once(cause: &Cause) -> bool {
    cause.reason.is_warning() || cause.reason == Reason::Required && cause.message.contains(PORTS_NEED_NAMES)
}

/// Whether a mistake only follows from another one: labels of a template that match no selector because there is none,
/// and the name of a volume that is refused itself.
fn follows(cause: &Cause, all: &[Wrong]) -> bool {
    let lacks_selector = |wrong: &Wrong| wrong.cause.reason == Reason::Required && wrong.cause.path == "spec.selector";
    match cause.reason {
        Reason::Invalid => cause.path == "spec.template.metadata.labels" && all.iter().any(lacks_selector),
        Reason::NotFound => cause.message.contains(REFUSED_VOLUME),
        _ => false,
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
    let steps: Vec<&str> = map.split('.').collect();
    let state = if object.document.at(object.node, &steps).is_some() { "is empty" } else { "is missing" };
    Cause {
        reason: Reason::Required,
        path: map.to_owned(),
        node: causes.first().map_or(object.node, |cause| cause.node),
        message: format!("`{name}` {state}: it needs {}", list(&fields)),
        help: None,
        fix: None,
    }
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
    if cause.reason == Reason::Required && is_part(object) {
        return false;
    }
    let is_mendable =
        matches!(cause.reason, Reason::Required | Reason::Invalid | Reason::NotFound) || cause.reason.is_warning();
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
    // those without addresses are for a program to fill in: Patroni keeps its leader there, and writes no EndpointSlice
    let is_lock =
        || object.document.at(object.node, &["subsets"]).is_none_or(|all| object.document.items(all).is_empty());
    if cause.reason == Reason::Warning && object.id.kind == "Endpoints" && cause.path == "kind" && is_lock() {
        return false;
    }
    !octal_surprise::speaks_of(object, cause.node, &cause.path)
        && !has_rule_of_its_own(cause)
        && !object.is_hole(cause.node)
        && !is_name_to_be_given(object, cause)
        && !is_image_of_hole(object, cause)
}

/// Whether an object says only a part of one: a state that a policy of Open Cluster Management looks for, and fields that
/// Flux adds to what another program has made (`kustomize.toolkit.fluxcd.io/ssa`).
fn is_part(object: &Object) -> bool {
    let at = |path: &[&str]| object.document.at(object.node, path);
    let is_state = || {
        let others = [&["spec"][..], &["data"], &["metadata", "name"], &["metadata", "generateName"]];
        at(&["status"]).is_some() && others.into_iter().all(|path| at(path).is_none())
    };
    let is_added = || {
        let how = at(&["metadata", "annotations", "kustomize.toolkit.fluxcd.io/ssa"]);
        how.and_then(|how| object.document.str(how)).is_some_and(|how| matches!(how, "Merge" | "Override"))
    };
    is_state() || is_added()
}

/// Whether a script fills in the name that an object lacks.
fn is_name_to_be_given(object: &Object, cause: &Cause) -> bool {
    cause.reason == Reason::Required && cause.path == "metadata.name" && object.is_to_be_named()
}

/// Whether a container lacks its image and has the place of a name: both are yet to be filled in.
fn is_image_of_hole(object: &Object, cause: &Cause) -> bool {
    let document = &object.document;
    let is_it = |view: ContainerView<'_>| {
        let name = view.at(&["name"]).filter(|_| view.container.image.is_none());
        name.is_some_and(|name| object.is_hole(name)) && document.span(view.node).contains(document.span(cause.node))
    };
    cause.reason == Reason::Required
        && cause.path.ends_with("].image")
        && object.pods().flat_map(PodView::containers).any(is_it)
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
        Reason::Warning | Reason::Flag => &SERVER_WARNING,
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
