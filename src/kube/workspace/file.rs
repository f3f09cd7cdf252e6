//! One file of a run: its documents and their objects.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;
use rayon::prelude::*;

use super::foreign::{begins_with_other_keys, is_assertion, is_configuration};
use super::helm;
use super::incomplete::{self, Incomplete};
use super::rendered::Rendered;
use super::walk::Input;
use crate::files;
use crate::kube::hash::FastSet;
use crate::kube::threads::WORTH_THREADS;
use crate::kube::{Object, Problem, ProblemKind};
use crate::limits;
use crate::text::Text;
use crate::words;
use crate::yaml::{self, Document, NodeId, Part, Refusal, Source, Value};

/// A file that was read.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct File {
    /// Its text.
    pub source: Arc<Source>,
    /// Where it is, without links and dots; none for standard input.
    pub path: Option<PathBuf>,
    /// Whether findings in it are wanted.
    pub reported: bool,
    /// Whether kustomize makes it: its text is not on disk.
    pub is_generated: bool,
    /// Whether kustomize reads it, as a resource or as a patch, and kubectl only what kustomize makes of it.
    pub is_kustomized: bool,
    /// Where its lines come from, if Helm or kustomize has rendered it.
    pub rendered: Option<Arc<Rendered>>,
    /// The documents that YAML's rules allow, in order.
    pub documents: Vec<Arc<Document>>,
    /// Where kubectl gives up. Empty for a file that says nothing of Kubernetes.
    pub refusals: Vec<Refusal>,
    /// Whether there are holes in it that make it unreadable until a program fills them in.
    pub has_holes: bool,
    /// The Kubernetes objects of the documents, items of lists included, in order.
    pub objects: Vec<Object>,
    /// The maps in the place of objects that lack what says of which kind they are.
    pub incomplete: Vec<Incomplete>,
    /// Whether a kustomization brings its objects together: it holds objects and nothing else.
    pub is_resource: bool,
}

impl File {
    pub(super) fn open(input: &Input) -> io::Result<Self> {
        let bytes = match &input.path {
            Some(path) if input.explicit => files::read(path, limits::INPUT)?,
            Some(path) => files::read_regular_if_seen(path, limits::INPUT, input.is_seen)?,
            None => files::read_stdin(limits::INPUT)?,
        };
        let source = Arc::new(Source::decode(input.name.clone(), bytes).map_err(io::Error::other)?);
        let mut file = Self::read(&source);
        file.path.clone_from(&input.identity);
        file.reported = input.reported;
        file.place_objects();
        file.leave_to_others(input.explicit);
        Ok(file)
    }

    /// A text that is in no folder, such as one that an editor holds without a file.
    #[must_use]
    pub fn apart(source: &Arc<Source>, path: Option<PathBuf>) -> Self {
        let mut file = Self { path, ..Self::read(source) };
        file.place_objects();
        file.leave_to_others(false);
        file
    }

    /// Tells the objects where they lie: a file has one folder, and many names.
    fn place_objects(&mut self) {
        let Some(folder) = self.path.as_deref().and_then(Path::parent) else { return };
        let folder = Text::from(&*folder.to_string_lossy());
        self.objects.iter_mut().for_each(|object| object.folder = Some(folder.clone()));
    }

