//! What a kustomization changes in the objects that it builds from, field by field
//! (kubectl.docs.kubernetes.io, "kustomization"). Where that cannot be told, it counts as changing everything.

mod configurations;
mod patches;
mod reader;
mod transformers;
mod vars;

use std::collections::BTreeSet;
use std::path::Path;

use regex_lite::Regex;

use crate::kube::Object;
use crate::kube::changes::{Field, field};
use crate::kube::hash::FastSet;
use crate::yaml::{Document, NodeId, Value};
use reader::Reader;

/// A kustomization or patch that changes more fields counts as changing everything.
pub(super) const MOST: usize = 512;

/// So deep in a patch fields are told apart.
const DEEPEST: usize = 32;

/// Selectors to which kustomize adds the labels that it gives to what they select, and those in the templates of Pods
/// (`api/internal/konfig/builtinpluginconsts/commonlabels.go`).
const SELECTORS: [&str; 3] = ["spec.selector", "spec.podSelector", "spec.jobTemplate.spec.selector"];
const SELECTORS_WITHIN: [&str; 9] = [
    "spec.ingress.from.podSelector",
    "spec.egress.to.podSelector",
    "spec.template.spec.affinity.podAffinity.labelSelector",
    "spec.template.spec.affinity.podAntiAffinity.labelSelector",
    "spec.template.spec.topologySpreadConstraints.labelSelector",
    "spec.jobTemplate.spec.template.spec.affinity.podAffinity.labelSelector",
    "spec.jobTemplate.spec.template.spec.affinity.podAntiAffinity.labelSelector",
    "spec.jobTemplate.spec.template.spec.topologySpreadConstraints.labelSelector",
    "spec.jobTemplate.spec.template.spec.selector",
];
const TEMPLATES: [&str; 4] =
    ["spec.template", "spec.jobTemplate", "spec.jobTemplate.spec.template", "spec.volumeClaimTemplates"];

/// Where objects name a namespace.
const NAMESPACES: [&str; 4] = ["subjects.namespace", "webhooks.clientConfig", "spec.conversion", "spec.service"];

/// One field that is changed in some objects.
#[derive(Debug)]
pub(super) struct Change {
    kinds: Names,
    names: Names,
    what: What,
}

/// Which names are meant.
#[derive(Clone, Debug)]
enum Names {
    Any,
    One(String),
    Like(Regex),
}

#[derive(Clone, Debug)]
enum What {
    Field(Vec<Segment>),
    /// The same in objects that have what it is in.
    FieldIfThere(Vec<Segment>),
    /// The namespace, where it is another one.
    Namespace(String),
    /// A label, where it says something else.
    Label(Label),
    /// The images of this name: as a whole, or only their tags and digests.
    Image {
        name: String,
        part: &'static str,
    },
    /// The texts that hold one of these variables.
    Variables(Vec<String>),
}

/// A label that is given to objects or to the Pods that they make, or added to what selects these.
#[derive(Clone, Debug)]
struct Label {
    /// The labels or the selector.
    map: Vec<&'static str>,
    key: String,
    /// What it says; nothing where that is no text.
    value: Option<String>,
}

#[derive(Clone, Debug)]
enum Segment {
    Key(Box<str>),
    /// Into a container of this name, or a new one.
    Container(Box<str>),
}

/// What the document of a kustomization changes; its folder is for the files that it names.
pub(super) fn read(document: &Document, folder: &Path) -> Vec<Change> {
    let reader = Reader { document, root: document.root(), folder };
    let mut found = Vec::new();
    reader.simple(&mut found);
    reader.labels(&mut found);
    reader.patches(&mut found);
    reader.replacements(&mut found);
    reader.configurations(&mut found);
    reader.transformers(&mut found);
    if found.len() > MOST { vec![Change::everything()] } else { found }
}

/// What the specification of a Kustomization of Flux changes: it has fields of kustomize, and one with another name.
pub(super) fn of_flux(document: &Document, spec: NodeId, folder: &Path) -> Vec<Change> {
    let reader = Reader { document, root: spec, folder };
    let mut found = Vec::new();
    reader.simple(&mut found);
    reader.namespace("targetNamespace", &mut found);
    reader.patches(&mut found);
    if found.len() > MOST || document.get(spec, "components").is_some() { vec![Change::everything()] } else { found }
}

