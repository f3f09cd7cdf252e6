//! Which line of a template each rendered line comes from.
//!
//! A rendered line comes from a template's line with the same text, or with the same text before its first `{{`, below
//! the line that the rendered line's parent comes from. What has no such line (an `include`, `toYaml`) comes from the
//! nearest line above it that has one. Parents are told by indentation, as in YAML, and only within each text: how deep
//! a template indents does not matter.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::kube::{Origin, OriginFile, trimmed};
use crate::yaml::Span;

/// Lines of a list that are compared before a rendered one counts as found in none.
const MOST: usize = 64;
/// Lines below one of them that are compared to tell it from the others.
const MOST_BELOW: usize = 8;

/// A line and where it belongs.
struct Line<'text> {
    /// Without the spaces around it.
    text: &'text str,
    start: usize,
    /// The line that it is below, or that none is.
    parent: Option<usize>,
    /// Which document of the text it is in.
    document: usize,
    /// Whether it is a part of the structure: not empty, no separator, and not only an action.
    counts: bool,
}

/// The origin of each line of a rendered text.
pub fn align(rendered: &str, template: &Arc<OriginFile>) -> Vec<Origin> {
    let made = read(rendered);
    let from = read(&template.source.text);
    let index = Index::of(&from);
    let documents = documents(&made, &from);
    let start = first(template);
    let origin = |line: usize| {
        let Line { text, start, .. } = from[line];
        Origin { file: Arc::clone(template), span: Span::new(start, start + text.len()), is_same: false }
    };
    // Where each line comes from, and where the nearest thing does.
    let mut found: Vec<Option<usize>> = Vec::with_capacity(made.len());
    let mut nearest: Vec<Option<usize>> = Vec::with_capacity(made.len());
    let mut used: HashMap<(Option<usize>, usize, usize), usize> = HashMap::new();
    let below = below(&made);
    for (line, below) in made.iter().zip(&below) {
        let parent = match line.parent {
            Some(parent) => found[parent].map(Parent::Line),
            None => documents.get(line.document).copied().flatten().map(Parent::Document),
        };
        let candidates = parent.filter(|_| line.counts).and_then(|parent| index.find(parent, line.text, &from));
        let own = candidates.map(|candidates| {
            let candidates = index.nearest(candidates, below, &made);
            let key = (line.parent, line.document, candidates[0]);
            let turn = used.entry(key).or_default();
            *turn += 1;
            candidates[(*turn - 1) % candidates.len()]
        });
        let around = line.parent.and_then(|parent| nearest[parent]);
        let above = nearest.last().copied().flatten().filter(|_| !line.counts);
        found.push(own);
        nearest.push(own.or(around).or(above));
    }
    nearest.iter().map(|line| line.map_or_else(|| start.clone(), origin)).collect()
}

/// All lines of a text from one place.
pub fn all_from(rendered: &str, origin: &Origin) -> Vec<Origin> {
    vec![origin.clone(); rendered.split('\n').count()]
}

/// The first line of a file that is not empty.
pub fn first(file: &Arc<OriginFile>) -> Origin {
    let text = &file.source.text;
    let start = text.len() - text.trim_start().len();
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    whole(file, start, end)
}

/// A line of a file.
pub fn whole(file: &Arc<OriginFile>, start: usize, end: usize) -> Origin {
    let (line, start) = trimmed(&file.source.text, start, end);
    Origin { file: Arc::clone(file), span: Span::new(start, start + line.len()), is_same: false }
}

fn read(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    // Indentation, whether it is an item, and the number of each line that others may be below.
    let mut open: Vec<(usize, bool, usize)> = Vec::new();
    let (mut at, mut document) = (0, 0);
    for whole in text.split('\n') {
        let (line, start) = trimmed(text, at, at + whole.len());
        let indent = start - at;
        at += whole.len() + 1;
        let is_separator = line == "---" && indent == 0;
        if is_separator {
            open.clear();
            document += 1;
        }
        let is_action = line.starts_with("{{") && line.ends_with("}}");
        let counts = !(line.is_empty() || is_separator || is_action);
        let is_item = line == "-" || line.starts_with("- ");
        if counts {
            // An item may be as deep as the key of its list.
            while open.last().is_some_and(|(other, other_is_item, _)| {
                *other > indent || (*other == indent && (!is_item || *other_is_item))
            }) {
                open.pop();
            }
        }
        let parent = open.last().map(|(.., number)| *number);
        if counts && !line.starts_with('#') {
            open.push((indent, is_item, lines.len()));
        }
        lines.push(Line { text: line, start, parent, document, counts });
    }
    lines
}

