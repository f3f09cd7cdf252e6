//! Text into tokens. Which words begin a block, and which texts are keys, is known only later: at the `:`.
//!
//! Behaves as `go.yaml.in/yaml/v2/scannerc.go` (v2.4.3), its limits and its leniencies included.

use std::collections::VecDeque;

use super::super::source::Span;
use super::cursor::Cursor;
use super::fault::{self, Fault};
use super::keys::{MAX_KEY_LENGTH, PossibleKey};
use super::token::{Kind, Token};
use crate::limits;

pub(super) struct Scanner<'src> {
    pub(super) cursor: Cursor<'src>,
    pub(super) queue: VecDeque<Token>,
    /// How many tokens the parser has taken.
    pub(super) taken: usize,
    /// The first token in the queue is certain: nothing can come before it.
    is_ready: bool,
    /// One for the block context and one for each open bracket.
    pub(super) keys: Vec<PossibleKey>,
    /// A key without `?` may begin here.
    pub(super) allows_key: bool,
    /// Column of the innermost block collection; -1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
    comments: Vec<Span>,
}

impl<'src> Scanner<'src> {
    /// Reads `span` of `text`, of which is known whether it is [plain](Cursor::is_plain).
    pub(super) fn new(text: &'src str, span: Span, is_plain: bool) -> Self {
        let cursor = Cursor::new(text, span, is_plain);
        let outermost =
            PossibleKey { is_possible: false, is_required: false, token: 0, at: cursor.at, line: 0, column: 0 };
        Self {
            cursor,
            queue: VecDeque::new(),
            taken: 0,
            is_ready: false,
            keys: vec![outermost],
            allows_key: true,
            indent: -1,
            indents: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Token, Fault> {
        if !self.is_ready {
            self.make_ready()?;
        }
        self.queue.front().ok_or_else(|| fault::at_end(&self.cursor))
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Result<Token, Fault> {
        if !self.is_ready {
            self.make_ready()?;
        }
        self.is_ready = false;
        self.taken += 1;
        self.queue.pop_front().ok_or_else(|| fault::at_end(&self.cursor))
    }

    /// The comments passed so far that may be meant for us; others are not kept.
    pub(super) fn comments(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.comments)
    }

    #[inline]
    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    fn make_ready(&mut self) -> Result<(), Fault> {
        loop {
            if let Some(first) = self.queue.front() {
                let Some(key) = first.key else { break };
                if !self.is_key_still_possible(key)? {
                    break;
                }
            }
            self.fetch()?;
        }
        self.is_ready = true;
        Ok(())
    }

    fn fetch(&mut self) -> Result<(), Fault> {
        self.skip_to_token();
        let column = self.column();
        self.close_blocks(column);
        let first = self.cursor.peek();
        if self.cursor.is_end() {
            self.cursor.end_line();
            return self.fetch_outermost(|scanner| Ok(scanner.here(Kind::StreamEnd)));
        }
        if column == 0 {
            if first == b'%' {
                return self.fetch_outermost(Self::directive);
            }
            if self.cursor.is_document_indicator() {
                let kind = if first == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
                return self.fetch_outermost(|scanner| Ok(scanner.indicator(kind, 3)));
            }
        }
        let is_alone = || self.cursor.is_blank_or_break(self.cursor.at + 1);
        match first {
            b'[' => self.fetch_open(Kind::FlowSequence),
            b'{' => self.fetch_open(Kind::FlowMapping),
            b']' => self.fetch_close(Kind::FlowSequenceEnd),
            b'}' => self.fetch_close(Kind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if is_alone() => self.fetch_block_entry(column),
            b'?' if self.in_flow() || is_alone() => self.fetch_key(column),
            b':' if self.in_flow() || is_alone() => self.fetch_value(column),
            b'*' => self.fetch_node(|scanner| scanner.anchor(Kind::Alias)),
            b'&' => self.fetch_node(|scanner| scanner.anchor(Kind::Anchor)),
            b'!' => self.fetch_node(Self::tag),
            b'|' | b'>' if !self.in_flow() => {
                self.forget_key()?;
                self.allows_key = true;
                let token = self.block_scalar()?;
                self.push(token);
                Ok(())
            }
            b'\'' | b'"' => self.fetch_node(Self::quoted_scalar),
            b'|' | b'>' | b'\t' | b'#' | b'%' | b'@' | b'`' => Err(fault::cannot_start(&self.cursor, self.in_flow())),
            _ => self.fetch_node(Self::plain_scalar),
        }
    }

    /// Passes space, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            while self.cursor.peek() == b' ' || (self.cursor.peek() == b'\t' && (self.in_flow() || !self.allows_key)) {
                self.cursor.at += 1;
            }
            if self.cursor.peek() == b'#' {
                self.skip_comment();
            }
            let length = self.cursor.break_length(self.cursor.at);
            if length == 0 {
                return;
            }
            self.cursor.pass_break(length);
            if !self.in_flow() {
                self.allows_key = true;
            }
        }
    }

    pub(super) fn skip_comment(&mut self) {
        let start = self.cursor.at;
        self.cursor.at = self.cursor.line_end(start);
        if mentions_patterns(&self.cursor.text().as_bytes()[start..self.cursor.at]) {
            self.comments.push(Span::new(start, self.cursor.at));
        }
    }

    /// Something that ends all blocks and is outside of them.
    fn fetch_outermost(&mut self, scan: impl FnOnce(&mut Self) -> Result<Token, Fault>) -> Result<(), Fault> {
        self.close_blocks_to(-1);
        self.forget_key()?;
        self.allows_key = false;
        let token = scan(self)?;
        self.push(token);
        Ok(())
    }

