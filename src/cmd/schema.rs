//! `patterns schema`: the JSON Schema of descriptions.

use std::io;

use super::Exit;
use super::expand::catalogue_here;
use super::streams::print_text;
use crate::cli::{Color, SchemaArgs};
use crate::pattern::editor_schema;
use crate::report::terminal;

/// Prints the schema, with the patterns of the project and of `--catalogue`.
pub fn run(args: &SchemaArgs, color: Color) -> io::Result<Exit> {
    let catalogue = match catalogue_here(&args.catalogue)? {
        Ok(catalogue) => catalogue,
        Err(findings) => {
            terminal::print_sorted(findings, color);
            return Ok(Exit::Failed);
        }
    };
    let text = serde_json::to_string_pretty(&editor_schema(&catalogue))?;
    print_text(&(text + "\n"))?;
    Ok(Exit::Clean)
}
