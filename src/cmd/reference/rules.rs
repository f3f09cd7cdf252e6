//! The rules' pages: one for each family, and a list of all.

use super::{Page, table};
use crate::rules::{self, Rule};

pub fn pages() -> Vec<Page> {
    let mut list =
        "# Rules\n\nErrors are certain, warnings are rare, advice is shown with `--profile strict`. `patterns \
                    explain RULE` prints the same pages.\n"
            .to_owned();
    let mut pages = Vec::new();
    for (family, rules) in rules::FAMILIES {
        let rows = rules.iter().map(|rule| {
            let name = rule.id.name;
            let fix = if rule.has_fix() { ", with a fix" } else { "" };
            let level = format!("{}{fix}", rule.level.name());
            [format!("[{name}](rules/{family}.md#{name})"), level, rule.summary()]
        });
        list.push_str(&format!("\n## {family}\n\n{}", table(["rule", "level", "finds"], rows)));
        let texts: Vec<String> = rules.iter().map(|rule| section(rule)).collect();
        pages.push((format!("rules/{family}.md"), format!("# Rules: {family}\n\n{}", texts.join("\n"))));
    }
    pages.push(("rules.md".to_owned(), list));
    pages
}

/// A rule's page one heading lower, with its level, and with its examples marked in words.
fn section(rule: &Rule) -> String {
    let fix = if rule.has_fix() { ", with a fix" } else { "" };
    let mut text = String::new();
    let mut is_code = false;
    for line in rule.page.lines() {
        let example = [("```yaml bad", "Wrong:"), ("```yaml good", "Right:")];
        if let Some((_, word)) = example.iter().find(|(fence, _)| line.starts_with(fence)) {
            text.push_str(&format!("{word}\n\n```yaml\n"));
        } else if line.starts_with('#') && !is_code {
            text.push_str(&format!("#{line}\n"));
            if line.starts_with("# ") {
                text.push_str(&format!("\n*{}{fix}*\n", rule.level.name()));
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
        is_code ^= line.starts_with("```");
    }
    text
}
