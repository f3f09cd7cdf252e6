//! The patterns' pages, each with a picture of its example, and a list of all.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Page, fenced, prose, table};
use crate::describe::Options;
use crate::diagnostic::Stop;
use crate::diagram::{self, svg};
use crate::expand::expand_text;
use crate::facts::Programs;
use crate::kube::File;
use crate::pattern::{Catalogue, Folder, page};
use crate::sort;
use crate::yaml::{Source, emit};

/// A page and a picture for each pattern, their list, and the gallery.
pub fn pages() -> io::Result<Vec<Page>> {
    let catalogue = Catalogue::built_in();
    let mut folders: Vec<&Folder> = catalogue.folders().collect();
    sort::by_key(&mut folders, |folder| folder.name());
    let (mut pages, mut rows) = (Vec::new(), Vec::new());
    let mut gallery = "# Gallery\n\nThe example of each pattern, as `patterns diagram` draws it: inbound \
                       traffic, the workloads with their containers by role, and what they call.\n"
        .to_owned();
    for folder in folders {
        let name = folder.name();
        let definition = folder.definition().map_err(io::Error::other)?;
        let under = if definition.is_shape() { "shape" } else { "use" };
        rows.push([format!("[{name}](patterns/{name}.md)"), format!("`{under}`"), definition.summary.clone()]);
        let text = page(&catalogue, folder, definition);
        let facts = text.split("\nExample\n").next().unwrap_or_default();
        let mut text = format!("# {name}\n\n{}", facts_as_markdown(facts));
        if let Some(example) = folder.file("example.yaml") {
            let picture = picture(&format!("{name}.yaml"), example)?;
            let _ = writeln!(text, "\n## Example\n\n{}\n![{name}]({name}.svg)", fenced("yaml", example));
            let _ = writeln!(gallery, "\n## [{name}](patterns/{name}.md)\n\n![{name}](patterns/{name}.svg)");
            pages.push((format!("patterns/{name}.svg"), picture));
        }
        let further = folder.files().filter(|(file, _)| file.starts_with("example-"));
        for (_, example) in further {
            let _ = write!(text, "\n{}", fenced("yaml", example));
        }
        pages.push((format!("patterns/{name}.md"), text));
    }
    let list = "# Patterns\n\n`patterns explain PATTERN` prints these pages, `patterns new PATTERN` a starter \
                description.\n\n"
        .to_owned()
        + &table(["pattern", "under", "what it does"], rows.into_iter());
    pages.push(("patterns.md".to_owned(), list));
    pages.push(("gallery.md".to_owned(), gallery));
    Ok(pages)
}

/// What `patterns explain` prints as columns, as lists: columns are too wide for small screens.
fn facts_as_markdown(facts: &str) -> String {
    let mut lines = Vec::new();
    // its first line is the pattern's name, with where it belongs
    for (number, line) in facts.lines().enumerate() {
        let is_heading = number > 3 && !line.starts_with(' ') && !line.is_empty() && !line.ends_with('.');
        lines.push(match line.strip_prefix("  ") {
            // a key of the one above it is indented more
            Some(row) => {
                let name = row.trim_start();
                let (name, text) = name.split_once("  ").unwrap_or((name, ""));
                let indent = &row[..row.len() - row.trim_start().len()];
                format!("{indent}- `{name}`: {}", prose(text.trim_start()))
            }
            None if number == 0 => format!("{}\n", prose(line.split_once(' ').map_or(line, |(_, rest)| rest))),
            None if is_heading => format!("## {line}"),
            None => prose(line),
        });
    }
    lines.join("\n") + "\n"
}

/// A picture of what a description makes.
fn picture(title: &str, description: &str) -> io::Result<String> {
    let source = Arc::new(Source::from_text(title, description));
    // what an example names beside it is in no file here
    let options = Options { values_come_later: true, ..Options::default() };
    let expanded = expand_text(&source, Path::new("-"), &[], options).map_err(|stop| match stop {
        Stop::Io(error) => error,
        Stop::Findings(findings) => {
            let messages: Vec<String> = findings.into_iter().map(|finding| finding.message).collect();
            io::Error::other(format!("{title}: {}", messages.join("; ")))
        }
    })?;
    let objects: Vec<_> = expanded.made.into_iter().map(|made| made.object).collect();
    let text = emit::to_stream(&objects).map_err(io::Error::other)?;
    let file = File::read(&Arc::new(Source::from_text(title, text)));
    Ok(svg::write(&diagram::of(title, &file.objects, Programs::built_in())))
}
