//! What a container is for by itself: its program, its image, its name.

use super::command::{Invocation, Kind, Lifetime, base_name, lifetime};
use super::container::{Confidence, ContainerFacts, Evidence};
use super::endpoints::Reader;
use super::prepare::preparation;
use super::program::{Program, Serves};
use super::programs::{self, Programs};
use super::{Form, Role, Task, Way, election};
use crate::kube::ContainerList;
use crate::yaml::NodeId;

pub(super) fn recognise<'run>(one: &mut ContainerFacts<'run>, programs: &'run Programs) {
    by_program(one, programs);
    if one.role == Role::Unknown {
        pulls(one);
    }
    if one.role == Role::Unknown {
        reloads(one);
    }
    if one.role == Role::Unknown {
        serves_a_driver(one);
    }
    if one.role == Role::Unknown {
        by_name(one, programs);
    }
    if one.container.list == ContainerList::Init && !one.container.is_native_sidecar() {
        prepare(one);
    }
    if one.role == Role::Elector
        && let Some(evidence) = one.evidence.first().cloned()
    {
        let place = super::Location::node(one.container.pod.object, evidence.node);
        election::always_on(&mut one.election, place, &evidence.shows);
    }
}

fn by_program<'run>(one: &mut ContainerFacts<'run>, programs: &'run Programs) {
    let line = one.container.at(&["command"]).or_else(|| one.container.at(&["args"]));
    let by_image = programs.of_image(one.image());
    if let Some((program, role)) = main_role(one, programs) {
        let is_of_image =
            by_image.is_some_and(|known| std::ptr::eq(known, program)) && one.container.container.command.is_none();
        let (node, shows) = if is_of_image {
            (one.container.at(&["image"]), format!("the image runs {}", program.called()))
        } else {
            (line, format!("it runs {}", program.called()))
        };
        // a role that depends on the arguments is shown by them
        let node = if program.roles.is_empty() { node } else { line.or(node) };
        set(one, role, node, shows);
        return;
    }
    let follows = one.line.invocations.iter().any(|invocation| {
        let words: Vec<&str> = invocation.words.iter().map(|word| word.text.as_ref()).collect();
        // `tail -f /dev/null` keeps a container running, and follows nothing
        invocation.name == "tail" && lifetime::follows(&words) && !words.contains(&"/dev/null")
    });
    if follows {
        // what another program makes of the lines may be anything: `tail -f orders | kafkacat -P`
        const FILTERS: [&str; 12] =
            ["awk", "cat", "cut", "egrep", "grep", "jq", "sed", "sleep", "tail", "tee", "tr", "wait"];
        let is_filter = |name: &str| FILTERS.contains(&name) || lifetime::is_plain(name);
        let feeds = one.line.invocations.last().is_some_and(|last| !is_filter(&last.name));
        set(one, Role::Sidecar(Task::Logs), line, "it follows a file with tail".to_owned());
        if feeds {
            one.confidence = Confidence::Likely;
        }
    }
}

/// A script that brings what is new in a repository again and again, and does nothing else.
fn pulls(one: &mut ContainerFacts<'_>) {
    const PULLS: [&str; 4] = ["pull", "fetch", "clone", "remote"];
    const GIVES: [&str; 3] = ["push", "commit", "daemon"];
    if one.line.kind != Kind::Script && one.line.only().is_none_or(|run| run.name != "watch") {
        return;
    }
    let has = |invocation: &Invocation<'_>, wanted: &[&str]| {
        invocation.words.iter().any(|word| word.text.split(' ').any(|part| wanted.contains(&part)))
    };
    // `watch -n 60 git pull`, also with the command as one word
    let is_git = |invocation: &Invocation<'_>| match invocation.name.as_str() {
        "git" => true,
        "watch" => has(invocation, &["git"]),
        _ => false,
    };
    let all = &one.line.invocations;
    let is_beside = |invocation: &Invocation<'_>| {
        is_git(invocation)
            || lifetime::is_plain(&invocation.name)
            || matches!(invocation.name.as_str(), "sleep" | "rsync")
    };
    let brings = all.iter().any(|invocation| is_git(invocation) && has(invocation, &PULLS));
    let gives = all.iter().any(|invocation| is_git(invocation) && has(invocation, &GIVES));
    if one.lifetime == Lifetime::Serves && brings && !gives && all.iter().all(is_beside) {
        let line = one.container.at(&["args"]).or_else(|| one.container.at(&["command"]));
        set(one, Role::Sidecar(Task::Git), line, "it pulls with git repeatedly".to_owned());
    }
}

