//! What a description adds to its Pod beside the app and the patterns: containers of `init`, volumes that containers
//! share, and the token of an app with rights.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::weaving::Fragment;
use crate::describe::{App, Init, Place, Spanned};
use crate::diagnostic::Finding;
use crate::origin::Maker;
use crate::pattern::plan::container::{self, containers};
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::probes::Dial;

/// The containers of `init`, each with the variables that patterns provide.
pub(crate) fn inits(prepared: &Prepared<'_>, provided: &[Json]) -> Vec<Json> {
    prepared.description.inits.iter().map(|init| init_fragment(prepared, init, provided)).collect()
}

/// Where in the fragments a container of `init` is to be that runs before the sidecar of an entry.
///
/// # Errors
/// That the entry starts nothing before the app.
pub(super) fn place_before(
    prepared: &Prepared<'_>,
    before: &Spanned,
    fragments: &[Fragment],
) -> Result<usize, Vec<Finding>> {
    let name = before.text().unwrap_or_default();
    let entry = prepared.uses.iter().position(|filled| filled.entry.name == name);
    let starts =
        |pod: &Json| pod.pointer("/spec/initContainers").and_then(Json::as_array).is_some_and(|all| !all.is_empty());
    let is_it = |fragment: &Fragment| entry.is_some_and(|at| fragment.owner == at + 1) && starts(&fragment.pod);
    fragments.iter().position(is_it).ok_or_else(|| {
        let finding =
            Finding::error(before.place.label(""), format!("`{name}` has no container that starts before the app"));
        let why = "all containers of `init` have ended before those beside the app start";
        vec![finding.because(why).help("leave `before` out")]
    })
}

fn init_fragment(prepared: &Prepared<'_>, init: &Init, provided: &[Json]) -> Json {
    let description = prepared.description;
    let made = context_of(prepared, init);
    let mut container = Map::from_iter([("name".to_owned(), json!(init.name))]);
    let mut put = |key: &str, value: Json| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            container.insert(key.to_owned(), value);
        }
    };
    let mut env = made["env"].as_array().cloned().unwrap_or_default();
    env.extend(provided.iter().cloned());
    put("image", made["image"].clone());
    put("command", made["command"].clone());
    put("args", made["args"].clone());
    put("workingDir", made["workdir"].clone());
    made["more"].as_object().into_iter().flatten().for_each(|(field, said)| put(field, said.clone()));
    put("envFrom", made["env_from"].clone());
    put("env", Json::Array(env));
    put("resources", made["resources"].clone());
    put("securityContext", security(&init.app, description.app.as_ref()));
    // volumes that it takes from the app go by the app's names
    let is_apps = |name: &str| {
        let own = init.app.volumes.iter().find(|volume| volume.name == name);
        let apps = description.app.iter().flat_map(|app| &app.volumes).find(|volume| volume.name == name);
        own.zip(apps).is_some_and(|(own, apps)| own.place.span == apps.place.span)
            || init.app.shared.iter().any(|shared| shared.name == name)
    };
    let named = |list: &Json| {
        let mut list = list.clone();
        for element in list.as_array_mut().into_iter().flatten() {
            let name = element["name"].as_str().unwrap_or_default();
            if !is_apps(name) {
                element["name"] = json!(format!("{}-{name}", init.name));
            }
        }
        list
    };
    put("volumeMounts", named(&made["mounts"]));
    json!({"spec": {"initContainers": [container], "volumes": named(&made["pod_volumes"])}})
}

/// The container's `securityContext`, with its user and group where they are not the Pod's.
fn security(own: &App, app: Option<&App>) -> Json {
    let mut security = container::security(own);
    if app.is_none_or(|app| app.user != own.user) {
        security["runAsUser"] = json!(own.user);
    }
    let group = |app: &App| app.group.unwrap_or(app.user);
    if app.is_none_or(|app| group(app) != group(own)) {
        security["runAsGroup"] = json!(group(own));
    }
    security
}

