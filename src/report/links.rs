//! Hyperlinks of terminals (OSC 8) from the names of rules to their pages.

use supports_hyperlinks::Stream;

use super::Color;
use crate::diagnostic::RuleId;

/// Where the book is published, for links to it: `https://docs.example.com/patterns`.
const VARIABLE: &str = "PATTERNS_BOOK";

/// The pages of rules, where there are any and what is written to follows links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// What comes before the name of a family.
    start: String,
    /// What comes behind it, before the name of a rule.
    end: &'static str,
}

impl Links {
    /// For standard output or standard error.
    #[must_use]
    pub fn on(stream: Stream, color: Color) -> Option<Self> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // who wants no colour, or has a terminal that knows no escapes, wants none of these either
        let is_plain = color == Color::Never || set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb");
        if is_plain || !supports_hyperlinks::on(stream) {
            return None;
        }
        Self::to(set(VARIABLE).as_deref(), env!("CARGO_PKG_REPOSITORY"))
    }

    /// To the book, or else to the same pages in the repository of the program's source.
    fn to(book: Option<&str>, repository: &str) -> Option<Self> {
        let is_address = |text: &&str| {
            (text.starts_with("https://") || text.starts_with("http://"))
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if let Some(book) = book {
            let book = Some(book.trim_end_matches('/')).filter(is_address)?;
            return Some(Self { start: format!("{book}/reference/rules/"), end: ".html#" });
        }
        let repository = Some(repository.trim_end_matches('/').trim_end_matches(".git")).filter(is_address)?;
        let start = format!("{repository}/blob/v{}/docs/reference/rules/", env!("CARGO_PKG_VERSION"));
        Some(Self { start, end: ".md#" })
    }

    /// The name of a rule as a link to its page.
    #[must_use]
    pub fn name(&self, rule: RuleId) -> String {
        let Self { start, end } = self;
        format!("\x1b]8;;{start}{}{end}{name}\x1b\\{name}\x1b]8;;\x1b\\", rule.family, name = rule.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Links;
    use crate::diagnostic::{Family, RuleId};

    #[test]
    fn links_lead_to_the_book_or_the_repository() {
        let rule = RuleId { name: "norway", family: Family::Manifest };
        let link = |book, repository| Links::to(book, repository).map(|links| links.name(rule));
        let shown = |url: &str| Some(format!("\x1b]8;;{url}\x1b\\norway\x1b]8;;\x1b\\"));
        let book = Some("https://docs.example.com/p/");
        assert_eq!(link(book, ""), shown("https://docs.example.com/p/reference/rules/manifest.html#norway"));
        let version = env!("CARGO_PKG_VERSION");
        let page = format!("https://git.example.com/p/blob/v{version}/docs/reference/rules/manifest.md#norway");
        assert_eq!(link(None, "https://git.example.com/p.git"), shown(&page));
        for wrong in ["", "file:///etc", "https://a\x1b]8;;", "https://a b"] {
            assert_eq!(link(Some(wrong), "https://git.example.com/p"), None);
            assert_eq!(link(None, wrong), None);
        }
    }
}
