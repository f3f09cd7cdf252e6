//! One chunk of YAML text into a document: the scanner's events, kubectl's resolution.

use std::collections::HashMap;

use super::build::{Builder, Draft, Scalar, unknown_anchor};
use super::characters::{Characters, LOOK_AHEAD};
use super::refusal::Refusal;
use super::scalar::{Resolved, resolve_plain, resolve_tagged};
use super::scan::{Event, Parser, direct};
use super::source::{Source, Span};
use super::tree::Style;

/// What go-yaml puts for `!!`.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// Parses the one document of a chunk if it is written as most manifests are; such documents have no aliases.
pub(super) fn plain_document(source: &Source, chunk: Span, builder: &mut Builder<'_>) -> Option<Draft> {
    let span = without_mark(source, chunk);
    written_plainly(source, chunk, span, &Characters::of(source, span, chunk), builder)
}

fn written_plainly(
    source: &Source,
    chunk: Span,
    span: Span,
    characters: &Characters,
    builder: &mut Builder<'_>,
) -> Option<Draft> {
    let is_plain = match characters {
        Characters::Control(_) => return None,
        Characters::Plain => true,
        Characters::Allowed => false,
    };
    builder.begin();
    direct::read(&source.text, span, is_plain, builder).then(|| builder.finish(chunk))
}

/// A byte-order mark may begin any document: go-yaml looks for one at the start of each chunk.
fn without_mark(source: &Source, chunk: Span) -> Span {
    let mark = if source.slice(chunk).starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    Span::new(chunk.start as usize + mark, chunk.end as usize)
}

/// Parses the one document of a chunk. `budget` is what aliases of the file may still copy, in bytes. With `is_exact`
/// the direct reader is left out.
pub(super) fn document<'src>(
    source: &'src Source,
    chunk: Span,
    budget: &mut u64,
    builder: &mut Builder<'src>,
    is_exact: bool,
) -> Result<Draft, Refusal> {
    let span = without_mark(source, chunk);
    let characters = Characters::of(source, span, chunk);
    if !is_exact && let Some(document) = written_plainly(source, chunk, span, &characters, builder) {
        return Ok(document);
    }
    let control = if let Characters::Control(control) = characters { Some(control) } else { None };
    let readable = control.as_ref().map_or(span, |control| Span::new(span.start as usize, control.window));
    let mut reader = Reader::new(source, readable, builder);
    reader.builder.budget = *budget;
    let outcome = reader.read();
    *budget = reader.builder.budget;
    if let Some(control) = control
        && (outcome.is_err() || reader.parser.reached() + LOOK_AHEAD > control.window)
    {
        return Err(control.refusal);
    }
    let end = outcome.map_err(|refusal| explain_template(source, refusal))?;
    reader.note_dropped(end, chunk);
    Ok(reader.builder.finish(chunk))
}

struct Reader<'src, 'of> {
    source: &'src Source,
    parser: Parser<'src>,
    builder: &'of mut Builder<'src>,
    /// The number of the latest definition of each anchor, from 1.
    anchors: HashMap<&'src str, usize>,
    defined: usize,
}

impl<'src, 'of> Reader<'src, 'of> {
    fn new(source: &'src Source, readable: Span, builder: &'of mut Builder<'src>) -> Self {
        builder.begin();
        Self { source, parser: Parser::new(&source.text, readable), builder, anchors: HashMap::new(), defined: 0 }
    }

    /// Reads the first document; returns the byte after it.
    fn read(&mut self) -> Result<usize, Refusal> {
        loop {
            match self.parser.next_event().map_err(|fault| *fault)? {
                Event::Scalar { span, style, text, anchor, tag } => {
                    let anchor = self.define(anchor);
                    self.scalar(span, style, text, anchor, tag.as_deref())?;
                }
                Event::Open { is_map, style, span, anchor } => {
                    let anchor = self.define(anchor);
                    self.builder.open(span, style, anchor, is_map)?;
                }
                Event::Close(span) => self.builder.close(span)?,
                Event::Alias(span) => {
                    let text = self.source.slice(span);
                    let id = self.anchors.get(&text[1..]).copied().ok_or_else(|| unknown_anchor(span, text))?;
                    self.builder.alias(span, id)?;
                }
                Event::End(end) => {
                    for comment in self.parser.comments() {
                        self.builder.comment(comment);
                    }
                    return Ok(end);
                }
            }
        }
    }

