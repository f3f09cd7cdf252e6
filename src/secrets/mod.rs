//! The bytes of a file that no report may show, and the texts of findings that would repeat them.

mod keys;
mod messages;
mod places;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use crate::kube::{File, Object};
use crate::yaml::{Source, Span};
use places::{can_be_told_apart, hidden, hidden_near};

/// What is hidden in the files of a run, found once for each file that is shown.
#[derive(Debug, Default)]
pub struct Secrets<'run> {
    /// The files that are parsed already, by the address of their source.
    files: HashMap<usize, &'run File>,
    /// What was found. The source is kept, so that no other can come to have its address.
    found: RefCell<HashMap<usize, Found>>,
    /// How often only some lines of a file were looked at; none where that cannot be done.
    looks: RefCell<HashMap<usize, usize>>,
}

/// What an earlier look has found, for files that are still the same.
#[derive(Debug, Default)]
pub struct Known(HashMap<usize, Found>);

/// A source and what to hide in it.
type Found = (Arc<Source>, Rc<Hidden>);

/// The bytes of one file to hide. Keys and comments stay readable.
#[derive(Debug)]
pub(crate) struct Hidden {
    /// In order, and apart from each other.
    spans: Vec<Span>,
    /// Each secret by itself, in order; one may be inside another.
    whole: Vec<Span>,
    /// The texts of the secrets, each whole.
    texts: BTreeSet<String>,
    /// Finds a secret in another text.
    finder: OnceCell<Option<AhoCorasick>>,
}

/// How many places of a file are looked at before the whole file is.
const FEW: usize = 16;

/// Secrets of more bytes than this are not looked for in other texts, which are shorter.
const LONGEST: usize = 1024;

impl<'run> Secrets<'run> {
    /// For findings in these files; other files that findings show are read.
    #[must_use]
    pub fn of_files(files: &'run [File]) -> Self {
        let files = files.iter().map(|file| (Arc::as_ptr(&file.source).addr(), file)).collect();
        Self { files, ..Self::default() }
    }

    /// The same for a program that looks at the same files again and again.
    #[must_use]
    pub fn with_known(files: &'run [File], known: Known) -> Self {
        Self { found: RefCell::new(known.0), ..Self::of_files(files) }
    }

    /// What was found in the files of the run.
    #[must_use]
    pub fn into_known(self) -> Known {
        let Self { files, found, .. } = self;
        let mut found = found.into_inner();
        found.retain(|address, _| files.contains_key(address));
        Known(found)
    }

    /// What to hide in these lines of a file, and maybe in others. Most files have few findings, and are long.
    pub(crate) fn near(&self, source: &Arc<Source>, lines: Span) -> Rc<Hidden> {
        match self.to_look_at(source) {
            Some(file) => Rc::new(Hidden::new(source, hidden_near(file, lines))),
            None => self.of(source),
        }
    }

    /// Whether a word is a secret anywhere in a file.
    pub(crate) fn is_hidden_in(&self, source: &Arc<Source>, word: &str) -> bool {
        if self.to_look_at(source).is_none() {
            return self.of(source).texts.contains(word);
        }
        memchr::memmem::find_iter(source.text.as_bytes(), word)
            .any(|at| self.near(source, line(source, Span::new(at, at + word.len()))).texts.contains(word))
    }

    /// A file of which only a part is to be looked at: a few times, so that all findings together take no longer than the
    /// whole file does.
    fn to_look_at(&self, source: &Arc<Source>) -> Option<&'run File> {
        let address = Arc::as_ptr(source).addr();
        let file = self.files.get(&address).filter(|_| !self.found.borrow().contains_key(&address))?;
        let mut looks = self.looks.borrow_mut();
        let left = looks.entry(address).or_insert_with(|| if can_be_told_apart(file) { FEW } else { 0 });
        *left = left.checked_sub(1)?;
        Some(file)
    }

    /// What to hide in a file.
    pub(crate) fn of(&self, source: &Arc<Source>) -> Rc<Hidden> {
        let address = Arc::as_ptr(source).addr();
        if let Some((_, hidden)) = self.found.borrow().get(&address) {
            return Rc::clone(hidden);
        }
        let spans = match self.files.get(&address) {
            Some(file) => hidden(file),
            None => hidden(&File::read(source)),
        };
        let hidden = Rc::new(Hidden::new(source, spans));
        self.found.borrow_mut().insert(address, (Arc::clone(source), Rc::clone(&hidden)));
        hidden
    }
}

