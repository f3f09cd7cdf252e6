//! What the arguments about descriptions ask of the library.

use std::path::Path;
use std::sync::Arc;

use crate::cli::DescriptionArgs;
use crate::describe::{self, Options};
use crate::diagnostic::Stop;
use crate::expand::{Expanded, expand_text};
use crate::files::open;
use crate::yaml::Source;

/// Expands a description that was read from a file.
///
/// # Errors
/// What is wrong with it or with the arguments, or a file that cannot be read.
pub fn expand(source: &Arc<Source>, file: &Path, args: &DescriptionArgs) -> Result<Expanded, Stop> {
    expand_text(source, file, &args.catalogue.folders, options(args)?)
}

/// What the command line sets for descriptions.
///
/// # Errors
/// A file that cannot be read, or what is wrong with the arguments.
pub fn options(args: &DescriptionArgs) -> Result<Options, Stop> {
    let mut settings = Vec::new();
    let mut findings = Vec::new();
    if let Some(path) = &args.params {
        let source = Arc::new(open(path)?);
        match describe::from_file(&source) {
            Ok(from_file) => settings.extend(from_file),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    for flag in &args.set {
        match describe::from_flag(flag) {
            Ok(setting) => settings.push(setting),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    if let Some(namespace) = &args.namespace {
        findings.extend(describe::check_namespace(namespace));
    }
    let options = Options {
        environment: args.environment.clone(),
        environment_place: None,
        settings,
        namespace: args.namespace.clone(),
        target: args.target,
        default_target: None,
        values_come_later: false,
        default_pull: Vec::new(),
    };
    if findings.is_empty() { Ok(options) } else { Err(findings.into()) }
}
