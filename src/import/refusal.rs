//! What the generator refuses of a document that was imported, and what comes of it: a folder that is made writable, a
//! rule that is ignored with the reason, or a workload that stays where it is.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Map, Value as Json, json};

use super::owned::Owned;
use super::values::containers;
use super::{Input, container, secrets};
use crate::diagnostic::{Family, Finding, Level, Stop, Subject};
use crate::secret_texts::masked;
use crate::secrets::Secrets;

/// What is wrong with what completion adds (a read-only root, probes), not with the manifest: such a workload stays where
/// it is.
const OF_COMPLETION: &[&str] = &["read-only-root-needs-volume", "probe-port-not-served", "probe-protocol"];

/// Makes folders writable that a program needs and the read-only root, which is ours, would take from it. Whether there
/// are any.
pub(super) fn make_writable(findings: &[Finding], spec: &Json, keys: &mut Map<String, Json>) -> bool {
    let needed: Vec<(&String, &Vec<String>)> = findings.iter().filter_map(needed).collect();
    let size = container::unlimited(spec, needed.iter().map(|(_, paths)| paths.len()).sum());
    let mut added = false;
    for (container, paths) in needed {
        let entry = keys.get_mut("use").and_then(Json::as_array_mut).and_then(|list| {
            list.iter_mut()
                .filter_map(|entry| entry.get_mut("container"))
                .find(|entry| entry["as"] == container.as_str())
        });
        // where no entry has the name, it is the app
        let of = if entry.is_some() { entry } else { keys.get_mut("app") };
        let Some(members) = of.and_then(Json::as_object_mut) else { continue };
        let writable = members.entry("writable").or_insert_with(|| json!([]));
        for path in paths {
            let one = json!({path: size});
            if let Some(list) = writable.as_array_mut().filter(|list| !list.contains(&one)) {
                list.push(one);
                added = true;
            }
        }
    }
    added
}

/// Leaves out the disk that containers have, where the folders of the Pod may hold more than its limit, as a server
/// allows: a patch says it then. Whether there is any.
pub(super) fn leave_out_disk(findings: &[Finding], keys: &mut Map<String, Json>) -> bool {
    if !findings.iter().any(|finding| finding.subject == Some(Subject::Disk)) {
        return false;
    }
    let mut is_found = false;
    let mut forget = |container: &mut Json| {
        let Some(resources) = container.get_mut("resources").and_then(Json::as_object_mut) else { return };
        is_found |= resources.shift_remove("disk").is_some();
        let limit = resources.get_mut("limit").and_then(Json::as_object_mut);
        is_found |= limit.is_some_and(|limit| limit.shift_remove("disk").is_some());
        if resources.get("limit").and_then(Json::as_object).is_some_and(Map::is_empty) {
            resources.shift_remove("limit");
        }
    };
    keys.get_mut("app").into_iter().for_each(&mut forget);
    for (list, key) in [("use", Some("container")), ("init", None)] {
        for entry in keys.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            let containers = entry.as_object_mut().into_iter().flatten();
            containers.filter(|(name, _)| key.is_none_or(|key| key == *name)).for_each(|(_, one)| forget(one));
        }
    }
    is_found
}

