//! The containers that are not the app: `init` and entries of `use`.

use serde_json::{Map, Value as Json, json};

use super::{rights_of, secret_of};
use crate::import::container::{self, Pod, Ports};
use crate::import::environments;
use crate::import::health;
use crate::import::owned::Owned;
use crate::import::secrets;
use crate::import::values::{items, text};

fn is_sidecar(container: &Json) -> bool {
    container["restartPolicy"] == "Always"
}

/// `init`: what equals the app is left out, and what the app has and this has not is said to be empty.
pub(super) fn inits(owned: &Owned<'_>, spec: &Json, pod: &Pod<'_>, app: &Map<String, Json>) -> Vec<Json> {
    let listed = items(&spec["initContainers"]);
    let own = listed.iter().enumerate().filter(|(_, container)| !is_sidecar(container));
    let secret = &secret_of(&owned.name);
    let one = |(at, init): (usize, &Json)| {
        let mut keys = container::keys(init, pod, &Ports::default());
        secrets::name(&mut keys, init, spec, secret);
        for key in ["health", "port", "ports"] {
            keys.shift_remove(key);
        }
        // of the app's, which it would have, the group alone
        let security = [&init["securityContext"], &spec["securityContext"]];
        let of = |field: &str| security.iter().find_map(|security| security.get(field)).and_then(Json::as_u64);
        if let (Some(group), Some(of_app)) = (of("runAsGroup"), app.get("group"))
            && *of_app != group
        {
            keys.insert("group".to_owned(), json!(group));
        }
        // whether its root may be written to has no key
        keys.shift_remove("writable");
        for key in ["image", "env", "envFrom", "volumes", "user", "resources"] {
            match (keys.get(key), app.get(key)) {
                (Some(own), Some(of_app)) if *own == without_create(of_app) => {
                    keys.shift_remove(key);
                }
                (None, Some(Json::Object(_))) => {
                    keys.insert(key.to_owned(), json!({}));
                }
                (None, Some(Json::Array(_))) => {
                    keys.insert(key.to_owned(), json!([]));
                }
                _ => {}
            }
        }
        let next = listed[at..].iter().find(|container| is_sidecar(container));
        keys.extend(next.map(|sidecar| ("before".to_owned(), json!(entry_of(owned, &text(&sidecar["name"]))))));
        json!({text(&init["name"]): keys})
    };
    own.map(one).collect()
}

/// The name of the entry of `use` that makes a container.
fn entry_of(owned: &Owned<'_>, container: &str) -> String {
    let known = owned.uses.iter().find(|one| one.containers.iter().any(|own| own == container));
    let Some(known) = known else { return container.to_owned() };
    environments::entry(&known.entry).map_or_else(|| text(&known.entry), |(name, _)| name)
}

/// Volumes without the claims that are made for them: each is made once.
fn without_create(volumes: &Json) -> Json {
    let mut volumes = volumes.clone();
    for volume in volumes.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(members) = volume.as_object_mut() {
            members.shift_remove("create");
        }
    }
    volumes
}

/// The other containers, as entries of `use`.
pub(super) fn sidecars(spec: &Json, owned: &Owned<'_>, pod: &Pod<'_>, bearer: Option<&str>) -> Vec<Json> {
    let one = |container: &Json, before: bool| {
        let name = text(&container["name"]);
        if let Some(known) = owned.uses.iter().find(|one| one.containers.contains(&name)) {
            return (known.containers[0] == name).then(|| known.entry.clone());
        }
        let mut keys = Map::from_iter([("as".to_owned(), container["name"].clone())]);
        // its `port` is called after it; one that has its own name is one of its `ports`
        let first = items(&container["ports"]).first().filter(|port| port["name"].is_null() || port["name"] == *name);
        let listed = items(&spec["containers"]).iter().enumerate();
        let listed = listed.take_while(|(at, other)| *at == owned.main || other["name"] != container["name"]);
        let app = items(&spec["containers"]).get(owned.main);
        let others = listed.map(|(_, other)| other).chain(app);
        let taken = others.flat_map(|other| items(&other["ports"])).filter_map(|port| port["name"].as_str());
        // the app's own is called otherwise until it is given its name again
        let of_app = app.map(|app| owned.ports(app).main_names).unwrap_or_default();
        let taken = taken.map(str::to_owned).chain(of_app).collect();
        // a port is dialled, so it is one that answers: a probe of the manifest's asks it
        let main = first.and_then(|port| port["containerPort"].as_u64());
        let main = main.filter(|number| health::asks(container, *number));
        let ports = Ports { main, taken, names: owned.undeclared(container), ..Ports::default() };
        keys.extend(container::keys(container, pod, &ports));
        secrets::name(&mut keys, container, spec, &secret_of(&owned.name));
        if bearer == Some(name.as_str()) {
            keys.extend(rights_of(owned));
        }
        container::ending(container, &Json::Null, ports.main.is_some(), &mut keys);
        let short = spec["terminationGracePeriodSeconds"].as_u64().is_some_and(|grace| grace < 16);
        if short && ports.main.is_some() && !keys.contains_key("drain") {
            keys.insert("drain".to_owned(), json!("0s"));
        }
        if !before {
            keys.insert("before".to_owned(), json!(false));
        }
        Some(json!({"container": keys}))
    };
    let native = items(&spec["initContainers"]).iter().filter(|container| is_sidecar(container));
    let beside = items(&spec["containers"]).iter().enumerate().filter(|(at, _)| *at != owned.main);
    let beside = beside.filter_map(|(_, container)| one(container, false));
    let alone = owned.uses.iter().filter(|one| one.containers.is_empty()).map(|one| one.entry.clone());
    native.filter_map(|container| one(container, true)).chain(beside).chain(alone).collect()
}
