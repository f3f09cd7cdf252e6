//! Inline ignores: `# patterns: ignore[rule, rule] reason` on or above a line, a container or an object,
//! and `# patterns: ignore-file[rule] reason` for a whole file.

use std::collections::HashMap;
use std::sync::Arc;

use super::Selection;
use crate::diagnostic::Finding;
use crate::kube::{File, Object, PodView};
use crate::rules::{self, Findings, IGNORE_WITHOUT_REASON, UNUSED_IGNORE};
use crate::words::{clip, nearest};
use crate::yaml::{Document, Source, Span, Value};

/// One comment that ignores.
struct Ignore {
    comment: Span,
    /// The names in the bracket: where they are, and whether each has ignored something.
    names: Vec<(String, Span, bool)>,
    has_reason: bool,
    /// Findings that begin in these bytes are ignored.
    scopes: Vec<Span>,
}

/// Takes the ignored findings out, and adds what is wrong with the ignores themselves.
pub(super) fn apply(file: &File, selection: &Selection, findings: &mut Vec<Finding>) {
    let mut ignores = read(file);
    if ignores.is_empty() {
        return;
    }
    let mut is_ignored = cover(&mut ignores, findings).into_iter();
    findings.retain(|_| !is_ignored.next().unwrap_or(false));
    findings.extend(ignores.iter().flat_map(|ignore| check(ignore, &file.source, selection)));
}

/// Takes out the findings that the ignores of a file cover, and says nothing of the ignores: something else was rendered
/// from the file, and they may be for another use of it.
pub(super) fn take_out(file: &File, findings: &mut Vec<Finding>) {
    let mut ignores = read(file);
    let mut is_ignored = cover(&mut ignores, findings).into_iter();
    findings.retain(|_| !is_ignored.next().unwrap_or(false));
}

/// Which findings are ignored, in their order. Marks the names that ignored one. Goes through scopes and findings once,
/// by place.
fn cover(ignores: &mut [Ignore], findings: &[Finding]) -> Vec<bool> {
    let mut scopes: Vec<(Span, usize, usize)> = Vec::new();
    for (at, ignore) in ignores.iter().enumerate() {
        let names = 0..ignore.names.len();
        scopes.extend(names.flat_map(|name| ignore.scopes.iter().map(move |scope| (*scope, at, name))));
    }
    scopes.sort_unstable();
    let mut scopes = scopes.into_iter().peekable();
    let mut by_place: Vec<usize> = (0..findings.len()).collect();
    by_place.sort_by_key(|at| findings[*at].primary.span.start);
    // The scopes that have begun, by the name that they ignore.
    let mut open: HashMap<String, Vec<(u32, usize, usize)>> = HashMap::new();
    let mut is_ignored = vec![false; findings.len()];
    for at in by_place {
        let place = findings[at].primary.span.start;
        while let Some((scope, ignore, name)) = scopes.next_if(|(scope, ..)| scope.start <= place) {
            open.entry(ignores[ignore].names[name].0.clone()).or_default().push((scope.end, ignore, name));
        }
        let Some(rule) = findings[at].rule else { continue };
        for name in [rule.name, rule.family.name()] {
            let Some(covering) = open.get_mut(name) else { continue };
            covering.retain(|(end, ..)| *end >= place);
            for (_, ignore, name) in covering.iter() {
                ignores[*ignore].names[*name].2 = true;
                is_ignored[at] = true;
            }
            // All of them are used now, and the one that ends last covers what the others do.
            if let Some(last) = covering.iter().max().copied() {
                *covering = vec![last];
            }
        }
    }
    is_ignored
}

/// What is wrong with an ignore itself.
fn check(ignore: &Ignore, source: &Arc<Source>, selection: &Selection) -> Vec<Finding> {
    let mut findings = Vec::new();
    if selection.runs(UNUSED_IGNORE.id) {
        let mut found = Findings::in_file(&UNUSED_IGNORE, source, &mut findings);
        for (name, span, used) in &ignore.names {
            if !rules::names().any(|known| known == name) {
                let saying = found.at_span(*span, format!("no rule is called `{}`", clip(name)));
                match nearest(name, rules::names()) {
                    Some(nearest) => saying.here(format!("did you mean `{nearest}`?")),
                    None => saying.here("ignores nothing"),
                };
            } else if !used && ran(name, selection) {
                found
                    .at_span(*span, format!("`{name}` reports nothing here, so there is nothing to ignore"))
                    .here("ignores nothing")
                    .help("remove it from the comment");
            }
        }
    }
    if ignore.names.is_empty() && selection.runs(UNUSED_IGNORE.id) {
        Findings::in_file(&UNUSED_IGNORE, source, &mut findings)
            .at_span(ignore.comment, "this ignore names no rule")
            .here("ignores nothing")
            .help(
                "write the rule in brackets, then the reason: # patterns: ignore[mutable-tag] pinned by the deployer",
            );
        return findings;
    }
    if !ignore.has_reason && selection.runs(IGNORE_WITHOUT_REASON.id) {
        Findings::in_file(&IGNORE_WITHOUT_REASON, source, &mut findings)
            .at_span(ignore.comment, "this ignore gives no reason")
            .here("the reason goes after the bracket")
            .because("the next reader cannot tell an exception from a silenced mistake");
    }
    findings
}

