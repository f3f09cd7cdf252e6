use crate::diagnostic::{Label, Level};
use crate::kube::{FastSet, FolderScope, Index, Object, same_unit};
use crate::rules::{Check, FindingsAnywhere, Rule, text};
use crate::words::{clip, nearest};
use crate::yaml::{NodeId, Value};

/// A route that no listener of its Gateway takes.
pub static RULE: Rule = rule!("route_not_attached.md", Error, Check::Workspace(check));

const GROUP: &str = "gateway.networking.k8s.io";
const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];

/// Among more Gateways of one name, and of a Gateway with more listeners (`MaxItems` of its schema), nothing is said.
const MOST: usize = 64;

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("Gateway").is_empty() {
        return;
    }
    let extended = extended(index);
    for kind in ROUTES {
        let is_judged = |route: &&&Object| route.id.group() == GROUP && route.keeps(&["spec.parentRefs"]);
        for route in index.kind(kind).iter().filter(is_judged) {
            let parents = route.document.at(route.node, &["spec", "parentRefs"]);
            for parent in parents.map_or(&[][..], |list| route.document.items(list)) {
                if let Some(parent) = Parent::of(route, *parent) {
                    judge(index, &parent, &extended, found);
                }
            }
        }
    }
}

/// The names of Gateways to which listeners of other objects are added.
fn extended<'run>(index: &Index<'run>) -> FastSet<&'run str> {
    let sets = index.kind("ListenerSet").iter().chain(index.kind("XListenerSet"));
    sets.filter_map(|set| set.document.str(set.document.at(set.node, &["spec", "parentRef", "name"])?)).collect()
}

/// One of a route's `parentRefs` that means a Gateway.
struct Parent<'run> {
    route: &'run Object,
    node: NodeId,
    name: &'run str,
    /// The namespace that the Gateway is looked up in, if one is written.
    namespace: Option<&'run str>,
    section: Option<&'run str>,
    port: Option<i64>,
}

impl<'run> Parent<'run> {
    fn of(route: &'run Object, node: NodeId) -> Option<Self> {
        let document = &route.document;
        let is = |field: &str, wanted: &str| {
            let value = document.get(node, field).filter(|value| !document.is_null(*value));
            value.is_none_or(|value| document.str(value) == Some(wanted))
        };
        let written = |field: &str| document.get_str(node, field).filter(|text| !text.is_empty());
        let name = written("name")?;
        let port = match document.get(node, "port").map(|port| document.value(port)) {
            Some(Value::Int(port)) => Some(port),
            Some(Value::Null) | None => None,
            Some(_) => return None,
        };
        let (section, own) = (written("sectionName"), written("namespace"));
        let is_open = [Some(name), section, own].into_iter().flatten().any(text::is_placeholder);
        let namespace = own.or(route.id.namespace.as_deref());
        let is_gateway = is("group", GROUP) && is("kind", "Gateway");
        (is_gateway && !is_open).then_some(Self { route, node, name, namespace, section, port })
    }

