//! The way of writing that nearly all manifests keep to, read in one pass: no tokens, no events.
//!
//! Lists and maps by indentation, comments, all kinds of scalars, and brackets without surprises. What this reader does
//! not know, or finds wrong, it leaves to the exact one ([`super::Parser`]), which then reads the document from its
//! beginning: so that there is one place that decides what is wrong, and says it. Where this reader comes to the end,
//! it has built what the other would have; tests compare the two.

mod brackets;
mod bytes;
mod unquoted;

use bytes::{begins_no_word, begins_text};

use super::super::build::{Builder, Form, Scalar};
use super::super::scalar::{Resolved, resolve_plain};
use super::super::source::Span;
use super::super::tree::Style;
use super::keys::MAX_KEY_LENGTH;
use super::scanner::Scanner;
use super::token::Kind;

/// Deeper documents are left to the exact reader, which counts.
const DEEPEST: usize = 500;

/// Left to the exact reader.
struct Unknown;

type Known<T> = Result<T, Unknown>;

/// What was found where a node begins.
enum Node {
    Key(Span, Style, Scalar),
    /// A scalar without a colon behind it, or brackets: complete.
    Scalar(Span, Style, Scalar),
    /// The same of several lines, whose text is made when it is asked for.
    Lines(Span, Style),
    Done,
}

/// Reads the one document in `span` of `text`, which has nothing but printable ASCII in its lines where it is plain. False
/// if it is not of this kind: what is built so far is then useless.
pub(in super::super) fn read(text: &str, span: Span, is_plain: bool, builder: &mut Builder<'_>) -> bool {
    let scanner = Scanner::new(text, span, is_plain);
    let mut reader = Direct { bytes: scanner.cursor.text().as_bytes(), scanner, builder };
    if reader.document().is_err() {
        return false;
    }
    let Direct { mut scanner, builder, .. } = reader;
    for comment in scanner.comments() {
        builder.comment(comment);
    }
    true
}

struct Direct<'a, 'src> {
    bytes: &'a [u8],
    scanner: Scanner<'a>,
    builder: &'a mut Builder<'src>,
}

impl Direct<'_, '_> {
    fn document(&mut self) -> Known<()> {
        if self.peek() == b'-' && self.scanner.cursor.is_document_indicator() {
            self.scanner.cursor.at += 3;
        }
        self.skip_to_content()?;
        // No content, or a scalar alone: rare, and null has its own place.
        if self.is_end() {
            return Err(Unknown);
        }
        let mut inside = Some(self.start_of_line()?);
        loop {
            while let Some(column) = inside {
                inside = self.node(column)?;
            }
            if self.builder.depth() == 0 {
                return Err(Unknown);
            }
            if begins_text(self.peek()) {
                inside = self.entry(self.column(), false)?;
                continue;
            }
            self.skip_to_content()?;
            if self.is_end() {
                break;
            }
            let column = self.start_of_line()?;
            inside = self.entry(column, self.is_dash())?;
        }
        while self.builder.depth() > 0 {
            self.close()?;
        }
        Ok(())
    }

    /// The column of content that begins a line.
    fn start_of_line(&mut self) -> Known<usize> {
        let column = self.column();
        let is_known = column > 0 || !(self.peek() == b'%' || self.scanner.cursor.is_document_indicator());
        if is_known { Ok(column) } else { Err(Unknown) }
    }

    /// An entry of an open list or map, which the line begins with. Like all that read a part of an entry, this returns
    /// the column of a node that follows inside of it: the loop goes on there, so that no depth reaches the call stack.
    fn entry(&mut self, column: usize, is_dash: bool) -> Known<Option<usize>> {
        loop {
            match self.builder.innermost() {
                Some((Form::Map, expected)) if expected == column && !is_dash => return self.map_entry(),
                Some((Form::List | Form::Unindented, expected)) if expected == column && is_dash => {
                    return self.list_entry();
                }
                Some((form, expected)) if expected > column || form == Form::Unindented && expected == column => {
                    self.pop()?;
                }
                _ => return Err(Unknown),
            }
        }
    }

