//! Weaving: fragments of one Pod template merged by Kubernetes' own merge keys, never overwriting.
//!
//! Laws, tested in `tests/library/weave.rs`: weaving a fragment twice changes nothing; fragments that share no
//! field may come in any order; nothing that a fragment says is lost.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value as Json};

use crate::go::Quantity;

/// Two owners want different things in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Where, with list elements named by their merge key: `spec.containers[shop].env[MODE].value`.
    pub path: String,
    /// Who was there first.
    pub first: usize,
    /// Who came second.
    pub second: usize,
    /// What the first says.
    pub left: Json,
    /// What the second says.
    pub right: Json,
}

/// A Pod template being woven.
#[derive(Clone, Debug, Default)]
pub struct Weave {
    value: Json,
    owners: BTreeMap<String, usize>,
    /// Where in its list an element is, by its path.
    places: HashMap<String, usize>,
    clashes: Vec<Clash>,
}

/// Lists that Kubernetes merges, and the fields that tell their elements apart
/// (`x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys` of the Pod's schema, and of a `JobSet`'s).
const MERGE_KEYS: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("volumes", &["name"]),
    ("env", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("ports", &["containerPort", "protocol"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("replicatedJobs", &["name"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
];

/// Values that are one choice, so that two different ones never add up to a third: a volume has one type,
/// a variable one source, a probe one handler. `x[]` is an element of the list `x`.
const ATOMS: &[&str] = &[
    "volumes[]",
    "env[]",
    "volumeMounts[]",
    "startupProbe",
    "readinessProbe",
    "livenessProbe",
    "preStop",
    "postStart",
];

impl Weave {
    /// Weaves in a fragment of `owner`, a number of the caller's.
    pub fn add(&mut self, fragment: &Json, owner: usize) {
        let mut value = std::mem::take(&mut self.value);
        self.merge(&mut value, fragment, "", "", owner);
        self.value = value;
    }

    /// The whole, and where owners disagreed. A clash keeps what was there first.
    #[must_use]
    pub fn finish(self) -> (Json, Vec<Clash>) {
        (self.value, self.clashes)
    }

    fn merge(&mut self, base: &mut Json, over: &Json, path: &str, field: &str, owner: usize) {
        if base.is_null() {
            *base = over.clone();
            self.own(base, path, field, owner);
            return;
        }
        match (&mut *base, over) {
            (_, Json::Null) => {}
            (Json::Object(base), Json::Object(over)) if !ATOMS.contains(&field) => {
                self.merge_maps(base, over, path, owner);
            }
            (Json::Array(base), Json::Array(over)) if merge_keys(field).is_some() => {
                self.merge_lists(base, over, path, field, owner);
            }
            (base, over) if base == over => {}
            (base, over) => {
                if field != "volumes[]" || !share(base, over) {
                    self.clash(path, owner, base, over);
                }
            }
        }
    }

    fn merge_maps(&mut self, base: &mut Map<String, Json>, over: &Map<String, Json>, path: &str, owner: usize) {
        for (key, value) in over {
            let path = join(path, key);
            match base.get_mut(key) {
                Some(there) => self.merge(there, value, &path, key, owner),
                None => {
                    base.insert(key.clone(), value.clone());
                    self.own(value, &path, key, owner);
                }
            }
        }
    }

    fn merge_lists(&mut self, base: &mut Vec<Json>, over: &[Json], path: &str, field: &str, owner: usize) {
        for element in over {
            let name = element_name(field, element);
            let path = format!("{path}[{name}]");
            let known = self.places.get(&path).and_then(|at| base.get_mut(*at));
            match known {
                Some(there) => self.merge(there, element, &path, &format!("{field}[]"), owner),
                None => {
                    self.places.insert(path.clone(), base.len());
                    base.push(element.clone());
                    self.own(element, &path, &format!("{field}[]"), owner);
                }
            }
        }
    }

    /// Notes who said a value, down to its leaves.
    fn own(&mut self, value: &Json, path: &str, field: &str, owner: usize) {
        self.owners.insert(path.to_owned(), owner);
        match value {
            Json::Object(members) => {
                for (key, value) in members {
                    self.own(value, &join(path, key), key, owner);
                }
            }
            Json::Array(elements) if merge_keys(field).is_some() => {
                for (at, element) in elements.iter().enumerate() {
                    let path = format!("{path}[{}]", element_name(field, element));
                    self.places.entry(path.clone()).or_insert(at);
                    self.own(element, &path, &format!("{field}[]"), owner);
                }
            }
            _ => {}
        }
    }

    fn clash(&mut self, path: &str, second: usize, left: &Json, right: &Json) {
        let first = self.owners.get(path).copied().unwrap_or_default();
        self.clashes.push(Clash { path: path.to_owned(), first, second, left: left.clone(), right: right.clone() });
    }
}

/// Two emptyDirs of one name that differ in their size alone are one volume of the larger size, which holds what
/// either of them has to.
fn share(base: &mut Json, over: &Json) -> bool {
    let size = |volume: &Json| volume.pointer("/emptyDir/sizeLimit").and_then(Json::as_str).map(str::to_owned);
    let (Some(first), Some(second)) = (size(base), size(over)) else { return false };
    let mut same = over.clone();
    same["emptyDir"]["sizeLimit"] = Json::String(first.clone());
    let (true, Some(left), Some(right)) = (same == *base, Quantity::parse(&first), Quantity::parse(&second)) else {
        return false;
    };
    if right.compare(left).is_gt() {
        *base = over.clone();
    }
    true
}

fn merge_keys(field: &str) -> Option<&'static [&'static str]> {
    MERGE_KEYS.iter().find(|(name, _)| *name == field).map(|(_, keys)| *keys)
}

fn element_name(field: &str, element: &Json) -> String {
    let keys = merge_keys(field).unwrap_or_default();
    let values = keys.iter().map(|key| match element.get(*key) {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None if *key == "protocol" => "TCP".to_owned(),
        None => String::new(),
    });
    values.collect::<Vec<_>>().join("/")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
