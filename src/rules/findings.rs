//! How a check reports: `found.at(node, "what is wrong").because("why").help("what to do")`.

use std::borrow::Cow;
use std::sync::Arc;

use super::Rule;
use crate::diagnostic::{Edit, Finding, Fix, Label, Level, Subject};
use crate::kube::Object;
use crate::kube::versions::Targets;
use crate::limits;
use crate::yaml::{Document, NodeId, Source, Span, Style, edit};

/// Where a check puts its findings.
#[derive(Debug)]
pub struct Findings<'run> {
    rule: &'static Rule,
    all: &'run mut Vec<Finding>,
    place: Scope<'run>,
    targets: Targets,
    /// How many findings are kept: those before this check of this object, and as many of its own as the run wants.
    most: usize,
}

#[derive(Clone, Copy, Debug)]
enum Scope<'run> {
    File(&'run Arc<Source>),
    Document(&'run Document),
    Object(&'run Object),
}

/// A text without the room that was left over when it was put together: up to as much again.
fn kept(text: impl Into<String>) -> String {
    let mut text = text.into();
    text.shrink_to_fit();
    text
}

/// A message without the lines of an expression that it quotes: each output puts a message on one line.
fn on_one_line(text: String) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}

/// How many findings are kept in total, unless a run needs more.
fn most(findings: &[Finding]) -> usize {
    findings.len() + limits::FINDINGS.count()
}

impl<'run> Findings<'run> {
    /// Findings of a rule about a file.
    pub fn in_file(rule: &'static Rule, source: &'run Arc<Source>, findings: &'run mut Vec<Finding>) -> Self {
        Self { most: most(findings), rule, all: findings, place: Scope::File(source), targets: Targets::default() }
    }

    /// Findings of a rule about a document.
    pub fn in_document(rule: &'static Rule, document: &'run Document, findings: &'run mut Vec<Finding>) -> Self {
        Self {
            most: most(findings),
            rule,
            all: findings,
            place: Scope::Document(document),
            targets: Targets::default(),
        }
    }

    /// Findings of a rule about an object.
    pub fn in_object(rule: &'static Rule, object: &'run Object, findings: &'run mut Vec<Finding>) -> Self {
        Self { most: most(findings), rule, all: findings, place: Scope::Object(object), targets: Targets::default() }
    }

    /// Keeps another number of findings than a report has.
    #[must_use]
    pub fn keeping(self, number: usize) -> Self {
        Self { most: self.all.len() + number, ..self }
    }

    /// The versions of Kubernetes to judge for.
    #[must_use]
    pub fn for_targets(self, targets: Targets) -> Self {
        Self { targets, ..self }
    }

    /// The versions of Kubernetes that are judged for.
    #[must_use]
    pub fn targets(&self) -> Targets {
        self.targets
    }

    /// The same rule about another object: what a Pod is told in a ConfigMap is found there.
    pub fn about<'a>(&'a mut self, object: &'a Object) -> Findings<'a> {
        Findings { all: self.all, place: Scope::Object(object), ..*self }
    }

    /// The same place, for findings of another rule.
    pub fn under(&mut self, rule: &'static Rule) -> Findings<'_> {
        Findings { rule, all: self.all, ..*self }
    }

    /// Something is wrong with a node.
    pub fn at(&mut self, node: NodeId, message: impl Into<String>) -> Saying<'_> {
        let span = self.document().map_or_else(Span::default, |document| document.span(node));
        self.at_span(span, message)
    }

    /// Something is wrong with these bytes.
    pub fn at_span(&mut self, span: Span, message: impl Into<String>) -> Saying<'_> {
        let source = match self.place {
            Scope::File(source) => source,
            Scope::Document(document) => &document.source,
            Scope::Object(object) => &object.document.source,
        };
        let mut finding =
            Finding::error(Label::span(source, span, ""), kept(on_one_line(message.into()))).level(self.rule.level);
        finding.rule = Some(self.rule.id);
        if let Scope::Object(object) = self.place {
            finding.object = Some(object.id.clone());
        }
        let document = self.document();
        // One more than the limit is kept, so that the report knows that there are more; those after it are not.
        match self.all.get_mut(self.most) {
            Some(last) => *last = finding,
            None => self.all.push(finding),
        }
        let at = self.all.len() - 1;
        Saying { document, finding: &mut self.all[at] }
    }

    fn document(&self) -> Option<&'run Document> {
        match self.place {
            Scope::Document(document) => Some(document),
            Scope::Object(object) => Some(&object.document),
            Scope::File(_) => None,
        }
    }
}

/// Where a check of all objects together puts its findings.
pub struct FindingsAnywhere<'run> {
    rule: &'static Rule,
    all: &'run mut Vec<Finding>,
    targets_of: Option<&'run dyn Fn(&Object) -> Targets>,
    most: usize,
}