    fn map_entry(&mut self) -> Known<Option<usize>> {
        if let Some(key) = self.simple_key() {
            self.plain_key(key)?;
            return self.value_of_key();
        }
        match self.key_or_scalar()? {
            Node::Key(span, style, text) => self.pair(span, style, text),
            _ => Err(Unknown),
        }
    }

    /// A key whose colon is here, and its value.
    fn pair(&mut self, span: Span, style: Style, text: Scalar) -> Known<Option<usize>> {
        self.scalar(span, style, text)?;
        self.value_of_key()
    }

    /// The value of the key whose colon is here.
    fn value_of_key(&mut self) -> Known<Option<usize>> {
        self.scanner.cursor.at += 1;
        let written = self.scanner.cursor.at;
        self.skip_spaces();
        if !self.is_line_over() {
            if begins_text(self.peek())
                && let Some((text, is_over)) = self.plain_line()
            {
                self.plain_text(text)?;
                return if is_over { Ok(None) } else { self.end_of_line() };
            }
            return match self.value()? {
                Node::Scalar(span, style, text) => {
                    self.scalar(span, style, text)?;
                    self.end_of_line()
                }
                Node::Lines(span, style) => self.lines(span, style),
                Node::Done => self.end_of_line(),
                Node::Key(..) => Err(Unknown),
            };
        }
        self.skip_to_content()?;
        let (form, indent) = self.builder.innermost().ok_or(Unknown)?;
        let column = self.column();
        if self.is_end() || column < indent || (column == indent && !self.is_dash()) {
            self.nothing(written);
            return Ok(None);
        }
        self.start_of_line()?;
        if column > indent {
            return Ok(Some(column));
        }
        if form != Form::Map {
            return Err(Unknown);
        }
        self.push(Form::Unindented, column)?;
        self.list_entry()
    }

    /// A dash, and what it is before.
    fn list_entry(&mut self) -> Known<Option<usize>> {
        self.scanner.cursor.at += 1;
        let written = self.scanner.cursor.at;
        self.skip_spaces();
        let is_line_over = self.is_line_over();
        if is_line_over {
            self.skip_to_content()?;
        }
        let indent = self.builder.innermost().map_or(0, |(_, column)| column);
        let column = self.column();
        if self.is_end() || column <= indent {
            self.nothing(written);
            return Ok(None);
        }
        Ok(Some(column))
    }

    /// A node that may be a list or map by indentation, in this column.
    fn node(&mut self, column: usize) -> Known<Option<usize>> {
        if self.is_dash() {
            self.push(Form::List, column)?;
            return self.list_entry();
        }
        let at = self.scanner.cursor.at;
        if let Some(key) = self.simple_key() {
            self.push_at(at, Form::Map, column)?;
            self.plain_key(key)?;
            return self.value_of_key();
        }
        match self.key_or_scalar()? {
            Node::Key(span, style, text) => {
                self.push_at(at, Form::Map, column)?;
                self.pair(span, style, text)
            }
            Node::Scalar(span, style, text) => {
                self.scalar(span, style, text)?;
                self.end_of_line()
            }
            Node::Lines(span, style) => self.lines(span, style),
            Node::Done => self.end_of_line(),
        }
    }

    fn lines(&mut self, span: Span, style: Style) -> Known<Option<usize>> {
        self.builder.late_text(span, style);
        self.end_of_line()
    }

    fn key_or_scalar(&mut self) -> Known<Node> {
        let (start, line) = (self.scanner.cursor.at, self.scanner.cursor.line);
        let node = self.value()?;
        if self.peek() != b':' {
            return Ok(node);
        }
        let Node::Scalar(span, style, text) = node else { return Err(Unknown) };
        let is_key = self.scanner.cursor.line == line
            && self.scanner.cursor.is_blank_or_break(self.scanner.cursor.at + 1)
            && self.scanner.cursor.at - start <= MAX_KEY_LENGTH
            && !matches!(style, Style::Literal | Style::Folded);
        if is_key { Ok(Node::Key(span, style, text)) } else { Err(Unknown) }
    }