    /// Whether it is a template, which is not what is applied before Helm or ytt have rendered it.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.path.as_deref().is_some_and(helm::is_chart_template)
            || helm::is_template(self)
            || helm::hidden(self).is_some()
    }

    /// Whether the whole file is encrypted: it is right where it is applied, and nothing of it can be read here.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        ENCRYPTED.iter().any(|start| self.source.text.starts_with(start))
    }

    /// Drops refusals in what may be another program's file.
    fn leave_to_others(&mut self, is_named: bool) {
        if self.refusals.is_empty() && !self.has_holes {
            return;
        }
        let is_json = self.path.as_ref().is_some_and(|path| path.extension().is_some_and(|end| end == "json"));
        // Folders hold YAML and JSON of many programs; only what kubectl would be given is its to refuse.
        // What holds a NUL is not YAML: it is damaged, or encoded in a way that no reader knows.
        let is_damaged = !is_json && memchr::memchr(0, self.source.text.as_bytes()).is_some();
        // a message in parts, as cloud-init reads it, may hold an object in one of them
        let is_message = self.source.text.starts_with("MIME-Version:");
        let is_ours =
            !is_message && (mentions_kubernetes(&self.source.text) || begins_a_description(&self.source.text));
        if (is_json || !is_named) && !is_ours && !is_damaged {
            self.refusals.clear();
            self.has_holes = false;
        }
    }

    /// Reads another text of the same file.
    pub(super) fn reread(&mut self, source: &Arc<Source>) {
        let Self { path, reported, rendered, .. } = std::mem::replace(self, Self::read(source));
        self.path = path;
        self.reported = reported;
        self.rendered = rendered;
        self.place_objects();
    }

    /// The files that findings in it are in, as messages call them: its own name, or those that it is rendered from.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match &self.rendered {
            Some(rendered) => rendered.files().map(|file| file.source.name.as_str()).collect(),
            None => vec![&self.source.name],
        }
    }

    /// Whether it holds a description for `gen`: a document with `patterns` and a version, which is not an object.
    #[must_use]
    pub fn is_description(&self) -> bool {
        self.documents.iter().any(|document| {
            let root = document.root();
            let version = document.get_str(root, "patterns");
            version.is_some_and(|version| version.starts_with(['v', 'V'])) && document.get(root, "kind").is_none()
        })
    }

    /// Reads a text: all its documents, all their objects.
    #[must_use]
    pub fn read(source: &Arc<Source>) -> Self {
        let mut file = Self {
            source: Arc::clone(source),
            path: None,
            reported: true,
            is_generated: false,
            is_kustomized: false,
            rendered: None,
            documents: Vec::new(),
            refusals: Vec::new(),
            has_holes: false,
            objects: Vec::new(),
            incomplete: Vec::new(),
            is_resource: false,
        };
        if file.is_encrypted() {
            return file;
        }
        let is_template = words::names_a_template(&source.name);
        let parts = yaml::read(source);
        file.documents.reserve_exact(parts.len());
        for part in parts {
            match part {
                Part::Document(document) => {
                    file.documents.push(Arc::new(document));
                }
                Part::Refused(refusal) if is_template || is_of_a_hole(source, &refusal) => file.has_holes = true,
                Part::Refused(refusal) => file.refusals.push(refusal),
            }
        }
        file.decode();
        file
    }

    /// Finds the objects of the documents.
    fn decode(&mut self) {
        let objects = |document: &Arc<Document>| {
            let mut objects = Vec::new();
            add_objects(document, &mut objects);
            objects
        };
        self.objects = if self.documents.len() < WORTH_THREADS {
            self.documents.iter().flat_map(objects).collect()
        } else {
            self.documents.par_iter().with_min_len(WORTH_THREADS / 4).flat_map_iter(objects).collect()
        };
        if self.objects.iter().any(|object| begins_with_other_keys(object, 2) || is_assertion(object)) {
            // the file has a format of its own
            self.objects.clear();
            return;
        }
        self.incomplete = self.documents.iter().flat_map(incomplete::of).collect();
        let mut secrets = self.objects.iter_mut().filter(|object| object.id.kind == "Secret").peekable();
        if secrets.peek().is_some() && memmem::find(self.source.text.as_bytes(), KUBESEC.as_bytes()).is_some() {
            for object in secrets {
                object.is_encrypted = true;
                object.problems.clear();
            }
        }
    }

    /// Reads it as kustomize does, to which `yes`, `no`, `on`, `off`, `y` and `n` are texts (kubernetes-sigs/kustomize:
    /// `kyaml/internal/forked/github.com/go-yaml/yaml/resolve.go`). Whether that changes anything.
    pub(super) fn read_with_kustomize(&mut self) -> bool {
        self.is_kustomized = true;
        let is_changed = yaml::old_booleans_to_texts(&mut self.documents);
        if is_changed {
            self.decode();
            self.place_objects();
        }
        self.objects.iter_mut().for_each(accept_annotations);
        is_changed
    }
}

/// Numbers and booleans among an object's own annotations are texts to kustomize, which writes them in quotes
/// (kubernetes-sigs/kustomize: `GetAnnotations` in `kyaml/yaml/rnode.go`). Other maps of texts stay as they are written.
fn accept_annotations(object: &mut Object) {
    let document = &object.document;
    let Some(annotations) = document.at(object.node, &["metadata", "annotations"]) else { return };
    let is_no_text = |problem: &Problem| matches!(problem.kind, ProblemKind::WrongType { expected: "a string" });
    if !object.problems.iter().any(is_no_text) {
        return;
    }
    let values = document.entries(annotations).iter().map(|entry| entry.value());
    let is_scalar = |node: &NodeId| !matches!(document.value(*node), Value::List(_) | Value::Map(_));
    let texts: FastSet<NodeId> = values.filter(is_scalar).collect();
    object.problems.retain(|problem| !is_no_text(problem) || !texts.contains(&problem.node));
}

