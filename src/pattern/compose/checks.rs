//! Mistakes that only show when the parts of a document are seen together.

use crate::describe::{Description, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::keys::annotations;
use crate::pattern::keys::budget;
use crate::pattern::keys::configmaps;
use crate::pattern::keys::dns;
use crate::pattern::keys::place;
use crate::pattern::keys::reach;
use crate::pattern::keys::rights;
use crate::pattern::keys::service;
use crate::pattern::plan::document::Document;
use crate::pattern::plan::expose;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::provides;
use crate::pattern::plan::stage::Known;
use crate::pattern::plan::view::DocumentView;

/// Everything that a document's parts say of each other once they are filled in.
pub(super) fn check(catalogue: &Catalogue, document: &Document<'_>) -> Vec<Finding> {
    let Document { description, shape, uses } = document;
    let has_port = description.app.as_ref().is_some_and(|app| app.port.is_some()) || shape.definition.serves.is_some();
    let in_order = uses.iter().chain(std::iter::once(shape));
    let claimers: Vec<&Filled> = in_order.filter(|filled| filled.definition.claims.is_some()).collect();
    let mut findings = check_schedule(description, shape);
    findings.extend(check_app(description, shape));
    let silent = uses.iter().filter(|filled| !has_port && filled.needs_port());
    findings.extend(silent.map(|filled| lacks_port(description, shape, filled)));
    findings.extend(check_chain(&claimers));
    findings.extend(check_front(description, shape));
    findings.extend(check_loopback(description, shape, &claimers));
    findings.extend(check_names(description, uses));
    findings.extend(check_storage(description, shape));
    findings.extend(rights::check(description, shape, uses));
    findings.extend(configmaps::check(description));
    findings.extend(reach::check(description, shape, uses));
    findings.extend(annotations::check(description));
    findings.extend(check_readiness(description, shape, uses));
    findings.extend(provides::check(description, uses));
    findings.extend(expose::check(description, shape, has_port, &claimers));
    findings.extend(service::check(description));
    findings.extend(dns::check(description));
    findings.extend(place::check(description));
    findings.extend(budget::check(description));
    findings.extend(check_images(catalogue, description));
    let view = DocumentView::of(description, shape, uses).to_json();
    document.entries().for_each(|filled| findings.extend(filled.check(&Known::document(&filled.params, &view))));
    findings
}

/// A shape that does not run on a schedule, or has other parameters if it does.
fn check_schedule(description: &Description, shape: &Filled) -> Vec<Finding> {
    let Some(schedule) = &description.schedule else { return Vec::new() };
    let mut findings = Vec::new();
    if !shape.definition.schedulable {
        // a document without `shape` has that of its name's place
        let is_written = shape.entry.place.span != description.name_place.span;
        findings.push(if is_written {
            Finding::error(schedule.place.label(""), format!("`{}` does not run on a schedule", shape.entry.pattern))
                .label(shape.entry.place.label("runs continuously, or once per item"))
        } else {
            Finding::error(schedule.place.label(""), "a document without `shape` does not run on a schedule")
                .help("shape: {job: {}}")
        });
    }
    findings.extend(shape.check_scheduled());
    findings
}

/// Either the description has an app, or its shape brings containers.
fn check_app(description: &Description, shape: &Filled) -> Option<Finding> {
    match (&description.app, shape.definition.brings_containers) {
        (None, false) => Some(
            Finding::error(shape.entry.place.label(""), format!("`{}` needs an `app`", shape.entry.pattern))
                .help("app: {image: registry.example.com/shop:1.7.0, port: 8080}"),
        ),
        (Some(app), true) => Some(
            Finding::error(
                app.place.label("does not belong here"),
                format!("`{}` brings its own containers", shape.entry.pattern),
            )
            .label(shape.entry.place.label("defines its own"))
            .help(format!("patterns explain {}", shape.entry.pattern)),
        ),
        _ => None,
    }
}

/// An entry of `use` that connects to a port which is not there.
fn lacks_port(description: &Description, shape: &Filled, filled: &Filled) -> Finding {
    let name = &filled.entry.name;
    let talks = filled.entry.place.label("connects to the app's port");
    if let Some(why) = shape.definition.unexposed.as_ref().filter(|_| shape.definition.brings_containers) {
        return Finding::error(talks, format!("`{name}` has nothing to connect to in `{}`", shape.entry.pattern))
            .label(shape.entry.place.label(why.clone()))
            .help(format!("leave `{name}` out"));
    }
    let target = description.app.as_ref().map_or(&shape.entry.place, |app| &app.place);
    Finding::error(target.label("has no `port`"), format!("`{name}` needs to know where the app listens"))
        .label(talks)
        .help("app: {image: …, port: 8080}")
}

/// What an app that listens only on 127.0.0.1 cannot have.
fn check_loopback(description: &Description, shape: &Filled, claimers: &[&Filled]) -> Vec<Finding> {
    let Some(app) = description.app.as_ref().filter(|app| app.loopback) else { return Vec::new() };
    let mut findings = Vec::new();
    if claimers.is_empty() && shape.front().is_empty() {
        findings.push(
            Finding::error(app.place_at(&["bind"]).label(""), "nothing can reach this app")
                .because("it listens only on 127.0.0.1, but the kubelet's probes and the Service use the Pod's IP")
                .help("put a pattern in front of it, such as `https`, or leave `bind` out"),
        );
    }
    if app.host_port.is_some() {
        findings.push(
            Finding::error(app.place_at(&["host-port"]).label(""), "nothing listens on this node port")
                .label(app.place_at(&["bind"]).label("the app listens only on 127.0.0.1"))
                .help("remove one of them"),
        );
    }
    findings.extend(app.ports.iter().filter(|port| !port.private).map(|port| {
        Finding::error(port.place.label(""), format!("nothing can reach the app's port `{}`", port.name))
            .because("with `bind: localhost` the app listens only on 127.0.0.1, but a Service uses the Pod's IP")
            .help(format!("{}: {{port: {}, private: true}}, or leave `bind` out", port.name, port.number))
    }));
    findings
}

/// A container has one readiness probe, so only one can say how it is answered.
fn check_readiness(description: &Description, shape: &Filled, uses: &[Filled]) -> Vec<Finding> {
    let mut answering = uses.iter().filter(|filled| filled.definition.answers_readiness.is_some());
    let Some(first) = answering.next() else { return Vec::new() };
    let mut findings = Vec::new();
    let answers = || first.entry.place.label("reports whether the app is ready");
    for second in answering {
        findings.push(
            Finding::error(second.entry.place.label("and so does this"), "two patterns report the app's readiness")
                .label(answers())
                .because("a container has one readiness probe")
                .help("remove one of them"),
        );
    }
    match &description.app {
        // that there is nothing to talk to has been said
        None if shape.definition.serves.is_none() && first.needs_port() => {}
        None => findings.push(
            Finding::error(answers(), format!("`{}` has no app to report on", first.entry.name))
                .label(shape.entry.place.label("its containers have their own probes"))
                .help(format!("leave `{}` out", first.entry.name)),
        ),
        Some(app) if app.health.ready.is_some() => findings.push(
            Finding::error(answers(), "the app's readiness check is defined twice")
                .label(app.place_at(&["health", "ready"]).label("so does this"))
                .because("a container has one readiness probe")
                .help("remove one of them; `health: {live: /path}` can be combined with the pattern"),
        ),
        Some(_) => {}
    }
    findings
}

/// A container in front of the app has to listen, and goes by its own name.
fn check_front(description: &Description, shape: &Filled) -> Vec<Finding> {
    let Some(members) = shape.definition.front.as_ref().and_then(|param| shape.given.get(param)) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for member in members.members() {
        if member.value.get("port").is_none() {
            findings.push(
                Finding::error(member.key_place.label(""), format!("`{}` needs `port`", member.key))
                    .because("traffic passes through it on its way to the app"),
            );
        }
        let entry = description.uses.iter().find(|entry| entry.name == member.key).map(|entry| &entry.place);
        let app = Some(&description.name_place).filter(|_| description.name == member.key);
        if let Some(other) = entry.or(app) {
            findings.push(Finding::clash(
                format!("two containers would be called `{}`", member.key),
                other.label(""),
                member.key_place.label(""),
            ));
        }
    }
    findings
}

/// Each pattern in front must speak what the next one answers.
fn check_chain(claimers: &[&Filled]) -> impl Iterator<Item = Finding> {
    claimers.windows(2).filter_map(|pair| {
        let (outer, inner) = (pair.first()?, pair.get(1)?);
        let (speaks, answers) = (outer.definition.claims.as_ref()?, inner.definition.claims.as_ref()?);
        (speaks.upstream != answers.scheme).then(|| {
            Finding::error(
                inner.entry.place.label(format!("answers {}", answers.scheme)),
                format!("`{}` cannot be in front of `{}`", outer.entry.name, inner.entry.name),
            )
            .label(outer.entry.place.label(format!("speaks {} to what is behind it", speaks.upstream)))
            .because("patterns that take the app's traffic are chained in the order of `use`, the first one outermost")
            .help("remove one of them, or change their order")
        })
    })
}

/// The claim that a shape makes for each Pod is called `data`: nothing else goes by that name, or lies at its path.
fn check_storage(description: &Description, shape: &Filled) -> Vec<Finding> {
    let (Some(app), Some(storage)) = (&description.app, shape.given.get("storage")) else { return Vec::new() };
    let Some(mount) = storage.get("mount").and_then(Spanned::text) else { return Vec::new() };
    let mut findings = Vec::new();
    let mount = mount.trim_end_matches('/');
    let writable = app.writable.iter().map(|path| (path.path == mount || path.path == "/data", &path.place));
    let volumes = app
        .volumes
        .iter()
        .map(|volume| (volume.name == "data" || volume.mount.trim_end_matches('/') == mount, &volume.place));
    let shared = app
        .shared
        .iter()
        .map(|shared| (shared.name == "data" || shared.mount.trim_end_matches('/') == mount, &shared.place));
    for (_, place) in writable.chain(volumes).chain(shared).filter(|(clashes, _)| *clashes) {
        findings.push(
            Finding::clash(
                format!("two volumes would be called `data` or mounted at {mount}"),
                storage.place.label("the shape's claim is called `data`"),
                place.label(""),
            )
            .because("the Pod would get the other one, and its data would be lost with the Pod")
            .help("remove one of them, or give the volume another name and path"),
        );
    }
    findings
}

/// An entry of `use` with the app's name.
fn check_names(description: &Description, uses: &[Filled]) -> impl Iterator<Item = Finding> {
    uses.iter().filter(|filled| filled.entry.name == description.name).map(|filled| {
        Finding::clash(
            format!("two containers would be called `{}`", description.name),
            description.name_place.label("the app is named after the document"),
            filled.entry.place.label(""),
        )
        .help(format!(
            "give the pattern another name: {}: {{as: {}-sidecar, …}}",
            filled.entry.pattern, filled.entry.pattern
        ))
    })
}

/// Roles of images that no pattern has.
fn check_images(catalogue: &Catalogue, description: &Description) -> impl Iterator<Item = Finding> {
    let unknown = description.images.iter().filter(|member| !catalogue.images().contains_key(&member.key));
    unknown.map(|member| catalogue.unknown_role(member))
}