/// The variables that a kustomization declares: `$(NAME)` in texts becomes what they refer to.
pub(super) fn variables(document: &Document) -> impl Iterator<Item = String> + '_ {
    let items = document.get(document.root(), "vars").map_or(&[][..], |list| document.items(list));
    items.iter().filter_map(|item| document.get_str(*item, "name")).map(str::to_owned)
}

impl Change {
    fn everything() -> Self {
        Self { kinds: Names::Any, names: Names::Any, what: What::Field(Vec::new()) }
    }

    fn of_all(path: &str) -> Self {
        let what = What::FieldIfThere(path.split('.').map(Segment::key).collect());
        Self { kinds: Names::Any, names: Names::Any, what }
    }

    fn of(kinds: Names, names: Names, path: &str) -> Self {
        Self { kinds, names, what: What::Field(path.split('.').map(Segment::key).collect()) }
    }

    /// The namespace of all objects, and where they name it.
    fn of_namespace(name: &str) -> impl Iterator<Item = Self> {
        let own = Self { kinds: Names::Any, names: Names::Any, what: What::Namespace(name.to_owned()) };
        std::iter::once(own).chain(NAMESPACES.into_iter().map(Self::of_all))
    }

    /// The fields of an object that are changed. Where kustomizations rename things, a name may mean one that ends or
    /// begins otherwise.
    /// `selected` are the keys that selectors of the run name.
    pub(super) fn fields(&self, object: &Object, is_renamed: bool, selected: &FastSet<String>) -> Vec<Field> {
        if !self.kinds.fit(&object.id.kind, false) || !self.names.fit(&object.id.name, is_renamed) {
            return Vec::new();
        }
        match &self.what {
            What::Field(steps) => vec![field(keys(steps, object))],
            What::FieldIfThere(steps) => {
                let keys = keys(steps, object);
                let depth = if keys.first() == Some(&"spec") { 2 } else { 1 };
                let above = keys.get(..depth).unwrap_or(&keys);
                let is_there = above == ["metadata"] || object.document.at(object.node, above).is_some();
                let is_within = || keys.contains(&"labelSelector");
                let may_be_there = is_there && (!is_within() || is_on_the_way(object, &keys));
                if may_be_there { vec![field(keys)] } else { Vec::new() }
            }
            What::Namespace(name) if object.id.namespace.as_deref() == Some(name.as_str()) => Vec::new(),
            What::Namespace(_) => vec![field(["metadata", "namespace"])],
            What::Label(label) => label.field(object, selected).into_iter().collect(),
            What::Image { name, part } => object
                .pods()
                .filter(|pod| pod.containers().any(|view| is_image(view.container.image.as_deref(), name)))
                .map(|pod| pod.field_path(&["spec", "containers", "image", part]))
                .collect(),
            What::Variables(names) => vars::fields(object, names),
        }
    }

    /// What variables of these names change in objects.
    pub(super) fn by_variables<'a>(names: impl Iterator<Item = &'a String>) -> Option<Self> {
        let mut distinct = BTreeSet::new();
        for name in names {
            distinct.insert(name);
            if distinct.len() > MOST {
                return Some(Self::everything());
            }
        }
        if distinct.is_empty() {
            return None;
        }
        let what = What::Variables(distinct.into_iter().cloned().collect());
        Some(Self { kinds: Names::Any, names: Names::Any, what })
    }

    /// Whether it makes an object one of another kind.
    pub(super) fn replaces_kind(&self) -> bool {
        matches!(&self.what, What::Field(steps) if matches!(steps.as_slice(), [Segment::Key(key)] if **key == *"kind"))
    }

    /// Whether it is for an object.
    pub(super) fn is_for(&self, object: &Object) -> bool {
        self.kinds.fit(&object.id.kind, false) && self.names.fit(&object.id.name, false)
    }

    /// Whether it gives labels.
    pub(super) fn labels(&self) -> bool {
        matches!(self.what, What::Label(_))
    }

    /// Whether it gives objects other names.
    pub(super) fn renames(&self) -> bool {
        let (What::Field(steps) | What::FieldIfThere(steps)) = &self.what else { return false };
        let begins = |at: usize, key: &str| matches!(steps.get(at), Some(Segment::Key(is)) if **is == *key);
        steps.is_empty() || begins(0, "metadata") && (steps.len() == 1 || begins(1, "name"))
    }
}