/// Gives another name to the volumes of the document that are called like others that are made beside them: their names
/// are the Pod's own. Whether there are any.
pub(super) fn rename_volumes(findings: &[Finding], keys: &mut Map<String, Json>) -> bool {
    let names: BTreeSet<&str> = findings
        .iter()
        .filter_map(|finding| match &finding.subject {
            Some(Subject::Volume { name }) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let mut is_found = false;
    for name in names {
        let mut maps = volume_maps(keys);
        let mut other = format!("v-{name}");
        while maps.iter().any(|map| map.contains_key(&other)) {
            other = format!("v-{other}");
        }
        for map in maps.iter_mut().filter(|map| map.contains_key(name)) {
            is_found = true;
            for (key, value) in std::mem::take(*map) {
                map.insert(if key == name { other.clone() } else { key }, value);
            }
        }
    }
    is_found
}

/// The maps of a document whose keys are names of volumes.
fn volume_maps(keys: &mut Map<String, Json>) -> Vec<&mut Map<String, Json>> {
    let mut containers: Vec<&mut Json> = Vec::new();
    for (key, value) in keys.iter_mut() {
        match key.as_str() {
            "app" => containers.push(value),
            "use" | "init" => {
                let entries = value.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut);
                containers.extend(entries.flat_map(Map::values_mut));
            }
            _ => {}
        }
    }
    let members = containers.into_iter().filter_map(Json::as_object_mut).flatten();
    members
        .filter(|(key, _)| matches!(key.as_str(), "volumes" | "shared"))
        .filter_map(|(_, map)| map.as_object_mut())
        .collect()
}

/// The folders that a finding says are missing, with the container that writes to them.
fn needed(finding: &Finding) -> Option<(&String, &Vec<String>)> {
    match &finding.subject {
        Some(Subject::Folders { container, paths }) => Some((container, paths)),
        _ => None,
    }
}

/// Whether a finding is about a probe that the manifest has itself.
fn is_said(finding: &Finding, spec: &Json) -> bool {
    let Some(Subject::Probe { container, field }) = &finding.subject else { return false };
    let mut containers = containers(spec).filter(|one| one["name"] == container.as_str());
    containers.any(|one| one[*field].is_object())
}

/// Rules that the document breaks are ignored, with the reason: the manifests break them already (`broken`), or what keeps
/// them is in manifests that the document does not make, or in a kustomization. Whether that settles all.
pub(super) fn ignore(findings: &[Finding], spec: &Json, owned: &Owned<'_>, ignored: &mut Vec<Json>) -> bool {
    let errors = findings.iter().filter(|finding| finding.level == Level::Error);
    let mut added = false;
    for finding in errors {
        // what the API server refuses is no matter of taste
        let is_ours = |name: &str| OF_COMPLETION.contains(&name) && !is_said(finding, spec);
        let Some(rule) = finding.rule.filter(|rule| rule.family != Family::Manifest && !is_ours(rule.name)) else {
            return false;
        };
        let why = if rule.name == "plaintext-secret" {
            "the imported manifest has it in plain text; put it into a Secret"
        } else if owned.broken.contains(&rule.name) {
            "as the imported manifest has it"
        } else if owned.is_changed {
            "kustomize changes the imported manifest before it is applied; what it changes was not imported"
        } else {
            "manifests that were not imported handle this; keep applying them"
        };
        let entry = json!({"rule": rule.name, "why": why});
        if !ignored.contains(&entry) {
            ignored.push(entry);
            added = true;
        }
    }
    added
}

/// Why nothing was generated.
pub(super) fn stopped(stop: &Stop) -> String {
    match stop {
        Stop::Findings(findings) => refused(findings),
        Stop::Io(error) => unread(error),
    }
}

/// What to say of a file that generating needs and that cannot be read: the project's settings or patterns.
pub(super) fn unread(error: &io::Error) -> String {
    format!("generating from it needs a file that cannot be read: {error}")
}

/// Where the manifest has the plaintext secret for which nothing is generated; nothing where that is not the reason.
pub(super) fn secret(findings: &[Finding], workload: &Input) -> Option<String> {
    let first = findings.iter().find(|finding| finding.level == Level::Error)?;
    if first.secrets.is_empty() { None } else { written(workload) }
}

/// Where a workload has a secret in its arguments or checks, which no description may repeat.
pub(super) fn written(workload: &Input) -> Option<String> {
    let open = || workload.open.iter().filter(|(path, _)| secrets::variable(&workload.object, path).is_none());
    let in_list = |path: &[String], list: &str| path.iter().rev().nth(1).is_some_and(|step| step == list);
    let of_option = open().find_map(|(path, line)| {
        let option = secrets::option(&workload.object, path)?;
        Some((format!("its argument `{option}`"), line))
    });
    let of_list = |list: &'static str| {
        let (_, line) = open().find(|(path, _)| in_list(path, list))?;
        Some((format!("a word of its `{list}`"), line))
    };
    let of_header = || {
        let (_, line) = open().find(|(path, _)| path.iter().any(|step| step == "httpHeaders"))?;
        Some(("a header of its check".to_owned(), line))
    };
    let of_path = || {
        let (_, line) = open().find(|(path, _)| path.iter().rev().nth(1).is_some_and(|step| step == "httpGet"))?;
        Some(("the path of its check".to_owned(), line))
    };
    let of_lists = of_option.or_else(|| of_list("args")).or_else(|| of_list("command"));
    let (what, line) = of_lists.or_else(of_header).or_else(of_path)?;
    Some(format!("{what} (line {line}) is a plaintext secret: put it into a Secret first"))
}