/// A container of `init` as templates would see it.
fn context_of(prepared: &Prepared<'_>, init: &Init) -> Json {
    let dial = Dial { port: Json::Null, scheme: Json::Null };
    container::context(&init.app, &prepared.description.name, Some(&init.name), "", &dial, None)
}

/// The `ConfigMap`s of files of all containers of the user's, each with the part that it is from.
pub(super) fn configs(prepared: &Prepared<'_>, app: Option<&Json>) -> Vec<(Json, Maker)> {
    let shape = &prepared.shape;
    let of_shape = containers(&shape.params).into_iter().map(|one| (one, Maker::Shape(shape.definition.name.clone())));
    let of_uses = prepared.uses.iter().enumerate().flat_map(|(index, filled)| {
        let maker = Maker::Use { index, name: filled.entry.name.clone() };
        containers(&filled.params).into_iter().map(move |one| (one, maker.clone()))
    });
    let inits: Vec<Json> = prepared.description.inits.iter().map(|init| context_of(prepared, init)).collect();
    let of_app = app.into_iter().map(|one| (one, Maker::App));
    let all = of_app.chain(of_shape).chain(of_uses).chain(inits.iter().map(|one| (one, Maker::App)));
    let configs = all.map(|(container, maker)| (&container["config"], maker));
    configs.filter(|(config, _)| config.is_object()).map(|(config, maker)| (config.clone(), maker)).collect()
}

/// What the volume of a shape's `storage` is called.
const STORAGE: &str = "data";

/// One container's word about a shared volume.
struct Sharer<'a> {
    size: Option<String>,
    in_memory: bool,
    place: &'a Place,
}

/// What all containers say about a shared volume.
struct Shared<'a> {
    name: &'a str,
    sharers: &'a [Sharer<'a>],
    /// Whose volume it is, if something else than sharing makes it.
    made_by: Option<&'static str>,
}

/// The volumes that containers share.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn shared(prepared: &Prepared<'_>) -> Result<Json, Vec<Finding>> {
    let description = prepared.description;
    let sharers = sharers(prepared);
    // the claim of the app's Pods is there for the others, too
    let has_storage = description.app.is_some() && prepared.shape.given.get("storage").is_some();
    let is_of_app = |name: &str| description.app.iter().flat_map(|app| &app.volumes).any(|volume| volume.name == name);
    let made_by = |name: &str| match name {
        STORAGE if has_storage => Some("the storage"),
        name => is_of_app(name).then_some("a volume of the app"),
    };
    let shared: Vec<Shared<'_>> =
        sharers.iter().map(|(name, sharers)| Shared { name, sharers, made_by: made_by(name) }).collect();
    let findings: Vec<Finding> = shared.iter().flat_map(Shared::check).collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    let volumes: Vec<Json> = shared.iter().filter(|shared| shared.made_by.is_none()).map(Shared::volume).collect();
    Ok(if volumes.is_empty() { Json::Null } else { json!({"spec": {"volumes": volumes}}) })
}

/// What each container says of the volumes that it shares, by their names.
fn sharers<'a>(prepared: &'a Prepared<'_>) -> BTreeMap<String, Vec<Sharer<'a>>> {
    let description = prepared.description;
    let mut sharers: BTreeMap<String, Vec<Sharer<'_>>> = BTreeMap::new();
    let apps = description.app.iter().chain(description.inits.iter().map(|init| &init.app));
    for shared in apps.flat_map(|app| &app.shared) {
        let sharer = Sharer { size: shared.size.clone(), in_memory: shared.in_memory, place: &shared.place };
        sharers.entry(shared.name.clone()).or_default().push(sharer);
    }
    for filled in std::iter::once(&prepared.shape).chain(&prepared.uses) {
        for container in containers(&filled.params) {
            for shared in container["shared"].as_array().into_iter().flatten() {
                let size = shared["size"].as_str().map(str::to_owned);
                let name = shared["name"].as_str().unwrap_or_default().to_owned();
                let in_memory = shared["memory"] == true;
                sharers.entry(name).or_default().push(Sharer { size, in_memory, place: &filled.entry.place });
            }
        }
    }
    sharers
}