    /// The Gateway, where the run has one that it can be, and how it is written is known.
    fn gateway(&self, index: &Index<'run>) -> Option<&'run Object> {
        let may_be_it = |gateway: &&&Object| {
            let differs = |(one, other): (&str, &str)| one != other;
            gateway.id.group() == GROUP && !self.namespace.zip(gateway.id.namespace.as_deref()).is_some_and(differs)
        };
        let called = index.called("Gateway", self.name);
        if called.len() > MOST {
            return None;
        }
        let mut all = called.iter().filter(may_be_it);
        let (gateway, None) = (*all.next()?, all.next()) else { return None };
        let own = gateway.id.namespace.as_deref();
        // one without a namespace goes wherever it is applied to
        let is_sure = match (self.namespace, own) {
            (Some(_), Some(_)) => {
                gateway.keeps(&["metadata.namespace"])
                    && self.route.keeps(&["metadata.namespace"])
                    && (is_beside(self.route, gateway) || is_nearest(index, self.route, gateway))
            }
            _ => is_beside(self.route, gateway),
        };
        (is_sure && gateway.keeps(&["metadata.name", "spec"])).then_some(gateway)
    }
}

/// Whether two objects are applied together, or lie in one folder.
fn is_beside(route: &Object, gateway: &Object) -> bool {
    same_unit(route, gateway) || FolderScope::of(route).folder == FolderScope::of(gateway).folder
}

/// Whether no other Gateway is in more of the folders that a route is in: those of its own cluster would be.
fn is_nearest(index: &Index<'_>, route: &Object, gateway: &Object) -> bool {
    let all = index.kind("Gateway");
    let nearest = shared_folders(route, gateway);
    all.len() <= MOST && all.iter().all(|other| other.id.group() != GROUP || shared_folders(route, other) <= nearest)
}

/// In how many folders both objects are.
fn shared_folders(route: &Object, other: &Object) -> usize {
    let (one, other) = (FolderScope::of(route).folder, FolderScope::of(other).folder);
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}

/// One listener of a Gateway.
struct Listener<'run> {
    node: NodeId,
    name: &'run str,
    port: i64,
    /// Whether it takes routes of the Gateway's own namespace alone.
    is_closed: bool,
    /// The hosts that it is for, if it is not for all.
    host: Option<(&'run str, NodeId)>,
}

/// The listeners of a Gateway; nothing where one is not written in full.
fn listeners(gateway: &Object) -> Option<Vec<Listener<'_>>> {
    let document = &gateway.document;
    let items = document.items(document.at(gateway.node, &["spec", "listeners"])?);
    let read = |node: &NodeId| {
        let name = document.get_str(*node, "name").filter(|name| !name.is_empty() && !text::is_placeholder(name))?;
        let Value::Int(port) = document.value(document.get(*node, "port")?) else { return None };
        let from = document.at(*node, &["allowedRoutes", "namespaces", "from"]);
        let from = from.filter(|from| !document.is_null(*from));
        let is_closed = from.is_none_or(|from| document.str(from) == Some("Same"));
        let host = document.get(*node, "hostname").and_then(|host| Some((document.str(host)?, host)));
        let host = host.filter(|(host, _)| !host.is_empty());
        Some(Listener { node: *node, name, port, is_closed, host })
    };
    (!items.is_empty() && items.len() <= MOST).then(|| items.iter().map(read).collect())?
}

fn judge<'run>(index: &Index<'run>, parent: &Parent<'run>, extended: &FastSet<&str>, found: &mut FindingsAnywhere<'_>) {
    let Some(gateway) = parent.gateway(index) else { return };
    let is_extended =
        extended.contains(parent.name) || gateway.document.at(gateway.node, &["spec", "allowedListeners"]).is_some();
    let Some(all) = listeners(gateway).filter(|_| !is_extended) else { return };
    let is_meant = |listener: &&Listener<'_>| {
        parent.section.is_none_or(|name| name == listener.name) && parent.port.is_none_or(|port| port == listener.port)
    };
    let meant: Vec<&Listener<'_>> = all.iter().filter(is_meant).collect();
    let level = if is_beside(parent.route, gateway) { Level::Error } else { Level::Warning };
    if meant.is_empty() {
        no_listener(parent, gateway, &all, level, found);
        return;
    }
    let admitted: Vec<&Listener<'_>> = match (parent.namespace_of_route(), gateway.id.namespace.as_deref()) {
        (Some(from), Some(of)) if from != of && !text::is_placeholder(from) && !text::is_placeholder(of) => {
            meant.iter().filter(|listener| !listener.is_closed).copied().collect()
        }
        _ => meant.clone(),
    };
    let Some(first) = admitted.first() else {
        not_admitted(parent, gateway, meant[0], level, found);
        return;
    };
    if let Some((_, host)) = first.host
        && let Some(hosts) = hosts(parent.route)
        && admitted.iter().all(|listener| listener.host.is_some_and(|(host, _)| !is_for_any(host, &hosts)))
    {
        let label = gateway.label(host, format!("the host of the listener `{}`", clip(first.name)));
        no_host(parent, label, &clip(&gateway.id.name), level, found);
    }
}

/// The hosts that a route is for; nothing where it is for all, or where they are not written in full.
fn hosts(route: &Object) -> Option<Vec<&str>> {
    let document = &route.document;
    let items = document.items(document.at(route.node, &["spec", "hostnames"])?);
    let hosts: Vec<&str> = items.iter().map(|host| document.str(*host)).collect::<Option<_>>()?;
    let is_open = |host: &&str| host.is_empty() || text::is_placeholder(host);
    let is_known = !hosts.is_empty() && hosts.len() <= MOST && route.keeps(&["spec.hostnames"]);
    (is_known && !hosts.iter().any(is_open)).then_some(hosts)
}

/// Whether a listener's host may be one of some hosts: `*.` begins all that end alike.
fn is_for_any(host: &str, hosts: &[&str]) -> bool {
    let covers = |all: &str, one: &str| {
        all.strip_prefix('*').is_some_and(|end| one.len() > end.len() && one.ends_with(end)) || all == one
    };
    text::is_placeholder(host) || hosts.iter().any(|one| covers(host, one) || covers(one, host))
}

