//! Charts, rendered by `helm template`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{file, inside, lines, origin, program, single, stream, unreadable};
use crate::files;
use crate::kube::versions::{KindHistory, Target};
use crate::kube::{File, Origin, OriginFile, Rendered, Workspace};
use crate::limits;
use crate::yaml::{self, Document};

/// A chart that can be rendered.
pub struct Chart {
    /// Where it is, without links and dots.
    pub folder: PathBuf,
    /// How messages call its folder.
    pub shown: String,
    /// What `# Source:` comments call its folder.
    pub name: String,
    manifest: Arc<OriginFile>,
    /// Its `ci/*.yaml`, by name.
    ci: Vec<(String, PathBuf)>,
}

/// Why a chart is not rendered.
pub enum Unusable {
    /// It is there for others and makes nothing.
    Library,
    /// In words.
    Because(String),
}

/// The folders of the charts that a run looks at, with what messages call them: those that it finds, and those whose
/// templates or values it is asked for. Those in another's `charts` are rendered with that.
pub fn find(workspace: &Workspace, paths: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let manifests = workspace.files.iter().filter(|file| file.reported).filter_map(|file| {
        let path = file.path.as_deref().filter(|path| path.file_name().is_some_and(|name| name == "Chart.yaml"))?;
        let shown = file.source.name.rsplit_once('/').map_or(".", |(folder, _)| folder);
        Some((path.parent()?.to_owned(), shown.to_owned()))
    });
    let mut charts: Vec<(PathBuf, String)> = manifests.filter(|(folder, _)| !is_part_of_another(folder)).collect();
    for chart in paths.iter().filter_map(|path| around(path)) {
        if !charts.iter().any(|(folder, _)| *folder == chart.0) {
            charts.push(chart);
        }
    }
    charts
}

/// The chart that a path lies in, and what messages call it.
fn around(path: &Path) -> Option<(PathBuf, String)> {
    let path = fs::canonicalize(path).ok()?;
    let folders = path.ancestors().skip(1).take_while(|folder| !folder.join(".git").exists() || is_chart(folder));
    let chart = folders.filter(|folder| is_chart(folder) && !is_part_of_another(folder)).last()?;
    let here = fs::canonicalize(".").ok()?;
    let shown = chart.strip_prefix(here).unwrap_or(chart).display().to_string();
    Some((chart.to_owned(), if shown.is_empty() { ".".to_owned() } else { shown }))
}

fn is_chart(folder: &Path) -> bool {
    folder.join("Chart.yaml").is_file()
}

fn is_part_of_another(chart: &Path) -> bool {
    chart.ancestors().skip(1).any(|folder| {
        folder.file_name().is_some_and(|name| name == "charts")
            && folder.parent().is_some_and(|above| above.join("Chart.yaml").is_file())
    })
}

impl Chart {
    /// Looks at a chart and whether all that it needs is in it.
    pub fn read(folder: &Path, shown: &str) -> Result<Self, Unusable> {
        let because = |why: String| Unusable::Because(why);
        let manifest = origin(&folder.join("Chart.yaml"), &inside(shown, "Chart.yaml"))
            .map_err(|error| because(format!("Chart.yaml cannot be read: {error}")))?;
        let document =
            single(&manifest.source).ok_or_else(|| because(format!("Chart.yaml {}", unreadable(&manifest.source))))?;
        let text = |field| document.get_str(document.root(), field);
        if text("type") == Some("library") {
            return Err(Unusable::Library);
        }
        let name = text("name").ok_or_else(|| because("Chart.yaml has no `name`".to_owned()))?.to_owned();
        // Helm's first version of the form keeps dependencies in their own file.
        let requirements = origin(&folder.join("requirements.yaml"), "requirements.yaml").ok();
        let requirements = requirements.as_ref().and_then(|file| single(&file.source));
        let missing = missing(folder, [Some(&document), requirements.as_ref()].into_iter().flatten());
        if let Some(dependency) = missing {
            return Err(because(format!(
                "its dependency `{dependency}` is not in charts/, and --render does not fetch \
                 anything; run: helm dependency build {shown}"
            )));
        }
        let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        let values = files::sorted_if_there(&folder.join("ci"))
            .map_err(|error| because(format!("its folder ci/ cannot be read: {error}")))?;
        let values = values.into_iter().filter(|path| is_yaml(path) && path.is_file());
        let ci = values.map(|path| (format!("ci/{}", files::name(&path)), path)).collect();
        Ok(Self { folder: folder.to_owned(), shown: shown.to_owned(), name, manifest, ci })
    }

    /// The sets of values to render it with, and what messages call them.
    pub fn values(&self, asked: &[PathBuf]) -> Vec<(Option<String>, Vec<PathBuf>)> {
        if !asked.is_empty() {
            // helm works elsewhere
            let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
            vec![(None, asked.iter().map(absolute).collect())]
        } else if self.ci.is_empty() {
            vec![(None, Vec::new())]
        } else {
            self.ci.iter().map(|(name, path)| (Some(name.clone()), vec![path.clone()])).collect()
        }
    }