/// What is told where a storage driver's socket is: the helpers of kubernetes-csi have this option, and no driver has.
fn serves_a_driver(one: &mut ContainerFacts<'_>) {
    let is_option =
        |text: &str| text.split('=').next().is_some_and(|name| matches!(name, "--csi-address" | "-csi-address"));
    let word = one.words().find(|word| is_option(&word.text)).map(|word| word.place);
    if let Some(place) = word.filter(|place| std::ptr::eq(place.object, one.container.pod.object)) {
        set(one, Role::Sidecar(Task::Csi), Some(place.node), "it gets the socket of a storage driver".to_owned());
    }
}

/// What asks another container of its Pod to read its configuration again, with any program: `curl -X POST
/// http://localhost:9090/-/reload` behind a watcher.
fn reloads(one: &mut ContainerFacts<'_>) {
    if one.container.list == ContainerList::Init && !one.container.is_native_sidecar() || one.lifetime == Lifetime::Ends
    {
        return;
    }
    let asks = |text: &str| {
        text.split([' ', '\'', '"', '=', ',']).any(|part| {
            let Some((_, rest)) = part.split_once("://") else { return false };
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            matches!(host, "localhost" | "127.0.0.1" | "[::1]") && (path == "reload" || path.ends_with("/reload"))
        })
    };
    let node = one.words().find(|word| asks(&word.text)).map(|word| word.place);
    let node = node.filter(|place| std::ptr::eq(place.object, one.container.pod.object)).map(|place| place.node);
    if let Some(node) = node {
        set(one, Role::Sidecar(Task::Config), Some(node), "it asks another to read its configuration again".to_owned());
    }
}

/// The role of the program that it runs, if that has one.
fn main_role<'run>(one: &ContainerFacts<'run>, programs: &'run Programs) -> Option<(&'run Program, Role)> {
    for invocation in one.line.invocations.iter().rev() {
        let Some(program) = programs.of_binary_in(&invocation.name, one.image()) else { continue };
        let reader = Reader::new(program, invocation, &one.environment, &one.configs, true);
        let special = program.roles.iter().find(|role| reader.holds(&role.when) == Some(true)).map(|role| role.role);
        let is_client = || program.runs.serves != Serves::Always && ends(invocation, one, programs);
        match special.or(program.role) {
            // `ollama pull` asks the server that others are
            Some(Role::Server) if is_client() => {}
            Some(role) => return Some((program, role)),
            None => {}
        }
    }
    None
}

/// Whether a program of a container does its work and ends.
fn ends(invocation: &Invocation<'_>, one: &ContainerFacts<'_>, programs: &Programs) -> bool {
    let variable =
        |name: &str| one.environment.get(name).filter(|word| word.is_known).map(|word| word.text.to_string());
    let known = |name: &str| programs.of_binary_in(name, one.image());
    lifetime::invocation_lifetime(invocation, &variable, &known) == Lifetime::Ends
}

fn set(one: &mut ContainerFacts<'_>, role: Role, node: Option<NodeId>, shows: String) {
    one.role = role;
    one.evidence.clear();
    one.evidence.extend(node.map(|node| Evidence { node, shows }));
}

