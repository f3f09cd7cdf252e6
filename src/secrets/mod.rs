//! The bytes of a file that no report may show, and the texts of findings that would repeat them.

mod keys;
mod made_up;
mod messages;
mod places;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;

use crate::diagnostic::Finding;
use crate::kube::{FastMap, FastSet, File, Object};
use crate::yaml::{Source, Span};
use places::{can_be_told_apart, hidden, hidden_near};

/// What is hidden in the files of a run, found once for each file that is shown.
#[derive(Debug, Default)]
pub struct Secrets<'run> {
    /// The files that are parsed already, by the address of their source.
    files: FastMap<usize, OfFile<'run>>,
    /// What was found in others. The source is kept, so that no other can come to have its address.
    others: Mutex<FastMap<usize, Found>>,
}

/// A file of the run, and what is known of it.
#[derive(Debug)]
struct OfFile<'run> {
    file: &'run File,
    can_be_told_apart: OnceLock<bool>,
    hidden: OnceLock<Arc<Hidden>>,
}

/// What an earlier look has found, for files that are still the same.
#[derive(Debug, Default)]
pub struct Known(FastMap<usize, Found>);

/// A source and what to hide in it.
type Found = (Arc<Source>, Arc<Hidden>);

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
    finder: OnceLock<Option<AhoCorasick>>,
}

/// The files that have few labels, by the address of their source: only the lines of these are looked at. To tell this
/// before the first look makes what is found the same for any number of threads.
pub(crate) struct Few(FastSet<usize>);

/// More labels in a file than this, and the whole file is looked at.
const FEW: usize = 32;
/// A word that is in more places of a file is sought in what the whole file hides.
const FEW_PLACES: usize = 4;

/// Secrets of more bytes than this are not looked for in other texts, which are shorter.
const LONGEST: usize = 1024;

impl<'run> Secrets<'run> {
    /// For findings in these files; other files that findings show are read.
    #[must_use]
    pub fn of_files(files: &'run [File]) -> Self {
        let of_file = |file| OfFile { file, can_be_told_apart: OnceLock::new(), hidden: OnceLock::new() };
        Self { files: files.iter().map(|file| (address(&file.source), of_file(file))).collect(), ..Self::default() }
    }

    /// The same for a program that looks at the same files again and again.
    #[must_use]
    pub fn with_known(files: &'run [File], known: Known) -> Self {
        let mut secrets = Self::of_files(files);
        for (address, (_, hidden)) in known.0 {
            if let Some(of_file) = secrets.files.get_mut(&address) {
                of_file.hidden = OnceLock::from(hidden);
            }
        }
        secrets
    }

    /// What was found in the files of the run.
    #[must_use]
    pub fn into_known(self) -> Known {
        let found = |(address, of_file): (usize, OfFile<'_>)| {
            Some((address, (Arc::clone(&of_file.file.source), of_file.hidden.into_inner()?)))
        };
        Known(self.files.into_iter().filter_map(found).collect())
    }

    /// The files of which a look at the labels of these findings takes less than one at all of the file.
    pub(crate) fn few(&self, findings: &[Finding]) -> Few {
        let mut counts: FastMap<usize, usize> = FastMap::default();
        for label in findings.iter().flat_map(|finding| std::iter::once(&finding.primary).chain(&finding.labels)) {
            *counts.entry(address(&label.source)).or_default() += 1;
        }
        let is_new = |address: &usize| self.files.get(address).is_some_and(|of_file| of_file.hidden.get().is_none());
        counts.retain(|address, count| *count <= FEW && is_new(address));
        Few(counts.into_keys().collect())
    }

    /// What to hide in these lines of a file, and maybe in others.
    pub(crate) fn near(&self, source: &Arc<Source>, lines: Span, few: &Few) -> Arc<Hidden> {
        match self.apart(source, few) {
            Some(file) => Arc::new(Hidden::new(source, hidden_near(file, lines))),
            None => self.of(source),
        }
    }

    /// Whether a word is a secret anywhere in a file.
    pub(crate) fn is_hidden_in(&self, source: &Arc<Source>, word: &str, few: &Few) -> bool {
        let places = || memchr::memmem::find_iter(source.text.as_bytes(), word);
        match self.apart(source, few) {
            Some(file) if places().nth(FEW_PLACES).is_none() => places().any(|at| {
                let near = line(source, Span::new(at, at + word.len()));
                Hidden::new(source, hidden_near(file, near)).texts.contains(word)
            }),
            _ => self.of(source).texts.contains(word),
        }
    }

    /// A file of which only a part is to be looked at.
    fn apart(&self, source: &Arc<Source>, few: &Few) -> Option<&'run File> {
        let of_file = self.files.get(&address(source)).filter(|_| few.0.contains(&address(source)))?;
        let is_apart = of_file.can_be_told_apart.get_or_init(|| can_be_told_apart(of_file.file));
        is_apart.then_some(of_file.file)
    }

    /// What to hide in a file.
    pub(crate) fn of(&self, source: &Arc<Source>) -> Arc<Hidden> {
        if let Some(OfFile { file, hidden: found, .. }) = self.files.get(&address(source)) {
            return Arc::clone(found.get_or_init(|| Arc::new(Hidden::new(source, hidden(file)))));
        }
        let others = || self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, hidden)) = others().get(&address(source)) {
            return Arc::clone(hidden);
        }
        // not while others wait, who may ask for another file
        let hidden = Arc::new(Hidden::new(source, hidden(&File::read(source))));
        let (_, kept) = others().entry(address(source)).or_insert_with(|| (Arc::clone(source), hidden)).clone();
        kept
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

fn address(source: &Arc<Source>) -> usize {
    Arc::as_ptr(source).addr()
}

impl Hidden {
    fn new(source: &Source, mut all: Vec<Span>) -> Self {
        let inside = |span: &Span| bare(source.slice(*span));
        let texts = all.iter().map(inside).filter(|text| text.len() > 2);
        let texts = texts.map(str::to_owned).collect();
        all.sort_unstable();
        all.dedup();
        Self { spans: apart(&all), whole: all, texts, finder: OnceLock::new() }
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
        assert!(Arc::ptr_eq(&first, &secrets.of(&one)) && Arc::ptr_eq(&second, &secrets.of(&other)));
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
