//! Lists of shards: where the run's configuration and environment name the Pods of a StatefulSet one by one.

use std::ops::Range;

use rayon::prelude::*;

use super::config::ConfigFile;
use super::hosts::{PodNames, hashes, pod_names};
use super::names::{files_of, names_pods};
use super::text::addresses;
use crate::kube::{Index, Object, Typed, WORTH_THREADS};
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
        addresses(self.file.text()).into_iter().find(|address| address.host == *first)?.port
    }
}

/// All lists of the run that name more than one Pod, or that spread keys.
#[must_use]
pub fn lists<'run>(index: &Index<'run>) -> Vec<ShardList<'run>> {
    let mut found = Vec::new();
    // several rules ask, and most objects name no Pods
    let naming = index.memo().of(NAMING, 0, || naming(index));
    for (place, texts) in naming.iter() {
        let Some(object) = index.all().get(*place).copied() else { continue };
        let files = files_of(object, names_pods);
        for NamingText { number, is_hashed, lists } in texts {
            let Some(file) = files.get(*number) else { continue };
            let names = lists.iter().filter_map(|list| list.of_text(file.text()));
            found.extend(names.map(|names| ShardList { file: file.clone(), names, is_hashed: *is_hashed }));
        }
    }
    found
}

/// The key of what is kept for them in the memo; not a text of any file.
static NAMING: &str = "naming";

/// A text that names Pods.
struct NamingText {
    /// Which of its object's texts it is.
    number: usize,
    /// Whether keys are spread over them by a hash.
    is_hashed: bool,
    lists: Vec<NamesAt>,
}

/// What names Pods: objects by their places, each with its texts.
fn naming(index: &Index<'_>) -> Vec<(usize, Vec<NamingText>)> {
    let of_text = |(number, file): (usize, ConfigFile<'_>)| {
        let text = file.text();
        let lists: Vec<NamesAt> = pod_names(text).iter().map(|names| NamesAt::of(names, text)).collect();
        (!lists.is_empty()).then(|| NamingText { number, is_hashed: is_hashed(&file), lists })
    };
    let of_object =
        |object: &Object| files_of(object, names_pods).into_iter().enumerate().filter_map(of_text).collect::<Vec<_>>();
    let all = index
        .all()
        .par_iter()
        .with_min_len(WORTH_THREADS / 4)
        .enumerate()
        .map(|(place, object)| (place, of_object(object)));
    all.filter(|(_, texts)| !texts.is_empty()).collect()
}

/// Whether what reads a text spreads keys over the Pods that it names.
fn is_hashed(file: &ConfigFile<'_>) -> bool {
    if matches!(file.object.typed, Some(Typed::ConfigMap(_))) {
        return hashes(file);
    }
    // clients of memcached hash keys over the servers that they are given
    let name = file.name.to_ascii_uppercase();
    name.contains("SHARD") || name.contains("MEMCACHE")
}

/// [`PodNames`] by their places in the text, so that they can be kept beside it.
struct NamesAt {
    set: Range<usize>,
    service: Range<usize>,
    namespace: Option<Range<usize>>,
    pods: Vec<(u32, Range<usize>)>,
}

impl NamesAt {
    fn of(names: &PodNames<'_>, text: &str) -> Self {
        let place = |part: &str| {
            let at = part.as_ptr().addr() - text.as_ptr().addr();
            at..at + part.len()
        };
        Self {
            set: place(names.set),
            service: place(names.service),
            namespace: names.namespace.map(place),
            pods: names.pods.iter().map(|(ordinal, host)| (*ordinal, place(host))).collect(),
        }
    }

    fn of_text<'text>(&self, text: &'text str) -> Option<PodNames<'text>> {
        let part = |place: &Range<usize>| text.get(place.clone());
        Some(PodNames {
            set: part(&self.set)?,
            service: part(&self.service)?,
            namespace: self.namespace.as_ref().and_then(part),
            pods: self.pods.iter().filter_map(|(ordinal, host)| Some((*ordinal, part(host)?))).collect(),
        })
    }
}
