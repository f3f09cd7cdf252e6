//! What a kustomization itself says of objects: patches written in it, operations on single fields, replicas, images.

use std::fs;
use std::sync::Arc;

use super::overlay::Kustomization;
use crate::kube::pointer_keys;
use crate::kube::{File, OriginFile};
use crate::yaml::{self, Document, NodeId, Part, Source, Span, Style, Value};

/// A part of a file that a rendered part may come from.
#[derive(Clone, Copy)]
pub struct Candidate<'run> {
    /// The file that holds it.
    pub file: &'run Arc<OriginFile>,
    /// It, or a text in it, read.
    pub document: &'run Document,
    /// The value.
    pub node: NodeId,
    /// The text of the file that holds the value, where that is not written byte by byte: a quoted or folded one.
    pub within: Option<Span>,
}

impl Candidate<'_> {
    /// Its bytes in the file.
    pub fn span(&self) -> Span {
        self.place(self.document.span(self.node))
    }

    /// The bytes in the file of a part of its document.
    pub fn place(&self, span: Span) -> Span {
        self.within.unwrap_or(span)
    }
}

/// Which objects are meant; all, where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    kind: Option<String>,
    name: Option<String>,
}

impl Selector {
    fn read(document: &Document, node: Option<NodeId>) -> Self {
        let field = |name: &str| node.and_then(|node| document.get_str(node, name)).map(str::to_owned);
        Self { kind: field("kind"), name: field("name") }
    }

    /// The name that it gives, if that is no regular expression.
    pub fn name(&self) -> Option<&str> {
        self.name
            .as_deref()
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)))
    }

    /// Whether a rendered object may be meant: prefixes and suffixes lengthen names.
    fn may_mean(&self, kind: &str, name: &str) -> bool {
        self.kind.as_deref().is_none_or(|own| own == kind) && self.name().is_none_or(|own| name.contains(own))
    }
}

/// A patch, as a kustomization names or holds it.
pub struct Patch {
    /// Where it is written.
    pub file: Arc<OriginFile>,
    /// What it is of.
    pub target: Selector,
    /// What it says.
    pub content: Content,
    /// See [`Candidate::within`].
    pub within: Option<Span>,
}

/// What a patch says.
pub enum Content {
    /// Objects with the fields that are to change.
    Objects(File),
    /// Operations of RFC 6902.
    Operations(Document),
}

/// A value that takes the place of a field.
pub struct Edit<'run> {
    target: Selector,
    /// The keys and the numbers of elements that lead to the field.
    path: Vec<String>,
    /// What the field becomes, where it is written.
    pub value: Candidate<'run>,
}

/// An entry of `images`.
pub struct Image<'run> {
    name: &'run str,
    new_name: Option<&'run str>,
    /// What it replaces, in the order in which it shows.
    values: Vec<Candidate<'run>>,
}

/// The patches that kustomizations hold, and the operations in files that they name. Files with objects are among
/// `parts` themselves.
pub fn patches(kustomizations: &[Kustomization], parts: &[Arc<OriginFile>]) -> Vec<Patch> {
    let mut all = Vec::new();
    for one in kustomizations {
        let document = &one.document;
        for field in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
            let items = document.get(document.root(), field).map_or(&[][..], |list| document.items(list));
            for item in items {
                let target = Selector::read(document, document.get(*item, "target"));
                let inline = document.get(*item, "patch").unwrap_or(*item);
                if let Some((source, within)) = text_at(document, inline) {
                    let patch = read(&one.file, &source, &target);
                    all.extend(patch.map(|patch| Patch { within, ..patch }));
                } else if let Some(named) = document.get_str(*item, "path") {
                    let path = one.file.path.parent().and_then(|folder| fs::canonicalize(folder.join(named)).ok());
                    let part = parts.iter().find(|part| Some(&part.path) == path.as_ref());
                    let is_operations = |patch: &Patch| matches!(patch.content, Content::Operations(_));
                    all.extend(part.and_then(|part| read(part, &part.source, &target)).filter(is_operations));
                }
            }
        }
    }
    all
}

