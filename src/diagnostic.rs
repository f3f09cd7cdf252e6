//! The finding type: what is wrong, why, what to do, and where. `report` renders it.

mod family;
mod stop;

use std::borrow::Cow;
use std::sync::Arc;

use crate::text::Text;
pub use crate::yaml::edit::Edit;
use crate::yaml::{Document, NodeId, Refusal, Source, Span};
pub use family::Family;
pub use stop::Stop;

/// The severity. Each level is a promise to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good practice that reasonable people skip; shown when asked for.
    Advice,
    /// It will bite later.
    Warning,
    /// It will fail, hang, lose data or be refused.
    Error,
}

impl Level {
    /// The word that users read and type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Name and family of the rule behind a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// As users select and ignore it: `sidecar-blocks-job`.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
}

/// Bytes of a file, with a few words about them.
#[derive(Clone, Debug)]
pub struct Label {
    /// The file.
    pub source: Arc<Source>,
    /// Its bytes.
    pub span: Span,
    /// What they have to do with it; may be empty.
    pub text: String,
}

impl Label {
    /// Labels a node of a document.
    #[must_use]
    pub fn node(document: &Document, node: NodeId, text: impl Into<String>) -> Self {
        Self { source: Arc::clone(&document.source), span: document.span(node), text: text.into() }
    }

    /// Labels bytes of a file.
    #[must_use]
    pub fn span(source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        Self { source: Arc::clone(source), span, text: text.into() }
    }
}

/// A change that resolves a finding. All edits are in the finding's own file.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, as an imperative: "quote the value".
    pub title: String,
    /// Whether it keeps the meaning, or plainly does what was intended.
    pub safe: bool,
    /// The edits, not overlapping.
    pub edits: Vec<Edit>,
}

/// The Kubernetes object that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// `apps/v1`
    pub api_version: Text,
    /// `Deployment`
    pub kind: Text,
    /// `metadata.name`; empty where there is none.
    pub name: Text,
    /// `metadata.namespace`, if it is written.
    pub namespace: Option<Text>,
}

impl ObjectRef {
    /// The API group: `apps`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// The part of a container that a finding is about, for code that acts on it. The message says it in words, which may
/// change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Folders that a program writes to.
    Folders {
        /// The container's name.
        container: String,
        /// Their paths.
        paths: Vec<String>,
    },
    /// A limit of the node's disk that the folders of a Pod may exceed.
    Disk,
    /// A probe.
    Probe {
        /// The container's name.
        container: String,
        /// The field: `readinessProbe`.
        field: &'static str,
    },
    /// A volume whose name another one of the Pod has.
    Volume {
        /// The name.
        name: String,
    },
}

/// What tells findings from each other: the rule, the file, the bytes and the message.
pub type Identity = (Option<RuleId>, String, Span, String);

/// Something to tell the user.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it; none for mistakes in a description or a command.
    pub rule: Option<RuleId>,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The bytes at fault.
    pub primary: Label,
    /// The other halves, also in other files.
    pub labels: Vec<Label>,
    /// The mechanism and its source.
    pub why: Option<Cow<'static, str>>,
    /// Something that can be typed.
    pub help: Option<String>,
    /// The change that mends it.
    pub fix: Option<Fix>,
    /// The object it is about.
    pub object: Option<ObjectRef>,
    /// The part of a container that it is about, if something acts on that.
    pub subject: Option<Subject>,
    /// Bytes of the primary label's file that must not be shown; see [`redact`].
    pub secrets: Vec<Span>,
}

/// What hundreds of checks call and seldom run is compiled once, and not into each.
impl Finding {
    /// What tells it from others, wherever they were rendered and in whichever environment.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let primary = &self.primary;
        (self.rule, primary.source.name.clone(), primary.span, self.message.clone())
    }

    /// Why kubectl would refuse a file, as something to show.
    #[must_use]
    pub fn of_refusal(refusal: Refusal, source: &Arc<Source>) -> Self {
        let mut finding = Self::error(Label::span(source, refusal.span, ""), refusal.message);
        finding.why = refusal.why.map(Cow::Borrowed);
        finding.help = refusal.help;
        finding
    }

    /// An error about some bytes; the rest of the sentence follows as method calls.
    #[inline(never)]
    #[must_use]
    pub fn error(primary: Label, message: impl Into<String>) -> Self {
        Self {
            rule: None,
            level: Level::Error,
            message: message.into(),
            primary,
            labels: Vec::new(),
            why: None,
            help: None,
            fix: None,
            object: None,
            subject: None,
            secrets: Vec::new(),
        }
    }

    /// Says why.
    #[inline(never)]
    #[must_use]
    pub fn because(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Says what to do.
    #[inline(never)]
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the other half of a conflict.
    #[inline(never)]
    #[must_use]
    pub fn label(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Two places that exclude each other, each with what there is to say of it, in the order of the text: the second one
    /// is the mistake.
    #[must_use]
    pub fn clash(message: impl Into<String>, one: Label, other: Label) -> Self {
        let is_before = !Arc::ptr_eq(&one.source, &other.source) || one.span.start <= other.span.start;
        let (first, second) = if is_before { (one, other) } else { (other, one) };
        let told = |label: Label, words: &str| {
            let text = if label.text.is_empty() { words.to_owned() } else { format!("{words}: {}", label.text) };
            Label { text, ..label }
        };
        Self::error(told(second, "and so is this"), message).label(told(first, "this is one"))
    }

    /// Offers a change that keeps the meaning.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { title: title.into(), safe: true, edits });
        self
    }

    /// Hides bytes of the primary label's file, in this and every other finding.
    #[must_use]
    pub fn hide(mut self, secret: Span) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Sets the level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Names the object it is about.
    #[must_use]
    pub fn about(mut self, object: ObjectRef) -> Self {
        self.object = Some(object);
        self
    }
}

/// Replaces the files that findings show with copies in which every secret is masked. A message about a secret ends up
/// in the logs of CI, and its neighbours on the same line do too.
pub fn redact(findings: &mut [Finding]) {
    let mut hidden: Vec<(Arc<Source>, Vec<Span>)> = Vec::new();
    for finding in findings.iter().filter(|finding| !finding.secrets.is_empty()) {
        let source = &finding.primary.source;
        match hidden.iter_mut().find(|(known, _)| Arc::ptr_eq(known, source)) {
            Some((_, spans)) => spans.extend(&finding.secrets),
            None => hidden.push((Arc::clone(source), finding.secrets.clone())),
        }
    }
    let masked: Vec<_> = hidden.into_iter().map(|(source, spans)| (Arc::new(source.masked(&spans)), source)).collect();
    let labels =
        findings.iter_mut().flat_map(|finding| std::iter::once(&mut finding.primary).chain(&mut finding.labels));
    for label in labels {
        if let Some((mask, _)) = masked.iter().find(|(_, source)| Arc::ptr_eq(source, &label.source)) {
            label.source = Arc::clone(mask);
        }
    }
}

/// Sorts by file, position, rule and message: the same findings print in the same order on any machine.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.primary.span, finding.rule);
        let names = a.primary.source.name.cmp(&b.primary.source.name);
        names.then_with(|| key(a).cmp(&key(b))).then_with(|| a.message.cmp(&b.message))
    });
}
