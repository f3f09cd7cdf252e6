//! Monitors that select no Service or Pod, or a port that none of the Services has.

use std::collections::HashMap;

use super::{Run, has_placeholder, is_made_by_operator, of_pods, say, wanted};
use crate::kube::selection::{Labelled, is_beside, label_selector, meant};
use crate::kube::{FolderScope, Index, Object, Selector, Typed};
use crate::rules::workload::scaling::name_node;
use crate::rules::{FindingsAnywhere, text};
use crate::words::{clip, nearest};

/// Monitors of Services by label, and those of Pods; the Prometheus operator's and those of `VictoriaMetrics`.
const OF_SERVICES: [&str; 2] = ["ServiceMonitor", "VMServiceScrape"];
const OF_PODS: [&str; 2] = ["PodMonitor", "VMPodScrape"];

const MONITOR: &str = "the operator creates no scrape target for it, and reports no error (prometheus-operator.dev: docs/developer/getting-started)";

pub(super) fn monitors(run: &Run<'_, '_>, found: &mut FindingsAnywhere<'_>) {
    let monitors = |kinds: [&'static str; 2]| kinds.into_iter().flat_map(|kind| run.index.kind(kind)).copied();
    for monitor in monitors(OF_PODS).filter(|monitor| monitor.keeps_selection() && is_of_own_namespace(monitor)) {
        of_pods(run, monitor, &["spec", "selector"], MONITOR, found);
    }
    if monitors(OF_SERVICES).next().is_none() {
        return;
    }
    let services = Services::of(run.index);
    for monitor in monitors(OF_SERVICES).filter(|monitor| monitor.keeps_selection()) {
        service_monitor(run, &services, monitor, found);
    }
}

/// Whether a Service's own labels and its ports reach the API server as they are written.
fn keeps_what_is_monitored(service: &Object) -> bool {
    service.keeps_selection() && service.keeps(&["metadata.labels"])
}

fn is_of_own_namespace(monitor: &Object) -> bool {
    let elsewhere = monitor.document.at(monitor.node, &["spec", "namespaceSelector"]);
    elsewhere.is_none_or(|node| monitor.document.entries(node).is_empty())
}

/// The Services of the run that have labels.
struct Services<'run> {
    by_label: HashMap<(&'run str, &'run str), Vec<Labelled<'run>>>,
    by_place: HashMap<FolderScope<'run>, Vec<Labelled<'run>>>,
}

/// How many Services of one place are looked at for one monitor.
const MOST: usize = 500;

impl<'run> Services<'run> {
    fn of(index: &Index<'run>) -> Self {
        let mut by_label: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_place: HashMap<_, Vec<_>> = HashMap::new();
        for service in index.kind("Service").iter().filter_map(|service| labelled(service)) {
            by_place.entry(FolderScope::of(service.object)).or_default().push(service);
            for (key, value) in service.labels {
                by_label.entry((key.as_str(), value.as_str())).or_default().push(service);
            }
        }
        Self { by_label, by_place }
    }

    /// Those that a selector with at least one plain label matches, in any namespace.
    fn matching<'a>(&'a self, selector: &'a Selector<'_>) -> impl Iterator<Item = Labelled<'run>> + 'a {
        let rarest = selector.equal().map(|label| self.by_label.get(&label).map_or(&[][..], Vec::as_slice));
        let rarest = rarest.min_by_key(|services| services.len()).unwrap_or_default();
        rarest.iter().copied().filter(|service| selector.matches(service.labels))
    }
}

fn labelled(service: &Object) -> Option<Labelled<'_>> {
    let Typed::Service(typed) = service.typed.as_ref()? else { return None };
    let node = service.document.at(service.node, &["metadata", "labels"])?;
    Some(Labelled { object: service, labels: typed.metadata.labels.as_ref()?, node })
}

fn service_monitor<'run>(
    run: &Run<'_, 'run>,
    services: &Services<'run>,
    monitor: &'run Object,
    found: &mut FindingsAnywhere<'_>,
) {
    let document = &monitor.document;
    let Some(node) = document.at(monitor.node, &["spec", "selector"]) else { return };
    let Some(written) = label_selector(document, node) else { return };
    let selector = Selector::of(&written);
    if has_placeholder(&selector) || selector.equal().next().is_none() || monitor.is_among_unseen {
        return;
    }
    let selected: Vec<Labelled<'_>> = services.matching(&selector).collect();
    if !selected.is_empty() {
        endpoints(run, monitor, &selected, found);
        return;
    }
    let here = services.by_place.get(&FolderScope::of(monitor)).map_or(&[][..], Vec::as_slice);
    let is_candidate = |service: &Labelled<'_>| {
        keeps_what_is_monitored(service.object) && is_beside(run.index, monitor, service.object)
    };
    let candidates = here.iter().take(MOST).copied().filter(is_candidate);
    let is_own = is_of_own_namespace(monitor) && !is_made_by_operator(run, monitor, &selector);
    if let Some(meant) = meant(&selector, candidates).filter(|_| is_own) {
        let name = clip(&meant.it.object.id.name);
        let message =
            format!("this selects no Service; `{name}` does not have the label `{}`", wanted(&selector, meant.key));
        say(monitor, node, &meant, &message, "its labels count, not its selector", MONITOR, found);
    }
}

/// Ports of a monitor that none of the Services has which it selects.
fn endpoints(run: &Run<'_, '_>, monitor: &Object, selected: &[Labelled<'_>], found: &mut FindingsAnywhere<'_>) {
    let document = &monitor.document;
    let list = document.at(monitor.node, &["spec", "endpoints"]).map_or(&[][..], |list| document.items(list));
    // Those that are changed later, and those of other places, may have any port.
    if selected
        .iter()
        .any(|service| !keeps_what_is_monitored(service.object) || !is_beside(run.index, monitor, service.object))
    {
        return;
    }
    let ports: Vec<&str> = selected.iter().flat_map(|service| port_names(service.object)).collect();
    for endpoint in list {
        let Some((node, port)) = document.get(*endpoint, "port").and_then(|node| Some((node, document.str(node)?)))
        else {
            continue;
        };
        if port.is_empty()
            || ports.contains(&port)
            || text::is_placeholder(port)
            || ports.iter().any(|port| text::is_placeholder(port))
        {
            continue;
        }
        let service = selected[0].object;
        let name = clip(&service.id.name);
        let shown = service.document.at(service.node, &["spec", "ports"]).unwrap_or_else(|| name_node(service));
        let help = match nearest(port, ports.iter().copied()) {
            Some(like) => format!("write `{like}`"),
            None if ports.is_empty() => format!("give the Service's port the name `{}`", clip(port)),
            None => format!("use the name of one of the Service's ports: {}", crate::words::list(&ports)),
        };
        found
            .about(monitor)
            .at(node, format!("Service `{name}` has no port called `{}`", clip(port)))
            .label(service.label(shown, "its ports"))
            .because("`port` is the name of a port of the Service, not a number and not a port of the Pod; without a match there is no scrape target (prometheus-operator.dev: docs/api-reference/api, Endpoint)")
            .help(help);
    }
}

fn port_names(service: &Object) -> Vec<&str> {
    let document = &service.document;
    let list = document.at(service.node, &["spec", "ports"]).map_or(&[][..], |list| document.items(list));
    list.iter().filter_map(|port| document.get_str(*port, "name")).collect()
}
