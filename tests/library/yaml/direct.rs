//! The shorter way of reading against the exact one: the same nodes, or it gives way.

use std::sync::Arc;

use patterns::yaml::{Document, NodeId, Part, Source, Value, read, read_exactly};

use super::recorded::cases;

/// What differs between the two ways of reading some bytes.
fn check(bytes: &[u8]) -> Result<(), String> {
    let source = Arc::new(Source::decode("case.yaml", bytes.to_vec()).unwrap());
    let (shorter, exact) = (read(&source), read_exactly(&source));
    if shorter.len() != exact.len() {
        return Err(format!("{} parts instead of {}: {:?}", shorter.len(), exact.len(), source.text));
    }
    for pair in shorter.iter().zip(&exact) {
        let difference = match pair {
            (Part::Document(shorter), Part::Document(exact)) => difference(shorter, exact),
            (shorter, exact) => {
                let texts = (format!("{shorter:?}"), format!("{exact:?}"));
                (texts.0 != texts.1).then(|| format!("{} instead of {}", texts.0, texts.1))
            }
        };
        if let Some(difference) = difference {
            return Err(format!("{difference} in {:?}", source.text));
        }
    }
    Ok(())
}

/// Nodes are made in the same order, so that even their numbers agree.
fn difference(shorter: &Document, exact: &Document) -> Option<String> {
    let around = |document: &Document| {
        let Document { span, duplicates, comments, .. } = document;
        format!("{:?} {span:?} {duplicates:?} {comments:?} {:?}", document.root(), document.dropped())
    };
    if around(shorter) != around(exact) {
        return Some(format!("{} instead of {}", around(shorter), around(exact)));
    }
    let mut nodes: Vec<NodeId> =
        shorter.duplicates.iter().flat_map(|duplicate| [duplicate.lost.key, duplicate.lost.value()]).collect();
    nodes.push(shorter.root());
    while let Some(node) = nodes.pop() {
        let of = |document: &Document| {
            format!("{:?} {:?} {:?}", document.span(node), document.style(node), document.value(node))
        };
        if of(shorter) != of(exact) {
            return Some(format!("{} instead of {}", of(shorter), of(exact)));
        }
        match shorter.value(node) {
            Value::List(items) => nodes.extend(items),
            Value::Map(entries) => nodes.extend(entries.iter().flat_map(|entry| [entry.key, entry.value()])),
            _ => {}
        }
    }
    None
}

