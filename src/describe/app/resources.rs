//! What a container asks for and may use.

use serde_json::{Map, Value as Json, json};

use super::super::spanned::{Kind, Spanned};
use super::scalar;
use crate::diagnostic::Finding;
use crate::go::Quantity;

/// What a container asks for and may use. CPU has no limit unless one is set: throttling harms more than it protects.
#[derive(Clone, Debug)]
pub struct Resources {
    /// CPU request.
    pub cpu: String,
    /// Memory request.
    pub memory: String,
    /// Memory limit.
    pub limit: Option<String>,
    /// CPU limit.
    pub cpu_limit: Option<String>,
    /// Request and limit of the node's disk.
    pub disk: Option<(String, String)>,
    /// Extended resources, which are requested and limited alike.
    pub extended: Vec<(String, String)>,
}

impl Resources {
    fn class(cpu: &str, memory: &str, limit: &str) -> Self {
        let (cpu, memory, limit) = (cpu.to_owned(), memory.to_owned(), Some(limit.to_owned()));
        Self { cpu, memory, limit, cpu_limit: None, disk: None, extended: Vec::new() }
    }

    /// Whether there is such a request or limit.
    #[must_use]
    pub fn has(&self, kind: &str, name: &str) -> bool {
        match (kind, name) {
            ("requests", "cpu" | "memory") => true,
            ("limits", "memory") => self.limit.is_some(),
            ("limits", "cpu") => self.cpu_limit.is_some(),
            _ => false,
        }
    }

    /// As Kubernetes writes them.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut requests =
            Map::from_iter([("cpu".to_owned(), json!(self.cpu)), ("memory".to_owned(), json!(self.memory))]);
        let mut limits = Map::new();
        if let Some(cpu) = &self.cpu_limit {
            limits.insert("cpu".to_owned(), json!(cpu));
        }
        if let Some(memory) = &self.limit {
            limits.insert("memory".to_owned(), json!(memory));
        }
        if let Some((request, limit)) = &self.disk {
            requests.insert("ephemeral-storage".to_owned(), json!(request));
            limits.insert("ephemeral-storage".to_owned(), json!(limit));
        }
        for (name, amount) in &self.extended {
            requests.insert(name.clone(), json!(amount));
            limits.insert(name.clone(), json!(amount));
        }
        let mut all = Map::from_iter([("requests".to_owned(), Json::Object(requests))]);
        if !limits.is_empty() {
            all.insert("limits".to_owned(), Json::Object(limits));
        }
        Json::Object(all)
    }
}

/// Reads `resources`, and says what is wrong with them.
pub fn read(value: Option<&Spanned>) -> (Resources, Vec<Finding>) {
    let class = match value.map(|value| (value, &value.kind)) {
        Some((_, Kind::Text(class))) => class.as_str(),
        Some((value, _)) => return explicit(value),
        None => "small",
    };
    let resources = match class {
        "medium" => Resources::class("500m", "512Mi", "1Gi"),
        "large" => Resources::class("2", "2Gi", "4Gi"),
        _ => Resources::class("100m", "128Mi", "256Mi"),
    };
    (resources, Vec::new())
}

fn explicit(value: &Spanned) -> (Resources, Vec<Finding>) {
    let of = |key: &str| value.get(key).map(scalar);
    let memory = of("memory").unwrap_or_default();
    let limit = value.get("limit");
    let of_limit = |key: &str| limit.and_then(|limit| limit.get(key));
    let (cpu_limit, memory_limit) = match limit.map(|limit| &limit.kind) {
        Some(Kind::Map(_)) => (of_limit("cpu"), of_limit("memory")),
        _ => (None, limit),
    };
    // no limit, which is not the same as saying nothing of it
    let is_none = memory_limit.is_some_and(|limit| limit.to_json() == false);
    let memory_limit = memory_limit.filter(|_| !is_none);
    let disk_limit = of_limit("disk");
    let disk = of("disk").or_else(|| disk_limit.map(scalar));
    let extended = value.members().iter().filter(|member| member.key.contains('/'));
    let resources = Resources {
        cpu: of("cpu").unwrap_or_default(),
        limit: (!is_none).then(|| memory_limit.map_or_else(|| memory.clone(), scalar)),
        memory,
        cpu_limit: cpu_limit.map(scalar),
        disk: disk.map(|request| (request.clone(), disk_limit.map_or(request, scalar))),
        extended: extended.map(|member| (member.key.clone(), scalar(&member.value))).collect(),
    };
    let below = |key: &str, request: &str, limit: Option<&Spanned>| {
        let limit = limit?;
        let (request, most) = (Quantity::parse(request)?, Quantity::parse(&scalar(limit))?);
        let written = of(key).unwrap_or_default();
        let finding = || Finding::error(limit.place.label(""), format!("the limit is below the request of {written}"));
        request.compare(most).is_gt().then(finding)
    };
    let mut findings = Vec::from_iter(below("memory", &resources.memory, memory_limit));
    findings.extend(below("cpu", &resources.cpu, cpu_limit));
    findings.extend(resources.disk.as_ref().and_then(|(request, _)| below("disk", request, disk_limit)));
    (resources, findings)
}
