//! What a selector that selects nothing was meant for.

use super::index::Index;
use super::object::Object;
use super::unit::Reach;
use super::{FolderScope, Selector};
use crate::kube::types::{LabelSelector, LabelSelectorRequirement, Labels};
use crate::text::Text;
use crate::yaml::{Document, NodeId, Value};

/// Something with labels: the Pods of a workload, or a Service.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'run> {
    /// The object that says the labels.
    pub object: &'run Object,
    /// The labels.
    pub labels: &'run Labels,
    /// Their node.
    pub node: NodeId,
}

/// What a selector was plainly meant for, though it does not select it.
#[derive(Clone, Copy, Debug)]
pub struct Meant<'run, 'selector> {
    /// What is nearly selected.
    pub it: Labelled<'run>,
    /// The key of the one requirement that it does not meet.
    pub key: &'selector str,
    /// What its label of that key says.
    pub says: Option<&'run str>,
    /// Whether it is only that label's likeness that tells.
    pub is_typo: bool,
}

/// How many workloads of one place are looked at for one selector: in a folder of thousands nothing is plain.
const MOST: usize = 200;

/// The Pods of workloads that are applied with an object, or whose files lie beside its file.
pub fn pods_beside<'a, 'run>(index: &'a Index<'run>, from: &'run Object) -> impl Iterator<Item = Labelled<'run>> + 'a {
    let workloads = index.workloads_in(FolderScope::of(from)).iter().copied().take(MOST);
    workloads.filter(|workload| workload.keeps_selection() && is_beside(index, from, workload)).flat_map(pods)
}

/// Whether one object is applied with another, or its file lies beside the other's and holds no variant of it.
#[must_use]
pub fn is_beside(index: &Index<'_>, from: &Object, to: &Object) -> bool {
    index.reach(from, to).is_some_and(|reach| reach < Reach::Run)
}

/// The Pods that an object is or makes.
pub fn pods(object: &Object) -> impl Iterator<Item = Labelled<'_>> {
    object
        .pods()
        .filter_map(|pod| Some(Labelled { object: pod.object, labels: pod.labels()?, node: pod.labels_node()? }))
}

/// The first of the candidates that lacks one thing only, by what is plainly a slip.
pub fn meant<'run, 'selector>(
    selector: &Selector<'selector>,
    candidates: impl Iterator<Item = Labelled<'run>>,
) -> Option<Meant<'run, 'selector>> {
    if selector.keys().any(is_given) {
        return None;
    }
    candidates.take(MOST).find_map(|it| near(selector, it))
}

fn near<'run, 'selector>(selector: &Selector<'selector>, it: Labelled<'run>) -> Option<Meant<'run, 'selector>> {
    let mut unmet = selector.unmet(it.labels);
    let (key, values) = unmet.next().filter(|_| unmet.next().is_none())?;
    let says = it.labels.get(key).map(Text::as_str);
    let is_typo = |value: &str| says.is_some_and(|says| is_like(value, says));
    let is_told = values.iter().any(|value| {
        // under another key, or called so itself
        let is_elsewhere = it.labels.iter().any(|(other, says)| says == value && may_be_meant(selector, key, other));
        let is_another_app = says.is_some() && key == "app.kubernetes.io/name";
        is_elsewhere && !is_another_app || it.object.id.name == *value
    });
    let is_typo = !is_told && values.iter().any(|value| is_typo(value));
    let is_extra = says.is_none()
        && !values.is_empty()
        && selector.keys().nth(1).is_some()
        && !values.iter().any(|value| is_state(key, value));
    (is_told || is_typo || is_extra).then_some(Meant { it, key, says, is_typo })
}

/// Whether a label may be what a selector means by another key. One that it names itself is not. Labels that say what
/// an app belongs to have the same value on everything that belongs there: a release is mostly called after its chart.
fn may_be_meant(selector: &Selector<'_>, key: &str, label: &str) -> bool {
    const GROUPS: [&str; 8] = ["instance", "release", "part-of", "project", "stack", "group", "namespace", "owner"];
    let is_of_group = |key: &str| GROUPS.contains(&key.rsplit('/').next().unwrap_or(key));
    selector.keys().all(|named| named != label) && (is_of_group(key) || !is_of_group(label))
}

/// Whether controllers give this label to the Pods that they make.
#[must_use]
pub fn is_given(key: &str) -> bool {
    const GIVEN: [&str; 7] = [
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "pod-template-hash",
        "pod-template-generation",
        "job-name",
        "controller-uid",
    ];
    // prefixes of those that custom kinds' controllers give
    const GIVEN_UNDER: [&str; 7] = [
        "apps.kruise.io/",
        "batch.kubernetes.io/",
        "jobset.sigs.k8s.io/",
        "leaderworkerset.sigs.k8s.io/",
        "rollouts-pod-template-hash",
        "serving.knative.dev/",
        "training.kubeflow.org/",
    ];
    GIVEN.contains(&key) || GIVEN_UNDER.iter().any(|prefix| key.starts_with(prefix))
}

