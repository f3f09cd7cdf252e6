use std::net::Ipv4Addr;

use crate::kube::{Index, Object};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// An `externalName` that is an address.
pub static RULE: Rule = rule!("address_as_external_name.md", Warning, Check::Workspace(check));

/// Kinds whose controllers connect to the text of an `externalName` themselves, without asking DNS for it.
const ROUTES: [&str; 8] = [
    "Ingress",
    "IngressRoute",
    "IngressRouteTCP",
    "IngressRouteUDP",
    "TraefikService",
    "VirtualService",
    "HTTPProxy",
    "HTTPRoute",
];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for service in index.kind("Service").iter().filter(|service| service.keeps(&["spec"])) {
        let document = &service.document;
        let text = |field: &str| document.at(service.node, &["spec", field]).and_then(|node| document.str(node));
        if text("type") != Some("ExternalName") {
            continue;
        }
        let Some(node) = document.at(service.node, &["spec", "externalName"]) else { continue };
        let Some(address) = document.str(node).filter(|text| text.parse::<Ipv4Addr>().is_ok()) else { continue };
        if may_be_a_backend(index, service) {
            continue;
        }
        found
            .about(service)
            .at(node, format!("`{}` does not resolve: `{}` is taken for a name", clip(&service.id.name), clip(address)))
            .here("an address, not a name")
            .because(
                "DNS answers with a CNAME to a name of digits, which no server resolves (kubernetes/website: \
                 concepts/services-networking/service, \"Type: ExternalName\")",
            )
            .help("leave out `type` and `externalName`, and write an EndpointSlice with the address");
    }
}

/// Whether a route of the run names a Service of this name.
fn may_be_a_backend(index: &Index<'_>, service: &Object) -> bool {
    let names_it = |route: &&Object| route.document.raw(route.node).contains(service.id.name.as_str());
    ROUTES.iter().flat_map(|kind| index.kind(kind)).any(names_it)
}
