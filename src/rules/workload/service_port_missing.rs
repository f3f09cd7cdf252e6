mod traefik;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::dangling_service::labels_in_custom_kinds;
use super::references::USE_ANNOTATION;
use super::scaling::name_node;
use crate::diagnostic::Level;
use crate::kube::types::IntOrString;
use crate::kube::types::ServicePort;
use crate::kube::{ContainerView, FastMap, FastSet, Index, Object, PodView, Reach, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, parts, text};
use crate::sort;
use crate::words::{clip, nearest};
use crate::yaml::{NodeId, Value};

/// A Service's port leads to a named port that no selected Pod has, or an Ingress or a route of a Gateway or of Traefik to
/// a port that its Service does not have.
pub static RULE: Rule = rule!("service_port_missing.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut told = None;
    let mut declared = HashMap::new();
    for service in index.kind("Service").iter().filter(|service| service.keeps_selection()) {
        of_service(index, service, &mut declared, &mut told, found);
    }
    let mut backends = Backends { ingresses: index.kind("Ingress"), services: FastMap::default() };
    for ingress in index.kind("Ingress").iter().filter(|ingress| ingress.keeps_selection()) {
        of_ingress(index, ingress, &mut backends, found);
    }
    for kind in ROUTES {
        for route in index.kind(kind).iter().filter(|route| is_of_gateways(route) && route.keeps_selection()) {
            of_route(index, route, &mut backends, found);
        }
    }
    traefik::check(index, &mut backends, found);
}

/// The routes of the Gateway API.
const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"];

fn is_of_gateways(route: &Object) -> bool {
    route.id.group() == "gateway.networking.k8s.io"
}

fn ports(service: &Object) -> impl Iterator<Item = (&ServicePort, NodeId)> {
    let list = service.document.at(service.node, &["spec", "ports"]);
    let typed = match &service.typed {
        Some(Typed::Service(typed)) => typed.spec.as_ref().and_then(|spec| spec.ports.as_deref()),
        _ => None,
    };
    parts::zipped(&service.document, list, typed)
}

fn written(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.to_string(),
    }
}

fn is_external(service: &Object) -> bool {
    let Some(Typed::Service(typed)) = &service.typed else { return false };
    typed.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some("ExternalName")
}

/// What the Pods of a selection call their ports.
struct Declared<'run> {
    /// Each name with each object whose Pods have it, in the order of names.
    names: Box<[(&'run str, &'run Object)]>,
    /// Whether some may have other names in the end.
    is_open: bool,
}

impl<'run> Declared<'run> {
    fn of(pods: &[&'run Object]) -> Self {
        let of_object = |object: &&'run Object| {
            let object = *object;
            let views = object.pods().flat_map(PodView::containers).filter(ContainerView::runs_beside_app);
            let ports = views.flat_map(|view| view.container.ports.iter().flatten());
            ports.filter_map(move |port| Some((port.name.as_deref()?, object)))
        };
        let mut names: Vec<(&str, &Object)> = pods.iter().flat_map(of_object).collect();
        sort::by(&mut names, |one, other| one.0.cmp(other.0));
        let is_open =
            pods.iter().any(|pod| !pod.keeps_selection()) || names.iter().any(|(name, _)| text::is_placeholder(name));
        Self { names: names.into(), is_open }
    }

    /// The objects whose Pods have a name.
    fn having(&self, name: &str) -> impl Iterator<Item = &'run Object> {
        let from = self.names.partition_point(|(known, _)| *known < name);
        self.names[from..].iter().take_while(move |(known, _)| *known == name).map(|(_, object)| *object)
    }

    /// The names in the Pods of these objects.
    fn within(&self, is_wanted: impl Fn(&Object) -> bool) -> impl Iterator<Item = &'run str> {
        self.names.iter().filter(move |(_, object)| is_wanted(object)).map(|(name, _)| *name)
    }
}

