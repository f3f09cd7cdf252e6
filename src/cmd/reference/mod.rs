//! `patterns reference`: the pages of the book that say what the program knows of itself, so that they cannot drift. A
//! test compares them with those in `docs/reference`.

mod exits;
mod keys;
mod options;
mod patterns;
mod rules;

use std::fs;
use std::io;

use super::Exit;
use crate::cli::ReferenceArgs;
use crate::files;
use crate::kube::on_deep_stacks;
use crate::limits::{self, Limit};

/// A page or picture: its path below the folder, and its text.
type Page = (String, String);

/// Writes the pages. What else is in the folder stays.
pub fn run(args: &ReferenceArgs) -> io::Result<Exit> {
    let pages = on_deep_stacks(pages)??;
    for (path, text) in pages {
        let path = args.folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| files::named(folder, &error))?;
        }
        files::write(&path, text).map_err(|error| files::named(&path, &error))?;
    }
    Ok(Exit::Clean)
}

fn pages() -> io::Result<Vec<Page>> {
    let mut pages = vec![
        ("options.md".to_owned(), options::page()),
        ("description.md".to_owned(), keys::descriptions()),
        ("settings.md".to_owned(), keys::settings()),
        ("exit-codes.md".to_owned(), exits::page()),
        ("limits.md".to_owned(), limits_page()),
    ];
    pages.extend(rules::pages());
    pages.extend(patterns::pages()?);
    Ok(pages)
}

/// What the page of limits says before what `lint` does not see.
const UNSEEN: &str = "
## What `lint` does not see

Past these, rules report nothing that depends on the rest. How many objects a rule compares at most
is on its page, under \"When not\".

";

fn limits_page() -> String {
    let rows = |all: &[Limit]| {
        let rows = all.iter().map(|limit| [format!("`{}`", limit.name), limit.to_string(), limit.counts.to_owned()]);
        table(["name", "limit", "counts"], rows)
    };
    let mut text = "# Limits\n\nPast a limit, the error or the summary says which.\n\n".to_owned();
    text.push_str(&rows(&limits::ALL));
    text.push_str(UNSEEN);
    text.push_str(&rows(&[crate::facts::UNSEEN.as_slice(), &crate::kube::UNSEEN].concat()));
    text
}

/// A table of Markdown.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.map(str::to_owned)) + &line(&[const { String::new() }; N].map(|_| "---".to_owned()));
    rows.for_each(|row| text.push_str(&line(&row.map(|text| cell(&text)))));
    text
}

/// Text as a cell: on one line, and without what would be a column.
fn cell(text: &str) -> String {
    prose(&text.replace('\n', " ").replace('|', "\\|"))
}

/// Text without what would be HTML, outside of code.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { part.replace('<', "&lt;") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

/// Text in a fence that it does not end.
fn fenced(language: &str, text: &str) -> String {
    let text = text.trim_end();
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{text}\n{fence}\n")
}