/// Whether a label tells which Pod leads at the moment: programs give it to their own Pods at run time. Vault's
/// `vault-active: "true"` (`service_registration "kubernetes"`), Patroni's `role: master` (`kubernetes.role_label`),
/// `spilo-role`, `cnpg.io/instanceRole`, Redis and MongoDB operators' `redis-role`, `mongodb.io/role`. People do, too:
/// `kubectl label pod mysql-0 mode=write`. Of two releases it tells which one is served: Argo Rollouts gives `role: stable`
/// (`stableMetadata`), people give `color: green`.
fn is_state(key: &str, value: &str) -> bool {
    const STATES: [&str; 30] = [
        "active",
        "blue",
        "canary",
        "elected",
        "follower",
        "green",
        "leader",
        "leading",
        "main",
        "master",
        "passive",
        "perf-standby",
        "preview",
        "primary",
        "read",
        "read-only",
        "read-write",
        "replica",
        "ro",
        "rw",
        "secondary",
        "slave",
        "sealed",
        "source",
        "stable",
        "standby",
        "sync-standby",
        "write",
        "write-only",
        "writer",
    ];
    let is_word = |word: &str| STATES.contains(&word) || word == "initialized";
    let names_state = words_of(key).iter().any(|word| is_word(word));
    let is_switch = matches!(value, "true" | "false" | "yes" | "1");
    STATES.contains(&value.to_ascii_lowercase().as_str()) || (names_state && is_switch)
}

/// The words of a key, in small letters: of `vault-perf-standby`, `instance_role` and `isLeader`.
fn words_of(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in key.chars() {
        if !letter.is_alphanumeric() || (was_small && letter.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.push(letter.to_ascii_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    words
}

/// Whether one text is a slip of the other: they have the same words but for one, or only their separators differ. Names
/// that differ in a number are different names, and so are those of siblings (`shop-api` and `shop-web`), however long
/// the rest is.
fn is_like(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let joined = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    // what is longer is no name
    if a.len().max(b.len()) > 253 || letters(a) == letters(b) {
        return false;
    }
    let is_separator = |letter: char| !letter.is_alphanumeric();
    let mut differing = a.split(is_separator).zip(b.split(is_separator)).filter(|(one, other)| one != other);
    let has_as_many_words = a.split(is_separator).count() == b.split(is_separator).count();
    match (differing.next(), differing.next()) {
        (Some((one, other)), None) if has_as_many_words => is_slip(one, other),
        _ => joined(a) == joined(b),
    }
}

/// Whether one word is a slip of the other. The first letter is hardly ever wrong: `internal` and `external`, `reader`
/// and `leader` are different words.
fn is_slip(a: &str, b: &str) -> bool {
    let edits = strsim::damerau_levenshtein(a, b);
    let longer = a.chars().count().max(b.chars().count());
    // less than three letters in ten
    let is_near = edits <= 2 && edits * 10 < longer * 3 && a.chars().next() == b.chars().next();
    is_near || has_two_swapped(a, b)
}

/// Whether two neighbouring letters are swapped, however short the word is: `wbe` for `web`.
fn has_two_swapped(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    a.len() > 2 && strsim::osa_distance(a, b) == 1 && sorted(a) == sorted(b)
}

/// Reads a label selector of an object that is not decoded as a whole; nothing where it is not one.
#[must_use]
pub fn label_selector(document: &Document, node: NodeId) -> Option<LabelSelector> {
    let mut selector = LabelSelector::default();
    if let Some(labels) = document.get(node, "matchLabels") {
        let pair = |entry: &crate::yaml::Entry| {
            Some((Text::from(&*document.key(entry)), Text::from(document.str(entry.value())?)))
        };
        selector.match_labels = Some(document.entries(labels).iter().map(pair).collect::<Option<_>>()?);
    }
    if let Some(expressions) = document.get(node, "matchExpressions") {
        let read = |item: &NodeId| {
            let values = document.get(*item, "values");
            let values =
                values.map(|values| document.items(values).iter().map(|value| Some(document.str(*value)?.into())));
            Some(LabelSelectorRequirement {
                key: document.get_str(*item, "key")?.into(),
                operator: document.get_str(*item, "operator")?.into(),
                values: match values {
                    Some(values) => Some(values.collect::<Option<_>>()?),
                    None => None,
                },
            })
        };
        selector.match_expressions = Some(document.items(expressions).iter().map(read).collect::<Option<_>>()?);
    }
    matches!(document.value(node), Value::Map(_)).then_some(selector)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn slips() {
        assert!(is_like("shopp", "shop") && is_like("collector", "colector") && is_like("wbe", "web"));
        for (a, b) in [
            ("shop-frontend-api", "shop-frontned-api"),
            ("shop-frontendapi", "shop-frontend-api"),
            ("shop_frontend", "shop-frontend"),
            ("my-wbe-1", "my-web-1"),
        ] {
            assert!(is_like(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("shop-frontend-api", "shop-frontend-web"),
            ("machine-config-server", "machine-config-operator"),
            ("x-ingress-gateway", "x-egress-gateway"),
            ("shop-internal", "shop-external"),
            ("queue-reader", "queue-leader"),
            ("shop-backend-v1", "shop-backend-v2"),
            ("shop-frontend", "shop-frontend-web"),
            ("collector-agent", "collector-gateway"),
            ("very-long-name-of-a-chart-db", "very-long-name-of-a-chart-mq"),
            ("shop-writer", "shop-reader"),
        ] {
            assert!(!is_like(a, b), "{a} {b}");
        }
        assert!(
            !is_like("web-1", "web-2")
                && !is_like("kafka", "kafka-ui")
                && !is_like("web", "api")
                && !is_like("web", "wed")
        );
    }
}
