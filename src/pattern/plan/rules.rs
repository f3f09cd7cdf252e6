//! Where a route leads: its rules, with their backends.

use serde_json::{Value as Json, json};

use super::references::Mark;
use super::referent::Referent;
use super::resolver::Resolver;
use crate::describe::{Description, Expose, Member, Spanned};
use crate::diagnostic::Finding;

/// The rules of the route: one for each path, and one more where a header leads elsewhere.
pub(super) fn rules(expose: &Expose, resolver: &mut Resolver<'_>) -> Json {
    let own = match split(expose, resolver) {
        Json::Null => json!([{"name": null, "port": null, "weight": null}]),
        backends => backends,
    };
    let canary = canary(expose, resolver);
    let own_rules = |path: Json| {
        let header = canary
            .as_ref()
            .map(|(header, backend)| json!({"path": path, "header": header, "backends": [backend], "own": false}));
        header.into_iter().chain([json!({"path": path, "header": null, "backends": own, "own": true})])
    };
    let Some(paths) = expose.member("paths") else { return own_rules(Json::Null).collect() };
    let mut rules = Vec::new();
    for member in paths.value.members() {
        let Some(name) = member.value.text() else { continue };
        if name == resolver.from.name {
            rules.extend(own_rules(json!(member.key)));
            continue;
        }
        let Some(target) = resolver.backend(name, &member.value.place, &Mark::web_document()) else { continue };
        rules.push(
            json!({"path": member.key, "header": null, "backends": [weighted(&target, &Json::Null)], "own": false}),
        );
    }
    resolver.findings.extend(check_paths(resolver.from, expose, paths));
    Json::Array(rules)
}

/// Keys about requests for the document itself, to which no path leads.
fn check_paths(description: &Description, expose: &Expose, paths: &Member) -> Vec<Finding> {
    if paths.value.members().iter().any(|member| member.value.text() == Some(&description.name)) {
        return Vec::new();
    }
    let finding = |key: &str| {
        let message = format!("`{key}` applies to requests for `{}`, but no path leads to it", description.name);
        Some(
            Finding::error(expose.member(key)?.key_place.label(""), message)
                .label(paths.key_place.label("these are all the paths"))
                .help(format!("paths: {{/: {}, …}}", description.name)),
        )
    };
    ["split", "mirror", "canary"].into_iter().filter_map(finding).collect()
}

/// The header that leads to another document, and that.
fn canary(expose: &Expose, resolver: &mut Resolver<'_>) -> Option<(Json, Json)> {
    let canary = &expose.member("canary")?.value;
    let (to, header) = (canary.get("to")?, canary.get("header")?.members().first()?);
    let target = resolver.backend(to.text()?, &to.place, &Mark::web_document())?;
    let header = json!([{"type": "Exact", "name": header.key, "value": header.value.to_json()}]);
    Some((header, weighted(&target, &Json::Null)))
}

/// Backends with their weights; none where all traffic goes to the document itself.
fn split(expose: &Expose, resolver: &mut Resolver<'_>) -> Json {
    let Some(split) = expose.member("split") else { return Json::Null };
    let mut backends = Vec::new();
    for member in split.value.members() {
        let Some(target) = resolver.backend(&member.key, &member.key_place, &Mark::web()) else { continue };
        backends.push(weighted(&target, &member.value.to_json()));
    }
    resolver.findings.extend(check_split(resolver.from, split));
    Json::Array(backends)
}

/// Requests that `split` leaves unaccounted for.
fn check_split(description: &Description, split: &Member) -> Option<Finding> {
    let members = split.value.members();
    let own = |key: &str| key.strip_prefix("service/").unwrap_or(key) == description.name;
    if !members.iter().any(|member| own(&member.key)) {
        return Some(
            Finding::error(split.key_place.label(""), format!("nothing would reach `{}` itself", description.name))
                .because("`split` must account for all requests")
                .help(format!("split: {{{}: 0, …}} if that is meant", description.name)),
        );
    }
    members.iter().all(|member| member.value.to_json() == 0).then(|| {
        Finding::error(split.value.place.label(""), "all weights are 0")
            .because("a Gateway answers 500 if all weights are 0")
    })
}

fn weighted(target: &Referent, weight: &Json) -> Json {
    json!({"name": target.name, "port": target.port, "weight": weight})
}

/// Where copies of requests go.
pub(super) fn mirror(expose: &Expose, resolver: &mut Resolver<'_>) -> Json {
    let Some(mirror) = expose.member("mirror").map(|mirror| &mirror.value) else { return Json::Null };
    let Some(to) = mirror.get("to") else { return Json::Null };
    let target = to.text().and_then(|name| resolver.backend(name, &to.place, &Mark::web()));
    let percent = mirror.get("percent").map(Spanned::to_json);
    json!(target.map(|target| json!({"name": target.name, "port": target.port, "percent": percent})))
}
