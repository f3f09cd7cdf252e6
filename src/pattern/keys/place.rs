//! `place` and `pull`: on which nodes Pods may run, and the Secrets of their images' registries.

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Kind, Member, Spanned, duration_seconds, taint_and_effect};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// What templates see: fields of a Pod's spec that are the same in all Pods of the document.
pub(crate) fn context(description: &Description) -> Json {
    let mut spec = Map::new();
    let place = description.place.as_ref();
    let mut affinity = Map::new();
    let nodes = place.and_then(|place| place.get("nodes"));
    let alternatives = nodes.map(Spanned::items).unwrap_or_default().iter();
    let terms: Vec<Json> = alternatives.chain(nodes).filter_map(expressions).collect();
    if !terms.is_empty() {
        let required = json!({"nodeSelectorTerms": terms});
        affinity.insert("requiredDuringSchedulingIgnoredDuringExecution".to_owned(), required);
    }
    let prefer = place.and_then(|place| place.get("prefer"));
    let term = |labels: &Spanned, weight: Json| {
        let expressions: Vec<Json> = labels.members().iter().map(expression).collect();
        json!({"weight": weight, "preference": {"matchExpressions": expressions}})
    };
    let weighed = |one: &Spanned| Some(term(one.get("nodes")?, one.get("weight")?.to_json()));
    let mut preferred: Vec<Json> = prefer.map(Spanned::items).unwrap_or_default().iter().filter_map(weighed).collect();
    preferred.extend(prefer.filter(|prefer| !prefer.members().is_empty()).map(|prefer| term(prefer, json!(100))));
    if !preferred.is_empty() {
        affinity.insert("preferredDuringSchedulingIgnoredDuringExecution".to_owned(), json!(preferred));
    }
    if !affinity.is_empty() {
        spec.insert("affinity".to_owned(), json!({"nodeAffinity": affinity}));
    }
    let taints = place.and_then(|place| place.get("tolerate")).map(Spanned::items).unwrap_or_default();
    let tolerations: Vec<Json> = taints.iter().filter_map(toleration).collect();
    if !tolerations.is_empty() {
        spec.insert("tolerations".to_owned(), json!(tolerations));
    }
    for (key, field) in [("runtime", "runtimeClassName"), ("scheduler", "schedulerName"), ("node", "nodeName")] {
        if let Some(said) = place.and_then(|place| place.get(key)) {
            spec.insert(field.to_owned(), said.to_json());
        }
    }
    if !description.pull.is_empty() {
        let secrets: Vec<Json> = description.pull.iter().map(|name| json!({"name": name})).collect();
        spec.insert("imagePullSecrets".to_owned(), json!(secrets));
    }
    if spec.is_empty() { Json::Null } else { Json::Object(spec) }
}

/// What is wrong in the forms of labels of nodes.
pub(crate) fn check(description: &Description) -> Vec<Finding> {
    let Some(place) = &description.place else { return Vec::new() };
    let mut findings = Vec::new();
    let weighed = place.get("prefer").map(Spanned::items).unwrap_or_default().iter();
    let weighed = weighed.filter_map(|one| one.get("nodes")).flat_map(Spanned::members);
    let alternatives = place.get("nodes").map(Spanned::items).unwrap_or_default().iter().flat_map(Spanned::members);
    let labels = ["nodes", "prefer"].iter().filter_map(|key| place.get(key)).flat_map(Spanned::members);
    let labels = labels.chain(weighed).chain(alternatives);
    for label in labels.filter(|label| matches!(label.value.kind, Kind::Map(_))) {
        if label.value.members().len() != 1 {
            findings.push(
                Finding::error(label.value.place.label(""), "this takes either `exists` or `not`")
                    .help(format!("{0}: {{exists: true}}, or {0}: {{not: [arm]}}", label.key)),
            );
        }
    }
    for one in place.get("spread").map(Spanned::items).unwrap_or_default() {
        let is_always = one.get("always").is_some_and(|always| always.to_json() == true);
        let Some(least) = one.member("least").filter(|_| !is_always) else { continue };
        findings.push(
            Finding::error(least.key_place.label(""), "`least` needs `always`")
                .because("the API server refuses minDomains beside ScheduleAnyway")
                .help("{over: zone, least: 3, always: true}"),
        );
    }
    findings
}

/// Labels of nodes as a term of an affinity.
fn expressions(nodes: &Spanned) -> Option<Json> {
    let expressions: Vec<Json> = nodes.members().iter().map(expression).collect();
    (!expressions.is_empty()).then(|| json!({"matchExpressions": expressions}))
}

/// A label of nodes as an expression of such a term.
fn expression(member: &Member) -> Json {
    if let Some(exists) = member.value.get("exists") {
        let operator = if exists.to_json() == false { "DoesNotExist" } else { "Exists" };
        return json!({"key": member.key, "operator": operator});
    }
    if let Some(not) = member.value.get("not") {
        return json!({"key": member.key, "operator": "NotIn", "values": not.to_json()});
    }
    let one = member.value.text();
    let values: Vec<&str> = one.into_iter().chain(member.value.items().iter().filter_map(Spanned::text)).collect();
    json!({"key": member.key, "operator": "In", "values": values})
}

