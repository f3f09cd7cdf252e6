//! `--render`, or `render` in the settings.

use std::path::Path;

use crate::cli::LintArgs;
use crate::describe::Kind;
use crate::kube::Workspace;
use crate::project;
use crate::render::{self, Options};

/// Renders what the user wants rendered, and names the templates of a rendered stream. Says whether there is anything
/// rendered.
pub fn render(workspace: &mut Workspace, args: &LintArgs) -> bool {
    if args.fixes.fix || args.fixes.diff {
        return false;
    }
    if args.stdin_filename.is_none() {
        render::name_sources(workspace);
    }
    let target = args.target.and_then(|targets| targets.all().next()).unwrap_or_default();
    let options = Options { values: args.rendering.values.clone(), kubernetes: format!("1.{}", target.minor()) };
    render::render(workspace, &args.paths, &options, &|folder| args.rendering.render || is_set(folder));
    workspace.files.iter().any(|file| file.rendered.is_some())
}

/// Whether the settings that hold in a folder say `render: true`. What is wrong with them is reported when they are used.
fn is_set(folder: &Path) -> bool {
    let project = project::nearest(folder).ok().flatten();
    let lint = project.and_then(|project| project.lint);
    lint.is_some_and(|lint| lint.value.get("render").is_some_and(|set| matches!(set.kind, Kind::Bool(true))))
}