    /// Renders it, as a file of the run for each of its templates.
    pub fn render(
        &self,
        values: &[PathBuf],
        label: Option<&str>,
        target: Target,
        unit: u32,
    ) -> Result<Vec<File>, String> {
        let helm = program::find("helm").ok_or_else(|| {
            format!(
                "--render needs helm, which is not installed; elsewhere run: helm template {0} | patterns lint -",
                self.shown
            )
        })?;
        let mut args: Vec<OsString> = vec!["template".into(), "release-name".into(), self.folder.clone().into()];
        args.extend(["--namespace", "default", "--kube-version"].map(OsString::from));
        args.push(format!("1.{}.0", target.minor()).into());
        for version in api_versions(target) {
            args.extend(["--api-versions".into(), version.into()]);
        }
        for file in values {
            args.extend(["--values".into(), file.clone().into()]);
        }
        let text = program::run(&helm, &args)?;
        let parts = stream::parts(&text);
        Ok(parts.into_iter().map(|(source, text)| self.part(source, text, label, unit)).collect())
    }

    /// What one template made.
    fn part(&self, source: Option<&str>, text: String, label: Option<&str>, unit: u32) -> File {
        let below = source.and_then(|source| source.strip_prefix(self.name.as_str())?.strip_prefix('/'));
        let template = below.and_then(|below| self.template(below));
        let shown = template.as_ref().map_or(&self.manifest, |template| template).source.name.clone();
        let name = match label {
            Some(label) => format!("{shown} ({label})"),
            None => shown,
        };
        let path = template.as_ref().map_or(&self.manifest.path, |template| &template.path).clone();
        let mut file = file(name, path, text, |file| {
            let lines = match &template {
                Some(template) => lines::align(&file.source.text, template),
                None => lines::all_from(&file.source.text, &self.dependency(below.unwrap_or_default())),
            };
            let by = label.map(|label| format!("with {label}")).unwrap_or_default();
            Rendered::new(unit, &file.source.text, lines, true, by)
        });
        if label.is_some()
            && let Some(rendered) = file.rendered.as_mut().and_then(Arc::get_mut)
        {
            rendered.is_only = self.ci.len() == 1;
        }
        file
    }

    /// A template as a `# Source:` comment names it, from the chart's folder on. Nothing for one that a packed chart
    /// holds, or that lies elsewhere.
    fn template(&self, below: &str) -> Option<Arc<OriginFile>> {
        let path = fs::canonicalize(self.folder.join(below)).ok()?;
        if !path.starts_with(&self.folder) {
            return None;
        }
        origin(&path, &inside(&self.shown, below)).ok()
    }

    /// Where a chart that is packed in `charts` is named.
    fn dependency(&self, below: &str) -> Origin {
        let name = below.strip_prefix("charts/").and_then(|below| below.split('/').next()).unwrap_or_default();
        let text = &self.manifest.source.text;
        let says = |line: &str| {
            let value = line.trim_start_matches([' ', '-']).strip_prefix("name:").map(str::trim);
            value.is_some_and(|value| value.trim_matches(['"', '\'']) == name)
        };
        let mut at = 0;
        let mut found = None;
        for line in text.split_inclusive('\n') {
            if !name.is_empty() && says(line) {
                found = Some((at, at + line.len()));
            }
            at += line.len();
        }
        found.map_or_else(|| lines::first(&self.manifest), |(start, end)| lines::whole(&self.manifest, start, end))
    }
}

/// What a server of this version has, as `.Capabilities.APIVersions` lists it: each `GROUP/VERSION`, and each kind of it.
/// Without a server Helm lists only groups that its own client knows, and no kinds (helm/helm: `allKnownVersions` in
/// `pkg/chartutil/capabilities.go`, `GetVersionSet` in `pkg/action/action.go`).
fn api_versions(target: Target) -> Vec<String> {
    let mut versions = Vec::new();
    let mut last = "";
    for kind in KindHistory::all().iter().filter(|kind| kind.is_served_by(target)) {
        if kind.api_version != last {
            versions.push(kind.api_version.to_owned());
            last = kind.api_version;
        }
        versions.push(format!("{}/{}", kind.api_version, kind.kind));
    }
    versions
}

/// The first dependency that is not in the chart's folder.
fn missing<'a>(folder: &Path, documents: impl Iterator<Item = &'a Document>) -> Option<String> {
    let mut names = documents.flat_map(|document| {
        let list = document.get(document.root(), "dependencies").map_or(&[][..], |list| document.items(list));
        list.iter().filter_map(|item| document.get_str(*item, "name"))
    });
    let (mut there, mut packed) = (HashSet::new(), Vec::new());
    // a folder that cannot be read holds no dependency that Helm could
    for path in files::sorted(&folder.join("charts")).unwrap_or_default() {
        let name = files::name(&path);
        let manifest = files::read_regular(&path.join("Chart.yaml"), limits::BESIDE).ok();
        let manifest = manifest.and_then(|bytes| yaml::Source::decode("Chart.yaml", bytes).ok());
        if let Some(manifest) = manifest {
            let document = single(&Arc::new(manifest));
            there.extend(document.and_then(|document| Some(document.get_str(document.root(), "name")?.to_owned())));
        } else if Path::new(&name).extension().is_some_and(|end| end == "tgz") {
            packed.push(name);
        }
    }
    let is_packed =
        |name: &str| packed.iter().any(|file| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')));
    names.find(|name| !there.contains(*name) && !is_packed(name)).map(crate::words::clip)
}
