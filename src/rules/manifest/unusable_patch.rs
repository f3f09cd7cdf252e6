use std::sync::Arc;

use super::unknown_field;
use crate::kube::{Object, ProblemKind};
use crate::rules::{Check, Findings, Rule, SharedCheck, SharedPass, text};
use crate::words::{clip, nearest};
use crate::yaml::{self, Document, NodeId, Part, Refusal, Source, Span, Style, Value};

/// A patch in a kustomization that kustomize refuses.
pub static RULE: Rule = rule!("unusable_patch.md", Error, Check::Elsewhere);

/// Patches that are written in a kustomization itself.
pub static SOURCE: SharedCheck =
    SharedCheck { rules: &[&RULE, &unknown_field::RULE], check: SharedPass::Object(check) };

const PARSED: &str = "kustomize stops: \"unable to parse SM or JSON patch\" (`api/internal/builtins/PatchTransformer.go` in \
                      kubernetes-sigs/kustomize)";

/// What begins a part of a patch that is filled in first.
const HOLES: [&str; 6] = ["{{", "${", "$(", "<%", "%{", "[["];

fn check(object: &Object, found: &mut Findings<'_>) {
    if object.id.kind != "Kustomization" {
        return;
    }
    let document = &object.document;
    let root = match object.id.group() {
        "kustomize.config.k8s.io" => object.node,
        // Flux writes what is in its own into a kustomization, and builds that
        "kustomize.toolkit.fluxcd.io" => match document.get(object.node, "spec") {
            Some(spec) => spec,
            None => return,
        },
        _ => return,
    };
    let items = |field: &str| document.get(root, field).map_or(&[][..], |list| document.items(list));
    for item in items("patches").iter().chain(items("patchesJson6902")) {
        if let Some(inline) = document.get(*item, "patch") {
            let has_target = document.get(*item, "target").is_some();
            Inline { object, item: *item, node: inline, has_target }.check(&mut found.under(&RULE));
        }
    }
    for item in items("patchesStrategicMerge") {
        // others name a file
        if document.str(*item).is_some_and(|text| text.contains('\n')) {
            Inline { object, item: *item, node: *item, has_target: false }.check(&mut found.under(&RULE));
        }
    }
}

/// A patch as a text of a kustomization.
struct Inline<'run> {
    object: &'run Object,
    /// The item of the list.
    item: NodeId,
    /// The text.
    node: NodeId,
    has_target: bool,
}

