//! Where in a YAML text a cursor is: under which keys, and what may be written there.
//!
//! A text that is being written is seldom YAML that can be parsed, and what is to be completed is not there yet. So this
//! reads from the start of the document to the cursor, by indentation and brackets, and takes what it does not know for
//! text. One pass, and no depth of nesting is followed by recursion.

mod reader;

use reader::{Kind, Reader, key};

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
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
    pub path: Vec<Segment>,
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
        self.path.iter().map(|step| if let Segment::Key(key) = step { key.as_str() } else { "[]" }).collect()
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
            Kind::Map { key: Some(key), .. } => path.push(Segment::Key(key.clone())),
            Kind::Map { .. } => {}
            Kind::List => path.push(Segment::Item),
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
