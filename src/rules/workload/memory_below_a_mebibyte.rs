use std::borrow::Cow;
use std::cmp::Ordering;

use crate::diagnostic::Level;
use crate::go::Quantity;
use crate::kube::{Object, PodView};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::{NodeId, Value, edit};

/// Memory or storage of a container that is less than a mebibyte.
pub static RULE: Rule = rule!("memory_below_a_mebibyte.md", Error, Check::Pod(check), fixes);

const MEBIBYTE: i64 = 1 << 20;

/// The lowest limit with which a container has been seen to start: crun's README shows 512 KiB, runc needs more.
const STARTS: i64 = 512 << 10;

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if pod.is_changed(&["spec.containers.resources", "spec.resources"]) {
        return;
    }
    of_resources(pod.object, pod.field("resources"), found);
    for view in pod.containers() {
        of_resources(pod.object, view.at(&["resources"]), found);
    }
}

fn of_resources(object: &Object, resources: Option<NodeId>, found: &mut Findings<'_>) {
    let Some(resources) = resources else { return };
    for list in ["limits", "requests"] {
        for resource in ["memory", "ephemeral-storage"] {
            if let Some(node) = object.document.at(resources, &[list, resource]) {
                judge(object, node, list, resource, found);
            }
        }
    }
}

fn judge(object: &Object, node: NodeId, list: &str, resource: &str, found: &mut Findings<'_>) {
    let document = &object.document;
    let text = match document.value(node) {
        Value::Str(text) => Cow::Borrowed(text),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => Cow::Owned(document.to_json(node)),
        _ => return,
    };
    let Some(amount) = Quantity::parse(&text) else { return };
    let is_below = |bytes| amount.compare(Quantity::whole(bytes)) == Ordering::Less;
    if amount.sign() <= 0 || !is_below(MEBIBYTE) {
        return;
    }
    let is_limit = list == "limits";
    // a request in kibibytes is small and meant so: the limit decides
    if !is_limit && text.ends_with(['i', 'k']) {
        return;
    }
    let shown = clip(&text);
    let message = if text.ends_with('m') {
        format!("`{shown}` of {resource} is thousandths of a byte")
    } else {
        format!("`{shown}` of {resource} is {} bytes, less than a mebibyte", amount.value())
    };
    let why = match (is_limit, resource) {
        (true, "memory") => {
            "the kernel kills the container's first process before it runs (OOMKilled), or the runtime \
             refuses to start it"
        }
        (true, _) => "the kubelet evicts a Pod whose container has written more than its ephemeral-storage limit",
        (false, _) => {
            "the scheduler reserves next to nothing: the Pod lands on full nodes and is among the first to be evicted"
        }
    };
    let meant = meant(&text);
    let help = match &meant {
        Some(meant) => format!("write `{meant}`"),
        None => "write the amount with a unit, as in `512Mi`".to_owned(),
    };
    let saying = found
        .at(node, message)
        .because(format!("{why}. `m` is a thousandth, `Mi` is a mebibyte (kubernetes/website: concepts/configuration/manage-resources-containers)"))
        .help(help)
        .fix_if(
            format!("write {}", meant.as_deref().unwrap_or_default()),
            meant.as_deref().and_then(|meant| Some(vec![edit::text(document, node, meant)?])),
        );
    if !is_limit || !is_below(STARTS) {
        saying.level(Level::Warning);
    }
}

/// What was plainly intended: `512m` and `512` are mebibytes.
fn meant(text: &str) -> Option<String> {
    let number: u32 = text.strip_suffix('m').unwrap_or(text).parse().ok()?;
    let is_plain = text.ends_with('m') || (16..=65_536).contains(&number);
    is_plain.then(|| format!("{number}Mi"))
}