/// How kubesec marks a file whose Secrets' values it has encrypted (shyiko/kubesec: README).
const KUBESEC: &str = "# kubesec:v:";

/// How files begin that git-crypt, age, PGP, Ansible and Plural have encrypted (AGWA/git-crypt: `commands.cpp`; C2SP:
/// `age.md`; RFC 9580, 6.2; docs.ansible.com: `vault_guide/vault_using_encrypted_content`; pluralsh/plural-cli: `crypto`).
const ENCRYPTED: [&str; 6] = [
    "\0GITCRYPT\0",
    "age-encryption.org/v1\n",
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "-----BEGIN PGP MESSAGE-----",
    "$ANSIBLE_VAULT;",
    "CHARTMART-ENCRYPTED",
];

/// Whether a value is what cannot be read, and begins with a hole (`namespace: %DOMAIN%`, `image: {REGISTRY}/web`), or a
/// line that is one (`${BLOCK}`).
fn is_of_a_hole(source: &Source, refusal: &Refusal) -> bool {
    let range = refusal.span.range();
    let rest = source.text.get(range.start..).unwrap_or_default();
    let above = source.text.get(..range.start).unwrap_or_default();
    let start = above.rfind('\n').map_or(0, |at| at + 1);
    let line = source.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    range.len() == 1 && words::begins_with_hole(rest.lines().next().unwrap_or_default())
        || words::begins_with_variable(rest)
        || words::is_hole_of_lines(line)
        || words::ends_with_hole_in_braces(above)
}

fn mentions_kubernetes(text: &str) -> bool {
    text.contains("apiVersion") && text.contains("kind")
}

/// Whether a text that cannot be read as a whole has the key that makes a document a description: at the beginning of
/// a line, or in a map in braces, as JSON is.
fn begins_a_description(text: &str) -> bool {
    const KEY: &str = "patterns";
    let is_quote = ['"', '\''];
    let in_braces = text.trim_start_matches('\u{FEFF}').trim_start().starts_with('{');
    text.match_indices(KEY).any(|(at, _)| {
        let before = text[..at].trim_end_matches(is_quote);
        let begins = before.is_empty() || before.ends_with(['\n', '\u{FEFF}']);
        let begins_in_braces = in_braces && before.trim_end().ends_with(['{', ',']);
        let rest = text[at + KEY.len()..].trim_start_matches(is_quote).trim_start_matches([' ', '\t']);
        let value = rest.strip_prefix(':').map(|value| value.trim_start().trim_start_matches(is_quote));
        (begins || begins_in_braces) && value.is_some_and(|value| value.starts_with(['v', 'V']))
    })
}

/// Adds the object of a document, or the items of the list that it is. Lists in lists are opened too, as
/// kubectl's `FlattenListVisitor` does (`k8s.io/cli-runtime/pkg/resource/visitor.go`).
fn add_objects(document: &Arc<Document>, objects: &mut Vec<Object>) {
    struct Visit<'text> {
        node: NodeId,
        /// What an item without its own kind takes from its list.
        inherited: Option<(&'text str, &'text str)>,
    }
    let text = document.source.slice(document.span).as_bytes();
    // most documents have no dollar, and one byte is found faster than a word
    let is_patch = memchr::memchr(b'$', text).is_some_and(|at| memmem::find(&text[at..], b"$patch").is_some());
    let mut steps = vec![Visit { node: document.root(), inherited: None }];
    while let Some(Visit { node, inherited }) = steps.pop() {
        if !matches!(document.value(node), Value::Map(_)) {
            continue;
        }
        let own = (document.get_str(node, "apiVersion"), document.get_str(node, "kind"));
        let (api_version, kind) = match (own, inherited) {
            ((Some(api_version), Some(kind)), _) => (api_version, kind),
            ((None, None), Some(inherited)) => inherited,
            _ => continue,
        };
        if api_version.is_empty() || kind.is_empty() || is_configuration(document, node, api_version, kind) {
            continue;
        }
        let items = kind.strip_suffix("List").and_then(|of| Some((of, document.get(node, "items")?)));
        match items {
            Some((of, items)) if matches!(document.value(items), Value::List(_) | Value::Null) => {
                let step = |item: &NodeId| Visit { node: *item, inherited: Some((api_version, of)) };
                steps.extend(document.items(items).iter().rev().map(step));
            }
            _ => objects.push(Object::of_kind(document, node, api_version, kind, is_patch)),
        }
    }
}
