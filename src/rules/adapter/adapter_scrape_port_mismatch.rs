use crate::facts::{Form, PodFacts, Role};
use crate::kube::{FolderScope, Index, Object, Selector};
use crate::rules::{Check, Findings, Rule};
use crate::text::Text;
use crate::words::clip;
use crate::yaml::NodeId;

/// Prometheus is sent to a port that no container serves.
pub static RULE: Rule = rule!("adapter_scrape_port_mismatch.md", Error, Check::Facts(check));

const WHY: &str = "Prometheus scrapes the Pod's IP at this port; if nothing listens there, the target is down";

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch {
        return;
    }
    annotation(facts, found);
    monitors(facts, found);
}

/// `prometheus.io/port` names another port than the adapter's.
fn annotation(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.is_changed(&["metadata.annotations"]) {
        return;
    }
    let annotations = facts.pod.metadata.and_then(|metadata| metadata.annotations.as_ref());
    let Some(port) = annotations.and_then(|all| all.get("prometheus.io/port")?.parse::<u16>().ok()) else { return };
    let adapter =
        facts.running().find(|member| member.role == Role::Adapter(Form::Metrics) && !member.known_ports().is_empty());
    let Some(adapter) = adapter.filter(|_| facts.serving(port).next().is_none()) else { return };
    let Some(node) = annotation_node(facts) else { return };
    let ports: Vec<String> = adapter.known_ports().iter().map(ToString::to_string).collect();
    found
        .at(node, format!("nothing in this Pod serves metrics on port {port}"))
        .here("the port that Prometheus scrapes")
        .and(adapter.container.name_node(), format!("`{}` serves them on {}", adapter.name(), ports.join(", ")))
        .because(WHY)
        .help(format!("write \"{}\"", ports[0]));
}

fn annotation_node(facts: &PodFacts<'_>) -> Option<NodeId> {
    facts.pod.object.document.at(facts.pod.template, &["metadata", "annotations", "prometheus.io/port"])
}

/// How many `PodMonitors` of one place are looked at for one Pod: which of more is meant for it is not plain.
const MOST: usize = 200;

/// A PodMonitor names a port that no container of the Pod declares.
fn monitors(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let Some(labels) = facts.pod.metadata.and_then(|metadata| metadata.labels.as_ref()) else { return };
    let place = FolderScope::of(facts.pod.object);
    let places = [place, FolderScope { namespace: None, ..place }];
    if places.iter().any(|place| facts.index.kind_in(*place, "PodMonitor").len() > MOST) {
        return;
    }
    for monitor in facts.index.beside(facts.pod.object, "PodMonitor") {
        let document = &monitor.document;
        let in_reach = crate::kube::in_one_namespace(monitor, facts.pod.object);
        let plain = document.at(monitor.node, &["spec", "selector", "matchLabels"]);
        let is_own = document.at(monitor.node, &["spec", "namespaceSelector"]).is_none();
        let others = document.at(monitor.node, &["spec", "selector", "matchExpressions"]).is_some();
        let Some(plain) = plain.filter(|_| in_reach && is_own && !others) else { continue };
        let wanted = document.entries(plain);
        let selects = !wanted.is_empty()
            && wanted
                .iter()
                .all(|entry| labels.get(document.key(entry).as_ref()).map(Text::as_str) == document.str(entry.value()));
        if !selects || !selects_only_this(monitor, facts.index, facts.pod.object, labels) {
            continue;
        }
        let endpoints =
            document.at(monitor.node, &["spec", "podMetricsEndpoints"]).map_or(&[][..], |list| document.items(list));
        for endpoint in endpoints {
            let Some((node, name)) = document.get(*endpoint, "port").and_then(|node| Some((node, document.str(node)?)))
            else {
                continue;
            };
            let declared: Vec<&str> = facts
                .members
                .iter()
                .flat_map(|member| member.container.container.ports.iter().flatten())
                .filter_map(|port| port.name.as_deref())
                .collect();
            if name.is_empty() || declared.contains(&name) {
                continue;
            }
            let number = name.parse::<u16>().ok().filter(|number| *number > 0);
            let near = || crate::words::nearest(name, declared.iter().copied());
            let help = match number {
                // (prometheus-operator/prometheus-operator#7150)
                Some(number) if facts.members.iter().any(|member| member.declared().any(|port| port == number)) => {
                    format!("`port` is the name of a port; write `portNumber: {number}`")
                }
                Some(number) => {
                    format!(
                        "`port` is the name of a port; write `portNumber: {number}`, and declare `containerPort: {number}`"
                    )
                }
                None => near().map_or_else(
                    || format!("add `name: {}` to the port of the container that serves metrics", clip(name)),
                    |near| format!("write `{near}`, or rename the port"),
                ),
            };
            let kind = facts.pod.object.document.get(facts.pod.object.node, "kind").unwrap_or(facts.pod.object.node);
            found
                .at(kind, format!("PodMonitor `{}` scrapes the port `{}`, and no container of this Pod declares it", clip(&monitor.id.name), clip(name)))
                .here("selected by the PodMonitor")
                .label(monitor.label(node, "no such port"))
                .because("the operator keeps only targets whose container declares a port of that name (prometheus-operator, `generatePodMonitorConfig`)")
                .help(help);
        }
    }
}

/// A monitor of several workloads may mean another one's port.
fn selects_only_this(monitor: &Object, index: &Index<'_>, this: &Object, labels: &crate::kube::types::Labels) -> bool {
    let document = &monitor.document;
    let wanted: crate::kube::types::Labels = document
        .at(monitor.node, &["spec", "selector", "matchLabels"])
        .map_or(&[][..], |map| document.entries(map))
        .iter()
        .filter_map(|entry| Some((Text::from(&*document.key(entry)), Text::from(document.str(entry.value())?))))
        .collect();
    let selector = Selector::map(&wanted);
    let is_running = |object: &&Object| object.pods().any(|pod| !pod.life.waits_for_all());
    selector.matches(labels)
        && index.selected(monitor, &selector).iter().filter(is_running).all(|object| std::ptr::eq(object, this))
}
