//! Where the ports of Services lead: to what the containers of the Pods declare.

use serde_json::{Value as Json, json};

use crate::describe::{Expose, Member, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::words::list;

/// A port that a container of the Pods declares.
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) protocol: String,
}

/// Lets the ports of the document's Service that say so lead to another container.
pub(super) fn lead(expose: &Expose, objects: &mut [Json], is_own: &dyn Fn(&Json) -> bool) -> Vec<Finding> {
    let ports = expose.member("ports").map(|ports| ports.value.members()).unwrap_or_default();
    if ports.is_empty() {
        return Vec::new();
    }
    let targets = ports.iter().filter_map(|port| Some((port, port.value.get("to")?)));
    let workload = objects.iter().find(|object| objects::is_workload(object));
    let declared = workload.map(|workload| declared(&workload["spec"]["template"])).unwrap_or_default();
    let own = objects.iter().filter(|object| is_own(object)).filter_map(|service| service["spec"]["ports"].as_array());
    let own: Vec<Json> = own.flatten().cloned().collect();
    let mut findings: Vec<Finding> = ports.iter().filter_map(|member| seems_another(member, &own, &declared)).collect();
    for (member, to) in targets {
        let leads = |port: &&Declared| to.text().map_or_else(|| to.to_json() == port.number, |name| port.name == name);
        // of one number in two protocols, the one that most Services speak
        let is_tcp = |port: &&Declared| port.protocol == "TCP";
        let target = declared.iter().filter(leads).find(is_tcp).or_else(|| declared.iter().find(leads));
        let Some(target) = target else {
            findings.push(nowhere(to, &to.to_json().to_string().replace('"', "`"), &declared));
            continue;
        };
        let own = objects.iter_mut().filter(|object| is_own(object));
        let own = own.filter_map(|service| service.pointer_mut("/spec/ports")?.as_array_mut()).flatten();
        // its name may be the app's port's, too, until `adopt` gives that another
        let number = member.value.get("port").map(Spanned::to_json);
        let is_it = |port: &&mut Json| port["name"] == *member.key && number.as_ref() == Some(&port["port"]);
        for port in own.filter(is_it).filter_map(Json::as_object_mut) {
            port.insert("targetPort".to_owned(), json!(target.name));
            port.shift_remove("protocol");
            if target.protocol != "TCP" {
                port.insert("protocol".to_owned(), json!(target.protocol));
            }
        }
    }
    findings
}

/// That a port has the number on which another container listens than the one to which it leads.
fn seems_another(member: &Member, own: &[Json], declared: &[Declared]) -> Option<Finding> {
    let said = member.value.get("port").unwrap_or(&member.value);
    let number = said.to_json().as_u64().filter(|_| member.value.get("to").is_none())?;
    let port = own.iter().find(|port| port["name"] == *member.key && port["port"] == number)?;
    let protocol = port["protocol"].as_str().unwrap_or("TCP");
    let target = &port["targetPort"];
    let leads = |one: &&Declared| one.protocol == protocol && (*target == *one.name || *target == one.number);
    let target = declared.iter().find(leads)?;
    let other = declared.iter().find(|one| one.number == number && one.protocol == protocol)?;
    (other.number != target.number).then(|| {
        let (key, to) = (&member.key, &target.name);
        let message = format!("this port leads to `{to}` ({}), although `{}` listens on {number}", target.number, other.name);
        Finding::error(said.place.label(""), message)
            .because("a port of `expose.ports` is a further number for the Service's first one, unless `to` says where it leads")
            .help(format!(
                "{key}: {{port: {number}, to: {}}}, or {key}: {{port: {number}, to: {to}}} if that is meant",
                other.name
            ))
    })
}

/// The ports that a Pod template declares.
pub(super) fn declared(template: &Json) -> Vec<Declared> {
    objects::named_ports(template)
        .map(|(name, number, protocol)| Declared { name: name.to_owned(), number, protocol: protocol.to_owned() })
        .collect()
}

/// That a port of a Service would lead to none of the Pods.
pub(super) fn nowhere(place: &Spanned, what: &str, declared: &[Declared]) -> Finding {
    let names: Vec<String> = declared.iter().map(|port| format!("{} ({})", port.name, port.number)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let there = if names.is_empty() { "they declare none".to_owned() } else { format!("there are {}", list(&names)) };
    Finding::error(place.place.label(""), format!("no container of these Pods has the port {what}")).help(there)
}