/// Whether all that a name stands for ran; what did not run could not be ignored.
fn ran(name: &str, selection: &Selection) -> bool {
    rules::all()
        .filter(|rule| rule.id.name == name || rule.id.family.name() == name)
        .all(|rule| selection.runs(rule.id))
}

fn read(file: &File) -> Vec<Ignore> {
    let mut ignores = Vec::new();
    let mut above_separator: Vec<Ignore> = Vec::new();
    let mut rest = file.objects.as_slice();
    for document in &file.documents {
        let is_empty = document.value(document.root()) == Value::Null;
        let count = rest.iter().take_while(|object| Arc::ptr_eq(&object.document, document)).count();
        let (objects, after) = rest.split_at(count);
        rest = after;
        if let Some(first) = objects.first() {
            // A comment above the `---` is above the object that follows.
            let scope = document.span(first.node);
            ignores.extend(above_separator.drain(..).map(|ignore| Ignore { scopes: vec![scope], ..ignore }));
        }
        let heads = if document.comments.is_empty() { Vec::new() } else { heads(objects, document) };
        for comment in &document.comments {
            let Some((mut ignore, whole_file)) = parse(&file.source, comment.span) else { continue };
            if whole_file {
                ignore.scopes = vec![Span::new(0, file.source.text.len())];
            } else if is_empty {
                above_separator.push(ignore);
                continue;
            } else {
                ignore.scopes = scopes(&heads, document, comment.span);
            }
            ignores.push(ignore);
        }
    }
    ignores.extend(above_separator);
    ignores
}

/// Reads a comment; the flag says whether it is about the whole file.
fn parse(source: &Source, comment: Span) -> Option<(Ignore, bool)> {
    let text = source.slice(comment);
    let rest =
        text.trim_start_matches('#').trim_start().strip_prefix("patterns:")?.trim_start().strip_prefix("ignore")?;
    let (rest, whole_file) = rest.strip_prefix("-file").map_or((rest, false), |rest| (rest, true));
    let bracket = rest.trim_start().strip_prefix('[').and_then(|inside| Some((inside, inside.split_once(']')?)));
    let Some((inside, (list, reason))) = bracket else {
        // `ignored`, `ignore-this` are words of a sentence
        let is_word = rest.starts_with(|next: char| next.is_alphanumeric() || matches!(next, '-' | '_'));
        let ignore = Ignore { comment, names: Vec::new(), has_reason: false, scopes: Vec::new() };
        return (!is_word).then_some((ignore, whole_file));
    };
    let start = comment.range().start + (text.len() - inside.len());
    let mut names = Vec::new();
    let mut at = start;
    for part in list.split(',') {
        let name = part.trim();
        let begin = at + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            names.push((rules::current(name).to_owned(), Span::new(begin, begin + name.len()), false));
        }
        at += part.len() + 1;
    }
    let has_reason = reason.chars().any(char::is_alphanumeric);
    Some((Ignore { comment, names, has_reason, scopes: Vec::new() }, whole_file))
}

/// What a comment is about: its own line if something is before it, else the next line that is not a
/// comment; with it the container that begins on that line, or the object whose head it is.
fn scopes(heads: &[(u32, Span)], document: &Document, comment: Span) -> Vec<Span> {
    let line = target_line(&document.source.text, comment);
    let first = heads.partition_point(|(start, _)| *start < line.start);
    let on_line = heads[first..].iter().take_while(|(start, _)| *start <= line.end);
    std::iter::once(line).chain(on_line.map(|(_, scope)| *scope)).collect()
}

/// Where comments above objects and containers are about them: the places of their first keys, in order, and their
/// bytes.
fn heads(objects: &[Object], document: &Document) -> Vec<(u32, Span)> {
    let mut heads = Vec::new();
    for object in objects {
        let whole = document.span(object.node);
        let keys = ["kind", "metadata"].into_iter().filter_map(|name| document.entry(object.node, name));
        heads.push((whole.start, whole));
        heads.extend(keys.map(|entry| (document.span(entry.key).start, whole)));
        for view in object.pods().flat_map(PodView::containers) {
            let whole = document.span(view.node);
            heads.push((whole.start, whole));
            heads.push((key_of_name(&view, document).start, whole));
        }
    }
    heads.sort_unstable();
    heads.dedup();
    heads
}

fn key_of_name(view: &crate::kube::ContainerView<'_>, document: &Document) -> Span {
    document.entry(view.node, "name").map_or_else(|| document.span(view.node), |entry| document.span(entry.key))
}

fn target_line(text: &str, comment: Span) -> Span {
    let line_at = |at: usize| {
        let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
        let end = text[at..].find('\n').map_or(text.len(), |after| at + after + 1);
        Span::new(start, end)
    };
    let mut line = line_at(comment.range().start);
    if !text[line.range().start..comment.range().start].trim().is_empty() {
        return line;
    }
    // more comments than this in a row are their own text, and not about the line below
    for _ in 0..64 {
        if line.range().end >= text.len() {
            break;
        }
        line = line_at(line.range().end);
        let content = text[line.range()].trim();
        if !content.is_empty() && !content.starts_with('#') {
            break;
        }
    }
    line
}