fn toleration(item: &Spanned) -> Option<Json> {
    let text = item.text().or_else(|| item.get("taint")?.text())?;
    let (taint, effect) = taint_and_effect(text);
    let mut toleration = match taint.split_once('=') {
        None if taint == "*" => json!({"operator": "Exists"}),
        None => json!({"key": taint, "operator": "Exists"}),
        Some((key, "")) => json!({"key": key, "operator": "Equal"}),
        Some((key, value)) => json!({"key": key, "operator": "Equal", "value": value}),
    };
    if let Some(effect) = effect {
        toleration["effect"] = json!(effect);
    }
    if let Some(seconds) = item.get("for").and_then(Spanned::text).and_then(|text| duration_seconds(text).ok()) {
        // only a taint of this effect sends Pods away that run already
        toleration["effect"] = json!("NoExecute");
        toleration["tolerationSeconds"] = json!(seconds);
    }
    Some(toleration)
}

/// The label of nodes that tells hosts apart.
const HOST: &str = "kubernetes.io/hostname";

/// The label of nodes that places are told apart by.
fn topology(over: &str) -> &str {
    match over {
        "host" => HOST,
        "zone" => "topology.kubernetes.io/zone",
        label => label,
    }
}

/// Pods to keep away from, or to be near, as an affinity.
fn terms(pods: &Spanned) -> Option<Json> {
    let (mut required, mut preferred) = (Vec::new(), Vec::new());
    for one in pods.items() {
        let labels = one.get("labels").map(Spanned::to_json).unwrap_or_default();
        let over = one.get("over").and_then(Spanned::text).unwrap_or("host");
        let term = json!({"labelSelector": {"matchLabels": labels}, "topologyKey": topology(over)});
        match one.get("prefer") {
            Some(weight) => preferred.push(json!({"weight": weight.to_json(), "podAffinityTerm": term})),
            None => required.push(term),
        }
    }
    let mut affinity = Map::new();
    if !required.is_empty() {
        affinity.insert("requiredDuringSchedulingIgnoredDuringExecution".to_owned(), json!(required));
    }
    if !preferred.is_empty() {
        affinity.insert("preferredDuringSchedulingIgnoredDuringExecution".to_owned(), json!(preferred));
    }
    (!affinity.is_empty()).then(|| Json::Object(affinity))
}

/// How evenly Pods are spread, but for which of them count.
fn constraint(one: &Spanned) -> Option<Json> {
    let over = one.text().or_else(|| one.get("over")?.text())?;
    let is_always = one.get("always").is_some_and(|always| always.to_json() == true);
    let mut constraint = json!({
        "maxSkew": one.get("skew").map_or_else(|| json!(1), Spanned::to_json),
        "topologyKey": topology(over),
        "whenUnsatisfiable": if is_always { "DoNotSchedule" } else { "ScheduleAnyway" },
    });
    if let Some(least) = one.get("least") {
        constraint["minDomains"] = least.to_json();
    }
    Some(constraint)
}

/// Spreads the Pods of each workload, or keeps them apart. What is said replaces what the shape does by default.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let Some(place) = &description.place else { return Vec::new() };
    let spread = place.get("spread").map(Spanned::items);
    let apart = place.get("apart").is_some_and(|apart| apart.to_json() == true);
    for object in objects.iter_mut().filter(|object| objects::is_workload(object)) {
        let is_deployment = object["kind"] == "Deployment";
        let selector = object.pointer("/spec/selector/matchLabels").cloned();
        for template in objects::templates(object) {
            let labels = selector.clone().unwrap_or_else(|| objects::own_labels(template));
            let selected = |mut term: Json| {
                term["labelSelector"] = json!({"matchLabels": labels});
                // replicas of the old version do not count
                if is_deployment && description.target.minor() >= 33 {
                    term["matchLabelKeys"] = json!(["pod-template-hash"]);
                }
                term
            };
            let Some(spec) = template.get_mut("spec").and_then(Json::as_object_mut) else { continue };
            if let Some(spread) = spread {
                let constraint = |one: &Spanned| {
                    let said = constraint(one)?;
                    let own = one.get("labels").map(|labels| json!({"matchLabels": labels.to_json()}));
                    Some(match own {
                        Some(own) => {
                            let mut said = said;
                            said["labelSelector"] = own;
                            said
                        }
                        None => selected(said),
                    })
                };
                let constraints: Vec<Json> = spread.iter().filter_map(constraint).collect();
                spec.insert("topologySpreadConstraints".to_owned(), json!(constraints));
            }
            if apart {
                let term = selected(json!({"topologyKey": HOST}));
                let affinity = spec.entry("affinity").or_insert_with(|| json!({}));
                affinity["podAntiAffinity"] = json!({"requiredDuringSchedulingIgnoredDuringExecution": [term]});
            }
            for (key, field) in [("apart", "podAntiAffinity"), ("near", "podAffinity")] {
                if let Some(terms) = place.get(key).and_then(terms) {
                    spec.entry("affinity").or_insert_with(|| json!({}))[field] = terms;
                }
            }
        }
    }
    Vec::new()
}
