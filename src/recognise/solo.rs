//! What a container is for by itself: its image, its command line, its name.

use super::images::{self, Image};
use super::program::Command;
use super::{Confidence, Evidence, Form, Lifetime, Preparation, Recognised, Role, Task, Way};
use crate::kube::{ContainerList, ContainerView};
use crate::yaml::NodeId;

pub(super) fn recognise(container: ContainerView<'_>) -> Recognised<'_> {
    let image = container.container.image.as_deref().unwrap_or_default();
    let known = images::find(image);
    let command = Command::of(&container, known);
    let mut one = Recognised {
        container,
        role: Role::Unknown,
        confidence: Confidence::Certain,
        lifetime: command.lifetime(),
        evidence: Vec::new(),
    };
    by_program(&mut one, known, &command);
    if one.role == Role::Unknown {
        by_name(&mut one, &command);
    }
    if container.list == ContainerList::Init && !container.is_native_sidecar() {
        prepare(&mut one, &command);
    }
    one
}

fn by_program(one: &mut Recognised<'_>, known: Option<&'static Image>, command: &Command) {
    let line = one.container.at(&["command"]).or_else(|| one.container.at(&["args"]));
    if let Some((role, shows)) = agent(one, command) {
        set(one, role, line, shows);
    } else if let Some(known) = known.filter(|known| command.runs(known)) {
        set(one, known.role, one.container.at(&["image"]), format!("the image is {}", known.name));
    } else if let Some(known) = command.program().and_then(images::find_program) {
        set(one, known.role, line, format!("it runs {}", known.programs[0]));
    } else if command.follows_a_file() {
        set(one, Role::Sidecar(Task::Logs), line, "it follows a file with tail".to_owned());
    }
    // As a client ghostunnel is the other end: the app talks to it in the clear.
    let words =
        || one.container.container.command.iter().flatten().chain(one.container.container.args.iter().flatten());
    if command.program() == Some("ghostunnel") && words().any(|word| word == "client") {
        one.role = Role::Ambassador(Way::Broker);
    }
    // A mesh's proxy image also runs as the gateway, and as what redirects the Pod's traffic.
    let first = || one.container.container.args.iter().flatten().next().map(String::as_str);
    if one.role == Role::MeshProxy && command.program() == Some("pilot-agent") {
        match first() {
            Some("istio-iptables" | "istio-clean-iptables") => one.role = Role::Init(Preparation::Network),
            Some("proxy") if one.container.container.args.iter().flatten().any(|word| word == "router") => {
                one.role = Role::Unknown;
                one.evidence.clear();
            }
            _ => {}
        }
    }
}

fn set(one: &mut Recognised<'_>, role: Role, node: Option<NodeId>, shows: String) {
    one.role = role;
    one.evidence.clear();
    one.evidence.extend(node.map(|node| Evidence { node, shows }));
}

/// Our own container: its first argument is its role (`patterns-agent --help`).
fn agent(one: &Recognised<'_>, command: &Command) -> Option<(Role, String)> {
    let container = one.container.container;
    let (repository, _) = images::split(container.image.as_deref().unwrap_or_default());
    let is_image = repository.rsplit('/').next() == Some("patterns-agent") && container.command.is_none();
    if !is_image && command.program() != Some("patterns-agent") {
        return None;
    }
    let mut words = container.command.iter().flatten().chain(container.args.iter().flatten());
    let role = words.find(|word| !word.starts_with(['-', '/']) && *word != "patterns-agent")?;
    let known = match role.as_str() {
        "elect" => Role::Elector,
        "gather" => Role::GatherRoot,
        "queue" => Role::QueueManager,
        "source-dir" => Role::Source,
        "join" => Role::Init(Preparation::Wait),
        "topz" | "introspect" => Role::Sidecar(Task::Telemetry),
        "health" => Role::Adapter(Form::Health),
        "reload" => Role::Sidecar(Task::Config),
        "demo" => match words.next().map(String::as_str) {
            Some("leaf") => Role::Leaf,
            Some("source") => Role::Source,
            Some("merge") => Role::Server,
            _ => return None,
        },
        _ => return None,
    };
    Some((known, format!("it runs `patterns-agent {role}`")))
}

/// What an image or program calls itself.
fn by_name(one: &mut Recognised<'_>, command: &Command) {
    let container = one.container.container;
    let (repository, _) = images::split(container.image.as_deref().unwrap_or_default());
    let image = repository.rsplit('/').next().unwrap_or_default();
    let program = command.program().unwrap_or_default();
    let node = |field: &str| one.container.at(&[field]);
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
    for (words, role) in kinds {
        if let Some(node) = of(words) {
            set(one, role, Some(node), "it is called so".to_owned());
            one.confidence = Confidence::Likely;
            return;
        }
    }
    // A container called as a known helper, from a registry or build of somebody's own.
    let known = images::find(&container.name).map(|known| known.role);
    if let Some(role) =
        known.filter(|role| role.is_helper() && !matches!(role, Role::Server | Role::Sidecar(Task::Web)))
    {
        set(one, role, node("name"), "it is called so".to_owned());
        one.confidence = Confidence::Likely;
        return;
    }
    if matches!(container.name.as_str(), "reloader" | "reload" | "config-reload") {
        set(one, Role::Sidecar(Task::Config), node("name"), "it is called so".to_owned());
        one.confidence = Confidence::Likely;
    }
}

/// An ordinary init container, unless it visibly runs a daemon, which is a mistake of its own.
fn prepare(one: &mut Recognised<'_>, command: &Command) {
    if matches!(one.role, Role::Init(_)) || (one.lifetime == Lifetime::Forever && one.role != Role::Unknown) {
        return;
    }
    let node = one.container.at(&["command"]).or_else(|| one.container.at(&["args"]));
    let (kind, shows) = preparation(one, command);
    one.role = Role::Init(kind);
    if one.confidence == Confidence::Likely {
        one.evidence.clear();
    }
    one.confidence = Confidence::Certain;
    let place = node.or_else(|| one.container.at(&["image"])).unwrap_or(one.container.node);
    one.evidence.insert(0, Evidence { node: place, shows: shows.to_owned() });
}

fn preparation(one: &Recognised<'_>, command: &Command) -> (Preparation, &'static str) {
    const WAITS: &[&str] =
        &["until ", "while ", "nc -z", "wait-for", "wait_for", "pg_isready", "kubectl wait", "retry"];
    const ASKS: &[&str] = &["wget ", "curl ", "nc ", "nslookup ", "ping ", "psql ", "redis-cli ", "mysqladmin "];
    const MIGRATES: &[&str] = &["migrate", "flyway", "liquibase", "alembic", "createdb", "db:schema", "upgrade head"];
    const NETWORK: &[&str] = &["iptables", "nft "];
    const SYSTEM: &[&str] = &["chown", "chmod", "sysctl", "nsenter", "modprobe", "ulimit"];
    const FILES: &[&str] = &[
        "cp ",
        "mv ",
        "wget ",
        "curl ",
        "git clone",
        "gsutil",
        "aws s3",
        "unzip",
        "tar ",
        "cp-tool",
        "install ",
        "envsubst",
        "sed ",
        "openssl",
        "echo ",
    ];
    let container = one.container.container;
    let line: Vec<&str> =
        container.command.iter().flatten().chain(container.args.iter().flatten()).map(String::as_str).collect();
    let line = format!("{} ", line.join(" "));
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let mounts = container.volume_mounts.iter().flatten().next().is_some();
    let fetches = matches!(one.role, Role::Sidecar(Task::Git | Task::Config | Task::Secrets));
    if has(NETWORK) {
        (Preparation::Network, "it changes the Pod's routing before the app starts")
    } else if has(MIGRATES) {
        (Preparation::Migration, "it migrates a database before the app starts")
    } else if (has(WAITS) || (has(&["sleep "]) && has(ASKS))) && !has(&["mv ", "cp "]) {
        (Preparation::Wait, "it waits before the app starts")
    } else if fetches
        || (mounts && has(FILES))
        || matches!(command.program(), Some("cp" | "git" | "git-sync" | "cp-tool"))
    {
        (Preparation::Files, "it brings files before the app starts")
    } else if has(SYSTEM) {
        (Preparation::System, "it sets the system up before the app starts")
    } else {
        (Preparation::Unknown, "it ends before the app starts")
    }
}
