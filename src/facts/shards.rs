//! Lists of shards: where the run's configuration and environment name the Pods of a StatefulSet one by one.

use super::config::ConfigFile;
use super::hosts::{PodNames, is_hashing, pod_names};
use super::names::files_of;
use super::text::addresses;
use crate::kube::{Index, Object, Typed};
use crate::yaml::Span;

/// A list of Pods and the text that holds it.
#[derive(Clone, Debug)]
pub struct ShardList<'run> {
    /// The text: of a ConfigMap, or of a container's environment or arguments.
    pub file: ConfigFile<'run>,
    /// The Pods it names.
    pub names: PodNames<'run>,
    /// Whether keys are spread over them by a hash, so that every name counts.
    pub is_hashed: bool,
}

impl<'run> ShardList<'run> {
    /// Whether the list reaches what reads it as it is written.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.file.is_final()
    }

    /// The StatefulSet that it names, if the run holds it and its governing Service is the one named.
    #[must_use]
    pub fn stateful_set(&self, index: &Index<'run>) -> Option<&'run Object> {
        let set = index.find(self.file.object, "StatefulSet", self.names.set)?;
        let namespace = set.id.namespace.as_deref();
        let is_there = self.names.namespace.is_none_or(|named| namespace.is_none_or(|own| own == named));
        let service = set.document.at(set.node, &["spec", "serviceName"]).and_then(|node| set.document.str(node));
        (is_there && service == Some(self.names.service)).then_some(set)
    }

    /// The bytes of the manifest where a name of the list is written.
    #[must_use]
    pub fn span(&self, name: &str) -> Span {
        self.file.span_of_part(name)
    }

    /// The port that goes with the first name.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let (_, first) = self.names.pods.first()?;
        addresses(self.file.text).into_iter().find(|address| address.host == *first)?.port
    }
}

/// All lists of the run that name more than one Pod, or that spread keys.
#[must_use]
pub fn lists<'run>(index: &Index<'run>) -> Vec<ShardList<'run>> {
    let mut found = Vec::new();
    // several rules ask, and most objects name no Pods
    let naming = index.memo().of(NAMING, HASHING, || places(index));
    let objects = naming.iter().filter_map(|place| index.all().get(*place).copied());
    for file in objects.flat_map(files_of) {
        let is_config = matches!(file.object.typed, Some(Typed::ConfigMap(_)));
        // Clients of memcached hash keys over the servers that they are given.
        let is_hashed = |text: &'run str| {
            let name = file.name.to_ascii_uppercase();
            if is_config {
                *index.memo().of(text, HASHING, || is_hashing(text))
            } else {
                name.contains("SHARD") || name.contains("MEMCACHE")
            }
        };
        add(&file, is_hashed, &mut found);
    }
    found
}

/// The places of the objects with a text that names Pods.
fn places(index: &Index<'_>) -> Vec<usize> {
    let names_pods = |object: &Object| files_of(object).iter().any(|file| !pod_names(file.text).is_empty());
    index.all().iter().enumerate().filter(|(_, object)| names_pods(object)).map(|(place, _)| place).collect()
}

/// The key of that result in the memo; not a text of any file.
static NAMING: &str = "naming";

/// The question to [`crate::kube::Memo`] beside those of formats.
const HASHING: u8 = u8::MAX;

fn add<'run>(file: &ConfigFile<'run>, is_hashed: impl Fn(&'run str) -> bool, found: &mut Vec<ShardList<'run>>) {
    let names = pod_names(file.text);
    if names.is_empty() {
        return;
    }
    let is_hashed = is_hashed(file.text);
    found.extend(names.into_iter().map(|names| ShardList { file: file.clone(), names, is_hashed }));
}
