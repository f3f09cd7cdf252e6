//! Kustomizations, built by `kustomize build` or `kubectl kustomize`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{file, inside, nodes, origin, program, single, unreadable};
use crate::files;
use crate::kube::{File, OriginFile, Rendered, Workspace};
use crate::words::clip;
use crate::yaml::{Document, NodeId};

/// `RecognizedKustomizationFileNames` in `sigs.k8s.io/kustomize/api/konfig`.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Fields that list files and folders.
const PATHS: [&str; 8] =
    ["resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators"];
/// Fields that list texts or files of patches.
const PATCHES: [&str; 4] = ["patches", "patchesJson6902", "patchesStrategicMerge", "replacements"];
/// Kustomizations that one is built from.
const MOST: usize = 1000;

/// A kustomization and all that it is built from.
pub struct Overlay {
    folder: PathBuf,
    /// How messages call its folder.
    pub shown: String,
    /// Its kustomizations, its own first.
    kustomizations: Vec<Kustomization>,
    /// The files of objects and patches that they name, each once, those of the outermost first.
    parts: Vec<Arc<OriginFile>>,
    /// Whether files outside its folders may be read, as Flux does.
    is_loose: bool,
}

/// One file of the name.
pub struct Kustomization {
    /// Its text.
    pub file: Arc<OriginFile>,
    /// It, read.
    pub document: Document,
}

/// The wanted folders with kustomizations that a run looks at, with what messages call them.
pub fn find(workspace: &Workspace, paths: &[PathBuf], is_wanted: &dyn Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut folders: Vec<(PathBuf, String)> = Vec::new();
    let mut seen = HashSet::new();
    let in_folders =
        workspace.files.iter().filter(|file| file.reported && file.rendered.is_none()).filter_map(|file| {
            let folder = file.path.as_deref()?.parent()?.to_owned();
            let shown = file.source.name.rsplit_once('/').map_or(".", |(folder, _)| folder);
            Some((folder, shown.to_owned()))
        });
    let named = paths.iter().filter(|path| path.is_dir()).filter_map(|path| {
        let shown = path.display().to_string();
        let shown = shown.trim_start_matches("./").trim_end_matches('/');
        Some((fs::canonicalize(path).ok()?, if shown.is_empty() { ".".to_owned() } else { shown.to_owned() }))
    });
    for (folder, shown) in named.chain(in_folders) {
        if !seen.contains(&folder) && is_wanted(&folder) && own_file(&folder).is_some() {
            folders.push((folder.clone(), shown));
        }
        seen.insert(folder);
    }
    folders.sort_unstable();
    folders
}

/// The kustomization of a folder, if it has one.
pub fn own_file(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// Reads the kustomizations of some folders that no other of them is built on, with what messages call them.
pub fn read(folders: Vec<(PathBuf, String)>) -> Vec<(String, Result<Overlay, String>)> {
    let mut read: Vec<(PathBuf, String, Result<Overlay, String>)> = Vec::new();
    for (folder, shown) in folders {
        match Overlay::read(&folder, &shown) {
            Ok(Some(overlay)) => read.push((folder, shown, Ok(overlay))),
            Ok(None) => {}
            Err(why) => read.push((folder, shown, Err(why))),
        }
    }
    let below = |overlay: &Overlay| {
        let folders = overlay.kustomizations.iter().skip(1).filter_map(|one| one.file.path.parent());
        folders.map(Path::to_owned).collect::<Vec<_>>()
    };
    let used: HashSet<PathBuf> = read.iter().filter_map(|(.., one)| one.as_ref().ok()).flat_map(below).collect();
    // what is only ever a part is not judged as a whole because the whole cannot be built
    let failed = read.iter().filter(|(.., one)| one.is_err()).map(|(folder, ..)| folder.as_path());
    let parts = parts_of(failed);
    read.retain(|(folder, _, one)| !used.contains(folder) && (one.is_err() || !parts.contains(folder)));
    read.into_iter().map(|(_, shown, one)| (shown, one)).collect()
}

/// The folders that kustomizations are built from which cannot be read as a whole.
fn parts_of<'a>(failed: impl Iterator<Item = &'a Path>) -> HashSet<PathBuf> {
    let mut parts = HashSet::new();
    let mut work: Vec<PathBuf> = failed.map(Path::to_owned).collect();
    while let Some(folder) = work.pop() {
        let document = own_file(&folder).and_then(|path| single(&origin(&path, "").ok()?.source));
        let named = document.iter().flat_map(named);
        let there = named.filter_map(|(_, path)| fs::canonicalize(folder.join(path)).ok());
        for part in there.filter(|there| there.is_dir()) {
            if parts.len() < MOST && parts.insert(part.clone()) {
                work.push(part);
            }
        }
    }
    parts
}

