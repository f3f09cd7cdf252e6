//! Objects as they are written.

use std::io;

use serde_json::Value as Json;

use super::gathered::Object;
use crate::cli::GenFormat;
use crate::describe::Description;
use crate::origin::{self, Maker};
use crate::pattern::Made;
use crate::report::escaped;
use crate::yaml::emit;

/// How objects are written.
pub struct Texts {
    /// YAML or JSON.
    pub format: GenFormat,
    /// Whether a comment says what made each.
    pub comments: bool,
}

impl Texts {
    /// The ending of files.
    pub fn extension(&self) -> &'static str {
        match self.format {
            GenFormat::Yaml => "yaml",
            GenFormat::Json => "json",
        }
    }

    /// The text of an object's file or document.
    pub fn of(&self, object: &Object) -> io::Result<String> {
        match self.format {
            GenFormat::Yaml => {
                let text = emit::to_manifest(&object.made.object).map_err(io::Error::other)?;
                let with_comment = self.comments || object.comments;
                Ok(if with_comment { format!("# {}\n{text}", object.header) } else { text })
            }
            GenFormat::Json => pretty(&object.made.object),
        }
    }
}

/// JSON for files.
pub fn pretty(value: &Json) -> io::Result<String> {
    Ok(escaped::text(&serde_json::to_string_pretty(value)?) + "\n")
}

/// What a comment says about an object's origin: `apps/shop.yaml, document shop, environment prod: use[1].cache,
/// pattern shard`. The facts are those of its annotations, which a patch may have changed.
pub fn header(made: &Made, descriptions: &[Description], environment: Option<&str>) -> String {
    let annotation = |name: &str| origin::annotation(&made.object, name).unwrap_or_default();
    let source = annotation(origin::SOURCE);
    let (file, document) = source.rsplit_once('#').unwrap_or((source, ""));
    let from = annotation(origin::FROM);
    let maker = Maker::parse(from);
    let description = descriptions.iter().find(|description| description.origin == source);
    let entry = |index: usize| description?.uses.get(index);
    let part = match &maker {
        Some(Maker::Shape(pattern)) => format!("shape {pattern}"),
        Some(Maker::Use { index, .. }) => {
            entry(*index).map_or_else(|| from.to_owned(), |entry| format!("{from}, pattern {}", entry.pattern))
        }
        _ => from.to_owned(),
    };
    let environment = environment.map_or_else(String::new, |name| format!(", environment {name}"));
    let patched = if made.blame.is_some() && maker != Some(Maker::Extra) { ", patched" } else { "" };
    let text = format!("{file}, document {document}{environment}: {part}{patched}");
    // a file's name may hold what ends a line of YAML 1.1
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') { '?' } else { c })
        .collect()
}
