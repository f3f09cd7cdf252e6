//! `--render`, or `render` in the settings.

use std::path::Path;

use crate::cli::LintArgs;
use crate::describe::Kind;
use crate::kube::Workspace;
use crate::lint::Projects;
use crate::project;
use crate::render::{self, Options};

/// Renders what the user wants rendered, and names the templates of a rendered stream. Says whether there is anything
/// rendered.
pub fn render(workspace: &mut Workspace, projects: &Projects, args: &LintArgs) -> bool {
    if args.fixes.fix || args.fixes.diff {
        return false;
    }
    if args.stdin_filename.is_none() {
        render::name_sources(workspace);
    }
    let target = args.target.and_then(|targets| targets.all().next()).unwrap_or_default();
    let options = Options { values: args.rendering.values.clone(), target };
    let is_wanted = |folder: &Path| args.rendering.render || is_set(projects, folder);
    render::render(workspace, &args.paths, &options, &is_wanted);
    workspace.files.iter().any(|file| file.rendered.is_some())
}

/// Whether the settings that hold in a folder say `render: true`. What is wrong with them is reported when they are used.
fn is_set(projects: &Projects, folder: &Path) -> bool {
    let lint = projects.file_above(folder).and_then(|file| project::load(&file).ok()?.lint);
    lint.is_some_and(|lint| lint.value.get("render").is_some_and(|set| matches!(set.kind, Kind::Bool(true))))
}
