//! The rules' pages: one for each family, and a list of all.

use std::fmt::Write as _;

use super::{Page, table};
use crate::rules::{self, Rule};

/// A page for each family of rules, and their overview.
pub fn pages() -> Vec<Page> {
    let mut list =
        "# Rules\n\nErrors are certain, warnings are rare, advice is shown with `--profile strict`. `patterns \
                    explain RULE` prints the same pages.\n"
            .to_owned();
    let mut pages = Vec::new();
    for (family, rules) in rules::FAMILIES {
        let rows = rules.iter().map(|rule| {
            let name = rule.id.name;
            let fix = if rule.has_fix { ", with a fix" } else { "" };
            let level = format!("{}{fix}", rule.level.name());
            [format!("[{name}](rules/{family}.md#{name})"), level, rule.summary()]
        });
        let _ = write!(list, "\n## {family}\n\n{}", table(["rule", "level", "finds"], rows));
        let texts: Vec<String> = rules.iter().map(|rule| section(rule)).collect();
        pages.push((format!("rules/{family}.md"), format!("# Rules: {family}\n\n{}", texts.join("\n"))));
    }
    pages.push(("rules.md".to_owned(), list));
    pages
}

/// A rule's page one heading lower, with its level, and with its examples marked in words.
fn section(rule: &Rule) -> String {
    let fix = if rule.has_fix { ", with a fix" } else { "" };
    let mut text = String::new();
    let mut is_code = false;
    for line in rule.page().lines() {
        let example = [("```yaml bad", "Wrong:"), ("```yaml good", "Right:")];
        if let Some((_, word)) = example.iter().find(|(fence, _)| line.starts_with(fence)) {
            let _ = writeln!(text, "{word}\n\n```yaml");
        } else if line.starts_with('#') && !is_code {
            let _ = writeln!(text, "#{line}");
            if line.starts_with("# ") {
                let _ = writeln!(text, "\n*{}{fix}*", rule.level.name());
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
        is_code ^= line.starts_with("```");
    }
    text
}
