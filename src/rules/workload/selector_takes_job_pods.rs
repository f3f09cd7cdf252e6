use std::collections::HashMap;

use super::scaling::{name_node, selector};
use crate::kube::types::IntOrString;
use crate::kube::{Index, Object, PodView, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::{clip, list};
use crate::yaml::{NodeId, Value};

/// A selector meant for an app that takes the Pods of a Job as well.
pub static RULE: Rule = rule!("selector_takes_job_pods.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let is_of_job = |object: &&Object| object.pods().any(|pod| pod.life.waits_for_all());
    if !index.all().iter().any(is_of_job) {
        return;
    }
    let mut known = Known::new();
    for object in index.all().iter().copied().filter(|object| object.keeps_selection_as_written()) {
        match &object.typed {
            Some(Typed::Service(_)) => service(index, object, &mut known, found),
            Some(Typed::PodDisruptionBudget(budget)) => {
                let written = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
                let node = object.document.at(object.node, &["spec", "selector"]);
                if let (Some(written), Some(node)) = (written, node) {
                    let taken = selected(index, object, &Selector::of(written), &mut known);
                    let Some((app, jobs)) = taken else { continue };
                    say(object, node, *app, jobs, &BUDGET, found);
                }
            }
            Some(Typed::HorizontalPodAutoscaler(_) | Typed::HorizontalPodAutoscalerV1(_)) => {
                autoscaler(index, object, &mut known, found);
            }
            _ => {}
        }
    }
}

/// What a selector of that kind does with the Pods of a Job.
struct Effect {
    does: &'static str,
    because: &'static str,
}

const SERVICE: Effect = Effect {
    does: "sends traffic to",
    because: "a Pod that is ready is an endpoint of every Service that selects it, whatever created it; \
              nothing listens in a Job's Pod, so some connections are refused while it runs",
};

const BUDGET: Effect = Effect {
    does: "counts",
    because: "the budget counts every Pod that it selects; a Job cannot be scaled, so with \
              maxUnavailable or a percentage the disruption controller cannot compute the budget and allows no \
              eviction while the Job's Pods exist \
              (`getExpectedPodCount` in `pkg/controller/disruption`)",
};

const AUTOSCALER: Effect = Effect {
    does: "measures",
    because: "the autoscaler uses the metrics of every Pod that the target's selector matches, not only \
              of those that the target owns (`GetRawMetric` by selector in `pkg/controller/podautoscaler/metrics`); a \
              Job's Pods skew the average, and without a request for the resource they stop the scaling",
};

/// The workload that a selector is meant for, and the Jobs beside it that it takes too.
type Taken<'run> = (Option<&'run Object>, Vec<PodView<'run>>);

/// What was found for each selection so far: many objects may select alike.
type Known<'run> = HashMap<usize, Taken<'run>>;

fn selected<'known, 'run>(
    index: &Index<'run>,
    from: &Object,
    selector: &Selector<'_>,
    known: &'known mut Known<'run>,
) -> Option<&'known Taken<'run>> {
    selector.equal().next()?;
    let beside = index.first_selected(from, selector);
    let taken = known.entry(beside.key()).or_insert_with(|| {
        let (mut app, mut jobs) = (None, Vec::new());
        let written = beside.iter().filter(|workload| workload.keeps_selection_as_written());
        for pod in written.flat_map(Object::pods) {
            if !pod.labels().is_some_and(|labels| selector.matches(labels)) {
                continue;
            }
            if pod.life.waits_for_all() {
                jobs.push(pod);
            } else if pod.life == crate::kube::Life::LongRunning {
                app = app.or(Some(pod.object));
            }
        }
        (app, jobs)
    });
    Some(taken)
}

fn service<'run>(index: &Index<'run>, object: &Object, known: &mut Known<'run>, found: &mut FindingsAnywhere<'_>) {
    let Some(Typed::Service(typed)) = &object.typed else { return };
    let Some(spec) = typed.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName")) else { return };
    let Some(labels) = spec.selector.as_ref() else { return };
    let Some(node) = object.document.at(object.node, &["spec", "selector"]) else { return };
    let Some((app, jobs)) = selected(index, object, &Selector::map(labels), known) else { return };
    if app.is_none() || jobs.is_empty() {
        return;
    }
    // A Pod without a port of that name is not an endpoint for it, and one that declares the number may serve it.
    let ports: Vec<&IntOrString> = spec.ports.iter().flatten().filter_map(|port| port.target_port.as_ref()).collect();
    let numbers: Vec<i32> = spec
        .ports
        .iter()
        .flatten()
        .filter_map(|port| match &port.target_port {
            None => Some(port.port),
            Some(IntOrString::Int(number)) => Some(*number),
            Some(IntOrString::String(_)) => None,
        })
        .collect();
    let is_taken = |pod: &&PodView<'_>| {
        let declared = || pod.containers().flat_map(|view| view.container.ports.iter().flatten());
        let by_name = ports.iter().any(|port| match port {
            IntOrString::String(name) => declared().any(|port| port.name.as_deref() == Some(name)),
            IntOrString::Int(_) => false,
        });
        let is_served = numbers.iter().any(|number| declared().any(|port| port.container_port == *number));
        !by_name && !is_served && !numbers.is_empty()
    };
    let jobs: Vec<PodView<'_>> = jobs.iter().filter(is_taken).copied().collect();
    say(object, node, *app, &jobs, &SERVICE, found);
}