impl Label {
    /// Where it changes an object.
    fn field(&self, object: &Object, selected: &FastSet<String>) -> Option<Field> {
        let document = &object.document;
        let depth = if self.map[0] == "spec" { 2 } else { 0 };
        document.at(object.node, self.map.get(..depth)?)?;
        let is_of_labels = self.map.last() == Some(&"labels");
        let is_plain = is_of_labels || matches!(object.id.kind.as_str(), "Service" | "ReplicationController");
        let within = if is_plain { None } else { Some("matchLabels") };
        let map: Vec<&str> = self.map.iter().copied().chain(within).collect();
        let written = document.at(object.node, &map);
        // only workloads get a selector's labels where there are none
        if written.is_none() && !is_plain && object.pods().next().is_none() {
            return None;
        }
        let says = written.and_then(|map| document.get(map, &self.key)).map(|node| document.str(node));
        if says.is_some() && says == Some(self.value.as_deref()) {
            return None;
        }
        // a selector that has it already may find Pods only with it
        if is_of_labels && self.map.len() > 2 && says.is_none() && selected.contains(&self.key) {
            return Some(field(map));
        }
        Some(field(map.into_iter().chain([self.key.as_str()])))
    }
}

/// Whether an object has the maps on the way to a field, up to the first list.
fn is_on_the_way(object: &Object, keys: &[&str]) -> bool {
    let mut at = object.node;
    for key in keys.iter().take(keys.len().saturating_sub(1)) {
        match object.document.value(at) {
            Value::Map(_) => match object.document.get(at, key) {
                Some(next) => at = next,
                None => return false,
            },
            _ => return true,
        }
    }
    true
}

/// The keys that what selects Pods names: those of Services, policies and budgets.
pub(super) fn selected_keys<'a>(objects: impl Iterator<Item = &'a Object>) -> FastSet<String> {
    let mut keys = FastSet::default();
    for object in objects.filter(|object| object.pods().next().is_none()) {
        let document = &object.document;
        for path in SELECTORS.map(|path| path.split('.').collect::<Vec<_>>()) {
            let Some(map) = document.at(object.node, &path) else { continue };
            let in_map = document.get(map, "matchLabels");
            let entries = [Some(map), in_map].into_iter().flatten().flat_map(|map| document.entries(map));
            keys.extend(entries.map(|entry| document.key(entry).into_owned()));
        }
    }
    keys
}

/// The keys on the way to a field, up to a list that gets a new item.
fn keys<'a>(steps: &'a [Segment], object: &Object) -> Vec<&'a str> {
    let has = |name: &str| {
        let names = object.pods().flat_map(|pod| pod.containers().map(|view| view.container.name.as_str()));
        object.typed.is_some() && names.into_iter().any(|one| one == name)
    };
    let mut keys = Vec::new();
    for step in steps {
        match step {
            Segment::Key(key) => keys.push(&**key),
            Segment::Container(name) if has(name) => {}
            Segment::Container(_) => break,
        }
    }
    keys
}

/// Whether an image is of that name, whatever its tag (`api/internal/image` in `sigs.k8s.io/kustomize`).
fn is_image(image: Option<&str>, name: &str) -> bool {
    let rest = image.and_then(|image| image.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
}

impl Segment {
    fn key(key: &str) -> Self {
        Self::Key(key.into())
    }
}

impl Names {
    /// Names of selectors are regular expressions that fit as a whole.
    fn selected(text: Option<&str>) -> Self {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match text.filter(|text| !text.is_empty()) {
            None => Self::Any,
            Some(text) if is_plain(text) => Self::One(text.to_owned()),
            Some(text) => Regex::new(&format!("^(?:{text})$")).map_or(Self::Any, Self::Like),
        }
    }

    fn one(text: Option<&str>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::Any, |text| Self::One(text.to_owned()))
    }

    fn fit(&self, name: &str, is_renamed: bool) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => one == name || is_renamed && one.contains(name),
            Self::Like(regex) => is_renamed || regex.is_match(name),
        }
    }
}
