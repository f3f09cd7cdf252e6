use std::sync::Arc;

use crate::kube::image::Reference;
use crate::kube::{Index, Object, PodView};
use crate::rules::{Check, FindingsAnywhere, Rule, parts, text};
use crate::words::clip;
use crate::yaml::NodeId;

/// A regular expression in a path of an Ingress that ingress-nginx takes literally.
pub static RULE: Rule = rule!("regex_in_literal_path.md", Warning, Check::Workspace(check));

/// What ingress-nginx calls itself in the class of an Ingress.
const CONTROLLER: &str = "k8s.io/ingress-nginx";

/// Where ingress-nginx is told of an Ingress.
const ANNOTATIONS: &str = "nginx.ingress.kubernetes.io/";

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut is_taken = None;
    for ingress in index.kind("Ingress").iter().filter(|ingress| ingress.keeps(&["spec", "metadata.annotations"])) {
        let paths = paths(ingress);
        if paths.is_empty() || !is_of_ingress_nginx(index, ingress) {
            continue;
        }
        // read what is in the run of the controller only once there is such a path
        if *is_taken.get_or_insert_with(|| takes_any_path(index)) {
            return;
        }
        for path in &paths {
            say(ingress, path, found);
        }
    }
}

/// A path that is a regular expression, and the type that says that it is none.
struct LiteralPath<'a> {
    text: &'a str,
    node: NodeId,
    kind: &'a str,
    at: NodeId,
}

fn paths(ingress: &Object) -> Vec<LiteralPath<'_>> {
    let document = &ingress.document;
    let items = |node, field| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let Some(spec) = document.get(ingress.node, "spec") else { return Vec::new() };
    let http = items(spec, "rules").iter().filter_map(|rule| document.get(*rule, "http"));
    let read = |path: &NodeId| {
        let (node, at) = (document.get(*path, "path")?, document.get(*path, "pathType")?);
        let (text, kind) = (document.str(node)?, document.str(at)?);
        let is_literal = matches!(kind, "Exact" | "Prefix");
        (is_literal && is_regex(text)).then_some(LiteralPath { text, node, kind, at })
    };
    http.flat_map(|http| items(http, "paths")).filter_map(read).collect()
}

/// Whether a path can only be meant as a regular expression or a glob: in a request's path hardly any has these letters.
fn is_regex(path: &str) -> bool {
    let has_signs = path.contains(['(', ')', '[', ']', '{', '}', '|', '^', '\\', '*', '?']);
    path.starts_with('/') && (has_signs || path.contains(".+") || path.ends_with('$')) && !text::is_placeholder(path)
}

/// Whether ingress-nginx serves an Ingress: its class is that of ingress-nginx in the run, is called `nginx`, or it has
/// annotations that others do not read. The controller of F5 calls its class `nginx`, too, and reads other annotations.
fn is_of_ingress_nginx(index: &Index<'_>, ingress: &Object) -> bool {
    let annotations = ingress.document.at(ingress.node, &["metadata", "annotations"]);
    let keys = || annotations.into_iter().flat_map(|all| ingress.document.entries(all));
    let has = |start: &str| keys().any(|entry| ingress.document.key(entry).starts_with(start));
    let class = parts::ingress_class(ingress);
    let of_run = || index.kind("IngressClass").iter().filter(|known| class == Some(known.id.name.as_str()));
    let is_other = |known: &&Object| {
        let controller = known.document.at(known.node, &["spec", "controller"]);
        controller.and_then(|node| known.document.str(node)) != Some(CONTROLLER)
    };
    let is_called_so = || match class {
        Some("nginx") => true,
        Some(class) => class.contains("nginx") && has(ANNOTATIONS) || of_run().next().is_some(),
        None => has(ANNOTATIONS),
    };
    !has("nginx.org/") && !has("nginx.com/") && !of_run().any(is_other) && is_called_so()
}