/// The first error, with what is written there if that is short.
pub(super) fn refused(findings: &[Finding]) -> String {
    let mut redacted = findings.to_vec();
    Secrets::default().mask(&mut redacted);
    crate::diagnostic::redact(&mut redacted);
    let first = redacted.iter().find(|finding| finding.level == Level::Error);
    first.map_or_else(
        || "nothing is generated from it".to_owned(),
        |finding| {
            let label = &finding.primary;
            let at = label.source.slice(label.span);
            // no document of an import has parameters
            if let Some(name) = unfilled(at) {
                return format!("`{}` has to be filled in first", masked(name));
            }
            let is_short = at.len() <= 60 && !at.contains('\n') && finding.secrets.is_empty();
            if is_short && !at.is_empty() {
                format!("{} (`{}`)", finding.message, masked(at))
            } else {
                finding.message.clone()
            }
        },
    )
}

/// The first `${NAME}` of a text, which another tool is to fill in.
fn unfilled(text: &str) -> Option<&str> {
    let start = text.match_indices("${").map(|(at, _)| at).find(|at| !text[..*at].ends_with('$'))?;
    let end = text[start..].find('}')?;
    Some(&text[start..=start + end])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diagnostic::Label;
    use crate::yaml::{Source, Span};

    /// A finding whose words are of no use to a program.
    fn about(subject: Subject) -> Finding {
        let source = Arc::new(Source::from_text("a.yaml", "a: b\n"));
        let mut finding = Finding::error(Label::span(&source, Span::default(), ""), "something is wrong");
        finding.subject = Some(subject);
        finding
    }

    #[test]
    fn folders_are_those_of_the_subject_whatever_the_message_says() {
        let subject = |container: &str, path: &str| {
            about(Subject::Folders { container: container.to_owned(), paths: vec![path.to_owned()] })
        };
        let findings = [subject("web", "/var/cache/nginx"), subject("log", "/fluentd/log")];
        let mut keys = Map::new();
        keys.insert("app".to_owned(), json!({"image": "nginx"}));
        keys.insert("use".to_owned(), json!([{"container": {"as": "log", "image": "fluentd"}}]));
        let spec = json!({"containers": []});
        assert!(make_writable(&findings, &spec, &mut keys));
        assert_eq!(keys["app"]["writable"][0]["/var/cache/nginx"], "1Gi");
        assert_eq!(keys["use"][0]["container"]["writable"][0]["/fluentd/log"], "1Gi");
        assert!(!make_writable(&findings, &spec, &mut keys), "they are writable already");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said() {
        let stop = Stop::Io(io::Error::other(".patterns.yaml: not a file"));
        assert!(stopped(&stop).ends_with(": .patterns.yaml: not a file"), "{}", stopped(&stop));
    }

    #[test]
    fn a_probe_is_the_manifests_own_if_the_container_has_it() {
        let spec = json!({"containers": [{"name": "web", "livenessProbe": {"tcpSocket": {"port": 80}}}]});
        let probe = |field| about(Subject::Probe { container: "web".to_owned(), field });
        assert!(is_said(&probe("livenessProbe"), &spec));
        assert!(!is_said(&probe("readinessProbe"), &spec));
    }
}
