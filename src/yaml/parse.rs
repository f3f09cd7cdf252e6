//! One chunk of YAML text into a [`Document`]: granit-parser's events, kubectl's resolution.

use std::borrow::Cow;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle, Tag};

use super::build::{Builder, Scalar, unknown_anchor};
use super::characters;
use super::read::Refusal;
use super::scalar::{Resolved, resolve_plain, resolve_tagged};
use super::source::{Source, Span};
use super::tree::{Document, Style};

/// go-yaml's `max_flow_level` and `max_indents`.
const MAX_DEPTH: usize = 10_000;

/// Parses the one document of a chunk.
pub(super) fn document(source: &Arc<Source>, span: Span) -> Result<Document, Refusal> {
    let original = source.slice(span);
    // A byte-order mark may begin any document: go-yaml looks for one at the start of each chunk.
    let mark = if original.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let base = span.start as usize + mark;
    let original = &original[mark..];
    characters::check(original, base)?;
    let text = characters::with_plain_breaks(original);
    let mut reader = Reader { source, text: &text, base, builder: Builder::new(source, span) };
    let outcome = reader.read();
    match outcome {
        Ok(end) => reader.note_dropped(end, span),
        // go-yaml asks for one document and never sees what makes the rest of the chunk invalid.
        Err(_) if reader.builder.is_complete() => {}
        Err(refusal) => return Err(refusal),
    }
    let document = reader.builder.finish(span);
    characters::check_tabs(&document, &text, base)?;
    Ok(document)
}

struct Reader<'src> {
    source: &'src Arc<Source>,
    text: &'src str,
    base: usize,
    builder: Builder<'src>,
}

