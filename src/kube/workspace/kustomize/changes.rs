//! What a kustomization changes in the objects that it builds from, field by field
//! (kubectl.docs.kubernetes.io, "kustomization"). Where that cannot be told, it counts as changing everything.

use std::path::Path;
use std::sync::Arc;

use regex_lite::Regex;

use crate::files;
use crate::kube::Object;
use crate::kube::changes::{Field, field};
use crate::limits;
use crate::yaml::{self, Document, NodeId, Part, Source, Value};

/// A kustomization or patch that changes more fields counts as changing everything.
const MOST: usize = 512;

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

/// Fields that other programs may read anything from, or that change what others of a kustomization change.
const OPEN: [&str; 5] = ["transformers", "configurations", "vars", "helmCharts", "helmChartInflationGenerator"];

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
    Field(Vec<Step>),
    /// The same in objects that have what it is in.
    FieldIfThere(Vec<Step>),
    /// The images of this name: as a whole, or only their tags and digests.
    Image {
        name: String,
        part: &'static str,
    },
}

#[derive(Clone, Debug)]
enum Step {
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
    if found.len() > MOST { vec![Change::everything()] } else { found }
}

impl Change {
    fn everything() -> Self {
        Self { kinds: Names::Any, names: Names::Any, what: What::Field(Vec::new()) }
    }

    fn of_all(path: &str) -> Self {
        let what = What::FieldIfThere(path.split('.').map(Step::key).collect());
        Self { kinds: Names::Any, names: Names::Any, what }
    }

    fn of(kinds: Names, names: Names, path: &str) -> Self {
        Self { kinds, names, what: What::Field(path.split('.').map(Step::key).collect()) }
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
        }
    }

    /// Whether it gives objects other names.
    pub(super) fn renames(&self) -> bool {
        let (What::Field(steps) | What::FieldIfThere(steps)) = &self.what else { return false };
        let begins = |at: usize, key: &str| matches!(steps.get(at), Some(Step::Key(is)) if **is == *key);
        steps.is_empty() || begins(0, "metadata") && (steps.len() == 1 || begins(1, "name"))
    }
}

/// The keys on the way to a field, up to a list that gets a new item.
fn keys<'a>(steps: &'a [Step], object: &Object) -> Vec<&'a str> {
    let has = |name: &str| {
        let names = object.pods().flat_map(|pod| pod.containers().map(|view| view.container.name.as_str()));
        object.typed.is_some() && names.into_iter().any(|one| one == name)
    };
    let mut keys = Vec::new();
    for step in steps {
        match step {
            Step::Key(key) => keys.push(&**key),
            Step::Container(name) if has(name) => {}
            Step::Container(_) => break,
        }
    }
    keys
}

