//! `patterns schema`: the JSON Schema of descriptions.

use super::Exit;
use super::streams::print_text;
use crate::cli::SchemaArgs;
use crate::diagnostic::Stop;
use crate::expand::catalogue_here;
use crate::lint;
use crate::pattern::{definition_schema, editor_schema, settings_schema};
use crate::project;

/// Prints the schema, with the patterns of the project and of `--catalogue`, or that of settings or of
/// patterns.
pub fn run(args: &SchemaArgs) -> Result<Exit, Stop> {
    if args.settings {
        return print(&settings_schema(project::grammar(), lint::settings_schema()));
    }
    if args.pattern {
        return print(definition_schema());
    }
    let catalogue = catalogue_here(&args.catalogue.folders)?;
    print(&editor_schema(&catalogue))
}

fn print(schema: &serde_json::Value) -> Result<Exit, Stop> {
    print_text(&(serde_json::to_string_pretty(schema)? + "\n"))?;
    Ok(Exit::Clean)
}
