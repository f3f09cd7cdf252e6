//! Findings that quote what no report may show.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::made_up::made_up;
use super::{Few, Hidden, Secrets, bare, line};
use crate::diagnostic::Finding;
use crate::secret_texts::{is_plain, reads_as_name, replaced};
use crate::words::is_secret_name;
use crate::yaml::{Resolved, Source, Span, resolve_plain};

/// Secrets near a label that are looked for.
const MOST: usize = 64;
/// Letters by which a secret is known that a message has shortened.
const BEGINNING: usize = 12;
/// Findings that a thread takes at once: fewer take less time than to wake another.
const TOGETHER: usize = 8;

impl Secrets<'_> {
    /// Takes out of the words of findings what is hidden where their labels are, and what is plainly a secret of the same
    /// file. Whole secrets alone: a word that is a part of one says nothing.
    pub fn mask(&self, findings: &mut [Finding]) {
        let few = self.few(findings);
        if findings.len() <= TOGETHER {
            for finding in findings {
                self.mask_one(finding, &few);
            }
        } else {
            findings.par_iter_mut().with_min_len(TOGETHER).for_each(|finding| self.mask_one(finding, &few));
        }
    }

    fn mask_one(&self, finding: &mut Finding, few: &Few) {
        let mut wanted = Wanted::default();
        for label in std::iter::once(&finding.primary).chain(&finding.labels) {
            let quoted = line(&label.source, label.span);
            wanted.near(&label.source, quoted, &self.near(&label.source, quoted, few));
        }
        for words in finding_words(finding) {
            for word in made_up(words).map(|range| &words[range]) {
                if sources(finding).any(|source| self.is_hidden_in(source, word, few)) {
                    wanted.made_up.insert(word.to_owned());
                }
            }
        }
        finding.secrets.iter().for_each(|span| wanted.add(&finding.primary.source, *span));
        if wanted.texts.is_empty() && wanted.made_up.is_empty() {
            return;
        }
        wanted.texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.whole.len()));
        wanted.texts.dedup_by(|one, other| one.whole == other.whole);
        wanted.mask(&mut finding.message);
        finding.help.iter_mut().for_each(|help| wanted.mask(help));
        finding.fix.iter_mut().for_each(|fix| wanted.mask(&mut fix.title));
        if let Some(Cow::Owned(why)) = &mut finding.why {
            wanted.mask(why);
        }
        std::iter::once(&mut finding.primary).chain(&mut finding.labels).for_each(|label| wanted.mask(&mut label.text));
    }
}

/// What must not be in a finding's words.
#[derive(Default)]
struct Wanted {
    /// What is written where the labels are.
    texts: Vec<Text>,
    /// Words that are secrets elsewhere in the files of the labels.
    made_up: BTreeSet<String>,
}

struct Text {
    whole: String,
    /// What is around it where it is written: `-p` is before the password of `mysql -phunter2`.
    before: Option<char>,
    behind: Option<char>,
}

impl Wanted {
    /// The secrets at a label: in it, or on its lines.
    fn near(&mut self, source: &Arc<Source>, quoted: Span, hidden: &Hidden) {
        let range = quoted.range();
        let first = hidden.spans.partition_point(|span| span.range().end < range.start);
        let Some(first) = hidden.spans.get(first).filter(|span| span.range().start < range.end) else { return };
        let from = hidden.whole.partition_point(|span| span.start < first.start);
        let near = hidden.whole[from..].iter().take_while(|span| span.range().start < range.end);
        near.filter(|span| span.range().end > range.start).take(MOST).for_each(|span| self.add(source, *span));
    }

    fn add(&mut self, source: &Arc<Source>, span: Span) {
        let raw = source.slice(span);
        let trimmed = raw.trim();
        let start = span.range().start + (raw.len() - raw.trim_start().len());
        let before = source.text[..start].chars().next_back();
        let behind = source.text[start + trimmed.len()..].chars().next();
        let mut push = |text: &str| {
            if is_plain(text) && !is_secret_name(text) {
                self.texts.push(Text { whole: text.to_owned(), before, behind });
            }
        };
        push(trimmed);
        let inside = bare(trimmed);
        if inside != trimmed {
            push(inside);
        }
        // as a message may show it: decoded, or on several lines
        if inside.contains('\\') {
            push(&inside.replace("\\\"", "\"").replace("\\\\", "\\").replace("\\n", "\n"));
        }
        if inside.contains("''") {
            push(&inside.replace("''", "'"));
        }
        if inside.contains('\n') {
            inside.lines().map(str::trim).filter(|line| line.len() >= 8).take(MOST).for_each(&mut push);
        }
        // as JSON has a number
        match resolve_plain(inside) {
            Resolved::Int(number) => push(&number.to_string()),
            Resolved::Uint(number) => push(&number.to_string()),
            Resolved::Float(number) => push(&number.to_string()),
            _ => {}
        }
    }

