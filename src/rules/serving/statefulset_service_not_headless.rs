use std::cell::OnceCell;
use std::collections::HashSet;

use super::{is_headless, ordinals, stateful_set};
use crate::diagnostic::Level;
use crate::kube::Index;
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// The governing Service of a StatefulSet has a cluster IP.
pub static RULE: Rule = rule!("statefulset_service_not_headless.md", Warning, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let used = OnceCell::new();
    for object in index.kind("StatefulSet") {
        let Some(set) = stateful_set(object) else { continue };
        let Some(name) = set.spec.service_name.as_deref().filter(|name| !name.is_empty()) else { continue };
        let Some(service) = index
            .find(object, "Service", name)
            .filter(|service| service.keeps(&["spec"]) && is_headless(service) == Some(false))
        else {
            continue;
        };
        let node = object.document.at(object.node, &["spec", "serviceName"]).unwrap_or(object.node);
        let other = service.document.at(service.node, &["metadata", "name"]).unwrap_or(service.node);
        // A single Pod is found by the cluster IP too, and what asks for no Pod by its name misses nothing.
        let is_used = || {
            let used = used.get_or_init(|| names_of_pods(index));
            let is_named = |set: &str| used.contains(&(set.to_owned(), name.to_owned()));
            is_named(&object.id.name) || is_named("")
        };
        let level = if ordinals(&set.spec).1 > 1 && is_used() { Level::Warning } else { Level::Advice };
        found
            .about(object)
            .at(node, format!("Kubernetes does not guarantee DNS names for the Pods of `{}`", clip(&object.id.name)))
            .here("should be headless")
            .label(service.label(other, "has a cluster IP"))
            .because("Pod names such as app-0.service come from a governing Service with `clusterIP: None` (kubernetes/website: concepts/workloads/controllers/statefulset, \"Limitations\"); CoreDNS also resolves them with a cluster IP, other DNS servers may not")
            .help(format!("give the StatefulSet its own Service with `clusterIP: None`, and keep `{}` for clients", clip(name)))
            .level(level);
    }
}

/// The StatefulSets and Services whose Pods texts of the run name: `db-0.db`, `db-$i.db`, `db-{0..2}.db`. A name that is
/// a variable, as in `$(POD_NAME).db`, is a Pod of any set.
fn names_of_pods(index: &Index<'_>) -> HashSet<(String, String)> {
    let texts = index.all().iter().flat_map(|object| object.document.strings(object.node, "description"));
    texts.flat_map(names_in).collect()
}

fn names_in(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let is_label = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    text.match_indices('.').filter_map(move |(at, _)| {
        let rest = &text[at + 1..];
        let service = &rest[..rest.find(|letter| !is_label(letter)).unwrap_or(rest.len())];
        let before = without_ordinal(&text[..at]).filter(|_| !service.is_empty())?;
        let set = match before.strip_suffix('-') {
            Some(name) => &name[name.rfind(|letter| !is_label(letter)).map_or(0, |last| last + 1)..],
            None if before.ends_with(is_label) => return None,
            None if before.len() + 1 < at => "",
            None => return None,
        };
        (set.is_empty() || before.ends_with('-')).then(|| (set.to_owned(), service.to_owned()))
    })
}

/// What is before an ordinal, or before what stands for one: digits, `$i`, `${i}`, `$(i)`, `{0..2}`, `{{ i }}`, `%d`.
fn without_ordinal(text: &str) -> Option<&str> {
    /// So long a variable is looked for.
    const LONGEST: usize = 64;
    let open = match text.chars().next_back()? {
        '}' => '{',
        ')' => '(',
        _ => {
            let digits = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
            if digits.len() < text.len() && digits.ends_with('-') {
                return Some(digits);
            }
            let start =
                text.bytes().rev().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            return text[..text.len() - start.count()].strip_suffix(['$', '%']);
        }
    };
    let inside = text.bytes().rev().take(LONGEST).position(|byte| byte == open as u8)?;
    Some(text[..text.len() - inside - 1].trim_end_matches(['{', '$']))
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn names_of_pods_are_found_in_texts() {
        let of = |text: &str| names_in(text).map(|(set, service)| format!("{set}/{service}")).collect::<Vec<_>>();
        for text in [
            "db-0.peers:5432",
            "tcp://db-12.peers.shop.svc.cluster.local",
            "for i in 0 1; do ping db-$i.peers; done",
            "db-${i}.peers",
            "db-$(i).peers",
            "db-{0..2}.peers",
            "db-{{ $i }}.peers",
            "db-%d.peers",
        ] {
            assert!(of(text).contains(&"db/peers".to_owned()), "{text}: {:?}", of(text));
        }
        for text in ["$(POD_NAME).peers", "http://${HOSTNAME}.peers:80", "$HOSTNAME.peers", "$(hostname).peers.shop"] {
            assert_eq!(of(text)[0], "/peers", "{text}");
        }
        for text in ["peers", "db.peers", "1.2.3", "a-b.peers", "0.peers", ".", "x.", "-0.", "é.ü", "}.a", ").b"] {
            assert!(of(text).iter().all(|name| !name.ends_with("/peers")), "{text}: {:?}", of(text));
        }
    }
}