/// An autoscaler of resources or of Pods' own metrics, through its target's selector.
fn autoscaler<'run>(index: &Index<'run>, object: &Object, known: &mut Known<'run>, found: &mut FindingsAnywhere<'_>) {
    let document = &object.document;
    let Some(target) = document.at(object.node, &["spec", "scaleTargetRef"]) else { return };
    let (Some(kind), Some(name)) = (document.get_str(target, "kind"), document.get_str(target, "name")) else { return };
    let metrics = document.at(object.node, &["spec", "metrics"]);
    let is_of_pods =
        |metric: &NodeId| matches!(document.get_str(*metric, "type"), Some("Resource" | "ContainerResource" | "Pods"));
    // Without metrics it is CPU.
    if metrics.is_some_and(
        |list| matches!(document.value(list), Value::List(items) if !items.is_empty() && !items.iter().any(is_of_pods)),
    ) {
        return;
    }
    let Some(workload) = index.find(object, kind, name).filter(|workload| workload.keeps_selection_as_written()) else {
        return;
    };
    let Some((selector, _)) = selector(workload) else { return };
    let Some((_, jobs)) = selected(index, workload, &selector, known) else { return };
    let node = document.get(target, "name").unwrap_or(target);
    say(object, node, Some(workload), jobs, &AUTOSCALER, found);
}

fn say(
    object: &Object,
    node: NodeId,
    app: Option<&Object>,
    jobs: &[PodView<'_>],
    effect: &Effect,
    found: &mut FindingsAnywhere<'_>,
) {
    let (Some(app), Some(first)) = (app, jobs.first()) else { return };
    let mut names: Vec<&str> = jobs.iter().map(|job| job.object.id.name.as_str()).collect();
    names.dedup();
    let kind = &first.object.id.kind;
    let more = names.len().saturating_sub(3);
    let mut shown = list(&names[..names.len() - more]);
    if more > 0 {
        shown = format!("{shown} and {more} more");
    }
    let mut about = found.about(object);
    let mut saying = about.at(
        node,
        format!("{} `{}` also {} the Pods of {kind} {shown}", object.id.kind, clip(&object.id.name), effect.does),
    );
    saying = saying.here(format!("meant for `{}`", clip(&app.id.name)));
    for job in jobs.iter().take(3) {
        let shown = job.labels_node().unwrap_or_else(|| name_node(job.object));
        saying = saying.label(job.object.label(shown, "these labels are selected"));
    }
    let of_app = match effect.does {
        "measures" => "the target's selector and its Pods",
        _ => "the app's Pods and this selector",
    };
    saying.because(effect.because).help(format!(
        "give {of_app} a label that the {kind}'s Pods lack, such as `app.kubernetes.io/component`, or take the shared labels from the {kind}"
    ));
}