/// Where an object holds secrets, in order and apart from each other.
pub(crate) fn in_object(object: &Object) -> Vec<Span> {
    let mut all = places::in_node(&object.document, object.node);
    all.sort_unstable();
    apart(&all)
}

/// Places in order, those that touch taken together.
fn apart(all: &[Span]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::with_capacity(all.len());
    for &span in all {
        match spans.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => spans.push(span),
        }
    }
    spans
}

impl Hidden {
    fn new(source: &Source, mut all: Vec<Span>) -> Self {
        let inside = |span: &Span| bare(source.slice(*span));
        let texts = all.iter().map(inside).filter(|text| text.len() > 2);
        let texts = texts.map(str::to_owned).collect();
        all.sort_unstable();
        all.dedup();
        Self { spans: apart(&all), whole: all, texts, finder: OnceCell::new() }
    }

    /// Whether the byte at `at` is hidden.
    pub(crate) fn contains(&self, at: usize) -> bool {
        let next = self.spans.partition_point(|span| span.range().end <= at);
        self.spans.get(next).is_some_and(|span| span.range().start <= at)
    }

    /// Whether a text would repeat a secret. Of one that is longer than most secrets it is not asked.
    pub(crate) fn is_repeated_in(&self, text: &str) -> bool {
        if text.len() > LONGEST && self.texts.iter().any(|secret| secret.len() > LONGEST) {
            return true;
        }
        let finder = self.finder.get_or_init(|| {
            let texts: Vec<&String> = self.texts.iter().filter(|text| text.len() <= LONGEST).collect();
            if texts.is_empty() { None } else { AhoCorasick::new(texts).ok() }
        });
        finder.as_ref().map_or(!self.texts.is_empty() && text.len() > LONGEST, |finder| finder.is_match(text))
    }
}

/// A hidden text without what YAML has around it: of a Secret, all between two keys is hidden.
fn bare(text: &str) -> &str {
    let text = text.trim().trim_start_matches([':', ' ', '|', '>', '-', '+']);
    text.trim_end_matches(['}', ',', ' ']).trim().trim_matches(['"', '\''])
}

/// Bytes on both sides of a place that are looked at for its line.
const NEAR: usize = 4096;

/// What a place may quote: its own bytes, and the line of its beginning.
fn line(source: &Source, span: Span) -> Span {
    let range = span.range();
    let text = source.text.as_bytes();
    let first = range.start.saturating_sub(NEAR);
    let start = memchr::memrchr(b'\n', &text[first..range.start]).map_or(first, |line| first + line + 1);
    let most = (range.start + NEAR).min(text.len());
    let end = memchr::memchr(b'\n', &text[range.start..most]).map_or(most, |end| range.start + end);
    Span::new(start, end.max(range.end.min(most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Findings with labels in two files ask for these in turn; each file is looked through once.
    #[test]
    fn a_file_is_looked_through_once() {
        let source = |name: &str| Arc::new(Source::from_text(name, "kind: Secret\napiVersion: v1\ndata: {a: eA==}\n"));
        let (one, other) = (source("a.yaml"), source("b.yaml"));
        let secrets = Secrets::default();
        let (first, second) = (secrets.of(&one), secrets.of(&other));
        assert!(Rc::ptr_eq(&first, &secrets.of(&one)) && Rc::ptr_eq(&second, &secrets.of(&other)));
    }

    #[test]
    fn places_are_hidden_or_not_at_their_ends() {
        let source = Source::from_text("a.yaml", "0123456789\n");
        let hidden = Hidden::new(&source, vec![Span::new(4, 6), Span::new(1, 3), Span::new(2, 4), Span::new(8, 8)]);
        let places: Vec<usize> = (0..10).filter(|at| hidden.contains(*at)).collect();
        assert_eq!(places, [1, 2, 3, 4, 5]);
        assert!(hidden.spans.len() <= 2, "{hidden:?}");
    }

    #[test]
    fn a_secret_is_found_in_another_text() {
        let source = Source::from_text("a.yaml", format!("hunter2 {}\n", "x".repeat(2000)));
        let hidden = Hidden::new(&source, vec![Span::new(0, 7)]);
        assert!(hidden.is_repeated_in("\"hunter2\"") && !hidden.is_repeated_in("\"hunter\""));
        assert!(!hidden.is_repeated_in(&"y".repeat(2000)));
        let hidden = Hidden::new(&source, vec![Span::new(8, 2008)]);
        assert!(hidden.is_repeated_in(&"x".repeat(2000)) && !hidden.is_repeated_in("x"));
    }
}