/// The first lines right below each line.
fn below(lines: &[Line<'_>]) -> Vec<Vec<usize>> {
    let mut below = vec![Vec::new(); lines.len()];
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.counts) {
        let of_parent = line.parent.and_then(|parent| below.get_mut(parent));
        of_parent.into_iter().filter(|of| of.len() < MOST_BELOW).for_each(|of: &mut Vec<usize>| of.push(number));
    }
    below
}

/// What a line is below.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Parent {
    Line(usize),
    Document(usize),
}

/// The lines of a template by what they are below and how they begin.
struct Index<'text> {
    by_text: HashMap<(Parent, &'text str), Vec<usize>>,
    by_key: HashMap<(Parent, &'text str), Vec<usize>>,
}

impl<'text> Index<'text> {
    fn of(lines: &[Line<'text>]) -> Self {
        let mut index = Self { by_text: HashMap::new(), by_key: HashMap::new() };
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.counts) {
            let parent = line.parent.map_or(Parent::Document(line.document), Parent::Line);
            index.by_text.entry((parent, line.text)).or_default().push(number);
            if let Some(literal) = literal(line.text) {
                index.by_key.entry((parent, key(literal))).or_default().push(number);
            }
        }
        index
    }

    /// The lines below `parent` that a rendered line may come from, at least one.
    fn find<'index>(
        &'index self,
        parent: Parent,
        text: &'index str,
        lines: &[Line<'_>],
    ) -> Option<Cow<'index, [usize]>> {
        if let Some(same) = self.by_text.get(&(parent, text)) {
            return Some(Cow::Borrowed(same));
        }
        let fits = |number: &&usize| literal(lines[**number].text).is_some_and(|literal| text.starts_with(literal));
        let of_key = |key: &str| {
            let known = self.by_key.get(&(parent, key))?;
            let fitting: Vec<usize> = known.iter().take(MOST).filter(fits).copied().collect();
            (!fitting.is_empty()).then_some(Cow::Owned(fitting))
        };
        of_key(key(text)).or_else(|| text.starts_with("- ").then(|| of_key("-")).flatten())
    }
}

impl<'text> Index<'text> {
    /// Those of the lines below which there is the most of what is below a rendered line: of the items of a list, the one
    /// with the same name, and not the first that begins alike.
    fn nearest<'index>(
        &self,
        candidates: Cow<'index, [usize]>,
        below: &[usize],
        made: &[Line<'text>],
    ) -> Cow<'index, [usize]> {
        if !(2..=MOST).contains(&candidates.len()) || below.is_empty() {
            return candidates;
        }
        let has = |parent: usize| {
            let is_there = |line: &&usize| self.by_text.contains_key(&(Parent::Line(parent), made[**line].text));
            below.iter().filter(is_there).count()
        };
        let counts: Vec<usize> = candidates.iter().map(|line| has(*line)).collect();
        let most = counts.iter().max().copied().unwrap_or_default();
        if counts.iter().all(|count| *count == most) {
            return candidates;
        }
        candidates.iter().zip(counts).filter(|(_, count)| *count == most).map(|(line, _)| *line).collect()
    }
}

/// What is left of a line with an action: the text before it, if it says which line this is.
fn literal(line: &str) -> Option<&str> {
    let (before, _) = line.split_once("{{")?;
    let before = before.trim_end();
    (before.contains(':') || before.starts_with('-')).then_some(before)
}

/// A line up to its first colon, which is what it begins with whatever its value is; of an item without one its dash.
fn key(line: &str) -> &str {
    let end = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1));
    end.map_or_else(|| if line.starts_with('-') { "-" } else { line }, |end| &line[..=end])
}