/// Whether something in the run says that the controller takes such paths: its configuration, an earlier version, or that
/// nothing asks it before an Ingress is stored.
fn takes_any_path(index: &Index<'_>) -> bool {
    let mut last = std::ptr::null();
    let mut told = index.all().iter().any(|object| {
        let source = &object.document.source;
        let is_next = !std::ptr::eq(last, Arc::as_ptr(source));
        last = Arc::as_ptr(source);
        is_next && tells_of_any_path(&source.text)
    });
    for view in index.all().iter().flat_map(|object| object.pods()).flat_map(PodView::containers) {
        let image = Reference::of(view.container.image.as_deref().unwrap_or_default()).repository;
        let is_controller = image.ends_with("ingress-nginx/controller") || image.ends_with("nginx-ingress-controller");
        told |= is_controller && !parts::words(&view).any(|(word, _)| word.contains("--validating-webhook"));
    }
    told
}

/// Whether the text of a file switches the check off, or names a version of ingress-nginx before it.
fn tells_of_any_path(text: &str) -> bool {
    let behind = |word: &'static str, length: usize| {
        text.match_indices(word).map(move |(at, _)| {
            let rest =
                text[at..].char_indices().nth(word.len() + length).map_or(&text[at..], |(end, _)| &text[at..at + end]);
            rest.to_ascii_lowercase()
        })
    };
    ["strict-validate-path-type", "strictValidatePathType"]
        .iter()
        .any(|word| behind(word, 16).any(|rest| rest.contains("false")))
        || behind("admissionWebhooks", 80).any(|rest| rest.contains("enabled: false"))
        || text.contains("ingress-nginx")
            && text.split([' ', '\n', '"', '\'', ':', '/', '=', '@', ',', '}']).any(is_earlier)
}

/// Whether a word is a version before 1.12 of the controller, or of a chart with one: `v1.11.2`, `4.11.3`.
fn is_earlier(word: &str) -> bool {
    let word = ["controller-v", "helm-chart-", "ingress-nginx-", "v"]
        .iter()
        .find_map(|start| word.strip_prefix(start))
        .unwrap_or(word);
    let mut numbers = word.trim_start_matches(['~', '^', '>', '<']).splitn(3, '.');
    let mut next = || numbers.next().and_then(|part| part.parse::<u32>().ok());
    let (Some(major), Some(minor)) = (next(), next()) else { return false };
    numbers.next().is_some() && (major == 0 || matches!(major, 1 | 4) && minor < 12 || matches!(major, 2 | 3))
}

fn say(ingress: &Object, path: &LiteralPath<'_>, found: &mut FindingsAnywhere<'_>) {
    let shown = clip(path.text);
    let parent = path.text.strip_suffix("/*").filter(|parent| path.kind == "Prefix" && !is_regex(parent));
    let annotations = ingress.document.at(ingress.node, &["metadata", "annotations"]);
    let is_set = |name: &str| {
        annotations.is_some_and(|all| ingress.document.get(all, &format!("{ANNOTATIONS}{name}")).is_some())
    };
    let help = match parent {
        Some("") => "write `/`: a Prefix is for all below it".to_owned(),
        Some(parent) => format!("write `{}`: a Prefix is for all below it", clip(parent)),
        None if is_set("use-regex") || is_set("rewrite-target") => {
            "write `pathType: ImplementationSpecific`".to_owned()
        }
        None => {
            format!("write `pathType: ImplementationSpecific`, and the annotation `{ANNOTATIONS}use-regex: \"true\"`")
        }
    };
    found
        .about(ingress)
        .at(path.node, format!("ingress-nginx refuses `{shown}` as a path of type {}", path.kind))
        .here("read as letters, not as a regular expression")
        .label(ingress.label(path.at, "takes letters, digits, `/`, `-`, `_` and `.`"))
        .because(
            "since 1.12 its webhook denies an Ingress that has other characters in an Exact or Prefix path, unless \
             `strict-validate-path-type` is false (kubernetes/ingress-nginx: `ValidatePathType` in \
             internal/ingress/inspector/inspector.go)",
        )
        .help(help);
}