    fn mask(&self, words: &mut String) {
        let mut found = Vec::new();
        let lower = words.to_ascii_lowercase();
        for text in &self.texts {
            text.find(words, &lower, &mut found);
        }
        self.find_made_up(words, &mut found);
        if let Cow::Owned(masked) = replaced(words, found) {
            *words = masked;
        }
    }
}

impl Wanted {
    /// Words that are a secret of the same file elsewhere, unless they may be a name of something else.
    fn find_made_up(&self, words: &str, found: &mut Vec<Range<usize>>) {
        found.extend(made_up(words).filter(|range| self.made_up.contains(&words[range.clone()])));
    }
}

/// The files that a finding shows, each once if they are one.
fn sources(finding: &Finding) -> impl Iterator<Item = &Arc<Source>> {
    let primary = &finding.primary.source;
    let others = finding.labels.iter().map(|label| &label.source);
    std::iter::once(primary).chain(others.filter(move |source| !Arc::ptr_eq(source, primary)))
}

/// All words of a finding that may quote a file.
fn finding_words(finding: &Finding) -> impl Iterator<Item = &str> {
    let why = finding.why.iter().filter(|why| matches!(why, Cow::Owned(_))).map(|why| &**why);
    let labels = std::iter::once(&finding.primary).chain(&finding.labels).map(|label| label.text.as_str());
    let title = finding.fix.iter().map(|fix| fix.title.as_str());
    std::iter::once(finding.message.as_str()).chain(finding.help.as_deref()).chain(why).chain(title).chain(labels)
}

impl Text {
    fn find(&self, words: &str, lower: &str, found: &mut Vec<Range<usize>>) {
        let wanted = self.whole.to_ascii_lowercase();
        let beginning = wanted.char_indices().nth(BEGINNING).map_or(wanted.as_str(), |(end, _)| &wanted[..end]);
        for at in memchr::memmem::find_iter(lower.as_bytes(), beginning) {
            let same =
                lower.as_bytes()[at..].iter().zip(wanted.as_bytes()).take_while(|(one, other)| one == other).count();
            let end = at + same;
            if !words.is_char_boundary(at) || !words.is_char_boundary(end) {
                continue;
            }
            let is_whole = same == wanted.len() && self.is_apart(words, at..end);
            let is_shortened = same < wanted.len() && same >= BEGINNING && words[end..].starts_with(['…', '`', '"']);
            if is_whole && (!self.is_word() || is_quoted(words, at)) || is_shortened {
                found.push(at..end);
            }
        }
    }

    /// Whether a sentence may have the text as a word of it.
    fn is_word(&self) -> bool {
        self.whole.len() <= 2 || reads_as_name(&self.whole)
    }

    /// Whether a place is not inside of a longer word, unless the secret is where it is written.
    fn is_apart(&self, words: &str, range: Range<usize>) -> bool {
        let is_inside = |letter: Option<char>, own: Option<char>, is_letter: bool| {
            is_letter && letter.is_some_and(char::is_alphanumeric) && letter != own
        };
        let (first, last) = (self.whole.chars().next(), self.whole.chars().next_back());
        let before = words[..range.start].chars().next_back();
        let behind = words[range.end..].chars().next();
        !is_inside(before, self.before, first.is_some_and(char::is_alphanumeric))
            && !is_inside(behind, self.behind, last.is_some_and(char::is_alphanumeric))
    }
}

