//! Programs that call the API server, in containers without a token for it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::started::{Started, started};
use crate::facts::program::Token;
use crate::kube::TOKEN_FOLDER;
use crate::pattern::{Made, templates};
use crate::yaml::{self, Source};

/// A warning for each container that has no token, though its program cannot do without.
pub(super) fn notes(made: &[Made]) -> Vec<String> {
    let mut notes = Vec::new();
    for one in made {
        let mut object = one.object.clone();
        for template in templates(&mut object) {
            let spec = &template["spec"];
            if spec["automountServiceAccountToken"] == true {
                continue;
            }
            let lists = ["initContainers", "containers"].into_iter().flat_map(|list| items(&spec[list]));
            notes.extend(lists.filter_map(|container| lacks_token(container, spec, made)));
        }
    }
    notes.dedup();
    notes
}

fn lacks_token(container: &Json, spec: &Json, made: &[Made]) -> Option<String> {
    let has_token = items(&container["volumeMounts"]).any(|mount| mount["mountPath"] == TOKEN_FOLDER);
    if has_token || may_have_another_way(container) {
        return None;
    }
    let started = started(container);
    let caller = started.iter().find(|one| {
        one.program
            .token
            .as_ref()
            .is_some_and(|token| !is_otherwise(one, token, container) && is_asked_for(token, container, spec, made))
    })?;
    let name = container["name"].as_str().unwrap_or_default();
    Some(format!(
        "warning: `{name}` runs {}, which needs a token for the API server, but has none: give it `rights` or \
         `cluster-rights`, or write adopt: {{token: true}} for an existing `account`",
        caller.program.program
    ))
}

/// Whether something that is not seen, or a script, may give it another way to the API server (kubernetes:
/// client-go/tools/clientcmd).
fn may_have_another_way(container: &Json) -> bool {
    const WAYS: [&str; 4] = ["KUBECONFIG", "kubeconfig", "get-credentials", "set-cluster"];
    let is_told = items(&container["env"]).any(|variable| variable["name"] == "KUBECONFIG");
    let has_file = items(&container["volumeMounts"])
        .filter_map(|mount| mount["mountPath"].as_str())
        .any(|path| path.split('/').any(|part| part == ".kube"));
    let texts = ["command", "args"].into_iter().flat_map(|list| items(&container[list])).filter_map(Json::as_str);
    let mut scripts = texts.filter(|text| text.contains([' ', '\n']));
    let is_in_script = scripts.any(|script| WAYS.iter().any(|way| script.contains(way)));
    is_told || has_file || is_in_script || items(&container["envFrom"]).next().is_some()
}

/// Whether it takes another way, or needs none.
fn is_otherwise(one: &Started<'_>, token: &Token, container: &Json) -> bool {
    let named = |word: &str| {
        let bare = word.trim_matches(['"', '\'']);
        let option = bare.split('=').next().unwrap_or_default();
        let is = |other: &str| {
            let of_option = other.starts_with('-') && other.trim_start_matches('-') == option.trim_start_matches('-');
            other == bare || of_option && option.starts_with('-')
        };
        token.unless.iter().any(is)
    };
    let mut variables = items(&container["env"]).filter_map(|variable| variable["name"].as_str());
    one.words.iter().any(|word| named(word)) || variables.any(|name| token.unless.iter().any(|other| other == name))
}

/// Whether its configuration asks for it, as far as it is in `ConfigMaps` that are made here.
fn is_asked_for(token: &Token, container: &Json, spec: &Json, made: &[Made]) -> bool {
    let Some(key) = &token.key else { return true };
    let steps: Vec<&str> = key.split('/').collect();
    let mounted = items(&container["volumeMounts"]).filter_map(|mount| {
        let volume = items(&spec["volumes"]).find(|volume| volume["name"] == mount["name"])?;
        volume.pointer("/configMap/name")
    });
    let maps = mounted.filter_map(|name| {
        let is_it = |one: &&Made| one.object["kind"] == "ConfigMap" && one.object["metadata"]["name"] == *name;
        made.iter().find(is_it)?.object["data"].as_object()
    });
    let mut texts = maps.flat_map(|data| data.values()).filter_map(Json::as_str);
    texts.any(|text| {
        let (documents, _) = yaml::as_kubectl(yaml::read(&Arc::new(Source::from_text("", text))));
        documents.iter().any(|document| {
            let whole: Json = serde_json::from_str(&document.to_json(document.root())).unwrap_or_default();
            at(&whole, &steps).iter().any(|found| token.without.iter().all(|other| found.get(other).is_none()))
        })
    })
}

/// The values at a way into a configuration; `*` is each of a list.
fn at<'a>(value: &'a Json, steps: &[&str]) -> Vec<&'a Json> {
    match steps.split_first() {
        None => vec![value],
        Some((&"*", rest)) => items(value).flat_map(|item| at(item, rest)).collect(),
        Some((step, rest)) => value.get(*step).map(|inner| at(inner, rest)).unwrap_or_default(),
    }
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}