/// What comes of it.
const LOOKED_UP: &str = "a named targetPort is looked up in the Pods; a Pod without that name gets no traffic \
                         (`FindPort` in `pkg/api/v1/pod/util.go`)";

/// What comes of it where clients connect to the Pods themselves.
const HEADLESS: &str = "DNS has the Pods' addresses all the same, on any port; what reads ports from EndpointSlices or \
                        SRV records does not find this one (`getEndpointPorts` in `k8s.io/endpointslice`)";

/// For how many ports of one Service that are missing it is looked up which name is meant.
const SOUGHT: usize = 100;

fn of_service<'run>(
    index: &Index<'run>,
    service: &Object,
    declared: &mut HashMap<usize, Declared<'run>>,
    told: &mut Option<HashSet<(String, &'run str)>>,
    found: &mut FindingsAnywhere<'_>,
) {
    let Some(Typed::Service(typed)) = &service.typed else { return };
    let labels = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref()).filter(|labels| !labels.is_empty());
    let Some(labels) = labels else { return };
    let selector = Selector::map(labels);
    let is_headless = typed.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some("None");
    let mut selected = None;
    let mut sought = SOUGHT;
    for (port, node) in ports(service) {
        let Some(IntOrString::String(name)) = &port.target_port else { continue };
        let Some(shown) = service.document.get(node, "targetPort").filter(|_| !text::is_placeholder(name)) else {
            continue;
        };
        let pods = selected.get_or_insert_with(|| index.matching(service, &selector));
        let declared = declared.entry(pods.key()).or_insert_with(|| Declared::of(&pods.iter().collect::<Vec<_>>()));
        let is_near = |pod: &Object| index.reach(service, pod).is_some_and(|reach| reach < Reach::Run);
        // another folder's variant of what lies beside the Service is applied in its place, not with it
        let is_variant = |pod: &&Object| !is_near(pod) && index.has_near(service, &pod.id.kind, &pod.id.name);
        if declared.is_open || declared.having(name).any(|pod| !is_variant(&pod)) {
            continue;
        }
        let Some(first) = pods.iter().find(|pod| is_near(pod)) else { continue };
        // a container that a custom kind injects (OpenKruise's SidecarSet) brings its own ports
        if told.get_or_insert_with(|| labels_in_custom_kinds(index)).contains(&("name".to_owned(), name.as_str())) {
            continue;
        }
        let left = sought.checked_sub(1);
        let like = left.and_then(|_| nearest(name, declared.within(is_near)));
        sought = left.unwrap_or_default();
        let mut about = found.about(service);
        let saying =
            about
                .at(shown, format!("no Pod of Service `{}` has a port called `{}`", clip(&service.id.name), clip(name)))
                .label(first.label(
                    name_node(first),
                    format!("`{}` is selected and declares no such port", clip(&first.id.name)),
                ))
                .because(if is_headless { HEADLESS } else { LOOKED_UP })
                .level(if is_headless { Level::Advice } else { Level::Warning })
                .help("use the number, or give the container's port this name");
        if let Some(like) = like {
            saying.here(format!("did you mean `{like}`?"));
        }
    }
}

/// The Services that an Ingress leads to.
fn backends(ingress: &Object) -> impl Iterator<Item = NodeId> {
    let document = &ingress.document;
    let items = |node, field| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let spec = document.get(ingress.node, "spec").unwrap_or(ingress.node);
    let paths = items(spec, "rules")
        .iter()
        .filter_map(|rule| document.get(*rule, "http"))
        .flat_map(move |http| items(http, "paths"));
    let backends = paths.filter_map(|path| document.get(*path, "backend")).chain(document.get(spec, "defaultBackend"));
    backends.filter_map(|backend| document.get(backend, "service"))
}

/// The Ingresses of the run, and what was asked of the Services that they lead to.
struct Backends<'a, 'run> {
    ingresses: &'a [&'run Object],
    services: FastMap<*const Object, Backend<'run>>,
}