    /// A scalar, alias, anchor or tag: each may begin a key, and none may begin right after one.
    fn fetch_node(&mut self, scan: impl FnOnce(&mut Self) -> Result<Token, Fault>) -> Result<(), Fault> {
        let key = self.remember_key()?;
        self.allows_key = false;
        let mut token = scan(self)?;
        token.key = key;
        self.push(token);
        Ok(())
    }

    fn fetch_open(&mut self, kind: Kind) -> Result<(), Fault> {
        let key = self.remember_key()?;
        self.keys.push(PossibleKey {
            is_possible: false,
            is_required: false,
            token: self.next_number(),
            at: self.cursor.at,
            line: self.cursor.line,
            column: 0,
        });
        if self.keys.len() - 1 > limits::DEPTH.count() {
            return Err(fault::too_deep(&self.cursor));
        }
        self.allows_key = true;
        let mut token = self.indicator(kind, 1);
        token.key = key;
        self.push(token);
        Ok(())
    }

    fn fetch_close(&mut self, kind: Kind) -> Result<(), Fault> {
        self.forget_key()?;
        if self.in_flow()
            && let Some(inner) = self.keys.pop()
        {
            // Brackets with nothing between them share their number with the key that they may be, and go-yaml
            // loses that key here: `{}: x` is `{}` followed by something that is not asked for.
            self.unmark(inner.token);
        }
        self.allows_key = false;
        let token = self.indicator(kind, 1);
        self.push(token);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Fault> {
        self.forget_key()?;
        self.allows_key = true;
        let token = self.indicator(Kind::FlowEntry, 1);
        self.push(token);
        Ok(())
    }

    fn fetch_block_entry(&mut self, column: usize) -> Result<(), Fault> {
        if !self.in_flow() {
            if !self.allows_key {
                return Err(fault::list_on_line(&self.cursor));
            }
            self.open_block(column, self.cursor.at, None, Kind::BlockSequence)?;
        }
        self.forget_key()?;
        self.allows_key = true;
        let token = self.indicator(Kind::BlockEntry, 1);
        self.push(token);
        Ok(())
    }

    fn fetch_key(&mut self, column: usize) -> Result<(), Fault> {
        if !self.in_flow() {
            if !self.allows_key {
                return Err(fault::question_mark(&self.cursor));
            }
            self.open_block(column, self.cursor.at, None, Kind::BlockMapping)?;
        }
        self.forget_key()?;
        self.allows_key = !self.in_flow();
        let token = self.indicator(Kind::Key, 1);
        self.push(token);
        Ok(())
    }

    fn fetch_value(&mut self, column: usize) -> Result<(), Fault> {
        let level = self.keys.len() - 1;
        if self.is_key_still_possible(level)? {
            let key = self.keys[level];
            let place = key.token.checked_sub(self.taken);
            self.insert(place, Token { kind: Kind::Key, start: key.at, end: key.at, key: None });
            self.open_block(key.column, key.at, place, Kind::BlockMapping)?;
            // No line: this key can no longer be blamed for being too long.
            self.keys[level] = PossibleKey { is_possible: false, line: usize::MAX, ..key };
            self.allows_key = false;
        } else {
            if !self.in_flow() {
                if !self.allows_key {
                    let key = self.keys[level];
                    if key.line == self.cursor.line && self.cursor.is_farther_than(key.at, MAX_KEY_LENGTH) {
                        return Err(fault::long_key(&self.cursor, key.at));
                    }
                    return Err(fault::colon(&self.cursor));
                }
                self.open_block(column, self.cursor.at, None, Kind::BlockMapping)?;
            }
            self.allows_key = !self.in_flow();
        }
        let token = self.indicator(Kind::Value, 1);
        self.push(token);
        Ok(())
    }

    fn open_block(&mut self, column: usize, at: usize, place: Option<usize>, kind: Kind) -> Result<(), Fault> {
        let column = isize::try_from(column).unwrap_or(isize::MAX);
        if self.in_flow() || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > limits::DEPTH.count() {
            return Err(fault::too_deep(&self.cursor));
        }
        self.insert(place, Token { kind, start: at, end: at, key: None });
        Ok(())
    }

    fn close_blocks(&mut self, column: usize) {
        self.close_blocks_to(isize::try_from(column).unwrap_or(isize::MAX));
    }

    fn close_blocks_to(&mut self, column: isize) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            let token = self.here(Kind::BlockEnd);
            self.push(token);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn column(&mut self) -> usize {
        self.cursor.column()
    }

    pub(super) fn next_number(&self) -> usize {
        self.taken + self.queue.len()
    }

    fn here(&self, kind: Kind) -> Token {
        Token { kind, start: self.cursor.at, end: self.cursor.at, key: None }
    }

    fn indicator(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.cursor.at;
        self.cursor.at += length;
        Token { kind, start, end: self.cursor.at, key: None }
    }

    fn push(&mut self, token: Token) {
        self.queue.push_back(token);
    }

    /// Puts a token before one that is still in the queue, or at the end.
    fn insert(&mut self, place: Option<usize>, token: Token) {
        match place {
            Some(place) if place < self.queue.len() => self.queue.insert(place, token),
            _ => self.queue.push_back(token),
        }
    }
}

/// Whether a comment may be meant for us: most have no colon.
fn mentions_patterns(comment: &[u8]) -> bool {
    memchr::memchr_iter(b':', comment).any(|colon| comment[..=colon].ends_with(b"patterns:"))
}