impl Overlay {
    /// Reads what a kustomization is built from; nothing for a component, which is only ever a part. Whatever kustomize
    /// would have to fetch is an error.
    fn read(folder: &Path, shown: &str) -> Result<Option<Self>, String> {
        let mut overlay = Self {
            folder: folder.to_owned(),
            shown: shown.to_owned(),
            kustomizations: Vec::new(),
            parts: Vec::new(),
            is_loose: false,
        };
        let mut folders = vec![(folder.to_owned(), shown.to_owned())];
        let (mut seen, mut parts) = (HashSet::from([folder.to_owned()]), HashSet::new());
        while let Some((folder, shown)) = folders.pop() {
            let Some(path) = own_file(&folder) else { continue };
            if overlay.kustomizations.len() == MOST {
                return Err(format!("it is built from more than {MOST} kustomizations"));
            }
            let name = inside(&shown, &path.file_name().unwrap_or_default().to_string_lossy());
            let file = origin(&path, &name).map_err(|error| format!("{name}: {}", files::why(&path, &error)))?;
            let document = single(&file.source).ok_or_else(|| format!("{name} {}", unreadable(&file.source)))?;
            if overlay.kustomizations.is_empty() && document.get_str(document.root(), "kind") == Some("Component") {
                return Ok(None);
            }
            let mut below = Vec::new();
            for (node, path) in named(&document) {
                let there = folder.join(&path);
                if path.contains("://") || !there.exists() {
                    let line = document.source.position(document.span(node).start).line;
                    let says = if is_fetched(&path) { remote } else { lacking };
                    return Err(says(&name, line, &path, &overlay.shown));
                }
                let real = fs::canonicalize(&there).map_err(|error| files::named(&there, &error).to_string())?;
                let shown = joined(&shown, &path);
                if real == overlay.folder {
                    let line = document.source.position(document.span(node).start).line;
                    return Err(format!(
                        "{name}:{line}: `{}` leads back to {}: kustomizations cannot build on each other in a circle",
                        clip(&path),
                        overlay.shown
                    ));
                }
                if real.is_dir() {
                    if seen.insert(real.clone()) {
                        below.push((real, shown));
                    }
                } else if parts.insert(real) {
                    // what is not text is none of the objects
                    overlay.parts.extend(origin(&there, &shown));
                }
            }
            if let Some(entry) = ["helmCharts", "helmChartInflationGenerator"]
                .iter()
                .find_map(|field| document.entry(document.root(), field))
            {
                let line = document.source.position(document.span(entry.key).start).line;
                return Err(format!(
                    "{name}:{line}: kustomize would run helm, which fetches the chart; if that is allowed, run: \
                     kustomize build --enable-helm {} | patterns lint -",
                    overlay.shown
                ));
            }
            folders.extend(below.into_iter().rev());
            overlay.kustomizations.push(Kustomization { file, document });
        }
        Ok(Some(overlay))
    }

    /// Lets it read files outside its folders if Flux, which does, applies it and they are in its repository
    /// (fluxcd/pkg: `Build` in `kustomize/kustomize_generator.go` takes `LoadRestrictionsNone`).
    pub fn loosen(&mut self, applied_by_flux: &[PathBuf]) {
        if applied_by_flux.contains(&self.folder) {
            let root = self.folder.ancestors().find(|folder| folder.join(".git").exists());
            self.is_loose = root.is_some_and(|root| self.files().all(|path| path.starts_with(root)));
        }
    }

    /// Where the files are that it is built from.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.kustomizations.iter().map(|one| &one.file.path).chain(self.parts.iter().map(|file| &file.path))
    }

    /// Builds it, as one file of the run.
    pub fn render(&self, unit: u32) -> Result<Vec<File>, String> {
        let (program, mut args): (_, Vec<OsString>) = match (program::find("kustomize"), program::find("kubectl")) {
            (Some(kustomize), _) => (kustomize, vec!["build".into()]),
            (None, Some(kubectl)) => (kubectl, vec!["kustomize".into()]),
            (None, None) => {
                return Err(format!(
                    "--render needs kustomize or kubectl, and neither is installed; elsewhere run: kubectl \
                     kustomize {} | patterns lint -",
                    self.shown
                ));
            }
        };
        if self.is_loose {
            args.push("--load-restrictor=LoadRestrictionsNone".into());
        }
        args.push(self.folder.clone().into());
        let text = program::run(&program, &args)?;
        let Some(own) = self.kustomizations.first() else { return Ok(Vec::new()) };
        let (name, path) = (own.file.source.name.clone(), own.file.path.clone());
        Ok(vec![file(name, path, text, |file| {
            let lines = nodes::align(file, &self.parts, &self.kustomizations);
            Rendered::new(unit, &file.source.text, lines, false, format!("in {}", self.shown))
        })])
    }
}