/// A Service that an Ingress leads to.
struct Backend<'run> {
    numbers: FastSet<String>,
    names: FastSet<&'run str>,
    /// Numbers and names of the Pods' ports.
    targets: FastSet<String>,
    is_external: bool,
    /// Whether an Ingress in the Service's file leads to it, once that is asked.
    has_own_ingress: OnceCell<bool>,
    /// Whether a route of Traefik there does.
    has_own_route: OnceCell<bool>,
}

impl<'run> Backend<'run> {
    fn of(service: &'run Object) -> Self {
        Self {
            numbers: ports(service).map(|(port, _)| port.port.to_string()).collect(),
            names: ports(service).filter_map(|(port, _)| port.name.as_deref()).collect(),
            targets: ports(service).filter_map(|(port, _)| port.target_port.as_ref()).map(written).collect(),
            is_external: is_external(service),
            has_own_ingress: OnceCell::new(),
            has_own_route: OnceCell::new(),
        }
    }

    /// Whether some controllers reach the Service by a number or name other than those of its ports.
    fn may_be_reached_by(&self, wanted: &str, is_number: bool) -> bool {
        self.targets.contains(wanted) || is_number && self.is_external
    }

    /// Whether the Service is the one that an Ingress means: applied with it, or in another file of its folder. A file
    /// that has an Ingress for its Service is an example by itself; those in other files are of other examples.
    fn is_meant(&self, index: &Index<'_>, ingress: &Object, service: &Object, ingresses: &[&Object]) -> bool {
        let is_in_its_file = |other: &&&Object| other.document.source.name == service.document.source.name;
        let leads_to_it =
            |other: &&Object| backends(other).any(|at| other.document.get_str(at, "name") == Some(&service.id.name));
        let has_own = || ingresses.iter().filter(is_in_its_file).any(leads_to_it);
        match index.reach(ingress, service) {
            Some(Reach::Unit) => true,
            Some(Reach::Folder) => !self.has_own_ingress.get_or_init(has_own),
            Some(Reach::Run) | None => false,
        }
    }
}

/// What comes of it where an Ingress names the port.
const OF_INGRESS: &str =
    "an Ingress names a port of the Service, not of the Pod; for one that is not there it answers 503";

fn of_ingress<'run>(
    index: &Index<'run>,
    ingress: &Object,
    all: &mut Backends<'_, 'run>,
    found: &mut FindingsAnywhere<'_>,
) {
    if !reads_ports_of_services(ingress) {
        return;
    }
    let document = &ingress.document;
    let takes_more = OnceCell::new();
    for backend in backends(ingress) {
        let Some(name) = document.get_str(backend, "name") else { continue };
        let Some(service) = index.find(ingress, "Service", name).filter(|service| service.keeps_selection()) else {
            continue;
        };
        let number = document.at(backend, &["port", "number"]);
        let Some(shown) = number.or_else(|| document.at(backend, &["port", "name"])) else { continue };
        let wanted = document.raw(shown).trim_matches(['"', '\'']);
        if ports(service).next().is_none() || text::is_placeholder(wanted) || wanted == USE_ANNOTATION {
            continue;
        }
        let own = all.services.entry(std::ptr::from_ref(service)).or_insert_with(|| Backend::of(service));
        let has = if number.is_some() { own.numbers.contains(wanted) } else { own.names.contains(wanted) };
        if has
            || !own.is_meant(index, ingress, service, all.ingresses)
            || own.may_be_reached_by(wanted, number.is_some())
                && *takes_more.get_or_init(|| takes_more_than_ports(index, ingress))
        {
            continue;
        }
        say(ingress, service, shown, OF_INGRESS, found);
    }
}

