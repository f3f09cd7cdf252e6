//! Texts of several lines, which the source does not hold as they are: made when they are asked for. Most of them say
//! to readers what a definition's fields mean, and no rule asks.

use std::sync::OnceLock;

/// The texts of a tree that are made when they are asked for, by their places among what is wide. There is no room for any
/// before the first is.
#[derive(Debug, Default)]
pub(super) struct Late(OnceLock<Box<[OnceLock<Box<str>>]>>);

impl Late {
    /// The text at a place of so many. `written` are its lines, from where its node begins to where it ends.
    pub(super) fn text(&self, place: usize, count: usize, is_literal: bool, written: &str) -> &str {
        let texts = self.0.get_or_init(|| (0..count).map(|_| OnceLock::new()).collect());
        let made = || if is_literal { literal(written) } else { folded(written) };
        texts.get(place).map_or("", |text| text.get_or_init(|| made().into()))
    }

    /// Forgets all that was made.
    pub(super) fn clear(&mut self) {
        self.0 = OnceLock::new();
    }
}

/// The text of a literal from `|` to the end of its last line, the first line of text not blank: each line without the
/// indentation of the first.
fn literal(written: &str) -> String {
    let (header, lines) = written.split_once('\n').unwrap_or_default();
    let indent = lines.len() - lines.trim_start_matches(' ').len();
    let mut text = String::with_capacity(lines.len());
    let ends = memchr::memchr_iter(b'\n', lines.as_bytes()).chain([lines.len()]);
    let mut begin = 0;
    for end in ends {
        // a blank line may be shorter
        text.push_str(lines.get(begin + indent..end).unwrap_or_default());
        text.push('\n');
        begin = end + 1;
    }
    if header.ends_with('-') {
        text.pop();
    }
    text
}

/// The text of several lines without quotes: one break is a space, more are one break fewer.
fn folded(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut breaks = 0;
    for (number, line) in written.split('\n').enumerate() {
        breaks += usize::from(number > 0);
        let line = line.trim_matches(' ');
        if line.is_empty() {
            continue;
        }
        match breaks {
            0 => {}
            1 => text.push(' '),
            more => text.extend(std::iter::repeat_n('\n', more - 1)),
        }
        text.push_str(line);
        breaks = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Document, NodeId, Part, Source, read, read_exactly};

    /// All that is read of a text as JSON, and whether anything of it was made late.
    fn json(text: &str, read: fn(&Arc<Source>) -> Vec<Part>) -> (String, bool) {
        let parts = read(&Arc::new(Source::from_text("a.yaml", text)));
        let of_part = |part: &Part| match part {
            Part::Document(document) => {
                let most = lengths(document);
                assert!(document.tree.late.0.get().is_none(), "{text:?}: a length asks for no text");
                for (node, most) in most {
                    assert!(document.str(node).is_some_and(|text| text.len() <= most), "{text:?}: {most}");
                }
                (document.to_json(document.root()), document.tree.late.0.get().is_some())
            }
            Part::Refused(refusal) => (format!("{refusal:?}"), false),
        };
        parts.iter().map(of_part).fold((String::new(), false), |all, part| (all.0 + &part.0, all.1 || part.1))
    }

    /// All nodes that are texts, with the most bytes that each may have.
    fn lengths(document: &Document) -> Vec<(NodeId, usize)> {
        let nodes = (0..document.tree.nodes.len()).map(|number| NodeId(u32::try_from(number).unwrap()));
        nodes.filter_map(|node| Some((node, document.str_len_at_most(node)?))).collect()
    }

    const PLAIN: [&str; 16] = [
        "one\n  two",
        "one\n\n  two\n\n\n  three",
        "one  two  \n     three ",
        "one\n  two # not three",
        "one\n  two\n  # not three",
        "one\n  two#three\n\n",
        "http://one\n  two: three\n    four",
        "one\n  two:three :four",
        "one:\n  two",
        "1\n  2",
        "yes\n  no",
        "é “one”\n  “two”\u{a0}\n  é",
        "one\n  - two\n  ? three",
        "one\n  {two} [three], \"four\"",
        "one\t\n  two",
        "one\n \ttwo",
    ];

    const LITERALS: [&str; 14] = [
        "|\n  one\n  two",
        "|-\n  one\n  two",
        "|-\n  one\n  two\n\n\n",
        "|\n  one\n\n\n  two\n\n",
        "|\n    one\n   \n \n      two\n    three",
        "|\n  one\n   \n    ",
        "|-\n  one\n     \n",
        "|-\n  one \n  two \n",
        "|\n  é\n  “two”",
        "|\n  # one\n  --- two\n  - three: four",
        "|+\n  one\n\n",
        "|\n\n  one\n  two",
        "|2\n   one\n  two",
        ">\n  one\n  two\n\n   three",
    ];

    /// In maps and lists, before other things and at the end, with other line breaks and with none but line feeds.
    #[test]
    fn texts_are_the_same_made_late_and_read_exactly() {
        let mut late = 0;
        for scalar in PLAIN.iter().chain(&LITERALS) {
            for form in ["a: TEXT\nb: 1\n", "- TEXT\n- 1\n", "a:\n- b: TEXT\n  c: 1\n", "a: TEXT", "TEXT\n"] {
                let text = form.replace("TEXT", scalar);
                for text in [text.replace('\n', "\r\n"), format!("# \u{2028}\n{text}"), text] {
                    let (shorter, is_late) = json(&text, read);
                    assert_eq!(shorter, json(&text, read_exactly).0, "{text:?}");
                    late += usize::from(is_late);
                }
            }
        }
        assert!(late > 60, "only {late} texts were made late");
    }
}