    /// A scalar, or brackets. Blanks behind it are passed; behind text without quotes line breaks too.
    fn value(&mut self) -> Known<Node> {
        match self.peek() {
            b'"' | b'\'' => {
                let (span, style, text) = self.quoted()?;
                self.skip_spaces();
                Ok(Node::Scalar(span, style, text))
            }
            b'[' | b'{' => {
                self.brackets()?;
                self.skip_spaces();
                Ok(Node::Done)
            }
            b'|' | b'>' => {
                if let Some((span, text)) = self.scanner.simple_literal() {
                    return Ok(match text {
                        Some(text) => Node::Scalar(span, Style::Literal, Scalar::Borrowed(text)),
                        None => Node::Lines(span, Style::Literal),
                    });
                }
                let token = self.scanner.block_scalar().map_err(|_| Unknown)?;
                let Kind::Scalar(style, text) = token.kind else { return Err(Unknown) };
                Ok(Node::Scalar(Span::new(token.start, token.end), style, text))
            }
            b'-' if self.is_dash() => Err(Unknown),
            b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b',' | b']' | b'}' | b'#' | b'?' | b':' => Err(Unknown),
            _ if self.scanner.cursor.is_blank_or_break(self.scanner.cursor.at) => Err(Unknown),
            _ => self.plain(),
        }
    }

    fn quoted(&mut self) -> Known<(Span, Style, Scalar)> {
        let token = self.scanner.quoted_scalar().map_err(|_| Unknown)?;
        let Kind::Scalar(style, text) = token.kind else { return Err(Unknown) };
        Ok((Span::new(token.start, token.end), style, text))
    }

    fn scalar(&mut self, span: Span, style: Style, text: Scalar) -> Known<()> {
        let resolved = match (style, &text) {
            (Style::Plain, Scalar::Borrowed(range)) => self.resolve(&self.bytes[range.range()], *range)?,
            (Style::Plain, Scalar::Owned(text)) => {
                if text == "<<" {
                    return Err(Unknown);
                }
                resolve_plain(text)
            }
            _ => Resolved::Str,
        };
        if matches!(resolved, Resolved::Float(value) if !value.is_finite()) {
            return Err(Unknown);
        }
        self.builder.simple_scalar(span, style, text, resolved);
        Ok(())
    }

    fn resolve(&self, bytes: &[u8], range: Span) -> Known<Resolved> {
        match bytes {
            b"<<" => Err(Unknown),
            [first, ..] if begins_no_word(*first) => Ok(Resolved::Str),
            _ => Ok(resolve_plain(self.scanner.cursor.slice(range.range().start, range.range().end))),
        }
    }

    /// A value that is not written is null, and is behind what is.
    fn nothing(&mut self, written: usize) {
        let span = Span::empty(written);
        self.builder.simple_scalar(span, Style::Plain, Scalar::Borrowed(span), Resolved::Null);
    }

    fn push(&mut self, form: Form, column: usize) -> Known<()> {
        self.push_at(self.scanner.cursor.at, form, column)
    }

    #[inline]
    fn push_at(&mut self, at: usize, form: Form, column: usize) -> Known<()> {
        if self.builder.depth() >= DEEPEST {
            return Err(Unknown);
        }
        self.builder.open_block(at, form, column);
        self.scanner.indent = isize::try_from(column).map_err(|_| Unknown)?;
        Ok(())
    }

    fn pop(&mut self) -> Known<()> {
        self.close()?;
        let column = self.builder.innermost().map(|(_, column)| column);
        self.scanner.indent = column.map_or(-1, |column| isize::try_from(column).unwrap_or(isize::MAX));
        Ok(())
    }

    fn close(&mut self) -> Known<()> {
        self.builder.close_block().map_err(|_| Unknown)
    }
}
