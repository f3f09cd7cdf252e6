//! Where in a YAML text a cursor is: under which keys, and what may be written there.
//!
//! A text that is being written is seldom YAML that can be parsed, and what is to be completed is not there yet. So this
//! reads from the start of the document to the cursor, by indentation and brackets, and takes what it does not know for
//! text. One pass, and no depth of nesting is followed by recursion.

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the value under this key.
    Key(String),
    /// Into an item of a list.
    Item,
}

/// What may be written at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A key of the map that the path leads to.
    Key,
    /// The value that the path leads to: a scalar, or the first key of a map.
    Value {
        /// Whether it may be a map in block style, as on its own line and after a dash.
        may_be_map: bool,
    },
    /// A comment.
    Comment,
    /// Text that is not a structure: a block scalar.
    Text,
}

/// A cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The way down from the document's root.
    pub path: Vec<Step>,
    /// What may be written.
    pub slot: Slot,
    /// Where the word begins that the cursor is in or behind.
    pub start: usize,
    /// The keys that the map around the cursor has already.
    pub keys: Vec<String>,
    /// Whether it is between brackets.
    pub in_flow: bool,
    /// Where the document begins.
    pub document: usize,
}

impl Cursor {
    /// The path as keys alone, items as `[]`.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.path.iter().map(|step| if let Step::Key(key) = step { key.as_str() } else { "[]" }).collect()
    }
}

#[derive(Debug)]
enum Kind {
    Map { key: Option<String>, keys: Vec<String> },
    List,
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// The column of its keys or dashes; none between brackets.
    column: Option<usize>,
    /// Whether it is a map of one key in a list, without brackets of its own: `[a: b]`.
    is_pair: bool,
}

impl Frame {
    fn map(column: Option<usize>) -> Self {
        Self { kind: Kind::Map { key: None, keys: Vec::new() }, column, is_pair: false }
    }

    fn list(column: Option<usize>) -> Self {
        Self { kind: Kind::List, column, is_pair: false }
    }

