//! `--render`: charts and kustomizations as rendered by Helm and kustomize, instead of their source files.
//!
//! This happens only on request: the programs are external, their output depends on their version, and a chart is a
//! program too. Anything that would be fetched is refused before they start.

mod chart;
mod edits;
mod lines;
mod nodes;
mod overlay;
mod program;
mod stream;
mod watch;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::files;
use crate::kube::versions::Target;
use crate::kube::{Failure, File, OriginFile, Rendered, Workspace};
use crate::limits;
use crate::yaml::{self, Document, Part, Source};
use chart::Chart;
use overlay::Overlay;

pub use stream::name_sources;

/// Whether a path is a folder that kustomize builds.
#[must_use]
pub fn is_overlay(path: &Path) -> bool {
    overlay::own_file(path).is_some()
}

/// How to render.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files of values for charts; without any, each of a chart's `ci/*.yaml` counts once, or else its own values.
    pub values: Vec<PathBuf>,
    /// The version of Kubernetes that charts are told.
    pub target: Target,
}

/// One call of a program.
enum Job {
    Chart { chart: Arc<Chart>, values: Vec<PathBuf>, label: Option<String> },
    Overlay(Box<Overlay>),
}

/// Renders the charts and kustomizations of a run. Their output replaces their files; what cannot be rendered becomes a
/// failure of the run.
///
/// `paths` are the paths given to the run, and `is_wanted` decides whether a folder is rendered.
pub fn render(workspace: &mut Workspace, paths: &[PathBuf], options: &Options, is_wanted: &dyn Fn(&Path) -> bool) {
    let (mut jobs, mut used) = (Vec::new(), HashSet::new());
    for (folder, shown) in chart::find(workspace, paths).into_iter().filter(|(folder, _)| is_wanted(folder)) {
        match Chart::read(&folder, &shown) {
            Ok(chart) => {
                let chart = Arc::new(chart);
                let sets = chart.values(&options.values);
                jobs.extend(sets.into_iter().map(|(label, values)| Job::Chart {
                    chart: Arc::clone(&chart),
                    values,
                    label,
                }));
            }
            Err(chart::Unusable::Library) => {}
            Err(chart::Unusable::Because(why)) => fail(workspace, &shown, &why),
        }
    }
    let by_flux = workspace.applied_by_flux();
    for (shown, read) in overlay::read(overlay::find(workspace, paths, is_wanted)) {
        match read {
            Ok(mut overlay) => {
                overlay.loosen(&by_flux);
                used.extend(overlay.files().cloned());
                jobs.push(Job::Overlay(Box::new(overlay)));
            }
            Err(why) => fail(workspace, &shown, &why),
        }
    }
    let most = limits::RENDERINGS.count();
    if jobs.len() > most {
        let message = format!(
            "this would take {} renderings, more than {} (limit {}, see `patterns explain limits`); name fewer charts and overlays",
            jobs.len(),
            limits::RENDERINGS,
            limits::RENDERINGS.name
        );
        fail(workspace, "--render", &message);
        return;
    }
    let done: Vec<_> = jobs.par_iter().enumerate().map(|(at, job)| job.run(at, options.target)).collect();
    let mut made = Vec::new();
    for (job, result) in jobs.iter().zip(done) {
        match result {
            Ok(files) => made.extend(files),
            Err(why) => fail(workspace, &job.shown(), &why),
        }
    }
    let charts: Vec<PathBuf> = jobs.iter().filter_map(Job::templates).collect();
    if !jobs.is_empty() {
        workspace.replace_by_rendered(made, &used, &charts);
    }
}

impl Job {
    /// Renders, in files for the run.
    fn run(&self, number: usize, target: Target) -> Result<Vec<File>, String> {
        // `u32::MAX` is the stream's
        let unit = u32::MAX - 1 - u32::try_from(number).unwrap_or_default();
        match self {
            Self::Chart { chart, values, label } => chart.render(values, label.as_deref(), target, unit),
            Self::Overlay(overlay) => overlay.render(unit),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Chart { chart, label: Some(label), .. } => format!("{} with {label}", chart.shown),
            Self::Chart { chart, .. } => chart.shown.clone(),
            Self::Overlay(overlay) => overlay.shown.clone(),
        }
    }

    /// Below which folder files are templates that were rendered.
    fn templates(&self) -> Option<PathBuf> {
        match self {
            Self::Chart { chart, .. } => Some(chart.folder.clone()),
            Self::Overlay(_) => None,
        }
    }
}

fn fail(workspace: &mut Workspace, shown: &str, why: &str) {
    workspace.failures.push(Failure { name: shown.to_owned(), error: io::Error::other(why.to_owned()) });
}

/// Reads a file that something is rendered from.
fn origin(path: &Path, shown: &str) -> io::Result<Arc<OriginFile>> {
    let bytes = files::read_regular(path, limits::INPUT)?;
    let source = Source::decode(shown, bytes).map_err(io::Error::other)?;
    Ok(Arc::new(OriginFile { source: Arc::new(source), path: fs::canonicalize(path)? }))
}

/// The document of a file that Helm or kustomize reads as one: they take no notice of comments and empty lines before its
/// separator, as licences are written.
fn single(file: &Arc<Source>) -> Option<Document> {
    yaml::read(file).into_iter().find_map(|part| match part {
        Part::Document(document) if document.is_null(document.root()) => None,
        Part::Document(document) => Some(document),
        Part::Refused(_) => None,
    })
}

/// Why a file has no document to read.
fn unreadable(file: &Arc<Source>) -> &'static str {
    let is_empty = |part: &Part| matches!(part, Part::Document(document) if document.is_null(document.root()));
    if yaml::read(file).iter().all(is_empty) { "is empty" } else { "is not YAML" }
}

/// A rendered text as a file of the run.
fn file(name: String, path: PathBuf, text: String, rendered: impl FnOnce(&File) -> Rendered) -> File {
    let mut file = File::read(&Arc::new(Source::from_text(name, text)));
    file.path = Some(path);
    file.rendered = Some(Arc::new(rendered(&file)));
    file
}

/// How messages name a file in a folder.
fn inside(shown: &str, path: &str) -> String {
    if shown == "." || shown.is_empty() { path.to_owned() } else { format!("{shown}/{path}") }
}