/// Whether kustomize takes a path that is not here for a repository or a URL: one with a host before it, or what a clone
/// is asked for behind it (kubernetes-sigs/kustomize: `NewRepoSpecFromURL` in `api/internal/git/repospec.go`).
fn is_fetched(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let is_domain = |end: &str| end.len() > 1 && end.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_host = path.contains('/')
        && first.rsplit_once('.').is_some_and(|(name, end)| !name.trim_matches('.').is_empty() && is_domain(end));
    let marks = ["://", "::", "?ref=", "&ref=", "git@", ".git/"];
    is_host
        || first.contains(':')
        || path.strip_suffix(".git").is_some()
        || marks.iter().any(|mark| path.contains(mark))
}

fn lacking(name: &str, line: usize, path: &str, _: &str) -> String {
    format!("{name}:{line}: `{}` is missing: kustomize would fail, because there is no such file or folder", clip(path))
}

fn remote(name: &str, line: usize, path: &str, overlay: &str) -> String {
    format!(
        "{name}:{line}: `{}` is not a file or folder here: kustomize would fetch it, but --render does not \
         fetch anything; fetch it yourself and use the copy, or run: kustomize build {overlay} | patterns lint -",
        clip(path)
    )
}

/// How messages call what a file in `folder` names.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if folder == "." { Vec::new() } else { folder.split('/').collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Everything that a kustomization names and kustomize would load, with the node that names it.
fn named(document: &Document) -> Vec<(NodeId, String)> {
    let root = document.root();
    let items = |field: &str| document.get(root, field).map_or(&[][..], |list| document.items(list));
    let mut found: Vec<(NodeId, String)> = Vec::new();
    let mut add = |node: NodeId, text: &str| {
        // a text of several lines is what it would name
        if !text.is_empty() && !text.contains('\n') {
            found.push((node, text.to_owned()));
        }
    };
    for node in PATHS.iter().flat_map(|field| items(field)) {
        if let Some(text) = document.str(*node) {
            add(*node, text);
        }
    }
    for node in PATCHES.iter().flat_map(|field| items(field)) {
        let path = document.get(*node, "path").unwrap_or(*node);
        // older ones list patches as flow maps in a text
        if let Some(text) = document.str(path).filter(|text| !text.trim_start().starts_with(['{', '['])) {
            add(path, text);
        }
    }
    for generator in ["configMapGenerator", "secretGenerator"].iter().flat_map(|field| items(field)) {
        let lists = ["files", "envs"].iter().filter_map(|field| document.get(*generator, field));
        let env = document.get(*generator, "env");
        for node in lists.flat_map(|list| document.items(list)).copied().chain(env) {
            if let Some(text) = document.str(node) {
                add(node, text.split_once('=').map_or(text, |(_, path)| path));
            }
        }
    }
    if let Some(node) = document.at(root, &["openapi", "path"])
        && let Some(text) = document.str(node)
    {
        add(node, text);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{is_fetched, joined};

    #[test]
    fn what_kustomize_fetches_is_told_from_a_missing_file() {
        for path in [
            "https://example.com/a.yaml",
            "github.com/org/repo",
            "github.com/org/repo/base?ref=v1",
            "gitlab.example.com/org/repo//base",
            "git@example.com:org/repo",
            "ssh://git@example.com/repo",
            "git::https://example.com/repo",
            "host:org/repo.git",
            "org/repo.git",
        ] {
            assert!(is_fetched(path), "{path}");
        }
        for path in [
            "patch.yaml",
            "./patch.yaml",
            "../base",
            "../../base.d/patch.yaml",
            "config.d/a.yaml",
            "v1.0/crds.yaml",
            "base",
            "crd/patches/webhook_in_things.yaml",
            ".hidden/a.yaml",
        ] {
            assert!(!is_fetched(path), "{path}");
        }
    }

    #[test]
    fn names_are_joined_as_paths() {
        assert_eq!(joined("overlays/dev", "../../base"), "base");
        assert_eq!(joined(".", "../base/./a.yaml"), "../base/a.yaml");
        assert_eq!(joined("dev", ".."), ".");
        assert_eq!(joined("../dev", "../../x"), "../../x");
    }
}