    fn is_list(&self) -> bool {
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

/// Finds out where a byte of a text is.
#[must_use]
pub fn at(text: &str, offset: usize) -> Cursor {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let document = start_of_document(text, offset);
    let mut reader = Reader { frames: Vec::new(), block_scalar: None, start: offset, slot: Slot::Key };
    let mut at = document;
    loop {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let is_last = offset <= end;
        let line = &text[at..if is_last { offset } else { end }];
        reader.line(line, at, is_last);
        if is_last {
            break;
        }
        at = end + 1;
    }
    let Reader { frames, start, slot, .. } = reader;
    let mut path = Vec::new();
    for frame in &frames {
        match &frame.kind {
            Kind::Map { key: Some(key), .. } => path.push(Step::Key(key.clone())),
            Kind::Map { .. } => {}
            Kind::List => path.push(Step::Item),
        }
    }
    let mut keys = Vec::new();
    let mut in_flow = false;
    if let Some(frame) = frames.last() {
        in_flow = frame.column.is_none();
        if let Kind::Map { keys: known, .. } = &frame.kind {
            keys.clone_from(known);
        }
        if let Some(column) = frame.column.filter(|_| !frame.is_list()) {
            keys.extend(keys_below(text, offset, column));
        }
    }
    Cursor { path, slot, start, keys, in_flow, document }
}

fn start_of_document(text: &str, offset: usize) -> usize {
    let mut start = 0;
    let mut at = 0;
    for line in text[..offset].split_inclusive('\n') {
        at += line.len();
        if line.starts_with("---") && line.ends_with('\n') {
            start = at;
        }
    }
    start
}

/// The keys of a block map that are below the cursor.
fn keys_below(text: &str, offset: usize, column: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for line in text[offset..].lines().skip(1) {
        let content = line.trim_start_matches(' ');
        let at = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') || at > column {
            continue;
        }
        if at < column || content.starts_with("---") {
            break;
        }
        keys.extend(key(content).map(|(name, _)| name));
    }
    keys
}

struct Reader {
    frames: Vec<Frame>,
    /// Lines that are indented by more than this are the text of a block scalar.
    block_scalar: Option<usize>,
    /// Where the last word begins.
    start: usize,
    slot: Slot,
}

impl Reader {
    /// Reads a line, or the part of the last one that is before the cursor.
    fn line(&mut self, line: &str, at: usize, is_last: bool) {
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
fn key(content: &str) -> Option<(String, usize)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The place of `|` in a text, as one line.
    fn place(text: &str) -> String {
        let offset = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let cursor = at(&text, offset);
        let slot = match cursor.slot {
            Slot::Key => "key",
            Slot::Value { may_be_map: true } => "first",
            Slot::Value { may_be_map: false } => "value",
            Slot::Comment => "comment",
            Slot::Text => "text",
        };
        format!("{} {slot} {}", cursor.names().join("."), &text[cursor.start..offset])
    }

    #[test]
    fn block_style() {
        for (text, wanted) in [
            ("|", " key "),
            ("na|", " key na"),
            ("name: |", "name value "),
            ("name: sh|op\nx: 1", "name value sh"),
            ("app:\n  |", "app first "),
            ("app:\n  im|", "app first im"),
            ("app:\n  image: x\n  |", "app key "),
            ("app:\n  image: x\n  po|\nuse: []", "app key po"),
            ("app:\n  image: x\n|", " key "),
            ("app:\n  image: x\n  env:\n    A: |", "app.env.A value "),
            ("use:\n  - |", "use.[] first "),
            ("use:\n  - to|", "use.[] first to"),
            ("use:\n- to|", "use.[] first to"),
            ("use:\n- a\n- https:\n    |", "use.[].https first "),
            ("use:\n- https:\n    secret: |", "use.[].https.secret value "),
            ("use:\n  - https:\n      secret: a\n    |", "use.[] key "),
            ("use:\n- a\nsh|", " key sh"),
            ("a:\n  b:\n    c: 1\n  |", "a key "),
            ("a: 1\n---\nb: |", "b value "),
            ("\"a b\": |", "a b value "),
            ("a: b # c|", "a comment b # c"),
            ("# c|", " comment # c"),
            ("a: >\n  text: |", "a text text: "),
            ("- - a: |", "[].[].a value "),
            ("url: http://x|", "url value http://x"),
        ] {
            let found = place(text);
            // What is behind a comment or text is of no interest.
            let (found, wanted) = if wanted.contains(" comment") || wanted.contains(" text") {
                (
                    found.split(' ').take(2).collect::<Vec<_>>().join(" "),
                    wanted.split(' ').take(2).collect::<Vec<_>>().join(" "),
                )
            } else {
                (found, wanted.to_owned())
            };
            assert_eq!(found, wanted, "{text:?}");
        }
    }

    #[test]
    fn flow_style() {
        for (text, wanted) in [
            ("app: {|", "app key "),
            ("app: {im|", "app key im"),
            ("app: {image: |", "app.image value "),
            ("app: {image: x, po|", "app key po"),
            ("app: {image: x}\n|", " key "),
            ("use: [|", "use.[] first "),
            ("use: [topz, ht|", "use.[] first ht"),
            ("use: [https: {|", "use.[].https key "),
            ("use: [https: {secret: a}, |", "use.[] first "),
            ("use: [https: a, |", "use.[] first "),
            ("use: [{https: {secret: |", "use.[].https.secret value "),
            ("use: [topz,\n  ht|", "use.[] first ht"),
            ("a: {b: \"x, y\", |", "a key "),
            ("a: {b: [1, 2], c: |", "a.c value "),
            ("a: [{b: 1}, {c: 2, |", "a.[] key "),
            ("a: }|", "a value }"),
        ] {
            assert_eq!(place(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn keys_around_the_cursor() {
        let text = "name: a\napp:\n  image: x\n  \n  port: 1\nuse: []\n";
        let cursor = at(text, text.find("  \n").unwrap() + 2);
        assert_eq!(cursor.keys, ["image", "port"]);
        assert_eq!(at("{a: 1, b: 2, ", 13).keys, ["a", "b"]);
    }

    #[test]
    fn no_text_is_too_strange() {
        let texts =
            ["\u{feff}a: {[}]:,", "- - - -\n -\n: :\n? x\n", "é: {😀: [ü, ", "a:\r\n  b:\r\n", "---\n---\n--- x\n"];
        for text in texts {
            for offset in 0..=text.len() + 1 {
                let cursor = at(text, offset);
                assert!(cursor.start <= text.len() && text.is_char_boundary(cursor.start), "{text:?} {offset}");
            }
        }
        let deep = "[".repeat(100_000);
        assert_eq!(at(&deep, deep.len()).path.len(), 100_000);
    }
}
