//! `patterns rules`: what the linter looks for.

use std::fmt::Write as _;
use std::io;

use serde_json::json;

use super::streams::print_text;
use super::{Exit, rules_export};
use crate::cli::{RulesArgs, RulesFormat};
use crate::rules::{self, Rule};
use crate::words::{clip, nearest};

/// Prints the rules of some families, or all.
pub fn run(args: &RulesArgs) -> io::Result<Exit> {
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
        RulesFormat::Text => table(&chosen),
        RulesFormat::Json => as_json(&chosen),
    };
    print_text(&text)?;
    Ok(Exit::Clean)
}

fn named(name: &str) -> io::Result<Vec<&'static Rule>> {
    if let Some((_, rules)) = rules::FAMILIES.iter().find(|(family, _)| *family == name) {
        return Ok(rules.to_vec());
    }
    rules::find(name).map(|rule| vec![rule]).ok_or_else(|| {
        let nearest = nearest(name, rules::names());
        let nearest = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
        let message = format!("no rule or family is called `{}`{nearest}", clip(name));
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

/// A table of rules, family by family.
#[must_use]
pub fn table(chosen: &[&'static Rule]) -> String {
    let width = chosen.iter().map(|rule| rule.id.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut family = "";
    for rule in chosen {
        if rule.id.family != family {
            let _ = writeln!(text, "{}{}", if family.is_empty() { "" } else { "\n" }, rule.id.family);
            family = rule.id.family;
        }
        let fix = if rule.has_fix() { "fix" } else { "" };
        let _ = writeln!(text, "  {:width$}  {:7}  {fix:3}  {}", rule.id.name, rule.level.name(), rule.summary());
    }
    text
}

fn as_json(chosen: &[&'static Rule]) -> String {
    let rules: Vec<_> = chosen
        .iter()
        .map(|rule| {
            json!({
                "name": rule.id.name,
                "family": rule.id.family,
                "level": rule.level.name(),
                "fixable": rule.has_fix(),
                "summary": rule.summary(),
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rules).unwrap_or_default();
    text.push('\n');
    text
}
