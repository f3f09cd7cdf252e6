//! Ports of Services.

use super::Service;
use crate::apiserver::field::{Field, IntOrString};
use crate::apiserver::formats;
use crate::apiserver::seen::Seen;

/// What is said of each port without a name.
pub const PORTS_NEED_NAMES: &str = "ports need names if there are several";

pub(super) fn ports(service: &Service) {
    let ports = service.spec.child("ports");
    if ports.is_empty() && !service.is_headless() && service.kind != "ExternalName" {
        ports.required("a Service without ports forwards nothing");
    }
    let (mut names, mut numbers, mut node_ports) = (Seen::default(), Seen::default(), Seen::default());
    for port in ports.items() {
        let name = port.child("name");
        if name.is_empty() {
            if ports.len() > 1 {
                name.required(PORTS_NEED_NAMES);
            }
        } else {
            name.check(formats::dns_label);
            if names.contains(&name.str()) {
                name.duplicate(name.str());
            }
            names.insert(name.str());
        }
        port.child("port").in_range(1, 65535);
        let protocol = port.child("protocol").str_or("TCP");
        port.child("protocol").one_of(protocol, &["TCP", "UDP", "SCTP"]);
        target_port(port);
        let app = port.child("appProtocol");
        if app.is_set() {
            app.check(formats::qualified_name);
        }
        let key = (protocol, port.child("port").int());
        if numbers.contains(&key) {
            port.duplicate(&format!("{}/{}", key.1, key.0));
        }
        numbers.insert(key);
        let node_port = port.child("nodePort");
        if node_port.int() == 0 {
            continue;
        }
        if service.kind == "ClusterIP" {
            node_port.forbidden("is not for ClusterIP Services");
        } else if service.has_node_ports() {
            allocated(node_port);
        }
        if node_ports.contains(&(protocol, node_port.int())) {
            node_port.duplicate(&node_port.int().to_string());
        }
        node_ports.insert((protocol, node_port.int()));
    }
}

/// Which ports a node gives away is a flag of the server (`--service-node-port-range`), and a dry run does
/// not ask; so this is not an error.
pub(super) fn allocated(port: Field) {
    if !(30000..=32767).contains(&port.int()) {
        port.warn_of_flag(format!("{} is outside 30000 to 32767, the range that servers use by default", port.int()));
    }
}

/// Zero or an empty name becomes the port's own number.
fn target_port(port: Field) {
    let target = port.child("targetPort");
    match target.int_or_string() {
        None | Some(IntOrString::Int(0) | IntOrString::Str("")) => {
            let number = port.child("port");
            if !(1..=65535).contains(&number.int()) {
                number.as_path_of(target).invalid("is taken from `port`, which is not a port number");
            }
        }
        Some(IntOrString::Int(_)) => target.in_range(1, 65535),
        Some(IntOrString::Str(_)) => target.check(formats::port_name),
    }
}