impl<'src> Reader<'src> {
    /// Reads the first document; returns the byte after it.
    fn read(&mut self) -> Result<usize, Refusal> {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_comments: self.text.contains("patterns:"),
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        while let Some(next) = parser.next_event() {
            let (event, at) = next.map_err(|error| self.refuse(&error))?;
            let span = self.span(&at);
            match event {
                Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), &at)?,
                Event::SequenceStart(style, anchor, _) => self.builder.open(span, collection(style), anchor, false),
                Event::MappingStart(style, anchor, _) => self.builder.open(span, collection(style), anchor, true),
                Event::SequenceEnd | Event::MappingEnd => self.builder.close(span)?,
                Event::Alias(id) => self.builder.alias(span, id)?,
                Event::UnresolvedAlias(_) => return Err(unknown_anchor(span, self.source.slice(span))),
                Event::Comment(text, _) if text.contains("patterns:") => self.builder.comment(span),
                Event::DocumentEnd => return Ok(span.end as usize - self.base),
                _ => {}
            }
        }
        Ok(self.text.len())
    }

    fn scalar(
        &mut self,
        text: Cow<'src, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: &granit_parser::Span,
    ) -> Result<(), Refusal> {
        let mut span = self.span(at);
        let (style, plain) = match style {
            ScalarStyle::Plain => (Style::Plain, true),
            ScalarStyle::SingleQuoted => (Style::SingleQuoted, false),
            ScalarStyle::DoubleQuoted => (Style::DoubleQuoted, false),
            ScalarStyle::Literal => (Style::Literal, false),
            ScalarStyle::Folded => (Style::Folded, false),
        };
        if matches!(style, Style::Literal | Style::Folded) {
            span = self.trim_block(span);
        }
        if style == Style::DoubleQuoted {
            self.check_escapes(span)?;
        }
        let mut text = text;
        let resolved = match tag {
            None if plain => resolve_plain(&text),
            None => Resolved::Str,
            Some(tag) => match core_tag(tag) {
                Some("binary") => {
                    text = Cow::Owned(
                        decode_binary(&text)
                            .ok_or_else(|| Refusal::new(span, "`!!binary` is followed by text that is not base64"))?,
                    );
                    Resolved::Str
                }
                Some(core @ ("str" | "bool" | "int" | "float" | "null" | "timestamp")) => resolve_tagged(core, &text)
                    .map_err(|found| {
                    Refusal::new(span, format!("`!!{core}` is followed by a {}", found.type_name()))
                })?,
                _ => Resolved::Str,
            },
        };
        let text = self.text_of(text);
        self.builder.scalar(span, style, anchor, text, resolved)
    }

    /// A text that lies in the source as it is needs no copy.
    fn text_of(&self, text: Cow<'src, str>) -> Scalar {
        match text {
            Cow::Borrowed(text) => {
                let start = (text.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
                if start + text.len() <= self.text.len() {
                    return Scalar::Borrowed(Span::new(self.base + start, self.base + start + text.len()));
                }
                Scalar::Owned(text.to_owned())
            }
            Cow::Owned(text) => Scalar::Owned(text),
        }
    }

    /// The parser ends a block scalar at the next token; its text ends before that.
    fn trim_block(&self, span: Span) -> Span {
        let text = &self.text[span.start as usize - self.base..span.end as usize - self.base];
        let header = text.lines().next().unwrap_or("");
        let whole_lines = &text[..text.rfind('\n').map_or(text.len(), |at| at + 1)];
        let kept = if header.split('#').next().unwrap_or("").contains('+') {
            whole_lines
        } else {
            whole_lines.trim_end_matches(['\n', '\r', ' ', '\t'])
        };
        Span::new(span.start as usize, span.start as usize + kept.len().max(header.len()))
    }

    /// Escapes that YAML 1.2 has and go-yaml v2 does not.
    fn check_escapes(&self, span: Span) -> Result<(), Refusal> {
        let raw = self.source.slice(span);
        let mut rest = raw;
        while let Some(at) = rest.find('\\') {
            let escape = &rest[at..];
            let place = span.start as usize + (raw.len() - escape.len());
            match escape.as_bytes().get(1) {
                Some(b'/') => {
                    return Err(Refusal::new(Span::new(place, place + 2), "kubectl's YAML has no escape `\\/`")
                        .because("it is YAML 1.2 and JSON; kubectl reads YAML 1.1")
                        .help("write `/`"));
                }
                Some(b'u') if escape.get(2..6).is_some_and(is_surrogate) => {
                    return Err(Refusal::new(
                        Span::new(place, place + 6),
                        "kubectl's YAML does not join surrogate escapes",
                    )
                    .because("`\\ud800` to `\\udfff` are halves of a character; only JSON puts them together")
                    .help("write the character itself, or `\\U` with eight digits"));
                }
                _ => {}
            }
            rest = escape.get(2..).unwrap_or_else(|| escape.trim_start_matches('\\'));
        }
        Ok(())
    }

    /// Remembers what follows `...`, which kubectl reads past without a word.
    fn note_dropped(&mut self, end: usize, chunk: Span) {
        let rest = self.text.get(end..).unwrap_or("");
        let is_content = |line: &str| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && line != "..."
        };
        let mut at = self.base + end;
        for line in rest.split_inclusive('\n') {
            if is_content(line) {
                self.builder.dropped(Span::new(at, chunk.end as usize));
                return;
            }
            at += line.len();
        }
    }

    fn span(&self, at: &granit_parser::Span) -> Span {
        let start = at.start.byte_offset().unwrap_or(0);
        let end = at.end.byte_offset().unwrap_or(start);
        Span::new(self.base + start, self.base + end)
    }

    fn refuse(&self, error: &granit_parser::ScanError) -> Refusal {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let line_start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or("");
        let end = self.text[at..].chars().next().filter(|next| *next != '\n').map_or(at, |next| at + next.len_utf8());
        let span = Span::new(self.base + at, self.base + end);
        let refusal = Refusal::new(span, format!("not valid YAML: {}", error.info()));
        if line.contains("{{") {
            return refusal.help("this looks like a template; render it first: helm template … | patterns lint -");
        }
        match error.kind() {
            ErrorKind::UnknownAnchor => unknown_anchor(span, "*"),
            _ if line.trim_start().starts_with('\t') => refusal.help("indent with spaces; YAML allows no tabs there"),
            _ if unquoted_hole(line) => refusal.help("quote the `${…}`"),
            _ => refusal,
        }
    }
}

/// `{a: ${b}}`: the brace ends the flow map too early.
fn unquoted_hole(line: &str) -> bool {
    line.contains('{') && line.match_indices("${").any(|(at, _)| !line[..at].ends_with(['"', '\'']))
}

/// `str` of `!!str`, which is short for `tag:yaml.org,2002:str`.
fn core_tag(tag: &Tag) -> Option<&str> {
    const NAMESPACE: &str = "tag:yaml.org,2002:";
    match tag.handle() {
        NAMESPACE => Some(tag.suffix()),
        _ => tag.suffix().strip_prefix(NAMESPACE),
    }
}

fn is_surrogate(digits: &str) -> bool {
    u32::from_str_radix(digits, 16).is_ok_and(|code| (0xD800..0xE000).contains(&code))
}

fn collection(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

/// Go's `base64.StdEncoding`, which passes over line breaks; bytes that are not UTF-8 become U+FFFD in JSON.
fn decode_binary(text: &str) -> Option<String> {
    use base64::Engine as _;
    let compact: String = text.chars().filter(|character| !matches!(character, '\n' | '\r')).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