/// Whether a place is between backticks or quotes.
fn is_quoted(words: &str, at: usize) -> bool {
    ['`', '"'].iter().any(|quote| words[..at].matches(*quote).count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::kube::File;
    use crate::secrets::Secrets;

    /// The words of a finding about the line that holds `at`, as they are shown.
    fn told(text: &str, at: &str, message: &str) -> String {
        let source = Arc::new(Source::from_text("a.yaml", text));
        let start = text.find(at).unwrap_or_default();
        let mut findings = [Finding::error(Label::span(&source, Span::new(start, start + at.len()), ""), message)];
        Secrets::default().mask(&mut findings);
        findings[0].message.clone()
    }

    #[test]
    fn secrets_are_taken_out_of_messages() {
        let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - args: [--password, 918273645]\n    name: a\n    \
                    command: [mysql, -pab]\n    image: u:Hunter9x@r.example.com/A\n  - name: shop\n    \
                    password: shop\n";
        for (at, message, shown) in [
            ("918273645", "`918273645` is a number", "`…` is a number"),
            ("918273645", "write \"918273645\"", "write \"…\""),
            ("918273645", "it is 9182736450", "it is 9182736450"),
            ("-pab", "`mysql -pab` does not", "`mysql -p…` does not"),
            ("u:Hunter9x@r.example.com/A", "write `u:hunter9x@r.example.com/a`", "write `u:…@r.example.com/a`"),
            ("password: shop", "the shop is shut: `shop`", "the shop is shut: `…`"),
            ("name: a", "`918273645` is elsewhere", "`…` is elsewhere"),
            ("name: a", "policy/v1beta1 of app.k8s.io, 918273645", "policy/v1beta1 of app.k8s.io, …"),
            ("name: a", "`ReadWriteOnce` and `Hunter9x` are elsewhere", "`ReadWriteOnce` and `…` are elsewhere"),
        ] {
            assert_eq!(told(text, at, message), shown);
        }
        let text = format!("apiVersion: v1\nkind: Secret\ndata: {{a: {}}}\n", "Ab1".repeat(40));
        assert_eq!(told(&text, "data: {a", "`Ab1Ab1Ab1Ab1Ab1…` is no base64"), "`…` is no base64");
    }

    #[test]
    fn findings_are_masked_alike_by_any_number_of_threads() {
        // some files have few findings, some have many, and each shows the next one, too
        let text = |number: usize| {
            let comment = if number.is_multiple_of(3) { "# token: Hunter7x\n" } else { "" };
            format!(
                "{comment}apiVersion: v1\nkind: Pod\nspec:\n  password: Hunter{number}x\n  url: a://u:Secret{number}y@h\n"
            )
        };
        let read = |number| File::read(&Arc::new(Source::from_text(format!("{number:02}.yaml"), text(number))));
        let files: Vec<File> = (0..20).map(read).collect();
        let label = |file: &File, word: &str| {
            let at = file.source.text.find(word).unwrap();
            Label::span(&file.source, Span::new(at, at + word.len()), format!("beside {word}"))
        };
        let of_file = |number: usize| {
            let (one, next) = (&files[number], &files[(number + 1) % files.len()]);
            let message = format!(
                "Hunter{number}x, Secret{number}y, Hunter7x, Secret{}y and Hunter99x",
                (number + 1) % files.len()
            );
            let mut finding =
                Finding::error(label(one, if number.is_multiple_of(2) { "Hunter" } else { "kind" }), message);
            finding.labels.push(label(next, "Secret"));
            vec![finding; if number.is_multiple_of(5) { 30 } else { 2 }]
        };
        let findings: Vec<Finding> = (0..files.len()).flat_map(of_file).collect();
        let masked = |threads: usize| {
            let mut findings = findings.clone();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Secrets::of_files(&files).mask(&mut findings));
            let words = findings.iter().map(|finding| (finding.message.clone(), finding.labels[0].text.clone()));
            words.collect::<Vec<_>>()
        };
        let mut alone = findings.clone();
        for finding in &mut alone {
            Secrets::of_files(&files).mask(std::slice::from_mut(finding));
        }
        let alone: Vec<_> = alone.iter().map(|one| (one.message.clone(), one.labels[0].text.clone())).collect();
        assert!(
            alone.iter().all(|(message, _)| !message.contains("Secret") && message.ends_with("Hunter99x")),
            "{alone:?}"
        );
        for threads in [1, 2, 4] {
            assert_eq!(masked(threads), alone, "{threads}");
        }
    }
}
