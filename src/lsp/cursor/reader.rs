//! Reads a text from the start of a document, line by line, and keeps the maps and lists that are open.

use super::Slot;

#[derive(Debug)]
pub(super) enum Kind {
    Map { key: Option<String>, keys: Vec<String> },
    List,
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// The column of its keys or dashes; none between brackets.
    pub(super) column: Option<usize>,
    /// Whether it is a map of one key in a list, without its own brackets: `[a: b]`.
    is_pair: bool,
}

impl Frame {
    fn map(column: Option<usize>) -> Self {
        Self { kind: Kind::Map { key: None, keys: Vec::new() }, column, is_pair: false }
    }

    fn list(column: Option<usize>) -> Self {
        Self { kind: Kind::List, column, is_pair: false }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List)
    }

    fn take_key(&mut self, name: String) {
        if let Kind::Map { key, keys } = &mut self.kind {
            keys.push(name.clone());
            *key = Some(name);
        }
    }

    fn forget_key(&mut self) {
        if let Kind::Map { key, .. } = &mut self.kind {
            *key = None;
        }
    }
}

pub(super) struct Reader {
    pub(super) frames: Vec<Frame>,
    /// Lines that are indented by more than this are the text of a block scalar.
    pub(super) block_scalar: Option<usize>,
    /// Where the last word begins.
    pub(super) start: usize,
    pub(super) slot: Slot,
}

impl Reader {
    /// Reads a line, or the part of the last one that is before the cursor.
    pub(super) fn line(&mut self, line: &str, at: usize, is_last: bool) {
        let content = line.trim_start_matches(' ');
        let column = line.len() - content.len();
        let is_empty = content.trim().is_empty();
        if let Some(parent) = self.block_scalar {
            if (is_empty && !is_last) || (column > parent && !is_empty) {
                self.slot = Slot::Text;
                return;
            }
            self.block_scalar = None;
        }
        if self.in_flow() {
            return self.flow(line, at);
        }
        if content.starts_with('#') {
            self.slot = Slot::Comment;
            return;
        }
        if is_empty && !is_last {
            return;
        }
        self.dedent(column, content);
        self.block(content, at + column, column);
    }