impl Inline<'_> {
    fn check(&self, found: &mut Findings<'_>) {
        let of = &self.object.document;
        let Some(text) =
            of.str(self.node).filter(|text| !text.trim().is_empty() && !HOLES.iter().any(|hole| text.contains(hole)))
        else {
            return;
        };
        if let Some(path) = of.get(self.item, "path").filter(|path| of.str(*path).is_some_and(|path| !path.is_empty()))
        {
            found
                .at(self.node, "this entry has a patch and names a file with one")
                .here("one of them")
                .and(path, "and the other")
                .because("kustomize stops: \"patch and path can't be set at the same time\"")
                .help("write two entries");
            return;
        }
        let source = Arc::new(Source::from_text(of.source.name.clone(), text.to_owned()));
        let parts = yaml::read(&source);
        let refusal = parts.iter().find_map(|part| match part {
            Part::Refused(refusal) => Some(refusal),
            Part::Document(_) => None,
        });
        if let Some(refusal) = refusal {
            self.unreadable(&source, refusal, found);
            return;
        }
        for part in parts {
            let Part::Document(document) = part else { continue };
            let document = Arc::new(document);
            match document.value(document.root()) {
                Value::List(operations) => self.operations(&document, operations, found),
                Value::Map(_) => self.merged(&document, found),
                Value::Null => {}
                _ => {
                    found
                        .at_span(
                            self.span(&document.source, document.span(document.root())),
                            "this patch is neither a map nor a list",
                        )
                        .because(PARSED)
                        .help("write an object with what it changes, or a list of operations");
                }
            }
        }
    }

    fn unreadable(&self, source: &Source, refusal: &Refusal, found: &mut Findings<'_>) {
        let saying = found
            .at_span(self.span(source, refusal.span), format!("kustomize cannot read this patch: {}", refusal.message))
            .because(PARSED);
        if let Some(help) = &refusal.help {
            saying.help(help.clone());
        }
    }

    /// A patch in JSON's own form (RFC 6902).
    fn operations(&self, document: &Document, operations: &[NodeId], found: &mut Findings<'_>) {
        const KNOWN: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];
        if !self.has_target {
            found
                .at(self.item, "this list of operations has no target")
                .because("kustomize stops: \"must specify a target for JSON patch\"")
                .help("say under `target` what it is for: `kind` and `name`");
            return;
        }
        for operation in operations {
            let at = |field: &str| document.get(*operation, field);
            let shown = |node: NodeId| self.span(&document.source, document.span(node));
            match at("op").map(|op| (op, document.str(op).unwrap_or_default())) {
                Some((_, op)) if KNOWN.contains(&op) => {}
                Some((node, op)) => {
                    let saying = found.at_span(shown(node), format!("no operation is called `{}`", clip(op))).because(
                        "kustomize stops where the target is found: \"Unexpected kind\" (RFC 6902, evanphx/json-patch)",
                    );
                    match nearest(op, KNOWN) {
                        Some(near) => saying.here(format!("did you mean `{near}`?")),
                        None => saying.help("write add, remove, replace, move, copy or test"),
                    };
                }
                None => {
                    found
                        .at_span(shown(*operation), "this operation has no `op`")
                        .because("kustomize stops where the target is found: \"Unexpected kind\" (RFC 6902, evanphx/json-patch)")
                        .help("write add, remove, replace, move, copy or test");
                }
            }
            if at("path").is_none() && matches!(document.value(*operation), Value::Map(_)) {
                found
                    .at_span(shown(*operation), "this operation has no `path`")
                    .because(
                        "kustomize stops where the target is found: \"missing path\" (RFC 6902, evanphx/json-patch)",
                    )
                    .help("say where it changes something: `path: /spec/replicas`");
            }
        }
    }

    /// A strategic merge patch: it is an object itself.
    fn merged(&self, document: &Arc<Document>, found: &mut Findings<'_>) {
        let root = document.root();
        let is_list = document.get_str(root, "kind").is_some_and(|kind| kind.ends_with("List"));
        let has = |path: &[&str]| document.at(root, path).is_some_and(|node| !document.is_null(node));
        let lacking = match (has(&["kind"]), has(&["metadata", "name"])) {
            _ if is_list => return,
            (true, true) => return self.fields(document, found),
            (true, false) => "`metadata.name`",
            (false, _) => "`kind`",
        };
        let first = document.entries(root).first().map_or(root, |entry| entry.key);
        found
            .at_span(self.span(&document.source, document.span(first)), format!("this patch has no {lacking}"))
            .because(PARSED)
            .help(if self.has_target {
                "write both; with `target` their values do not matter"
            } else {
                "write the `apiVersion`, `kind` and `metadata.name` of what it changes"
            });
    }

    /// Fields that the type does not have: kustomize merges them, and the API server refuses what comes of it.
    fn fields(&self, document: &Arc<Document>, found: &mut Findings<'_>) {
        let of = &self.object.document;
        let patch = Object::new(document, document.root(), true);
        let is_of_other_kind = |target| of.get_str(target, "kind").is_none_or(|kind| kind != patch.id.kind);
        if of.get(self.item, "target").is_some_and(is_of_other_kind) || of.get(self.item, "options").is_some() {
            return;
        }
        for problem in unknown_field::lasting(&patch) {
            let ProblemKind::UnknownField { type_name, known } = problem.kind else { continue };
            let name = text::bare(patch.document.raw(problem.node));
            let mut under = found.under(&unknown_field::RULE);
            let saying = under
                .at_span(
                    self.span(&patch.document.source, patch.document.span(problem.node)),
                    format!("{type_name} has no field `{}`", clip(name)),
                )
                .because("kustomize merges it, and the API server refuses unknown fields (`fieldValidation=Strict`)");
            match nearest(name, known.iter().copied()) {
                Some(near) => saying.here(format!("did you mean `{near}`?")),
                None => saying.here("not a field of this type"),
            };
        }
    }

    /// Where in the kustomization something of the patch is: in a text of lines at its line, else the text.
    fn span(&self, patch: &Source, inside: Span) -> Span {
        let of = &self.object.document;
        let whole = of.span(self.node);
        if of.style(self.node) != Style::Literal {
            return whole;
        }
        let before = &patch.text[..inside.range().start.min(patch.text.len())];
        let (number, start) = (before.matches('\n').count(), before.rfind('\n').map_or(0, |end| end + 1));
        let raw = of.raw(self.node);
        // the first line has the sign of the text
        let Some((at, line)) = lines(raw).nth(number + 1) else { return whole };
        let text = patch.text[start..].lines().next().unwrap_or_default();
        let Some(indent) = line.len().checked_sub(text.len()).filter(|_| line.ends_with(text)) else { return whole };
        let first = whole.range().start + at + indent + (before.len() - start);
        let length = inside.range().len().min(text.len().saturating_sub(before.len() - start));
        Span::new(first, first + length)
    }
}

/// The lines of a text, with where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}
