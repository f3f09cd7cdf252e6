//! What belongs to a workload: its Service, route, autoscaler, budget and claims, and what they add to its document.

mod adopt;
mod expose;
mod part;
mod ports;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::canonical::fill_match_labels;
use super::container::is_filled_in_later;
use super::recognise::{self, Recognised};
use super::values::{items, pod_spec, template_pointer};
use super::{Input, Known};
pub(super) use part::{PARTS, Part};
use ports::Declared;

/// A workload with the objects that its document generates.
#[derive(Clone)]
pub(super) struct Owned<'a> {
    pub workload: &'a Input,
    /// What its document is called: as the workload, if that can be a document's name and no other has it.
    pub name: String,
    /// Which of its containers is the app.
    pub main: usize,
    /// Ports on which other containers listen, by their names.
    pub listens: Rc<Vec<(String, u64)>>,
    /// The rules that its manifests break.
    pub broken: Rc<Vec<&'static str>>,
    /// Whether kustomize changes its manifest before that is applied.
    pub is_changed: bool,
    /// The Service that the document makes: the governing one of a StatefulSet, or the first that leads to the app.
    pub service: Option<&'a Input>,
    /// The Ingress or `HTTPRoute` that leads to that Service.
    pub ingress: Option<&'a Input>,
    /// The only autoscaler of a Deployment.
    pub autoscaler: Option<&'a Input>,
    /// Whether something outside the document says how many replicas there are.
    pub is_scaled: bool,
    /// The only `PodDisruptionBudget` of its Pods.
    pub budget: Option<&'a Input>,
    /// Why none is added, where the shape would make one.
    pub unbudgeted: Option<String>,
    /// The ServiceAccount, if no other workload of the run has it.
    pub account: Option<&'a Input>,
    /// The Role of the account and its binding, where `rights` say them.
    pub rights: Option<[&'a Input; 2]>,
    /// The `ClusterRole` of the account and its binding, where `cluster-rights` say them.
    pub cluster_rights: Option<[&'a Input; 2]>,
    /// ConfigMaps that no other object of the run reads.
    pub configs: Vec<&'a Input>,
    /// What `isolate` says.
    pub policy: Option<&'a Input>,
    /// Claims that no other workload mounts, and that a description can create.
    pub claims: Vec<&'a Input>,
    /// Services that lead to the same Pods.
    pub further: Vec<&'a Input>,
    /// Objects about the workload that no key makes.
    pub extra: Vec<&'a Input>,
    /// Numbers of the ports of all Services of the run, by the names of both.
    pub services: &'a HashMap<(String, String), u64>,
    /// What of its Pod patterns of the catalogue bring.
    pub uses: Rc<Vec<Recognised>>,
    /// What its containers declare, once that is asked.
    pub ports: Rc<OnceCell<Declared>>,
}

impl<'a> Owned<'a> {
    /// A workload alone.
    pub(super) fn new(
        workload: &'a Input,
        name: String,
        known: Known,
        services: &'a HashMap<(String, String), u64>,
        recognise: bool,
    ) -> Self {
        let mut owned = Self {
            workload,
            name,
            main: known.app,
            listens: Rc::new(known.listens),
            broken: Rc::new(known.broken),
            is_changed: known.is_changed,
            service: None,
            ingress: None,
            autoscaler: None,
            is_scaled: false,
            budget: None,
            unbudgeted: None,
            account: None,
            rights: None,
            cluster_rights: None,
            configs: Vec::new(),
            policy: None,
            claims: Vec::new(),
            further: Vec::new(),
            extra: Vec::new(),
            services,
            uses: Rc::default(),
            ports: Rc::default(),
        };
        if recognise {
            owned.uses = Rc::new(recognise::of(owned.template(), owned.main, &owned.name));
        }
        owned
    }

    /// What the document makes in other words.
    pub(super) fn objects(&self) -> impl Iterator<Item = &'a Input> {
        let one = [self.service, self.ingress, self.autoscaler, self.budget, self.account, self.policy];
        let rights = self.rights.iter().chain(&self.cluster_rights).flatten();
        let lists = rights.chain(&self.claims).chain(&self.further).chain(&self.configs).copied();
        std::iter::once(self.workload).chain(one.into_iter().flatten()).chain(lists)
    }

    /// Whether the document says what the account may do.
    pub(super) fn is_given(&self) -> bool {
        self.rights.is_some() || self.cluster_rights.is_some()
    }

    /// The same with less: without what only some of the keys can say, each with the objects that then stay where they
    /// are.
    pub(super) fn reduced(&self, is_refused: bool) -> Vec<(Self, Vec<&'a Input>)> {
        let parts = PARTS.iter().filter(|part| match part {
            Part::Configs | Part::Policy | Part::Rights => true,
            Part::Route => is_refused || self.ingress.is_some_and(|route| route.kind() == "HTTPRoute"),
            // what a patch can say is not released
            _ => is_refused,
        });
        let mut all: Vec<_> = parts.filter_map(|part| self.without(*part)).collect();
        // a Service that leads to nothing does not keep its workload; a set names one that it needs
        let has_services = self.service.is_some() || !self.further.is_empty();
        if is_refused && has_services && self.workload.kind() != "StatefulSet" {
            let one = Self { service: None, ingress: None, further: Vec::new(), ..self.clone() };
            all.push((one, self.service.into_iter().chain(self.ingress).chain(self.further.iter().copied()).collect()));
        }
        all
    }

    /// The same without a part, and the objects that then stay where they are; none where it has no such part.
    pub(super) fn without(&self, part: Part) -> Option<(Self, Vec<&'a Input>)> {
        let rights = || self.rights.iter().chain(&self.cluster_rights).flatten().copied();
        let released: Vec<&'a Input> = match part {
            Part::Configs => self.configs.clone(),
            Part::Policy => self.policy.into_iter().collect(),
            Part::Route => self.ingress.into_iter().collect(),
            Part::Rights => {
                rights().next().map_or_else(Vec::new, |_| self.account.into_iter().chain(rights()).collect())
            }
            Part::Scaler => self.autoscaler.into_iter().collect(),
            Part::Budget => self.budget.into_iter().collect(),
            Part::Claims => self.claims.clone(),
            Part::Services => self.further.clone(),
            Part::Extra => self.extra.clone(),
        };
        let first = released.first()?;
        let own = self.clone();
        let other = match part {
            Part::Configs => Self { configs: Vec::new(), ..own },
            Part::Policy => Self { policy: None, ..own },
            Part::Route => Self { ingress: None, ..own },
            Part::Rights => Self { account: None, rights: None, cluster_rights: None, ..own },
            Part::Scaler => Self { autoscaler: None, is_scaled: true, ..own },
            Part::Budget => Self { budget: None, unbudgeted: Some(format!("{} stays as it is", first.title())), ..own },
            Part::Claims => Self { claims: Vec::new(), ..own },
            Part::Services => Self { further: Vec::new(), ..own },
            Part::Extra => Self { extra: Vec::new(), ..own },
        };
        Some((other, released))
    }

    /// The workload alone.
    pub(super) fn bare(&self) -> Self {
        let (uses, listens, ports) = (Rc::clone(&self.uses), Rc::clone(&self.listens), Rc::clone(&self.ports));
        let known =
            Known { app: self.main, listens: Vec::new(), broken: self.broken.to_vec(), is_changed: self.is_changed };
        Self { listens, uses, ports, ..Self::new(self.workload, self.name.clone(), known, self.services, false) }
    }

    /// Whether the Service leads to a port of the app.
    pub(super) fn leads(&self) -> bool {
        let spec = pod_spec(&self.workload.object);
        let app = spec.and_then(|spec| items(&spec["containers"]).get(self.main));
        app.is_some_and(|app| self.main_port(app).is_some())
    }

    /// The labels that the workload selects its Pods by.
    pub(super) fn selector(&self) -> Map<String, Json> {
        let spec = &self.workload.object["spec"];
        spec["selector"]["matchLabels"].as_object().cloned().unwrap_or_default()
    }

    fn template(&self) -> &Json {
        let pointer = template_pointer(self.workload.kind()).unwrap_or_default();
        self.workload.object.pointer(pointer).unwrap_or(&Json::Null)
    }

    /// The template with the labels that `matchLabelKeys` names in its selectors.
    pub(super) fn filled_template(&self) -> Json {
        let mut template = self.template().clone();
        fill_match_labels(&mut template);
        template
    }

    /// The labels of all that the document makes, by what they are on, the Pods' first; further Services have their own.
    pub(super) fn labelled(&self) -> Vec<(&'static str, &Json)> {
        let one =
            |on: &'static str, input: Option<&'a Input>| input.map(|input| (on, &input.object["metadata"]["labels"]));
        let objects = [
            one("workload", Some(self.workload)),
            one("service", self.service),
            one("route", self.ingress),
            one("scaler", self.autoscaler),
            one("budget", self.budget),
            one("account", self.account),
        ];
        let rights = self.rights.iter().flatten().filter_map(|input| one("role", Some(input)));
        let rights =
            rights.chain(self.cluster_rights.iter().flatten().filter_map(|input| one("cluster-role", Some(input))));
        let rights = rights.chain(one("policy", self.policy));
        let claims = self.claims.iter().filter_map(|claim| one("claim", Some(claim)));
        let claims = claims.chain(self.configs.iter().filter_map(|config| one("configmap", Some(config))));
        std::iter::once(("pod", &self.template()["metadata"]["labels"]))
            .chain(objects.into_iter().flatten())
            .chain(rights)
            .chain(claims)
            .collect()
    }

    /// Annotations by what they are on.
    pub(super) fn annotated(&self) -> Vec<(&'static str, &Json)> {
        let of = |input: Option<&'a Input>| input.map_or(&Json::Null, |input| &input.object["metadata"]["annotations"]);
        vec![
            ("pod", &self.template()["metadata"]["annotations"]),
            ("service", of(self.service)),
            ("workload", &self.workload.object["metadata"]["annotations"]),
            ("route", of(self.ingress)),
            ("account", of(self.account)),
            ("budget", of(self.budget)),
            ("claim", self.claim_annotations()),
        ]
    }

    /// What all claims are annotated with; nothing where they differ.
    fn claim_annotations(&self) -> &'a Json {
        let mut all = self.claims.iter().map(|claim| &claim.object["metadata"]["annotations"]);
        let first = all.next().unwrap_or(&Json::Null);
        if all.all(|other| other == first) { first } else { &Json::Null }
    }

    /// How a claim is made, if this document makes it.
    pub(super) fn claim(&self, name: &str) -> Option<Json> {
        let claim = self.claims.iter().find(|claim| claim.name() == name)?;
        create(&claim.object)
    }

    fn service_ports(&self) -> &'a [Json] {
        self.service.map_or(&[], |service| items(&service.object["spec"]["ports"]))
    }

    /// The app without what patterns bring it. What they make of its probes, where it listens on loopback alone, is
    /// undone; the second is whether that was so.
    pub(super) fn own_app(&self, app: &Json) -> (Json, bool) {
        let mut app = app.clone();
        for one in self.uses.iter() {
            let retain = |list: Option<&mut Json>, key: &str, brought: &[String]| {
                if let Some(elements) = list.and_then(Json::as_array_mut) {
                    elements.retain(|element| {
                        !element[key]
                            .as_str()
                            .is_some_and(|own| brought.iter().any(|one| one == own.trim_end_matches('/')))
                    });
                }
            };
            retain(app.get_mut("env"), "name", &one.variables);
            retain(app.get_mut("volumeMounts"), "mountPath", &one.mounts);
            if let (true, Some(members)) = (one.answers, app.as_object_mut()) {
                members.shift_remove("readinessProbe");
            }
        }
        let mut is_behind = false;
        let Some(front) = self.front() else { return (app, false) };
        for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
            for handler in ["httpGet", "tcpSocket"] {
                let Some(check) = app.get_mut(probe).and_then(|probe| probe.get_mut(handler)) else { continue };
                if check["port"] == front.listens {
                    check["port"] = json!(front.upstream);
                    if let Some(members) = check.as_object_mut() {
                        members.shift_remove("scheme");
                    }
                    is_behind = true;
                }
            }
        }
        (app, is_behind)
    }

    /// Whether the Service that is made is a list of Pods, whose ports are the Pods' own.
    fn is_headless(&self) -> bool {
        let is_set = self.workload.kind() == "StatefulSet";
        let said = self.service.map(|service| service.object["spec"]["clusterIP"] == "None");
        said.unwrap_or(is_set) || is_set && self.is_sharded()
    }

    /// Whether the shape is one whose replicas have names that clients know.
    fn is_sharded(&self) -> bool {
        self.workload.kind() == "StatefulSet" && self.workload.object["spec"]["replicas"].as_u64().unwrap_or(1) > 1
    }
}

/// `create` of a claim, if the language can express it.
pub(super) fn create(claim: &Json) -> Option<Json> {
    let spec = &claim["spec"];
    let [access] = items(&spec["accessModes"]) else { return None };
    let mut create = Map::from_iter([("size".to_owned(), spec["resources"]["requests"]["storage"].clone())]);
    if access != "ReadWriteOnce" {
        create.insert("access".to_owned(), access.clone());
    }
    if let Some(class) = spec["storageClassName"].as_str() {
        if class.is_empty() {
            return None;
        }
        // a patch says it
        if !is_filled_in_later(class) {
            create.insert("class".to_owned(), json!(class));
        }
    }
    let said = spec.as_object()?.keys();
    let known = ["accessModes", "resources", "storageClassName", "volumeMode"];
    said.into_iter().all(|key| known.contains(&key.as_str())).then(|| Json::Object(create))
}