impl Parent<'_> {
    fn namespace_of_route(&self) -> Option<&str> {
        self.route.id.namespace.as_deref()
    }

    /// What is underlined: a field that is written, or the whole.
    fn field(&self, names: &[&str]) -> NodeId {
        let written = names.iter().find_map(|name| self.route.document.get(self.node, name));
        written.unwrap_or(self.node)
    }
}

fn no_listener(
    parent: &Parent<'_>,
    gateway: &Object,
    all: &[Listener<'_>],
    level: Level,
    found: &mut FindingsAnywhere<'_>,
) {
    let name = clip(&gateway.id.name);
    let missing = match (parent.section, parent.port) {
        (Some(section), Some(port)) => format!("`{}` on port {port}", clip(section)),
        (Some(section), None) => format!("`{}`", clip(section)),
        (None, port) => format!("on port {}", port.unwrap_or_default()),
    };
    let field = parent.field(&["sectionName", "port"]);
    let shown = gateway.document.at(gateway.node, &["spec", "listeners"]).unwrap_or(gateway.node);
    let known: Vec<String> = all.iter().map(|one| format!("`{}` ({})", clip(one.name), one.port)).take(8).collect();
    let mut about = found.about(parent.route);
    let saying = about
        .at(field, format!("Gateway `{name}` has no listener {missing}"))
        .label(gateway.label(shown, format!("its listeners: {}", known.join(", "))))
        .because(
            "a route is attached to the listeners that `sectionName` and `port` of its parentRef match; without one it is \
             detached, and gets no request (kubernetes-sigs/gateway-api: apis/v1/shared_types.go, ParentReference)",
        )
        .help("name one of its listeners, or add this one to the Gateway")
        .level(level);
    // `http` is hardly meant by `https`
    let is_slip = |section: &str, like: &str| !section.starts_with(like) && !like.starts_with(section);
    let like = parent
        .section
        .and_then(|section| nearest(section, all.iter().map(|one| one.name)).filter(|like| is_slip(section, like)));
    if let Some(like) = like {
        saying.here(format!("did you mean `{}`?", clip(like)));
    }
}

fn no_host(parent: &Parent<'_>, listener: Label, gateway: &str, level: Level, found: &mut FindingsAnywhere<'_>) {
    let message = match parent.section {
        Some(section) => {
            format!("the hosts of this route do not match the listener `{}` of Gateway `{gateway}`", clip(section))
        }
        None => format!("the hosts of this route match no listener of Gateway `{gateway}`"),
    };
    let hosts = parent.route.document.at(parent.route.node, &["spec", "hostnames"]);
    let shown = hosts.and_then(|hosts| parent.route.document.items(hosts).first().copied()).unwrap_or(parent.node);
    found
        .about(parent.route)
        .at(shown, message)
        .label(listener)
        .because(
            "a route with `hostnames` is attached to a listener with a `hostname` only if one of them matches; `*.` \
             matches what ends alike, but not the domain itself (kubernetes-sigs/gateway-api: apis/v1/httproute_types.go, \
             Hostnames)",
        )
        .help("correct the host, or name a listener that is for it")
        .level(level);
}

fn not_admitted(
    parent: &Parent<'_>,
    gateway: &Object,
    listener: &Listener<'_>,
    level: Level,
    found: &mut FindingsAnywhere<'_>,
) {
    let document = &gateway.document;
    let of = clip(gateway.id.namespace.as_deref().unwrap_or_default());
    let from = document.at(listener.node, &["allowedRoutes", "namespaces", "from"]);
    let shown = from.or_else(|| document.get(listener.node, "name")).unwrap_or(listener.node);
    found
        .about(parent.route)
        .at(
            parent.field(&["namespace", "name"]),
            format!("Gateway `{}` takes no routes of other namespaces than its own", clip(&gateway.id.name)),
        )
        .here(format!("the route is in `{}`", clip(parent.namespace_of_route().unwrap_or_default())))
        .label(gateway.label(shown, format!("routes of namespace `{of}` alone")))
        .because(
            "a listener takes routes of its Gateway's namespace unless `allowedRoutes.namespaces` says otherwise \
             (kubernetes-sigs/gateway-api: apis/v1/gateway_types.go, AllowedRoutes)",
        )
        .help(format!(
            "write `allowedRoutes: {{namespaces: {{from: All}}}}` at the listener `{}`, or a `Selector`",
            clip(listener.name)
        ))
        .level(level);
}