    /// Gives an anchor its number; 0 for none.
    fn define(&mut self, anchor: Option<Span>) -> usize {
        let Some(name) = anchor else { return 0 };
        self.defined += 1;
        self.anchors.insert(self.source.slice(name), self.defined);
        self.defined
    }

    fn scalar(
        &mut self,
        span: Span,
        style: Style,
        text: Scalar,
        anchor: usize,
        tag: Option<&str>,
    ) -> Result<(), Refusal> {
        let content = match &text {
            Scalar::Borrowed(span) => self.source.slice(*span),
            Scalar::Owned(text) => text,
        };
        // go-yaml asks for the text and the absence of a tag, but `!` counts as none.
        let is_merge = content == "<<" && merges(style, tag);
        let Some(tag) = tag else {
            let resolved = if style == Style::Plain { resolve_plain(content) } else { Resolved::Str };
            return self.builder.scalar(span, style, anchor, text, resolved, is_merge);
        };
        let (text, resolved) = match tag.strip_prefix(NAMESPACE) {
            Some("binary") => {
                let decoded = decode_binary(content)
                    .ok_or_else(|| Refusal::new(span, "`!!binary` is followed by text that is not base64"))?;
                (Scalar::Owned(decoded), Resolved::Str)
            }
            Some(core @ ("str" | "bool" | "int" | "float" | "null" | "timestamp")) => {
                let resolved = resolve_tagged(core, content).map_err(|found| {
                    Refusal::new(span, format!("`!!{core}` is followed by a {}", found.type_name()))
                })?;
                (text, resolved)
            }
            _ => (text, Resolved::Str),
        };
        self.builder.scalar(span, style, anchor, text, resolved, is_merge)
    }

    /// Remembers what follows the document, which kubectl reads past without a word.
    fn note_dropped(&mut self, end: usize, chunk: Span) {
        let mut at = end;
        for line in self.source.slice(Span::new(end, chunk.end as usize)).split_inclusive('\n') {
            let content = line.trim();
            if !content.is_empty() && !content.starts_with('#') && content != "..." {
                let start = at + (line.len() - line.trim_start().len());
                self.builder.dropped(Span::new(start, chunk.end as usize));
                return;
            }
            at += line.len();
        }
    }
}

fn merges(style: Style, tag: Option<&str>) -> bool {
    match tag {
        None => style == Style::Plain,
        Some(tag) => tag == "!" || tag.strip_prefix(NAMESPACE) == Some("merge"),
    }
}

/// A template that has not been rendered needs no lesson in YAML.
fn explain_template(source: &Source, mut refusal: Refusal) -> Refusal {
    refusal.span = source.whole_characters(refusal.span);
    let at = refusal.span.start as usize;
    let line = source.text[..at].rfind('\n').map_or(0, |found| found + 1);
    // In quotes, braces are text, and something else is wrong.
    if !source.text[at..].starts_with('{') {
        return refusal;
    }
    let before = source.text[line..=at].trim_end_matches('{').len();
    let rest = source.text[line + before..].lines().next().unwrap_or("");
    let Some(close) = rest.find("}}").filter(|_| rest.starts_with("{{")) else { return refusal };
    let start = line + before;
    Refusal::new(Span::new(start, start + close + 2), "this is a template that has not been rendered")
        .because("kubectl does not support `{{ }}`; in YAML it is a map whose key is a map")
        .help("render it first: helm template … | patterns lint -")
}

/// Go's `base64.StdEncoding`, which passes over line breaks; bytes that are not UTF-8 become U+FFFD in JSON.
fn decode_binary(text: &str) -> Option<String> {
    use base64::Engine as _;
    let compact: String = text.chars().filter(|character| !matches!(character, '\n' | '\r')).collect();
    let config = base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let engine = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let bytes = engine.decode(compact).ok()?;
    Some(super::source::lossy(&bytes).0)
}