/// Whether an image is of that name, whatever its tag (`api/internal/image` in `sigs.k8s.io/kustomize`).
fn is_image(image: Option<&str>, name: &str) -> bool {
    let rest = image.and_then(|image| image.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
}

impl Step {
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

/// A document that is a kustomization, or a file that one names.
struct Reader<'a> {
    document: &'a Document,
    folder: &'a Path,
}

impl Reader<'_> {
    fn items(&self, at: NodeId, field: &str) -> &[NodeId] {
        self.document.get(at, field).map_or(&[][..], |list| self.document.items(list))
    }

    fn of_root(&self, field: &str) -> &[NodeId] {
        self.items(self.document.root(), field)
    }

    fn has(&self, field: &str) -> bool {
        self.document.get(self.document.root(), field).is_some()
    }

    fn simple(&self, found: &mut Vec<Change>) {
        if OPEN.iter().any(|field| self.has(field)) {
            found.push(Change::everything());
        }
        if self.has("namePrefix") || self.has("nameSuffix") {
            found.push(Change::of_all("metadata.name"));
        }
        if self.has("namespace") {
            // and where objects name it
            let all = [
                "metadata.namespace",
                "subjects.namespace",
                "webhooks.clientConfig",
                "spec.conversion",
                "spec.service",
            ];
            found.extend(all.into_iter().map(Change::of_all));
            found.push(Change::of(Names::one(Some("Namespace")), Names::Any, "metadata.name"));
        }
        let text = |item: &NodeId, field: &str| self.document.get_str(*item, field);
        for item in self.of_root("replicas") {
            let kinds = Regex::new("^(Deployment|ReplicationController|ReplicaSet|StatefulSet)$");
            let kinds = kinds.map_or(Names::Any, Names::Like);
            found.push(Change::of(kinds, Names::one(text(item, "name")), "spec.replicas"));
        }
        for item in self.of_root("images") {
            let Some(name) = text(item, "name") else { continue };
            let parts = [("newName", "name"), ("newTag", "tag"), ("digest", "tag"), ("tagSuffix", "tag")];
            for (_, part) in parts.into_iter().filter(|(field, _)| self.document.get(*item, field).is_some()) {
                let what = What::Image { name: name.to_owned(), part };
                found.push(Change { kinds: Names::Any, names: Names::Any, what });
            }
        }
        for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            let extends = |item: &&NodeId| matches!(text(item, "behavior"), Some("merge" | "replace"));
            for item in self.of_root(field).iter().filter(extends) {
                for data in ["data", "binaryData", "stringData"] {
                    found.push(Change::of(Names::one(Some(kind)), Names::one(text(item, "name")), data));
                }
            }
        }
    }

    fn labels(&self, found: &mut Vec<Change>) {
        let root = self.document.root();
        let mut add = |map: Option<NodeId>, kind: &str, places: &[&str]| {
            for entry in map.map_or(&[][..], |map| self.document.entries(map)) {
                let key = self.document.key(entry);
                let place = |above: &str| {
                    let above = above.split('.').filter(|key| !key.is_empty()).chain(["metadata", kind, &key]);
                    What::FieldIfThere(above.map(Step::key).collect())
                };
                let all = places.iter().copied().chain([""]).map(place);
                found.extend(all.map(|what| Change { kinds: Names::Any, names: Names::Any, what }));
            }
        };
        add(self.document.get(root, "commonAnnotations"), "annotations", &TEMPLATES);
        let common = self.document.get(root, "commonLabels");
        add(common, "labels", &TEMPLATES);
        let is_set = |item: &NodeId, field: &str| {
            self.document.get(*item, field).is_some_and(|node| self.document.value(node) == Value::Bool(true))
        };
        let mut selects = common.is_some();
        for item in self.of_root("labels") {
            let in_selectors = is_set(item, "includeSelectors");
            let in_templates = in_selectors || is_set(item, "includeTemplates");
            selects |= in_selectors;
            add(self.document.get(*item, "pairs"), "labels", if in_templates { &TEMPLATES } else { &[] });
            if self.document.get(*item, "fields").is_some() {
                selects = true;
                add(self.document.get(*item, "pairs"), "labels", &TEMPLATES);
            }
        }
        if selects {
            found.extend(SELECTORS.into_iter().map(Change::of_all));
        }
    }

    fn patches(&self, found: &mut Vec<Change>) {
        for item in self.of_root("patches").iter().chain(self.of_root("patchesJson6902")) {
            let target = self.document.get(*item, "target").map(|target| self.target(target));
            // that is permission to change what an object is
            let is_open = self.document.get(*item, "options").is_some();
            let inline = self.document.get_str(*item, "patch");
            let path = self.document.get_str(*item, "path").or_else(|| self.document.str(*item));
            self.patch(inline, path, target.as_ref(), is_open, found);
        }
        for item in self.of_root("patchesStrategicMerge") {
            let text = self.document.str(*item);
            let inline = text.filter(|text| text.contains('\n') || text.trim_start().starts_with('{'));
            self.patch(inline, text, None, false, found);
        }
    }

    fn target(&self, node: NodeId) -> (Names, Names) {
        let text = |field: &str| Names::selected(self.document.get_str(node, field));
        (text("kind"), text("name"))
    }

    fn patch(
        &self,
        inline: Option<&str>,
        path: Option<&str>,
        target: Option<&(Names, Names)>,
        is_open: bool,
        found: &mut Vec<Change>,
    ) {
        let (kinds, names) = target.cloned().unwrap_or((Names::Any, Names::Any));
        let everything = || Change { kinds: kinds.clone(), names: names.clone(), what: What::Field(Vec::new()) };
        let source = match (inline, path) {
            _ if is_open => None,
            (Some(text), _) => Some(Source::from_text("patch".to_owned(), text.to_owned())),
            (None, Some(path)) => self.file(path),
            (None, None) => return,
        };
        let Some(source) = source else {
            found.push(everything());
            return;
        };
        for part in yaml::read(&Arc::new(source)) {
            let Part::Document(document) = part else {
                found.push(everything());
                continue;
            };
            let root = document.root();
            let (kinds, names) = match target {
                Some(target) => target.clone(),
                None => {
                    let name = document.at(root, &["metadata", "name"]).and_then(|name| document.str(name));
                    (Names::one(document.get_str(root, "kind")), Names::one(name))
                }
            };
            let paths = match document.value(root) {
                Value::List(operations) => operations_on(&document, operations),
                Value::Map(_) => merged(&document),
                _ => continue,
            };
            let change = |steps| Change { kinds: kinds.clone(), names: names.clone(), what: What::Field(steps) };
            found.extend(paths.into_iter().map(change));
        }
    }

    fn file(&self, path: &str) -> Option<Source> {
        let bytes = files::read_regular(&self.folder.join(path), limits::BESIDE).ok()?;
        Source::decode(path, bytes).ok()
    }

    fn replacements(&self, found: &mut Vec<Change>) {
        for item in self.of_root("replacements") {
            let Some(path) = self.document.get_str(*item, "path") else {
                self.replacement(*item, found);
                continue;
            };
            let Some(source) = self.file(path) else {
                found.push(Change::everything());
                continue;
            };
            for part in yaml::read(&Arc::new(source)) {
                let Part::Document(document) = part else {
                    found.push(Change::everything());
                    continue;
                };
                let reader = Reader { document: &document, folder: self.folder };
                let root = [document.root()];
                let items = document.items(document.root());
                for item in if items.is_empty() { &root } else { items } {
                    reader.replacement(*item, found);
                }
            }
        }
    }

    fn replacement(&self, item: NodeId, found: &mut Vec<Change>) {
        for target in self.items(item, "targets") {
            let select = self.document.get(*target, "select");
            let (kinds, names) = select.map_or((Names::Any, Names::Any), |select| self.target(select));
            let paths: Vec<_> = self.items(*target, "fieldPaths").iter().map(|path| self.document.str(*path)).collect();
            for path in if paths.is_empty() { vec![Some("metadata.name")] } else { paths } {
                let steps = path.map(steps_of_replacement).unwrap_or_default();
                found.push(Change { kinds: kinds.clone(), names: names.clone(), what: What::Field(steps) });
            }
        }
    }
}

