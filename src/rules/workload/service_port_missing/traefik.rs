//! Routes of Traefik to a port that their Service does not have.

use super::{Backend, Backends, ports};
use crate::kube::{Index, Object};
use crate::rules::{FindingsAnywhere, text};
use crate::words::clip;
use crate::yaml::{NodeId, Value};

/// The kinds that lead to Services.
const ROUTES: [&str; 4] = ["IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService"];

/// What comes of it.
const WHY: &str = "Traefik looks a route's port up among those of the Service, a number by `port` and a text by `name`, and \
                   serves nothing at one that it does not find (traefik/traefik: `getServicePort` in \
                   pkg/provider/kubernetes/crd/kubernetes.go)";

pub(super) fn check<'run>(index: &Index<'run>, all: &mut Backends<'_, 'run>, found: &mut FindingsAnywhere<'_>) {
    for kind in ROUTES {
        let is_plain = |route: &&&Object| is_of_traefik(route) && route.keeps(&["spec", "metadata.namespace"]);
        for route in index.kind(kind).iter().filter(is_plain) {
            for backend in backends(route) {
                of_backend(index, route, backend, all, found);
            }
        }
    }
}

fn is_of_traefik(route: &Object) -> bool {
    matches!(route.id.group(), "traefik.io" | "traefik.containo.us")
}

/// What a route leads to: Services, and other objects of Traefik.
fn backends(route: &Object) -> Vec<NodeId> {
    let document = &route.document;
    let items = |node, field: &str| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let Some(spec) = document.get(route.node, "spec") else { return Vec::new() };
    let of_routes = items(spec, "routes").iter().flat_map(|one| items(*one, "services"));
    let split = ["weighted", "highestRandomWeight"].into_iter().filter_map(|field| document.get(spec, field));
    let of_split = split.flat_map(|one| items(one, "services"));
    let mirroring = document.get(spec, "mirroring");
    let mirrors = mirroring.into_iter().flat_map(|one| items(one, "mirrors"));
    of_routes.chain(of_split).chain(mirrors).copied().chain(mirroring).collect()
}

fn of_backend<'run>(
    index: &Index<'run>,
    route: &Object,
    backend: NodeId,
    all: &mut Backends<'_, 'run>,
    found: &mut FindingsAnywhere<'_>,
) {
    let document = &route.document;
    let text = |field: &str| document.get_str(backend, field).unwrap_or_default();
    // one of another namespace is refused unless Traefik is told otherwise, and is seldom in the run
    let is_here = text("namespace").is_empty() || route.id.namespace.as_deref() == Some(text("namespace"));
    if !matches!(text("kind"), "" | "Service") || !is_here {
        return;
    }
    let Some(shown) = document.get(backend, "port") else { return };
    let service = index.find(route, "Service", text("name")).filter(|service| service.keeps_selection());
    let Some(service) = service.filter(|service| ports(service).next().is_some()) else { return };
    let own = all.services.entry(std::ptr::from_ref(service)).or_insert_with(|| Backend::of(service));
    let is_found = match document.value(shown) {
        // an external name is reached at any number
        Value::Int(number) => own.is_external || number == 0 || own.numbers.contains(&number.to_string()),
        Value::Str(name) => name.is_empty() || text::is_placeholder(name) || own.names.contains(name),
        _ => true,
    };
    let is_of_file = route.document.source.name == service.document.source.name;
    let has_own = || *own.has_own_route.get_or_init(|| has_own_route(index, service));
    if is_found || !own.is_meant(index, route, service, all.ingresses) || !is_of_file && has_own() {
        return;
    }
    let name = clip(&service.id.name);
    match document.value(shown) {
        Value::Str(wanted) if own.numbers.contains(wanted) => {
            let Some(list) = service.document.at(service.node, &["spec", "ports"]) else { return };
            found
                .about(route)
                .at(
                    shown,
                    format!("no port of Service `{name}` is called `{}`: this is a text, not a number", clip(wanted)),
                )
                .label(service.label(list, "these are its ports"))
                .because(WHY)
                .help(format!("write {} without quotes", clip(wanted)));
        }
        _ => super::say(route, service, shown, WHY, found),
    }
}

/// Whether the file of the Service has a route to it: routes in others are then of other examples.
fn has_own_route(index: &Index<'_>, service: &Object) -> bool {
    let leads_to_it = |other: &&&Object| {
        other.document.source.name == service.document.source.name
            && is_of_traefik(other)
            && backends(other).iter().any(|at| other.document.get_str(*at, "name") == Some(&service.id.name))
    };
    ROUTES.iter().any(|kind| index.kind(kind).iter().any(|other| leads_to_it(&other)))
}
