//! The lines of a file around some labels, made fit to be shown: long lines clipped, secrets and control
//! characters hidden.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::diagnostic::Label;
use crate::secrets::{Hidden, Secrets};
use crate::yaml::{Position, Source, Span};

/// Characters of a line that are shown at most, where the terminal has no fewer columns.
const LONGEST: usize = 200;
/// Characters of a clipped line before its first label, at most.
const BEFORE: usize = 60;
/// Columns for the numbers of lines and the frame.
const MARGIN: usize = 10;

/// Part of a file as it is shown.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// Number of the first line, from 0.
    first_line: usize,
    /// Where labels begin in `text`, and where that is in the file.
    places: BTreeMap<usize, Position>,
}

impl Excerpt {
    /// The lines of `labels`, which are of one file, and one line before and after; and the labels as they
    /// lie in it. The flag marks the primary label. Lines are clipped to the columns of a terminal, if it is one.
    pub(super) fn of(
        labels: &[(&Label, bool)],
        secrets: &Secrets<'_>,
        columns: Option<usize>,
    ) -> Option<(Self, Vec<LabeledSpan>)> {
        let source = &labels.first()?.0.source;
        let spans: Vec<Span> = labels.iter().map(|(label, _)| on_one_line(source, label.span)).collect();
        let first = spans.iter().map(|span| span.range().start).min()?;
        let last = spans.iter().map(|span| span.range().end).max()?;
        let start = line_start(source, line_start(source, first).saturating_sub(1));
        let end = line_end(source, line_end(source, last));
        let longest = columns.map_or(LONGEST, |columns| columns.saturating_sub(MARGIN).min(LONGEST));
        let shown = Shown::new(source, start..end, &spans, &secrets.of(source), longest);
        let mut places = BTreeMap::new();
        let mut mapped = Vec::new();
        for ((label, is_primary), span) in labels.iter().zip(&spans) {
            let range = shown.place(span.range().start)..shown.place(span.range().end);
            let length = range.len().max(1);
            places.insert(range.start, source.position(label.span.start));
            let text = (!label.text.is_empty()).then(|| printable(&label.text));
            let at = (range.start, length);
            mapped.push(if *is_primary {
                LabeledSpan::new_primary_with_span(text, at)
            } else {
                LabeledSpan::new_with_span(text, at)
            });
        }
        let first_line = source.position(u32::try_from(start).ok()?).line - 1;
        Some((Self { name: printable(&source.name), text: shown.text, first_line, places }, mapped))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.as_str().read_span(span, before, after)?;
        let place = self.places.get(&span.offset()).filter(|_| before == 0 && after == 0);
        let (line, column) = place
            .map_or((contents.line() + self.first_line, contents.column()), |place| (place.line - 1, place.column - 1));
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            line,
            column,
            contents.line_count(),
        )))
    }
}

/// Text without characters that a terminal would obey.
pub fn printable(text: &str) -> String {
    // nearly all texts are
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars().map(|character| if is_control(character) { '\u{FFFD}' } else { character }).collect()
}

/// Control characters, breaks of lines that are none of YAML 1.2, and what turns the direction of writing around.
pub(super) fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

/// The part of a span that lies on its first line.
fn on_one_line(source: &Source, span: Span) -> Span {
    let range = span.range();
    let text = source.slice(span);
    let first = text.find(['\n', '\r']).map_or(text, |end| &text[..end]);
    Span::new(range.start, range.start + first.trim_end().len())
}

fn line_start(source: &Source, at: usize) -> usize {
    let starts = source.line_starts();
    starts.partition_point(|start| *start as usize <= at).checked_sub(1).map_or(0, |line| starts[line] as usize)
}

/// One past the line break at or after `at`.
fn line_end(source: &Source, at: usize) -> usize {
    let starts = source.line_starts();
    starts.get(starts.partition_point(|start| *start as usize <= at)).map_or(source.text.len(), |start| *start as usize)
}

/// Text made ready, with the way from bytes of the file to bytes of it.
struct Shown {
    text: String,
    /// Places of characters on lines with labels, in order.
    places: Vec<(usize, usize)>,
    /// Characters of a line that are shown at most.
    longest: usize,
}

impl Shown {
    fn new(source: &Source, lines: Range<usize>, labels: &[Span], hidden: &Hidden, longest: usize) -> Self {
        let mut shown = Self { text: String::new(), places: Vec::new(), longest };
        let mut at = lines.start;
        while at < lines.end {
            let next = line_end(source, at).min(lines.end);
            shown.line(source, at, next, labels, hidden);
            at = next.max(at + 1);
        }
        shown
    }

    fn line(&mut self, source: &Source, start: usize, end: usize, labels: &[Span], hidden: &Hidden) {
        let content = source.text[start..end].trim_end_matches(['\n', '\r']);
        let first_label = labels.iter().map(|span| span.range().start).filter(|at| (start..end).contains(at)).min();
        // only what is shown is looked at: a file of many findings may be one line
        let is_long = content.char_indices().nth(self.longest).is_some();
        let from = match first_label.filter(|_| is_long) {
            Some(at) => {
                let before = content.get(..at - start).unwrap_or(content);
                let room = BEFORE.min(self.longest / 3);
                before.char_indices().rev().nth(room.saturating_sub(1)).map_or(0, |(at, _)| at)
            }
            None => 0,
        };
        if from > 0 {
            self.text.push('…');
        }
        let mut shown = content[from..].char_indices();
        for (offset, character) in shown.by_ref().take(self.longest) {
            let place = start + from + offset;
            if first_label.is_some() {
                self.places.push((place, self.text.len()));
            }
            let is_hidden = || hidden.contains(place) || source.is_masked(place);
            self.text.push(match character {
                '\t' => '\t',
                ':' | ' ' | '{' | '}' | ',' => character,
                _ if is_hidden() => '•',
                character if is_control(character) => '\u{FFFD}',
                character => character,
            });
        }
        if let Some((offset, _)) = shown.next() {
            // what follows is behind the end of what is shown
            if first_label.is_some() {
                let last = start + content.len().saturating_sub(1);
                self.places.extend([start + from + offset, last].map(|place| (place, self.text.len())));
            }
            self.text.push('…');
        }
        if first_label.is_some() {
            self.places.push((start + content.len(), self.text.len()));
        }
        self.text.push('\n');
    }

    fn place(&self, at: usize) -> usize {
        let index = self.places.partition_point(|(place, _)| *place < at);
        self.places.get(index).or(self.places.last()).map_or(0, |(_, shown)| *shown)
    }
}
