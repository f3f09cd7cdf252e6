//! `patterns schema`: the JSON Schema of descriptions.

use std::io;

use super::Exit;
use super::expand::catalogue_here;
use super::streams::print_text;
use crate::cli::{Color, SchemaArgs};
use crate::lint;
use crate::pattern::{definition_schema, editor_schema, settings_schema};
use crate::project;
use crate::report::terminal;

/// Prints the schema, with the patterns of the project and of `--catalogue`, or that of settings or of
/// patterns.
pub fn run(args: &SchemaArgs, color: Color) -> io::Result<Exit> {
    if args.settings {
        return print(&settings_schema(project::grammar(), lint::settings_schema()));
    }
    if args.pattern {
        return print(definition_schema());
    }
    let catalogue = match catalogue_here(&args.catalogue)? {
        Ok(catalogue) => catalogue,
        Err(findings) => {
            terminal::print_sorted(findings, color);
            return Ok(Exit::Failed);
        }
    };
    print(&editor_schema(&catalogue))
}

fn print(schema: &serde_json::Value) -> io::Result<Exit> {
    print_text(&(serde_json::to_string_pretty(schema)? + "\n"))?;
    Ok(Exit::Clean)
}
