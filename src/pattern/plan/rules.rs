//! Where a route leads: its rules, with their backends.

use serde_json::{Value as Json, json};

use super::references::{Directory, Mark};
use super::referent::Referent;
use crate::describe::{Description, Expose, Place, Spanned};
use crate::diagnostic::Finding;

/// The rules of the route: one for each path, and one more where a header leads elsewhere.
pub(super) fn rules(
    description: &Description,
    expose: &Expose,
    directory: &Directory<'_>,
    findings: &mut Vec<Finding>,
) -> Json {
    let own = match split(description, expose, directory, findings) {
        Json::Null => json!([{"name": null, "port": null, "weight": null}]),
        backends => backends,
    };
    let canary = canary(description, expose, directory, findings);
    let mut rules = Vec::new();
    let add_own = |path: Json, rules: &mut Vec<Json>| {
        if let Some((header, backend)) = &canary {
            rules.push(json!({"path": path, "header": header, "backends": [backend], "own": false}));
        }
        rules.push(json!({"path": path, "header": null, "backends": own, "own": true}));
    };
    let Some(paths) = expose.member("paths") else {
        add_own(Json::Null, &mut rules);
        return Json::Array(rules);
    };
    for member in paths.value.members() {
        let Some(name) = member.value.text() else { continue };
        if name == description.name {
            add_own(json!(member.key), &mut rules);
            continue;
        }
        let Some(target) = backend(description, name, &member.value.place, directory, findings) else { continue };
        let backend = json!({"name": target.name, "port": target.port, "weight": null});
        rules.push(json!({"path": member.key, "header": null, "backends": [backend], "own": false}));
    }
    let leads_here = paths.value.members().iter().any(|member| member.value.text() == Some(&description.name));
    for key in ["split", "mirror", "canary"] {
        let Some(member) = expose.member(key).filter(|_| !leads_here) else { continue };
        findings.push(
            Finding::error(
                member.key_place.label(""),
                format!("`{key}` applies to requests for `{}`, but no path leads to it", description.name),
            )
            .label(paths.key_place.label("these are all the paths"))
            .help(format!("paths: {{/: {}, …}}", description.name)),
        );
    }
    Json::Array(rules)
}

/// The header that leads to another document, and that.
fn canary(
    description: &Description,
    expose: &Expose,
    directory: &Directory<'_>,
    findings: &mut Vec<Finding>,
) -> Option<(Json, Json)> {
    let canary = &expose.member("canary")?.value;
    let (to, header) = (canary.get("to")?, canary.get("header")?.members().first()?);
    let target = backend(description, to.text()?, &to.place, directory, findings)?;
    let header = json!([{"type": "Exact", "name": header.key, "value": header.value.to_json()}]);
    Some((header, json!({"name": target.name, "port": target.port, "weight": null})))
}

/// Backends with their weights; none where all traffic goes to the document itself.
fn split(description: &Description, expose: &Expose, directory: &Directory<'_>, findings: &mut Vec<Finding>) -> Json {
    let Some(split) = expose.member("split") else { return Json::Null };
    let mut backends = Vec::new();
    let members = split.value.members();
    for member in members {
        let Some(target) = backend(description, &member.key, &member.key_place, directory, findings) else { continue };
        backends.push(json!({"name": target.name, "port": target.port, "weight": member.value.to_json()}));
    }
    let own = |key: &str| key.strip_prefix("service/").unwrap_or(key) == description.name;
    if !members.iter().any(|member| own(&member.key)) {
        findings.push(
            Finding::error(split.key_place.label(""), format!("nothing would reach `{}` itself", description.name))
                .because("`split` must account for all requests")
                .help(format!("split: {{{}: 0, …}} if that is meant", description.name)),
        );
    } else if members.iter().all(|member| member.value.to_json() == 0) {
        findings.push(
            Finding::error(split.value.place.label(""), "all weights are 0")
                .because("a Gateway answers 500 if all weights are 0"),
        );
    }
    Json::Array(backends)
}

pub(super) fn mirror(
    description: &Description,
    expose: &Expose,
    directory: &Directory<'_>,
    findings: &mut Vec<Finding>,
) -> Json {
    let Some(mirror) = expose.member("mirror").map(|mirror| &mirror.value) else { return Json::Null };
    let Some(to) = mirror.get("to") else { return Json::Null };
    let target = to.text().and_then(|name| backend(description, name, &to.place, directory, findings));
    let percent = mirror.get("percent").map(Spanned::to_json);
    json!(target.map(|target| json!({"name": target.name, "port": target.port, "percent": percent})))
}

/// A Service that a route can lead to.
fn backend(
    description: &Description,
    name: &str,
    place: &Place,
    directory: &Directory<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Referent> {
    let target = match directory.named(description, name, place, &Mark::web()) {
        Ok(target) => target,
        Err(finding) => {
            findings.push(*finding);
            return None;
        }
    };
    let Some(target) = target else {
        // a document that is wrong in itself has been reported
        if name.strip_prefix("service/").unwrap_or(name).contains(['/', ':']) {
            findings.push(
                Finding::error(place.label(""), "a route leads to a Service")
                    .help("write the name of a document of this file, or service/<name>"),
            );
        }
        return None;
    };
    if let Some(namespace) = &target.namespace {
        findings.push(
            Finding::error(
                place.label(format!("is in namespace `{namespace}`")),
                "this route cannot reach its backend",
            )
            .because("a route can refer to another namespace only if a ReferenceGrant there allows it"),
        );
    }
    if target.scheme.as_deref() == Some("https") {
        findings.push(
            Finding::error(
                place.label("only accepts TLS"),
                "the route and this backend do not speak the same protocol",
            )
            .because("an HTTPRoute speaks plain HTTP to its backends"),
        );
    }
    Some(target)
}