#[test]
fn recorded_cases_are_read_the_same() {
    let wrong: Vec<_> = ["cases.jsonl", "more.jsonl", "bytes.jsonl"]
        .into_iter()
        .flat_map(cases)
        .filter_map(|case| check(&case.input).err().map(|error| format!("{}: {error}", case.name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_made_at_random_is_read_the_same() {
    let mut documents = 0;
    for seed in 0..INPUTS {
        let text = Random(seed * 2 + 1).input();
        let source = Arc::new(Source::decode("case.yaml", text.clone()).unwrap());
        documents += u64::from(matches!(read(&source).as_slice(), [Part::Document(_)]));
        check(&text).unwrap();
    }
    assert!(documents > INPUTS / 3, "most inputs are not YAML: only {documents} of {INPUTS} are");
}

/// A few seconds; `fuzz/run read` goes on for as long as it is let.
const INPUTS: u64 = 6000;

/// Makes texts that are nearly always YAML, and then damages some of them.
struct Random(u64);

const KEYS: &[&str] = &["a", "key", "\"q\"", "'s'", "x y", "1", "yes", "a.b/c", "<<", "k#", "é", "-x", "a:b"];
const COLONS: &[&str] = &[":", ":", ":", ":", ":", " :", ":\t"];
const VALUES: &[&str] = &[
    "v",
    "some words",
    "\"q\"",
    "'s'",
    "1",
    "0777",
    "true",
    "~",
    "-x",
    "--y=z",
    "a:b",
    "http://x:1/",
    "\"a\\nb\"",
    "'it''s'",
    "x # c",
    "x #",
    "v  ",
    "é x",
    ".5",
    ".inf",
    "\"\"",
    "v\n\n",
    "a: b",
    "[]",
    "{}",
    "[a, b]",
    "[ a , b ]",
    "{a: b}",
    "{a: [1, {b: c}], \"d\":e}",
    "[a,\n b]",
    "[a, b",
    "{a}",
    "[a: b]",
    "[\"x\", 'y']",
    "[a, ]",
    "[-1, -x]",
    "{ a: b } # c",
    "[[a], []]",
    "{a: b,\n      c: d\n}",
    "&x v",
    "*x",
    "!t v",
    "<<",
    "a\n  b",
    "'a\n  b'",
    "a\n# c\n",
    "words that are many in one line",
    "words that are many in one line   ",
    "words that are many in one line: and more",
    "words that are many in one line :and#more  : x",
    "words that are many in one line:",
    "words that are many in one line # and a comment: c",
    "words that are many in one line:# a#b :c   # c",
    "words that are many in one line\n  and in the next: line",
    "words that are many in one line\n\n# c\n",
    "http://registry.example.com:5000/of-a-name/that-is-long:1#2",
];
const HEADERS: &[&str] = &["|", "|", "|-", ">", ">-", "|+", "|2", "| # c"];
const LINES: &[&str] = &["line", "  more", "# text", "- x", "a: b", "é", "\tx", ""];
const PIECES: &[&str] = &[
    "\n",
    " ",
    "  ",
    "- ",
    "-",
    ":",
    ": ",
    "#",
    " #",
    "\"",
    "'",
    "|",
    ">",
    "|-",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a",
    "*a",
    "!",
    "? ",
    "<<: ",
    "\t",
    "\r",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "\\",
    "%",
    "@",
    "`",
    "---",
    "\n---\n",
    "\n...\n",
    "key: |\n",
    "# patterns: x\n",
    "\0",
    "\u{7}",
    "[a, b]",
    "{a: b}",
    "\n- ",
    "\n  - ",
];

impl Random {
    fn next(&mut self) -> u64 {
        // Knuth's generator; the upper bits are good enough to choose from lists.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next()).unwrap() % most.max(1)
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    fn input(&mut self) -> Vec<u8> {
        self.next();
        let mut text = self.one(&["", "", "", "---\n", "# c\n", "# patterns: x\n", "\n"]).to_owned();
        self.block(0, 0, &mut text);
        let mut bytes = text.into_bytes();
        for _ in 0..[0, 0, 0, 1, 1, 2][self.below(6)] {
            let at = self.below(bytes.len());
            let piece = self.one(PIECES).as_bytes();
            let end = (at + self.below(3)).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        bytes
    }

    /// A list or map whose entries begin in a column.
    fn block(&mut self, depth: usize, column: usize, out: &mut String) {
        let is_map = self.below(3) > 0;
        for _ in 0..=self.below(3) {
            if self.below(10) == 0 {
                out.push_str(self.one(&["\n", "# c\n", "   # c\n", "  \n"]));
            }
            // A column that is off by one makes it another document, or none.
            out.push_str(&" ".repeat(column + usize::from(self.below(60) == 0)));
            let head = if is_map { format!("{}{}", self.one(KEYS), self.one(COLONS)) } else { "-".to_owned() };
            out.push_str(&head);
            match self.below(if depth > 4 { 6 } else { 10 }) {
                0 => out.push('\n'),
                1..=4 => {
                    out.push(' ');
                    out.push_str(self.one(VALUES));
                    out.push('\n');
                }
                5 => self.literal(column, out),
                6 | 7 if !is_map => {
                    let mut inner = String::new();
                    self.block(depth + 1, column + 2, &mut inner);
                    out.push(' ');
                    out.push_str(inner.trim_start());
                }
                _ => {
                    out.push('\n');
                    let deeper = [0, 1, 2, 2, 2, 4][self.below(6)];
                    self.block(depth + 1, column + deeper, out);
                }
            }
        }
    }

    fn literal(&mut self, column: usize, out: &mut String) {
        out.push(' ');
        out.push_str(self.one(HEADERS));
        out.push('\n');
        let indent = column + self.below(4);
        for _ in 0..self.below(5) {
            let more = if self.below(5) == 0 { self.below(3) } else { 0 };
            let line = self.one(LINES);
            out.push_str(&" ".repeat(indent + more));
            out.push_str(line);
            out.push('\n');
        }
    }
}