    fn in_flow(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.column.is_none())
    }

    /// Leaves what is indented deeper than a line.
    fn dedent(&mut self, column: usize, content: &str) {
        let is_item = is_dash(content);
        while let Some(frame) = self.frames.last() {
            let own = frame.column.unwrap_or(usize::MAX);
            // A list may begin in the column of the key that it is under; its next key ends it.
            if own > column || (own == column && frame.is_list() && !is_item && !content.is_empty()) {
                self.frames.pop();
            } else {
                break;
            }
        }
    }

    /// Reads a line from its first character, or from behind a dash.
    fn block(&mut self, content: &str, at: usize, column: usize) {
        let (mut content, mut at, mut column) = (content, at, column);
        // Behind the dash of an item or the colon of a key, a map may begin.
        while is_dash(content) {
            let is_there = self.frames.last().is_some_and(|frame| frame.is_list() && frame.column == Some(column));
            if !is_there {
                self.frames.push(Frame::list(Some(column)));
            }
            let rest = content[1..].trim_start_matches(' ');
            let skipped = content.len() - rest.len();
            (content, at, column) = (rest, at + skipped, column + skipped);
        }
        self.start = at;
        let own = self.frames.last().is_some_and(|frame| !frame.is_list() && frame.column == Some(column));
        match key(content) {
            Some((name, length)) => {
                if !own {
                    self.frames.push(Frame::map(Some(column)));
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.take_key(name);
                }
                self.value(&content[length..], at + length, column);
            }
            None if content.starts_with(['{', '[', '"', '\'']) => self.value(content, at, column),
            None if own => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.forget_key();
                }
                self.slot = Slot::Key;
            }
            // The document's own keys, or the first key under a key, or an item.
            None => self.slot = if self.frames.is_empty() { Slot::Key } else { Slot::Value { may_be_map: true } },
        }
    }

    /// Reads what is behind a key's colon.
    fn value(&mut self, rest: &str, at: usize, column: usize) {
        let content = rest.trim_start_matches(' ');
        let at = at + rest.len() - content.len();
        self.start = at;
        self.slot = Slot::Value { may_be_map: false };
        match content.chars().next() {
            Some('|' | '>') => self.block_scalar = Some(column),
            Some('#') if rest.starts_with(' ') => self.slot = Slot::Comment,
            Some('{' | '[') => self.flow(content, at),
            _ if content.contains(" #") && !content.starts_with(['"', '\'']) => self.slot = Slot::Comment,
            _ => {}
        }
    }

    /// Reads what is between brackets, up to the end of the line.
    fn flow(&mut self, content: &str, at: usize) {
        let mut letters = content.char_indices().peekable();
        let mut word = None;
        let mut quoted: Option<char> = None;
        self.start = at + content.len();
        while let Some((place, letter)) = letters.next() {
            if let Some(quote) = quoted {
                if letter == '\\' && quote == '"' {
                    letters.next();
                } else if letter == quote {
                    quoted = None;
                }
                continue;
            }
            let is_last_of_word = |next: Option<&(usize, char)>| next.is_none_or(|(_, next)| " \t,]}".contains(*next));
            match letter {
                '{' | '[' if word.is_none() => {
                    self.frames.push(if letter == '{' { Frame::map(None) } else { Frame::list(None) });
                    self.slot_in_flow();
                }
                '}' | ']' => {
                    // Only brackets are closed by brackets.
                    if self.in_flow() {
                        self.leave_pair();
                        self.frames.pop();
                    }
                    word = None;
                    if !self.in_flow() {
                        self.slot = Slot::Value { may_be_map: false };
                        return;
                    }
                }
                ',' => {
                    self.leave_pair();
                    word = None;
                    self.slot_in_flow();
                }
                ':' if is_last_of_word(letters.peek()) => {
                    let from = word.take().unwrap_or(place);
                    let name = unquoted(content[from..place].trim());
                    if self.frames.last().is_some_and(Frame::is_list) {
                        self.frames.push(Frame { is_pair: true, ..Frame::map(None) });
                    }
                    if let Some(frame) = self.frames.last_mut() {
                        frame.take_key(name);
                    }
                    self.slot = Slot::Value { may_be_map: false };
                }
                '#' if content[..place].ends_with([' ', '\t']) || place == 0 => {
                    self.slot = Slot::Comment;
                    return;
                }
                ' ' | '\t' | '\r' => {}
                other => {
                    if word.is_none() {
                        word = Some(place);
                    }
                    if matches!(other, '"' | '\'') && word == Some(place) {
                        quoted = Some(other);
                    }
                }
            }
        }
        if let Some(word) = word {
            self.start = at + word;
        }
    }

    /// What `[a: b` has begun ends here; a map waits for its next key.
    fn leave_pair(&mut self) {
        if self.frames.last().is_some_and(|frame| frame.is_pair) {
            self.frames.pop();
        } else if let Some(frame) = self.frames.last_mut() {
            frame.forget_key();
        }
    }

    fn slot_in_flow(&mut self) {
        let is_list = self.frames.last().is_some_and(Frame::is_list);
        self.slot = if is_list { Slot::Value { may_be_map: true } } else { Slot::Key };
    }
}

fn is_dash(content: &str) -> bool {
    content.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The key that a text begins with, and the length up to behind its colon.
pub(super) fn key(content: &str) -> Option<(String, usize)> {
    if content.starts_with(['{', '[', '#']) {
        return None;
    }
    if let Some(quote) = content.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let end = content[1..].find(quote)? + 2;
        let rest = content[end..].trim_start_matches(' ');
        let colon = content.len() - rest.len() + 1;
        return rest.starts_with(':').then(|| (unquoted(&content[..end]), colon));
    }
    let colon = content.match_indices(':').map(|(at, _)| at).find(|at| {
        let next = content[at + 1..].chars().next();
        next.is_none_or(char::is_whitespace)
    })?;
    (!content[..colon].contains(" #")).then(|| (content[..colon].trim().to_owned(), colon + 1))
}

fn unquoted(text: &str) -> String {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}
