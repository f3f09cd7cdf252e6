//! What can be done about findings: the linter's fixes, and comments that ignore them.

use std::collections::{BTreeMap, HashMap};

use lsp_types::{CodeAction, CodeActionKind, Range, TextEdit, Uri, WorkspaceEdit};

use super::diagnostics;
use super::folders::{Names, OfFile, Seen};
use super::positions::{Encoding, Near};
use super::trail;
use crate::diagnostic::{Edit, Family, Finding};
use crate::kube::File;
use crate::yaml::{Source, Style};

/// All safe fixes of a file at once.
pub const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.patterns");

/// A file's findings, and how to write about them to the client.
pub struct Actions<'a> {
    /// The text.
    pub seen: Seen<'a>,
    /// Its findings.
    pub of_file: &'a OfFile,
    /// What files are called.
    pub names: &'a Names<'a>,
    /// How columns are counted.
    pub encoding: Encoding,
}

impl Actions<'_> {
    /// What can be done about the findings in a range. Nothing where the text is not byte for byte what was checked.
    #[must_use]
    pub fn at(&self, range: Range, wanted: impl Fn(&CodeActionKind) -> bool) -> Vec<CodeAction> {
        let mut actions = Vec::new();
        let source = &self.seen.file.source;
        let text = &self.seen.buffer.text;
        if !source.is_editable() || !source.text.starts_with(text.as_str()) {
            return actions;
        }
        let bytes = self.encoding.bytes(text, range, &mut Near::default());
        let meets = |finding: &&Finding| {
            let span = finding.primary.span.range();
            span.start <= bytes.end && bytes.start <= span.end && finding.primary.source.name == source.name
        };
        if wanted(&CodeActionKind::QUICKFIX) {
            let line_break = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
            for finding in self.of_file.findings.iter().filter(meets) {
                actions.extend(self.fix(finding));
                actions.extend(self.ignore(finding, line_break));
            }
        }
        if wanted(&FIX_ALL) {
            actions.extend(self.fix_all());
        }
        actions
    }

    fn fix(&self, finding: &Finding) -> Option<CodeAction> {
        let fix = finding.fix.as_ref()?;
        let note = if fix.safe { "" } else { " (needs review)" };
        let title = format!("{}{note}", capitalized(&fix.title));
        let action = self.action(&title, CodeActionKind::QUICKFIX, &fix.edits, Some(finding));
        Some(CodeAction { is_preferred: Some(fix.safe), ..action })
    }

    /// The fixes that do not touch each other, the first of those that do.
    fn fix_all(&self) -> Option<CodeAction> {
        let mut edits: Vec<Edit> = Vec::new();
        // where they are: first bytes and last ones
        let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
        let own = |finding: &&Finding| finding.primary.source.name == self.seen.file.source.name;
        for fix in self.of_file.findings.iter().filter(own).filter_map(|finding| finding.fix.as_ref()) {
            let meets =
                |edit: &Edit| taken.range(..=edit.span.end).next_back().is_some_and(|(_, end)| *end >= edit.span.start);
            if fix.safe && !fix.edits.iter().any(meets) {
                for edit in &fix.edits {
                    let end = taken.entry(edit.span.start).or_default();
                    *end = edit.span.end.max(*end);
                }
                edits.extend(fix.edits.iter().cloned());
            }
        }
        (!edits.is_empty()).then(|| self.action("Apply all safe fixes in this file", FIX_ALL, &edits, None))
    }

    /// A comment that ignores the finding; what it lacks is the reason, which only the author knows.
    fn ignore(&self, finding: &Finding, line_break: &str) -> Option<CodeAction> {
        let rule = finding.rule.filter(|rule| rule.family != Family::Meta)?.name;
        let file = self.seen.file;
        // In a description `gen` heeds the key `ignore` and no comment, and JSON has none.
        if file.is_description() || file.source.text.trim_start().starts_with('{') {
            return None;
        }
        let (edit, what) = comment(file, finding, rule, line_break)?;
        let title = format!("Ignore `{rule}` {what}; add the reason");
        Some(self.action(&title, CodeActionKind::QUICKFIX, &[edit], Some(finding)))
    }

    fn action(&self, title: &str, kind: CodeActionKind, edits: &[Edit], finding: Option<&Finding>) -> CodeAction {
        let source = &self.seen.file.source;
        let text_edit = |edit: &Edit| TextEdit {
            range: self.encoding.range(source, edit.span),
            new_text: edit.replacement.clone(),
        };
        let uri: &Uri = &self.seen.buffer.uri;
        #[expect(clippy::mutable_key_type, reason = "the protocol's own type, whose cache no key depends on")]
        let changes = HashMap::from([(uri.clone(), edits.iter().map(text_edit).collect())]);
        CodeAction {
            title: title.to_owned(),
            kind: Some(kind),
            diagnostics: finding.map(|finding| vec![diagnostics::of(finding, uri, self.names, self.encoding)]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            ..CodeAction::default()
        }
    }
}

/// A comment above the line of a finding, or above the whole file where the finding is inside a text, in which a
/// comment would be text too.
fn comment(file: &File, finding: &Finding, rule: &str, line_break: &str) -> Option<(Edit, &'static str)> {
    let source: &Source = &file.source;
    let at = finding.primary.span.range().start;
    let next = file.documents.partition_point(|document| document.span.range().start <= at);
    let document = file.documents[..next].last().filter(|document| document.span.range().contains(&at))?;
    let node = trail::at(document, document.root(), at).node;
    let line = source.text[..at].rfind('\n').map_or(0, |before| before + 1);
    let starts_before = document.span(node).range().start < line;
    let is_text = matches!(
        document.style(node),
        Style::Literal | Style::Folded | Style::SingleQuoted | Style::DoubleQuoted | Style::Plain
    );
    if is_text && starts_before {
        return Some((Edit::insert(0, format!("# patterns: ignore-file[{rule}] {line_break}")), "in this file"));
    }
    let content = &source.text[line..];
    let indentation = &content[..content.len() - content.trim_start_matches([' ', '\t']).len()];
    Some((Edit::insert(line, format!("{indentation}# patterns: ignore[{rule}] {line_break}")), "here"))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
