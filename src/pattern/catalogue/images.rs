//! `patterns/images.yaml`: which image fills a role.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::describe::Spanned;
use crate::yaml::{self, Document, Source};

/// An image and what running it takes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The full reference.
    pub image: String,
    /// The numeric user to run it as: the kubelet cannot check a user that is a name.
    pub user: i64,
    /// Where it listens unless told otherwise.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Paths that it writes to.
    #[serde(default)]
    pub writable: Vec<String>,
    /// Where the tag was seen: the comment beside it.
    #[serde(skip)]
    pub evidence: String,
}

/// Reads an image table.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_images(text: &str) -> Result<BTreeMap<String, Image>, String> {
    let source = Arc::new(Source::from_text("images.yaml", text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    if let Some(refusal) = refusal {
        return Err(refusal.message);
    }
    let Some(document) = documents.first() else { return Ok(BTreeMap::new()) };
    let root = Spanned::from_node(document, document.root());
    let mut images: BTreeMap<String, Image> =
        serde_json::from_value(root.to_json()).map_err(|error| error.to_string())?;
    for member in root.members() {
        if let Some(image) = images.get_mut(&member.key) {
            image.evidence = comment_beside(document, member.value.place.span.end as usize);
        }
    }
    Ok(images)
}

/// The comment on the line where a value ends.
fn comment_beside(document: &Document, end: usize) -> String {
    let line = document.source.text.get(end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    line.split_once('#').map_or_else(String::new, |(_, comment)| comment.trim().to_owned())
}

/// The table for people: one line for each role, and what it says below.
#[must_use]
pub fn image_table(images: &BTreeMap<String, Image>) -> String {
    let rows: Vec<[String; 5]> = images
        .iter()
        .map(|(role, image)| {
            let ports: Vec<String> = image.ports.iter().map(u16::to_string).collect();
            let or_none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
            [
                role.clone(),
                image.image.clone(),
                image.user.to_string(),
                or_none(ports.join(" ")),
                or_none(image.writable.join(" ")),
            ]
        })
        .collect();
    let titles = ["role", "image", "user", "ports", "writable"].map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&titles]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut out = String::new();
    let seen = std::iter::once("seen in").chain(images.values().map(|image| image.evidence.as_str()));
    for (row, seen) in std::iter::once(&titles).chain(&rows).zip(seen) {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(out, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{seen}");
    }
    out
}
