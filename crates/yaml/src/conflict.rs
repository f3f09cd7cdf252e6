//! The lines that git leaves in a file whose merge needs a decision.

use super::refusal::Refusal;
use super::source::{Source, Span};

const OPENS: &str = "<<<<<<< ";
const CLOSES: &str = ">>>>>>> ";

/// A refusal, or the unresolved conflict that is the reason for it. `document` is the text of the refused document.
pub(super) fn or_conflict(source: &Source, document: Span, refusal: Refusal) -> Refusal {
    let Some(line) =
        line_of_conflict(source.slice(document), refusal.span.start.saturating_sub(document.start) as usize)
    else {
        return refusal;
    };
    let start = document.start as usize + line.start;
    let named = Refusal::new(Span::new(start, start + line.len()), "an unresolved merge conflict")
        .because("git keeps both sides between `<<<<<<<`, `=======` and `>>>>>>>` until one is chosen")
        .help("choose what stays, and remove the marks");
    Refusal { loses_previous: refusal.loses_previous, ..named }
}

/// The line of a mark that explains why a text cannot be read at `fault`: where the open conflict begins, or the mark on the
/// line itself.
fn line_of_conflict(text: &str, fault: usize) -> Option<std::ops::Range<usize>> {
    let mut conflict = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if start > fault {
            break;
        }
        let content = line.trim_end();
        let here = start..start + content.len();
        let is_line_of_fault = here.end >= fault;
        if content.starts_with(OPENS) {
            conflict = Some(here);
        } else if content.starts_with(CLOSES) || content == ">>>>>>>" {
            conflict = is_line_of_fault.then_some(conflict.unwrap_or(here));
        } else if is_line_of_fault && (content == "=======" || content.starts_with("||||||| ")) {
            conflict = Some(conflict.unwrap_or(here));
        }
        start += line.len();
    }
    conflict
}

#[cfg(test)]
mod tests {
    use super::line_of_conflict;

    #[test]
    fn the_conflict_around_a_fault_is_found() {
        let text = "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\nc: [\n";
        let at = |fault: &str| text.find(fault).unwrap_or(text.len());
        let line = |fault| line_of_conflict(text, at(fault)).map(|range| &text[range]);
        assert_eq!(line("a: 1"), None, "before it");
        assert_eq!(line("<<<<"), Some("<<<<<<< HEAD"));
        assert_eq!(line("b: 1"), Some("<<<<<<< HEAD"));
        assert_eq!(line("===="), Some("<<<<<<< HEAD"));
        assert_eq!(line(">>>>"), Some("<<<<<<< HEAD"));
        assert_eq!(line("c: ["), None, "after it");
        assert_eq!(line_of_conflict("b: 2\n>>>>>>> other\n", 5), Some(5..18), "it began in the document before");
        assert_eq!(line_of_conflict("b: 2\n========\n", 5), None, "an underlined title");
    }
}
