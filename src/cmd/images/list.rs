//! The list of images, for people and programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use serde_json::json;

use super::{Row, Rows};
use crate::cli::ImagesFormat;
use crate::cmd::Exit;
use crate::cmd::streams::print_text;
use crate::pattern::ImageFrom;
use crate::report::{escaped, printable};

/// What says which image it is: `apps/shop.yaml:3`, `images.https of .patterns.yaml:2`, `built-in https`.
pub(super) fn origin(from: &ImageFrom) -> String {
    let line = from.place().map(|place| format!("{}:{}", place.source.name, line(from).unwrap_or_default()));
    match (from, line) {
        (ImageFrom::Description(_), Some(line)) => line,
        (ImageFrom::Description(_), None) => "description".to_owned(),
        (ImageFrom::DescriptionRole(role, _) | ImageFrom::ProjectRole(role, _), line) => {
            format!("images.{role} of {}", line.unwrap_or_default())
        }
        (ImageFrom::CatalogueRole(role), _) => format!("your catalogue's {role}"),
        (ImageFrom::BuiltInRole(role), _) => format!("built-in {role}"),
    }
}

fn line(from: &ImageFrom) -> Option<usize> {
    from.place().map(|place| place.source.position(place.span.start).line)
}

pub(super) fn print(rows: &Rows, format: ImagesFormat) -> io::Result<Exit> {
    let text = match format {
        ImagesFormat::Text => table(rows),
        ImagesFormat::Plain => {
            let images: BTreeSet<&str> = rows.iter().map(|row| row.image.image.as_str()).collect();
            images.into_iter().flat_map(|image| [image, "\n"]).collect()
        }
        ImagesFormat::Json => {
            let images = json!({"images": rows.iter().map(as_json).collect::<Vec<_>>()});
            escaped::text(&serde_json::to_string_pretty(&images)?) + "\n"
        }
    };
    print_text(&text)?;
    Ok(Exit::Clean)
}

fn table(rows: &Rows) -> String {
    let objects = |row: &Row| -> String {
        let names: BTreeSet<&str> = row.used.iter().map(|used| used.object.as_str()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let titles = [["image", "from", "in"].map(str::to_owned)];
    // a file's name may hold anything
    let cells =
        |row: &Row| [row.image.image.clone(), origin(&row.image.from), objects(row)].map(|cell| printable(&cell));
    let rows = rows.iter().map(cells);
    let rows: Vec<[String; 3]> = titles.into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (image, from) = (width(0), width(1));
    let mut out = String::new();
    for row in &rows {
        let _ = writeln!(out, "{:image$}  {:from$}  {}", row[0], row[1], row[2]);
    }
    out
}

fn as_json(row: &Row) -> serde_json::Value {
    let from = &row.image.from;
    let kind = match from {
        ImageFrom::Description(_) | ImageFrom::DescriptionRole(..) => "description",
        ImageFrom::ProjectRole(..) => "project",
        ImageFrom::CatalogueRole(_) => "catalogue",
        ImageFrom::BuiltInRole(_) => "built-in",
    };
    let used: Vec<_> = row
        .used
        .iter()
        .map(|used| {
            json!({
                "description": used.description,
                "environment": used.environment,
                "object": used.object,
                "container": used.container,
            })
        })
        .collect();
    json!({
        "image": row.image.image,
        "role": from.role(),
        "from": {"kind": kind, "file": from.place().map(|place| place.source.name.as_str()), "line": line(from)},
        "used": used,
    })
}
