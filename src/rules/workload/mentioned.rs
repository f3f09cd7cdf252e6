//! What a run mentions: the names that operators and programs are told.

use crate::kube::{ContainerView, FastSet, Index, PodView};
use crate::rules::parts;
use crate::yaml::{Document, NodeId, Value};

/// Those of `names` that are a text of a custom object or a definition, or part of a command line: operators and programs
/// make objects of the names that they are told.
pub(super) fn mentioned<'run>(index: &Index<'run>, names: FastSet<&'run str>) -> FastSet<&'run str> {
    let mut search = Search::of(names);
    if search.names.is_empty() {
        return search.found;
    }
    for object in index.all() {
        if object.typed.is_none() {
            search.document(&object.document, object.node);
        }
        let values =
            |view: &ContainerView<'run>| view.container.env.iter().flatten().filter_map(|env| env.value.as_deref());
        for view in object.pods().flat_map(PodView::containers) {
            values(&view).for_each(|value| search.text(value));
            for (word, _) in parts::words(&view) {
                search.text(word);
                word.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '.')
                    .for_each(|part| search.text(part));
            }
        }
    }
    search.found
}

/// Looks for names among many texts, most of which have a length that none of the names has.
struct Search<'run> {
    names: FastSet<&'run str>,
    /// A bit for each length of a name, modulo 64.
    lengths: u64,
    longest: usize,
    found: FastSet<&'run str>,
}

impl<'run> Search<'run> {
    fn of(names: FastSet<&'run str>) -> Self {
        Self {
            lengths: names.iter().fold(0, |lengths, name| lengths | length_bit(name)),
            longest: names.iter().map(|name| name.len()).max().unwrap_or_default(),
            names,
            found: FastSet::default(),
        }
    }

    fn text(&mut self, text: &str) {
        if text.len() <= self.longest && self.lengths & length_bit(text) != 0 {
            self.found.extend(self.names.get(text));
        }
    }

    fn document(&mut self, document: &Document, node: NodeId) {
        let mut nodes = vec![node];
        while let Some(node) = nodes.pop() {
            // Most texts of definitions are prose in several lines, of which none is read here.
            if is_prose(document, node) {
                continue;
            }
            match document.value(node) {
                Value::Str(text) => self.text(text),
                Value::List(items) => nodes.extend(items),
                Value::Map(entries) => nodes.extend(entries.iter().map(|entry| entry.value())),
                _ => {}
            }
        }
    }
}

fn length_bit(text: &str) -> u64 {
    1 << (text.len() % 64)
}

/// Whether a text is written in several lines as more than one word, which takes no look at the text itself: `|-` and a
/// word are two.
fn is_prose(document: &Document, node: NodeId) -> bool {
    document.is_late(node) && document.raw(node).split_ascii_whitespace().nth(2).is_some()
}