/// The fields of `spec.template.spec.containers.[name=app].env.*.value`; a dot in a key is written `\.`.
fn steps_of_replacement(path: &str) -> Vec<Step> {
    let mut keys = vec![String::new()];
    let (mut letters, mut depth) = (path.chars(), 0_usize);
    while let Some(letter) = letters.next() {
        match letter {
            '.' if depth == 0 => keys.push(String::new()),
            '\\' => keys.last_mut().into_iter().for_each(|key| key.extend(letters.next())),
            _ => {
                depth = match letter {
                    '[' => depth + 1,
                    ']' => depth.saturating_sub(1),
                    _ => depth,
                };
                keys.last_mut().into_iter().for_each(|key| key.push(letter));
            }
        }
    }
    let is_item = |key: &str| key == "*" || key == "-" || key.bytes().all(|byte| byte.is_ascii_digit());
    keys.iter().filter(|key| !is_item(key) && !key.starts_with('[')).map(|key| Step::key(key)).collect()
}

/// The fields of JSON 6902 operations.
fn operations_on(document: &Document, operations: &[NodeId]) -> Vec<Vec<Step>> {
    if operations.len() > MOST {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for operation in operations.iter().filter(|operation| document.get_str(**operation, "op") != Some("test")) {
        let paths = ["path", "from"].map(|field| document.get(*operation, field));
        if paths[0].is_none() {
            found.push(Vec::new());
        }
        found.extend(paths.into_iter().flatten().map(|path| {
            let path = document.str(path).unwrap_or_default();
            let keys = path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
            let keys = keys.filter(|key| key != "-" && !key.bytes().all(|byte| byte.is_ascii_digit()));
            keys.map(|key| Step::Key(key.into())).collect()
        }));
    }
    found
}

/// The fields of a strategic merge patch.
fn merged(document: &Document) -> Vec<Vec<Step>> {
    let mut walk = Walk { document, found: Vec::new(), way: Vec::new(), visits: 0 };
    walk.map(document.root());
    let Walk { found, visits, .. } = walk;
    if visits > MOST * 8 || found.len() > MOST { vec![Vec::new()] } else { found }
}

struct Walk<'a> {
    document: &'a Document,
    found: Vec<Vec<Step>>,
    way: Vec<Step>,
    visits: usize,
}

impl Walk<'_> {
    fn end(&mut self) {
        self.found.push(self.way.clone());
    }

    fn map(&mut self, map: NodeId) {
        for entry in self.document.entries(map) {
            self.visits += 1;
            if self.visits > MOST * 8 {
                return;
            }
            let key = self.document.key(entry);
            if key.starts_with('$') {
                // `$patch: replace` and the like
                self.end();
                continue;
            }
            let says_which = match self.way.as_slice() {
                [] => matches!(&*key, "apiVersion" | "kind"),
                [Step::Key(above)] => **above == *"metadata" && matches!(&*key, "name" | "namespace"),
                _ => false,
            };
            if says_which {
                continue;
            }
            self.way.push(Step::key(&key));
            match self.document.value(entry.value) {
                Value::Map(entries) if !entries.is_empty() && self.way.len() < DEEPEST => self.map(entry.value),
                Value::List(items) if matches!(&*key, "containers" | "initContainers") => self.containers(items),
                _ => self.end(),
            }
            self.way.pop();
        }
    }

    /// The server knows containers by their names (`patchMergeKey` in k8s.io/api).
    fn containers(&mut self, items: &[NodeId]) {
        for item in items {
            let name = self.document.get_str(*item, "name");
            let Some(name) = name.filter(|_| self.document.get(*item, "$patch").is_none()) else {
                self.end();
                continue;
            };
            self.way.push(Step::Container(name.into()));
            let before = self.found.len();
            for entry in self.document.entries(*item).iter().filter(|entry| self.document.key(entry) != "name") {
                self.visits += 1;
                self.way.push(Step::key(&self.document.key(entry)));
                self.end();
                self.way.pop();
            }
            if self.found.len() == before {
                self.end();
            }
            self.way.pop();
        }
        if items.is_empty() {
            self.end();
        }
    }
}
