use std::collections::{BTreeSet, HashSet};

use super::duplicate_container_port::{is_same_port, protocol};
use crate::diagnostic::Label;
use crate::kube::types::ContainerPort;
use crate::kube::types::IntOrString;
use crate::kube::{ContainerList, ContainerView, FastMap, Index, Object, PodView, Reach, Selector, Typed};
use crate::rules::{Check, Findings, FindingsAnywhere, Rule, parts};
use crate::yaml::NodeId;

/// Two concurrent containers of one Pod give one name to two ports, and a Service goes by it.
pub static RULE: Rule = rule!("duplicate_port_name.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut said = HashSet::new();
    let mut ports: FastMap<(*const Object, NodeId), Named<'_>> = FastMap::default();
    // of the Services that select alike from one place one is enough
    let mut seen = BTreeSet::new();
    for service in index.kind("Service").iter().copied() {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let Some(spec) = &typed.spec else { continue };
        let Some(labels) = spec.selector.as_ref().filter(|labels| !labels.is_empty()) else { continue };
        let list = service.document.at(service.node, &["spec", "ports"]);
        let mut wanted = Vec::new();
        for (port, node) in parts::zipped(&service.document, list, spec.ports.as_deref()) {
            let Some(IntOrString::String(name)) = &port.target_port else { continue };
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            if seen.insert((labels, index.place(service), name, protocol)) {
                let shown = service.document.get(node, "targetPort").unwrap_or(node);
                wanted.push((name.as_str(), protocol, shown));
            }
        }
        if wanted.is_empty() {
            continue;
        }
        let places: FastMap<(&str, &str), usize> =
            wanted.iter().enumerate().map(|(at, (name, protocol, _))| ((*name, *protocol), at)).collect();
        let selector = Selector::map(labels);
        let near = |object: &&Object| index.reach(service, object).is_some_and(|reach| reach < Reach::Run);
        let mut hits = Vec::new();
        for pod in index.matching(service, &selector).iter().filter(near).flat_map(Object::pods) {
            if pod.labels().is_some_and(|labels| selector.matches(labels)) {
                let named = ports.entry((std::ptr::from_ref(pod.object), pod.node)).or_insert_with(|| named(pod));
                hits.extend(named.keys().filter_map(|key| Some((*places.get(key)?, pod))));
            }
        }
        // by port; the Pods of each keep their order
        hits.sort_by_key(|(at, _)| *at);
        for (at, pod) in hits {
            let (name, protocol, shown) = wanted[at];
            let place = (std::ptr::from_ref(pod.object), pod.node);
            if said.insert((place, name, protocol))
                && let Some(called) = ports.get(&place).and_then(|named| named.get(&(name, protocol)))
            {
                let label = || service.label(shown, "refers to the name");
                judge(pod, name, called, label, &mut found.about(pod.object));
            }
        }
    }
}

/// A port that a container declares.
type Declared<'run> = (ContainerView<'run>, &'run ContainerPort, NodeId);

/// Ports of a Pod that several containers call alike, by name and protocol: the first of each container, in the order
/// in which a Service looks.
type Named<'run> = FastMap<(&'run str, &'run str), Vec<Declared<'run>>>;

fn named(pod: PodView<'_>) -> Named<'_> {
    let (app, sidecars): (Vec<_>, Vec<_>) =
        pod.containers().filter(ContainerView::runs_beside_app).partition(|view| view.list == ContainerList::Main);
    let mut named = Named::default();
    for view in app.into_iter().chain(sidecars) {
        for (port, node) in parts::ports(&view) {
            let Some(name) = port.name.as_deref() else { continue };
            let called = named.entry((name, protocol(port))).or_default();
            if called.last().is_none_or(|(last, ..)| last.node != view.node) {
                called.push((view, port, node));
            }
        }
    }
    named.retain(|_, called| called.len() > 1);
    named
}

/// Whether the first container that calls a port so is followed by one that means another.
fn judge(
    pod: PodView<'_>,
    name: &str,
    called: &[Declared<'_>],
    service: impl FnOnce() -> Label,
    found: &mut Findings<'_>,
) {
    let Some(((other, first, first_node), rest)) = called.split_first() else { return };
    let Some((view, port, node)) = rest.iter().find(|(_, port, _)| !is_same_port(first, port)) else { return };
    let name_of = |node: NodeId| pod.object.document.get(node, "name").unwrap_or(node);
    let names = (&other.container.name, &view.container.name);
    found
        .at(name_of(*node), format!("`{}` and `{}` both call a port `{name}`", names.0, names.1))
        .here(format!("{} here", port.container_port))
        .and(name_of(*first_node), format!("{} here: the Service reaches this one", first.container_port))
        .label(service())
        .because(
            "a Service looks up a named port in `containers`, then in native sidecars, and uses the first match \
             (`FindPort` in `pkg/api/v1/pod/util.go`)",
        )
        .help(format!("give the port of `{}` another name", names.1));
}