fn of_route<'run>(index: &Index<'run>, route: &Object, all: &mut Backends<'_, 'run>, found: &mut FindingsAnywhere<'_>) {
    const WHY: &str = "a route names a port of the Service, not of the Pod; a backend that is not there fails all its requests \
                       (gateway-api.sigs.k8s.io: BackendObjectReference, `ResolvedRefs`)";
    let document = &route.document;
    let items = |node, field| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let Some(spec) = document.get(route.node, "spec") else { return };
    for backend in items(spec, "rules").iter().flat_map(|rule| items(*rule, "backendRefs")) {
        let text = |field: &str| document.get_str(*backend, field).unwrap_or_default();
        let is_service = matches!(text("kind"), "" | "Service") && matches!(text("group"), "" | "core");
        // one of another namespace needs a grant besides, and is seldom in the run
        let is_here = text("namespace").is_empty() || route.id.namespace.as_deref() == Some(text("namespace"));
        let Some(shown) = document.get(*backend, "port").filter(|_| is_service && is_here) else { continue };
        let Value::Int(wanted) = document.value(shown) else { continue };
        let service = index.find(route, "Service", text("name")).filter(|service| service.keeps_selection());
        let Some(service) = service.filter(|service| ports(service).next().is_some()) else { continue };
        let own = all.services.entry(std::ptr::from_ref(service)).or_insert_with(|| Backend::of(service));
        if !own.numbers.contains(&wanted.to_string()) && own.is_meant(index, route, service, all.ingresses) {
            say(route, service, shown, WHY, found);
        }
    }
}

/// Says that a Service lacks the port that a value names.
fn say(route: &Object, service: &Object, shown: NodeId, why: &'static str, found: &mut FindingsAnywhere<'_>) {
    let Some(list) = service.document.at(service.node, &["spec", "ports"]) else { return };
    let wanted = route.document.raw(shown).trim_matches(['"', '\'']);
    found
        .about(route)
        .at(shown, format!("Service `{}` has no port `{}`", clip(&service.id.name), clip(wanted)))
        .label(service.label(list, "these are its ports"))
        .because(why)
        .help("name a `port` of the Service");
}

/// Whether the controller of an Ingress is none that is known to take the number for a port of the Pods: `shenyu-ingress`
/// joins it to their addresses (apache/shenyu: `DubboIngressParser`).
fn reads_ports_of_services(ingress: &Object) -> bool {
    parts::ingress_class(ingress).is_none_or(|class| !class.contains("shenyu"))
}

/// Whether the controller of an Ingress may reach a Service by more than its ports: by `targetPort`, and an external name
/// by any number. ingress-nginx (`serviceEndpoints` and `externalNamePorts` in internal/ingress/controller/controller.go)
/// and haproxy-ingress (`FindServicePort`) do; so those that are known to compare `port` and `name` alone are told by
/// their class, or by its controller.
fn takes_more_than_ports(index: &Index<'_>, ingress: &Object) -> bool {
    const CLASSES: [&str; 7] = ["alb", "cilium", "contour", "gce", "gce-internal", "istio", "traefik"];
    const CONTROLLERS: [&str; 6] = [
        "cilium.io/ingress-controller",
        "ingress.k8s.aws/alb",
        "istio.io/ingress-controller",
        "nginx.org/ingress-controller",
        "projectcontour.io/ingress-controller",
        "traefik.io/ingress-controller",
    ];
    let class = parts::ingress_class(ingress);
    let is_default = |known: &Object| {
        let path = ["metadata", "annotations", "ingressclass.kubernetes.io/is-default-class"];
        known.document.at(known.node, &path).and_then(|node| known.document.str(node)) == Some("true")
    };
    let is_meant = |known: &&&Object| class.map_or_else(|| is_default(known), |class| known.id.name == class);
    let controller = index.kind("IngressClass").iter().find(is_meant).and_then(|known| {
        known.document.at(known.node, &["spec", "controller"]).and_then(|node| known.document.str(node))
    });
    match (controller, class) {
        (Some(controller), _) => !CONTROLLERS.contains(&controller),
        (None, Some(class)) => !CLASSES.contains(&class),
        (None, None) => true,
    }
}
