//! `patterns rules`: what the linter looks for.

use std::fmt::Write as _;
use std::io;

use serde_json::json;

use super::streams::print_text;
use super::{Exit, rules_export};
use crate::cli::{RulesArgs, RulesFormat};
use crate::report::Color;
use crate::report::terminal::Look;
use crate::rules::{self, Rule};
use crate::words::{clip, nearest};

/// Columns below which summaries are not broken.
const NARROWEST: usize = 24;

/// Prints the rules of some families, or all.
pub fn run(args: &RulesArgs, color: Color) -> io::Result<Exit> {
    if args.export.is_some() {
        return rules_export::run(args);
    }
    let mut chosen: Vec<&'static Rule> = Vec::new();
    for name in &args.names {
        chosen.extend(named(name)?);
    }
    if args.names.is_empty() {
        chosen.extend(rules::all());
    }
    let text = match args.format {
        RulesFormat::Text => table(&chosen, &Look::of_stdout(color)),
        RulesFormat::Json => as_json(&chosen),
    };
    print_text(&text)?;
    Ok(Exit::Clean)
}

fn named(name: &str) -> io::Result<Vec<&'static Rule>> {
    if let Some(rules) = rules::of_family(name) {
        return Ok(rules.to_vec());
    }
    rules::find(name).map(|rule| vec![rule]).ok_or_else(|| {
        let nearest = nearest(name, rules::names());
        let nearest = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
        let message = format!("no rule or family is called `{}`{nearest}", clip(name));
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

/// A table of rules, family by family. On a terminal the summaries go on below themselves, and names lead to their pages.
#[must_use]
pub fn table(chosen: &[&'static Rule], look: &Look) -> String {
    let width = chosen.iter().map(|rule| rule.id.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut family = None;
    for rule in chosen {
        if family != Some(rule.id.family) {
            let _ = writeln!(text, "{}{}", if family.is_none() { "" } else { "\n" }, rule.id.family);
            family = Some(rule.id.family);
        }
        let fix = if rule.has_fix { "fix" } else { "" };
        let name = look.links.as_ref().map_or_else(|| rule.id.name.to_owned(), |links| links.name(rule.id));
        let gap = " ".repeat(width - rule.id.name.len());
        let before = 2 + width + 2 + 7 + 2 + 3 + 2;
        let summary = match look.columns.and_then(|columns| columns.checked_sub(before)) {
            Some(room) if room >= NARROWEST => below(&rule.summary(), room, before),
            _ => rule.summary(),
        };
        let _ = writeln!(text, "  {name}{gap}  {:7}  {fix:3}  {summary}", rule.level.name());
    }
    text
}

/// Text broken into lines of so many columns, behind so many blanks.
fn below(text: &str, columns: usize, blanks: usize) -> String {
    let mut broken = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let own = word.chars().count();
        if length > 0 && length + 1 + own > columns {
            let _ = write!(broken, "\n{:blanks$}", "");
            length = 0;
        } else if length > 0 {
            broken.push(' ');
            length += 1;
        }
        broken.push_str(word);
        length += own;
    }
    broken
}

fn as_json(chosen: &[&'static Rule]) -> String {
    let rules: Vec<_> = chosen
        .iter()
        .map(|rule| {
            json!({
                "name": rule.id.name,
                "family": rule.id.family.name(),
                "level": rule.level.name(),
                "fixable": rule.has_fix,
                "summary": rule.summary(),
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rules).unwrap_or_default();
    text.push('\n');
    text
}