/// Which document of the template each rendered one comes from: the next of its kind, or the last if there are more, as
/// a loop makes.
fn documents(made: &[Line<'_>], from: &[Line<'_>]) -> Vec<Option<usize>> {
    let kinds = |lines: &[Line<'_>]| {
        let count = lines.last().map_or(0, |line| line.document + 1);
        let mut kinds: Vec<Option<String>> = vec![None; count];
        for line in lines.iter().filter(|line| line.parent.is_none() && line.counts) {
            if let Some(kind) = line.text.strip_prefix("kind:") {
                kinds[line.document].get_or_insert_with(|| kind.trim().to_owned());
            }
        }
        kinds
    };
    let (made, from) = (kinds(made), kinds(from));
    let mut by_kind: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut open = Vec::new();
    for (number, kind) in from.iter().enumerate() {
        match kind {
            Some(kind) if kind.contains("{{") => open.push(number),
            Some(kind) => by_kind.entry(kind.as_str()).or_default().push(number),
            None => {}
        }
    }
    let mut turns: HashMap<&str, usize> = HashMap::new();
    let mut of = Vec::with_capacity(made.len());
    for kind in &made {
        of.push(kind.as_deref().and_then(|kind| {
            let turn = turns.entry(kind).or_default();
            *turn += 1;
            let known = by_kind.get(kind).unwrap_or(&open);
            known.get(*turn - 1).or(known.last()).copied()
        }));
    }
    of
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::yaml::Source;

    /// The text of the origin of each line that has its own origin or a nearest one.
    fn aligned(rendered: &str, template: &str) -> Vec<String> {
        let source = Arc::new(Source::from_text("t.yaml", template));
        let file = Arc::new(OriginFile { source, path: "t.yaml".into() });
        let origins = align(rendered, &file);
        assert_eq!(origins.len(), rendered.split('\n').count());
        origins.iter().map(|origin| file.source.slice(origin.span).to_owned()).collect()
    }

    #[test]
    fn values_are_found_by_what_is_before_them() {
        let template = "kind: A\nspec:\n  {{- if .x }}\n  image: \"{{ .a }}:{{ .b }}\"\n  {{- end }}\n  labels:\n    \
                        {{- toYaml .l | nindent 4 }}\n";
        let rendered = "kind: A\nspec:\n  image: \"web:1\"\n  labels:\n    a: b\n    c: d\n";
        let want = ["kind: A", "spec:", "image: \"{{ .a }}:{{ .b }}\"", "labels:", "labels:", "labels:", "labels:"];
        assert_eq!(aligned(rendered, template), want);
    }

    #[test]
    fn the_same_line_below_different_parents_is_told_apart() {
        let template = "kind: A\none:\n  - name: x\n    port: 1\n  - name: y\n    port: 1\ntwo:\n- port: 1\n";
        let source = Arc::new(Source::from_text("t.yaml", template));
        let file = Arc::new(OriginFile { source, path: "t.yaml".into() });
        let lines: Vec<usize> =
            align(template, &file).iter().map(|origin| file.source.position(origin.span.start).line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8, 8]);
    }

    #[test]
    fn a_loop_makes_its_lines_again_and_again() {
        let template = "kind: A\nlist:\n  {{- range .l }}\n  - name: {{ .n }}\n    fixed: yes\n  {{- end }}\n";
        let rendered = "kind: A\nlist:\n  - name: a\n    fixed: yes\n  - name: b\n    fixed: yes\n";
        let aligned = aligned(rendered, template);
        assert_eq!(aligned[2..6], ["- name: {{ .n }}", "fixed: yes", "- name: {{ .n }}", "fixed: yes"]);
    }

    #[test]
    fn an_item_is_the_one_that_says_the_same_below() {
        let template = "kind: A\nports:\n  {{- if .b }}\n  - port: {{ .p2p }}\n    name: p2p\n  {{- end }}\n  - port: {{ .http \
                        }}\n    name: http\n  {{- range .more }}\n  - port: {{ .port }}\n    name: {{ .name }}\n  {{- end }}\n";
        let rendered = "kind: A\nports:\n  - port: 1\n    name: http\n  - port: 2\n    name: a\n";
        let aligned = aligned(rendered, template);
        assert_eq!(aligned[2..4], ["- port: {{ .http }}", "name: http"]);
    }

    #[test]
    fn documents_go_by_their_kinds() {
        let template = "kind: A\nx: 1\n---\nkind: B\nx: 1\n---\nkind: B\ny: 1\n";
        let rendered = "---\nkind: B\nx: 1\n---\nkind: B\ny: 1\n---\nkind: A\nx: 1\n";
        let source = Arc::new(Source::from_text("t.yaml", template));
        let file = Arc::new(OriginFile { source, path: "t.yaml".into() });
        let lines: Vec<usize> =
            align(rendered, &file).iter().map(|origin| file.source.position(origin.span.start).line).collect();
        assert_eq!([lines[1], lines[2], lines[4], lines[5], lines[7], lines[8]], [4, 5, 7, 8, 1, 2]);
    }

    #[test]
    fn a_template_that_only_includes_has_one_place() {
        let aligned = aligned("kind: A\nx: 1\n", "\n{{ include \"lib.deployment\" . }}\n");
        assert!(aligned.iter().all(|line| line == "{{ include \"lib.deployment\" . }}"));
    }

    /// Ten thousand lines that fit ten thousand others take no time to speak of.
    #[test]
    fn many_alike_are_no_product() {
        let template = (0..20_000).fold(String::new(), |text, at| text + &format!("- a{at}: {{{{ .x }}}}\n"));
        let rendered = "kind: A\nl:\n".to_owned() + &"- b: 1\n".repeat(20_000);
        let start = std::time::Instant::now();
        aligned(&rendered, &format!("kind: A\nl:\n{template}"));
        let same: String = "- b: {{ .x }}\n".repeat(20_000);
        aligned(&rendered, &format!("kind: A\nl:\n{same}"));
        aligned(&rendered, &rendered);
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }
}
