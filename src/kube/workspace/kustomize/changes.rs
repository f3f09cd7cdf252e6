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
use crate::yaml::Document;
use reader::Reader;

/// A kustomization or patch that changes more fields counts as changing everything.
pub(super) const MOST: usize = 512;

/// So deep in a patch fields are told apart.
const DEEPEST: usize = 32;

/// Where kustomize puts labels that selectors are to have as well, and those for templates alone
/// (`api/internal/konfig/builtinpluginconsts/commonlabels.go`).
const SELECTORS: [&str; 12] = [
    "spec.selector",
    "spec.podSelector",
    "spec.ingress.from.podSelector",
    "spec.egress.to.podSelector",
    "spec.jobTemplate.spec.selector",
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

/// Where a namespace is written: the object's own, and where objects name one.
const NAMESPACES: [&str; 5] =
    ["metadata.namespace", "subjects.namespace", "webhooks.clientConfig", "spec.conversion", "spec.service"];

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
    /// The images of this name: as a whole, or only their tags and digests.
    Image {
        name: String,
        part: &'static str,
    },
    /// The texts that hold one of these variables.
    Variables(Vec<String>),
}

#[derive(Clone, Debug)]
enum Segment {
    Key(Box<str>),
    /// Into a container of this name, or a new one.
    Container(Box<str>),
}

/// What the document of a kustomization changes; its folder is for the files that it names.
pub(super) fn read(document: &Document, folder: &Path) -> Vec<Change> {
    let reader = Reader { document, folder };
    let mut found = Vec::new();
    reader.simple(&mut found);
    reader.labels(&mut found);
    reader.patches(&mut found);
    reader.replacements(&mut found);
    reader.configurations(&mut found);
    reader.transformers(&mut found);
    if found.len() > MOST { vec![Change::everything()] } else { found }
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

    /// The fields of an object that are changed. Where kustomizations rename things, a name may mean one that ends or
    /// begins otherwise.
    pub(super) fn fields(&self, object: &Object, is_renamed: bool) -> Vec<Field> {
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
                if is_there { vec![field(keys)] } else { Vec::new() }
            }
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

    /// Whether it gives objects other names.
    pub(super) fn renames(&self) -> bool {
        let (What::Field(steps) | What::FieldIfThere(steps)) = &self.what else { return false };
        let begins = |at: usize, key: &str| matches!(steps.get(at), Some(Segment::Key(is)) if **is == *key);
        steps.is_empty() || begins(0, "metadata") && (steps.len() == 1 || begins(1, "name"))
    }
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
