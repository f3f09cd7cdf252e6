use super::called;
use crate::diagnostic::{Level, RuleId};
use crate::kube::{Selector, Typed};
use crate::recognise::nginx;
use crate::rules::scene::{Member, Scene};
use crate::rules::{Check, Found, Rule};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// A client-side ambassador that others can reach.
pub static RULE: Rule = Rule {
    id: RuleId { name: "ambassador-exposed", family: "ambassador" },
    level: Level::Warning,
    page: include_str!("ambassador_exposed.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    let object = scene.pod.object;
    let Some(labels) = scene.pod.metadata.and_then(|metadata| metadata.labels.as_ref()) else { return };
    for (ambassador, caller, call) in called(scene).filter(|(ambassador, _, call)| is_open(ambassador, call.port)) {
        for service in scene.index.beside(object, "Service") {
            let Some(Typed::Service(typed)) = &service.typed else { continue };
            let Some(spec) = &typed.spec else { continue };
            let Some(selector) = spec.selector.as_ref().map(Selector::map) else { continue };
            if selector.is_empty() || !selector.matches(labels) {
                continue;
            }
            let document = &service.document;
            let nodes = document.at(service.node, &["spec", "ports"]).map_or(&[][..], |list| document.items(list));
            let reaches = spec.ports.iter().flatten().zip(nodes).find(|(port, _)| match &port.target_port {
                Some(IntOrString::Int(number)) => *number == i32::from(call.port),
                Some(IntOrString::String(name)) => {
                    let mut ports = ambassador.one.container.container.ports.iter().flatten();
                    ports.any(|port| port.name.as_ref() == Some(name) && port.container_port == i32::from(call.port))
                }
                None => port.port == i32::from(call.port),
            });
            let Some((_, node)) = reaches else { continue };
            found
                .at(ambassador.one.container.name_node(), format!("anybody in the cluster can use `{}`, the ambassador of `{}`", ambassador.name(), caller.name()))
                .here(format!("listens on all addresses, port {}", call.port))
                .and(call.text.node, format!("`{}` needs it on loopback alone", caller.name()))
                .label(service.label(*node, "reaches it"))
                .because("an ambassador speaks with the identity and credentials of its Pod; whoever reaches it speaks so too")
                .help(format!("bind `{}` to 127.0.0.1, or leave the port out of Service `{}`", ambassador.name(), service.id.name));
        }
    }
}

/// Whether it visibly listens on all addresses.
fn is_open(ambassador: &Member<'_>, port: u16) -> bool {
    let listens =
        ambassador.configs.files.iter().flat_map(|file| nginx::listens(file.text)).filter(|listen| listen.port == port);
    let any = format!("0.0.0.0:{port}");
    let written =
        ambassador.texts.iter().map(|text| text.text).chain(ambassador.configs.files.iter().map(|file| file.text));
    let is_cloud_sql = ambassador.texts.iter().any(|text| text.text.contains("0.0.0.0"));
    let mut listens = listens.peekable();
    let of_nginx =
        listens.peek().is_some() && listens.all(|listen| !listen.is_loopback && !listen.text.contains("unix:"));
    let mut files = ambassador.configs.files.iter();
    let of_envoy = files
        .clone()
        .any(|file| file.text.contains("address: 0.0.0.0") && file.text.contains(&format!("port_value: {port}")));
    let of_haproxy = files.any(|file| {
        file.text.lines().any(|line| {
            let address = line.trim().strip_prefix("bind ").and_then(|rest| rest.split_whitespace().next());
            address.is_some_and(|address| address == format!("*:{port}") || address == format!(":{port}"))
        })
    });
    of_envoy
        || of_haproxy
        || of_nginx
        || is_cloud_sql
        || written.into_iter().any(|text| text.contains(&any) || text.contains(&format!("\"[::]:{port}")))
}