impl Shared<'_> {
    /// The sizes that its containers say, and where.
    fn sizes(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.sharers.iter().filter_map(|sharer| Some((sharer.size.as_deref()?, sharer.place)))
    }

    fn check(&self) -> Vec<Finding> {
        let name = self.name;
        let mut findings = Vec::new();
        if let ([alone], None) = (self.sharers, self.made_by) {
            findings.push(
                Finding::error(alone.place.label(""), format!("only one container names the shared volume `{name}`"))
                    .because("a volume that no other container mounts is not shared")
                    .help("name it in another container's `shared`, or use `writable` for its own folder"),
            );
        }
        findings.extend(self.check_sizes());
        if let (Some((_, place)), Some(made_by)) = (self.sizes().next(), self.made_by) {
            let message = format!("`{name}` is {made_by}, which has its own size");
            findings.push(Finding::error(place.label(""), message).help("leave `size` out"));
        }
        let in_memory = self.sharers.iter().find(|sharer| sharer.in_memory);
        if let (Some(sharer), Some(_)) = (in_memory, self.made_by) {
            let message = format!("`{name}` is not made here, and is where it is");
            findings.push(Finding::error(sharer.place.label(""), message).help("leave `memory` out"));
        }
        findings
    }

    /// Two sizes of one volume.
    fn check_sizes(&self) -> Option<Finding> {
        let (size, place) = self.sizes().next()?;
        let (other, second) = self.sizes().find(|(other, _)| *other != size)?;
        let message = format!("the shared volume `{}` has two sizes", self.name);
        let finding = Finding::error(second.label(format!("says {other}")), message);
        Some(finding.label(place.label(format!("says {size}"))).help("set the size once"))
    }

    /// The folder that is made for it.
    fn volume(&self) -> Json {
        let size = self.sizes().next().map_or("1Gi", |(size, _)| size);
        let mut folder = json!({"sizeLimit": size});
        if self.sharers.iter().any(|sharer| sharer.in_memory) {
            folder["medium"] = json!("Memory");
        }
        json!({"name": self.name, "emptyDir": folder})
    }
}

/// The token of the Pod's account, in the containers alone that have rights.
pub(crate) fn token(prepared: &Prepared<'_>, main: &str) -> Json {
    let app = prepared.description.app.iter().filter(|app| app.has_rights()).map(|_| ("containers", main));
    let beside = prepared.uses.iter().filter(|filled| filled.containers.iter().any(App::has_rights)).map(|filled| {
        let list = if filled.params["before"] == true { "initContainers" } else { "containers" };
        (list, filled.entry.name.as_str())
    });
    let holders: Vec<(&str, &str)> = app.chain(beside).collect();
    if holders.is_empty() {
        return Json::Null;
    }
    let mount = json!({"name": "app-token", "mountPath": crate::kube::TOKEN_FOLDER, "readOnly": true});
    let sources = json!([
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]);
    let mut spec = json!({"volumes": [{"name": "app-token", "projected": {"defaultMode": 0o440, "sources": sources}}]});
    for list in ["containers", "initContainers"] {
        let of_list = holders.iter().filter(|(holder, _)| *holder == list);
        let mounted: Vec<Json> = of_list.map(|(_, name)| json!({"name": name, "volumeMounts": [mount]})).collect();
        if !mounted.is_empty() {
            spec[list] = json!(mounted);
        }
    }
    json!({"spec": spec})
}

/// Gives an entry's containers the resources that the description says.
pub(crate) fn resources(fragment: &mut Json, resources: &Json) {
    for list in ["containers", "initContainers"] {
        let containers = fragment.pointer_mut(&format!("/spec/{list}")).and_then(Json::as_array_mut);
        for container in containers.into_iter().flatten().filter(|container| container.get("image").is_some()) {
            container["resources"] = resources.clone();
        }
    }
}