/// What an image or program calls itself.
fn by_name(one: &mut ContainerFacts<'_>, programs: &Programs) {
    let container = one.container.container;
    let (repository, _) = programs::split(one.image());
    let image = base_name(repository);
    let program = one.line.only().map(|invocation| invocation.name.clone()).unwrap_or_default();
    let program = program.as_str();
    let view = one.container;
    let node = |field: &str| view.at(&[field]);
    let ends = |name: &str, words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let of = |words: &[&str]| -> Option<NodeId> {
        if ends(program, words) {
            node("command").or_else(|| node("args"))
        } else if container.command.is_none() && ends(image, words) {
            node("image")
        } else if ends(&container.name, words) {
            node("name")
        } else {
            None
        }
    };
    let kinds: [(&[&str], Role); 3] = [
        (&["-exporter", "_exporter", "-metrics-adapter", "-metrics"], Role::Adapter(Form::Metrics)),
        (
            &[
                "config-reloader",
                "configmap-reload",
                "configmap-reloader",
                "-reloader",
                "-reloader.sh",
                "config-watcher",
            ],
            Role::Sidecar(Task::Config),
        ),
        (
            &["csi-provisioner", "csi-attacher", "csi-resizer", "csi-snapshotter", "driver-registrar"],
            Role::Sidecar(Task::Csi),
        ),
    ];
    // a script that shows no port exports something else: `credentials-exporter`
    let shows_metrics = one.line.kind != Kind::Script || one.declared().next().is_some();
    let is_by_name = |found: NodeId| Some(found) == node("name");
    for (words, role) in kinds {
        let of_kind =
            of(words).filter(|found| shows_metrics || role != Role::Adapter(Form::Metrics) || !is_by_name(*found));
        if let Some(node) = of_kind {
            set(one, role, Some(node), "it is called so".to_owned());
            one.confidence = Confidence::Likely;
            return;
        }
    }
    // A container called as a known helper, from a private registry or build.
    // Something else than the image starts is not a helper by its name: a test beside it is called so, too.
    // `driver-kube-rbac-proxy` is one of several; a single word of the name would be too little.
    let name = container.name.as_str();
    let ends_of_name = name.match_indices('-').map(|(at, _)| &name[at + 1..]).filter(|end| end.contains('-'));
    let known = std::iter::once(name).chain(ends_of_name).find_map(|name| programs.of_image(name)?.role);
    let known = known.filter(|_| one.line.kind != Kind::Script);
    if let Some(role) =
        known.filter(|role| role.is_helper() && !matches!(role, Role::Server | Role::Sidecar(Task::Web)))
    {
        set(one, role, node("name"), "it is called so".to_owned());
        one.confidence = Confidence::Likely;
        return;
    }
    if let Some(role) = by_task(&container.name) {
        set(one, role, node("name"), "it is called so".to_owned());
        one.confidence = Confidence::Likely;
    }
}

/// What a container is for that is called after its task and nothing else.
fn by_task(name: &str) -> Option<Role> {
    Some(match name {
        "reloader" | "reload" | "config-reload" => Role::Sidecar(Task::Config),
        "log" | "logs" | "logger" | "logging" | "log-shipper" | "log-agent" | "log-forwarder" | "log-collector"
        | "log-router" | "logrotate" => Role::Sidecar(Task::Logs),
        "health" | "healthz" | "healthcheck" | "health-check" => Role::Adapter(Form::Health),
        "metrics" | "exporter" => Role::Adapter(Form::Metrics),
        "ambassador" => Role::Ambassador(Way::Broker),
        "tls-proxy" | "ssl-proxy" | "tls-terminator" => Role::Sidecar(Task::Tls),
        "auth-proxy" | "oauth-proxy" => Role::Sidecar(Task::Auth),
        "git-sync" | "git-pull" | "git-puller" => Role::Sidecar(Task::Git),
        _ => return None,
    })
}

/// An ordinary init container, unless it visibly runs a daemon, which is its own mistake.
fn prepare(one: &mut ContainerFacts<'_>) {
    let serves = one.lifetime == Lifetime::Serves && one.lifetime_is_certain;
    if matches!(one.role, Role::Init(_)) || serves && one.role != Role::Unknown {
        return;
    }
    let node = one.container.at(&["command"]).or_else(|| one.container.at(&["args"]));
    let (kind, shows, confidence) = preparation(one);
    one.role = Role::Init(kind);
    if one.confidence == Confidence::Likely {
        one.evidence.clear();
    }
    one.confidence = confidence;
    let place = node.or_else(|| one.container.at(&["image"])).unwrap_or(one.container.node);
    one.evidence.insert(0, Evidence { node: place, shows: shows.to_owned() });
}