fn read(file: &Arc<OriginFile>, source: &Arc<Source>, target: &Selector) -> Option<Patch> {
    let document = yaml::read(source).into_iter().find_map(|part| match part {
        Part::Document(document) => Some(document),
        Part::Refused(_) => None,
    })?;
    let content = match document.value(document.root()) {
        Value::List(_) => Content::Operations(document),
        Value::Map(_) => Content::Objects(File::read(source)),
        _ => return None,
    };
    Some(Patch { file: Arc::clone(file), target: target.clone(), content, within: None })
}

/// A text that holds a patch, as a source. In that of a literal block each byte is where it is in the file, and all
/// around it is blank; of another text only the whole has a place.
fn text_at(document: &Document, node: NodeId) -> Option<(Arc<Source>, Option<Span>)> {
    let written = document.str(node).filter(|text| text.contains(['\n', '{', '[']))?;
    if document.style(node) != Style::Literal {
        let source = Source::from_text(document.source.name.clone(), written.to_owned());
        return Some((Arc::new(source), Some(document.span(node))));
    }
    let (text, span) = (&document.source.text, document.span(node).range());
    let start = text[span.clone()].find('\n')? + span.start;
    let blank = |part: &str| part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect::<String>();
    let shown = format!("{}{}", blank(&text[..start]), &text[start..span.end]);
    Some((Arc::new(Source::from_text(document.source.name.clone(), shown)), None))
}

/// The fields that operations and `replicas` set.
pub fn edits<'run>(patches: &'run [Patch], kustomizations: &'run [Kustomization]) -> Vec<Edit<'run>> {
    let mut all = Vec::new();
    for patch in patches {
        let Content::Operations(document) = &patch.content else { continue };
        for operation in document.items(document.root()) {
            let value = document.get(*operation, "value");
            let path = document.get_str(*operation, "path").filter(|path| path.starts_with('/'));
            let (Some(node), Some(path)) = (value, path) else { continue };
            let path = pointer_keys(path).collect();
            all.push(Edit {
                target: patch.target.clone(),
                path,
                value: Candidate { file: &patch.file, document, node, within: patch.within },
            });
        }
    }
    for one in kustomizations {
        let document = &one.document;
        for item in entries(one, "replicas") {
            let (Some(name), Some(node)) = (document.get_str(*item, "name"), document.get(*item, "count")) else {
                continue;
            };
            all.push(Edit {
                target: Selector { kind: None, name: Some(name.to_owned()) },
                path: vec!["spec".to_owned(), "replicas".to_owned()],
                value: Candidate { file: &one.file, document, node, within: None },
            });
        }
    }
    all
}

fn entries<'run>(one: &'run Kustomization, field: &str) -> &'run [NodeId] {
    one.document.get(one.document.root(), field).map_or(&[][..], |list| one.document.items(list))
}

impl<'run> Edit<'run> {
    /// The path, if the edit may be of an object of this kind and name.
    pub fn of(&self, kind: &str, name: &str) -> Option<(&[String], Candidate<'run>)> {
        self.target.may_mean(kind, name).then_some((self.path.as_slice(), self.value))
    }
}

/// The entries of `images`.
pub fn images(kustomizations: &[Kustomization]) -> Vec<Image<'_>> {
    let mut all = Vec::new();
    for one in kustomizations {
        let document = &one.document;
        for item in entries(one, "images") {
            let Some(name) = document.get_str(*item, "name") else { continue };
            let values = ["digest", "newTag", "newName"].iter().filter_map(|field| document.get(*item, field));
            all.push(Image {
                name,
                new_name: document.get_str(*item, "newName"),
                values: values.map(|node| Candidate { file: &one.file, document, node, within: None }).collect(),
            });
        }
    }
    all
}

impl<'run> Image<'run> {
    /// What made a rendered image what it is, if this entry did.
    pub fn of(&self, rendered: &str) -> Option<Candidate<'run>> {
        let rest = rendered.strip_prefix(self.new_name.unwrap_or(self.name))?;
        if !(rest.is_empty() || rest.starts_with([':', '@'])) {
            return None;
        }
        let is_in = |one: &&Candidate<'_>| match one.document.value(one.node) {
            Value::Str(text) => rendered.contains(text),
            // a tag of digits alone
            _ => rendered.contains(one.document.raw(one.node)),
        };
        self.values.iter().find(is_in).copied()
    }
}
