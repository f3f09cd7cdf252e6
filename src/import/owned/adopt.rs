//! `adopt`: what the objects are called already.

use serde_json::{Map, Value as Json, json};

use super::Owned;
use crate::describe::fits;
use crate::import::canonical;
use crate::import::container::{self, Ports};
use crate::import::values::{containers, items, pod_spec, text};

impl Owned<'_> {
    /// What the objects are called already, where we would choose another name.
    pub(in crate::import) fn adopt(&self, app: &Json, ports: &Ports) -> Json {
        let mut adopt = Map::new();
        let name = self.name.as_str();
        let is_batch = matches!(self.workload.kind(), "Job" | "CronJob");
        let own = Map::from_iter([("app.kubernetes.io/name".to_owned(), json!(name))]);
        let selector = self.selector();
        if !is_batch && !selector.is_empty() && selector != own {
            adopt.insert("selector".to_owned(), Json::Object(selector));
        }
        let mut names = Map::new();
        let workload = Some(self.workload).filter(|workload| workload.kind() != "Job");
        let [role, binding] = self.rights.map_or([None; 2], |both| both.map(Some));
        let [all, bound] = self.cluster_rights.map_or([None; 2], |both| both.map(Some));
        let of_all = format!("{}-{name}", self.workload.id.namespace.as_deref().unwrap_or_default());
        let rights = [self.account, role, binding, all, bound];
        let rest = [self.ingress, self.autoscaler, self.budget, self.policy];
        let objects = [workload, self.service].into_iter().chain(rights).chain(rest);
        for input in objects.flatten() {
            let is_of_all = matches!(input.kind(), "ClusterRole" | "ClusterRoleBinding");
            if input.name() != if is_of_all { of_all.as_str() } else { name } {
                names.insert(input.kind().to_owned(), json!(input.name()));
            }
        }
        if self.service.is_none()
            && let Some(service) = self.workload.object["spec"]["serviceName"].as_str().filter(|one| *one != name)
        {
            names.insert("Service".to_owned(), json!(service));
        }
        if !names.is_empty() {
            adopt.insert("names".to_owned(), Json::Object(names));
        }
        if app["name"] != name {
            adopt.insert("container".to_owned(), app["name"].clone());
        }
        if ports.main.is_some() {
            let default = self.default_port_name(app, ports.main);
            let declared = items(&app["ports"]).iter().find(|port| ports.is_main(port));
            let offered = self.main_port(app).filter(|_| self.front().is_none());
            for (key, port) in [("port", declared), ("service-port", offered)] {
                let own = port.and_then(|port| port["name"].as_str());
                let form = if key == "port" { "port-name" } else { "service-port" };
                if let Some(own) = own.filter(|name| *name != default && fits(form, name)) {
                    adopt.insert(key.to_owned(), json!(own));
                }
            }
        }
        let further = self.further_names(app, ports);
        if !further.is_empty() {
            adopt.insert("service-ports".to_owned(), Json::Object(further));
        }
        let spec = pod_spec(&self.workload.object);
        adopt.extend(spec.and_then(image_pull).map(|policy| ("image-pull".to_owned(), policy)));
        if spec.is_some_and(|spec| spec["automountServiceAccountToken"] == true && !self.mounts_token(spec)) {
            adopt.insert("token".to_owned(), json!(true));
        }
        if self.is_scaled {
            adopt.insert("scaled".to_owned(), json!(true));
        }
        if self.workload.kind() == "StatefulSet" {
            let spec = &self.workload.object["spec"];
            let claim = items(&spec["volumeClaimTemplates"]).first();
            if let Some(claim) = claim.and_then(|claim| claim["metadata"]["name"].as_str()).filter(|one| *one != "data")
            {
                let has_size = spec.pointer("/volumeClaimTemplates/0/spec/resources/requests/storage").is_some();
                let mounted = has_size && items(&app["volumeMounts"]).iter().any(|mount| mount["name"] == claim);
                if mounted {
                    adopt.insert("claim".to_owned(), json!(claim));
                }
            }
            if spec["podManagementPolicy"].as_str().unwrap_or("OrderedReady") == "OrderedReady" {
                adopt.insert("ordered".to_owned(), json!(true));
            }
        }
        Json::Object(adopt)
    }

    /// Whether `rights` alone give every container the token: it is the app's, and there is no other.
    fn mounts_token(&self, spec: &Json) -> bool {
        self.is_given() && containers(spec).count() == 1
    }

    /// What the Service calls further ports of the app, where their containers call them otherwise.
    fn further_names(&self, app: &Json, ports: &Ports) -> Map<String, Json> {
        let one = |port: &Json| {
            let number = self.target(port).filter(|number| Some(*number) != ports.main)?;
            let offered = port["name"].as_str().filter(|name| fits("service-port", name))?;
            let is_it = |one: &&Json| {
                one["containerPort"] == number && (one["protocol"] == "UDP") == (port["protocol"] == "UDP")
            };
            let declared = items(&app["ports"]).iter().find(is_it).and_then(|one| one["name"].as_str());
            let is_free = |name: &&str| !ports.main_names.iter().any(|main| main == name);
            let key = container::key_of(number, declared.filter(is_free), Some(offered).filter(is_free));
            (key != offered).then(|| (key, json!(offered)))
        };
        self.service_ports().iter().filter_map(one).collect()
    }
}

/// The policy of all containers, or of each one that says what does not follow from its tag.
fn image_pull(spec: &Json) -> Option<Json> {
    let policy = |container: &Json| canonical::pull_policy(container["image"].as_str().unwrap_or_default());
    let said = |container: &Json| {
        container["imagePullPolicy"].as_str().map_or_else(|| policy(container).to_owned(), str::to_owned)
    };
    let first = containers(spec).find_map(|container| container["imagePullPolicy"].as_str())?;
    let mut odd = containers(spec).filter(|container| said(container) != policy(container)).peekable();
    odd.peek()?;
    if containers(spec).all(|container| said(container) == first) {
        return Some(json!(first));
    }
    Some(Json::Object(odd.map(|container| (text(&container["name"]), json!(said(container)))).collect()))
}