impl<'run> FindingsAnywhere<'run> {
    /// Findings of a rule.
    pub fn new(rule: &'static Rule, findings: &'run mut Vec<Finding>) -> Self {
        Self { most: most(findings), rule, all: findings, targets_of: None }
    }

    /// Keeps another number of findings than a report has.
    #[must_use]
    pub fn keeping(self, number: usize) -> Self {
        Self { most: self.all.len() + number, ..self }
    }

    /// The versions of Kubernetes to judge each object for.
    #[must_use]
    pub fn for_targets(self, targets_of: &'run dyn Fn(&Object) -> Targets) -> Self {
        Self { targets_of: Some(targets_of), ..self }
    }

    /// The versions of Kubernetes that an object is judged for.
    #[must_use]
    pub fn targets(&self, object: &Object) -> Targets {
        self.targets_of.map_or_else(Targets::default, |targets_of| targets_of(object))
    }

    /// What is found about one of the objects.
    pub fn about<'a>(&'a mut self, object: &'a Object) -> Findings<'a> {
        let targets = self.targets(object);
        Findings { rule: self.rule, all: self.all, place: Scope::Object(object), targets, most: self.most }
    }
}

/// A finding under construction.
#[derive(Debug)]
pub struct Saying<'found> {
    document: Option<&'found Document>,
    finding: &'found mut Finding,
}

/// Hundreds of checks call these and seldom run them, so they are compiled once and not into each.
#[expect(clippy::return_self_not_must_use, reason = "the finding is kept; the methods add to it")]
impl Saying<'_> {
    /// A few words at the bytes themselves.
    #[inline(never)]
    pub fn here(self, text: impl Into<String>) -> Self {
        self.finding.primary.text = kept(text);
        self
    }

    /// The other half, in the same document.
    #[inline(never)]
    pub fn and(self, node: NodeId, text: impl Into<String>) -> Self {
        if let Some(document) = self.document {
            return self.label(Label::node(document, node, kept(text)));
        }
        self
    }

    /// The other half, anywhere.
    #[inline(never)]
    pub fn label(self, label: Label) -> Self {
        // one is what most have
        if self.finding.labels.is_empty() {
            self.finding.labels.reserve_exact(1);
        }
        self.finding.labels.push(label);
        self
    }

    /// What the label added last says.
    pub fn last_label(self, text: impl Into<String>) -> Self {
        if let Some(label) = self.finding.labels.last_mut() {
            label.text = text.into();
        }
        self
    }

    /// The mechanism and its source.
    #[inline(never)]
    pub fn because(self, why: impl Into<Cow<'static, str>>) -> Self {
        self.finding.why = Some(why.into());
        self
    }

    /// Something that can be typed.
    #[inline(never)]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(kept(help));
        self
    }

    /// The part of a container that it is about, for code that acts on the finding.
    pub fn subject(self, subject: Subject) -> Self {
        self.finding.subject = Some(subject);
        self
    }

    /// Another level than the rule's highest.
    pub fn level(self, level: Level) -> Self {
        self.finding.level = level;
        self
    }

    /// A change that keeps the meaning, or does what was plainly intended.
    pub fn fix(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.mend(title.into(), true, Some(edits))
    }

    /// A change that keeps the meaning, if the way the file is written leaves room for one.
    pub fn fix_if(self, title: impl Into<String>, edits: Option<Vec<Edit>>) -> Self {
        self.mend(title.into(), true, edits)
    }

    /// A change that mends it, but whose consequences need review, if there is one.
    pub fn unsafe_fix_if(self, title: impl Into<String>, edits: Option<Vec<Edit>>) -> Self {
        self.mend(title.into(), false, edits)
    }

    fn mend(self, title: String, safe: bool, edits: Option<Vec<Edit>>) -> Self {
        if let Some(edits) = edits.filter(|_| self.finding.primary.source.is_editable()) {
            self.finding.fix = Some(Fix { title, safe, edits });
        }
        self
    }

    /// The change that makes a string of an unquoted scalar. Two insertions: the text itself, which may
    /// be a secret, is not repeated.
    pub fn quote(self, node: NodeId) -> Self {
        let Some(document) = self.document else { return self };
        let raw = document.raw(node);
        let is_plain = document.style(node) == Style::Plain && edit::is_bare(document, node);
        let can = is_plain && !raw.contains(['"', '\\', '\n']);
        if !can {
            return self;
        }
        let span = document.span(node).range();
        let mark = |at| Edit::insert(at, "\"");
        self.fix("quote it", vec![mark(span.start), mark(span.end)])
    }
}
