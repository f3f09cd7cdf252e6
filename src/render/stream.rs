//! What Helm prints: documents, each after a comment that names its template.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::{file, inside, lines, origin};
use crate::files;
use crate::kube::{File, Rendered, Workspace};
use crate::limits;
use crate::yaml::{self, Part, Source};

const COMMENT: &str = "# Source: ";

/// The documents of a stream by the template that made them, in the order in which each first appears.
pub fn parts(text: &str) -> Vec<(Option<&str>, String)> {
    let mut parts: Vec<(Option<&str>, String)> = Vec::new();
    let mut numbers: HashMap<Option<&str>, usize> = HashMap::new();
    for (source, document) in sources(text).filter(|(_, document)| !document.trim().is_empty()) {
        let number = *numbers.entry(source).or_insert_with(|| {
            parts.push((source, String::new()));
            parts.len() - 1
        });
        let text = &mut parts[number].1;
        if !document.trim_start().starts_with("---") {
            text.push_str("---\n");
        }
        text.push_str(document);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    parts
}

/// The documents of a stream, each with the template that made it: what names none is of the one before.
fn sources(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    let mut source = None;
    documents(text).into_iter().map(move |document| {
        source = document.lines().find_map(|line| line.strip_prefix(COMMENT)).map(str::trim).or(source);
        (source, document)
    })
}

/// A stream cut before each separator.
fn documents(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && line.trim_end() == "---" {
            cuts.push(at);
        }
        at += line.len();
    }
    cuts.push(text.len());
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}

/// Uses the `# Source:` comments of a chart that was rendered into standard input: findings are then in the templates.
/// The chart is looked for where `helm template` is usually called: in this folder, in one of the chart's name, and in
/// `charts/` and `chart/`. What names no template that is there, as of a dependency that is packed, stays as it is.
pub fn name_sources(workspace: &mut Workspace) {
    let is_stream = |file: &File| file.path.is_none() && file.source.name == "<stdin>";
    let Some(at) = workspace.files.iter().position(is_stream) else { return };
    let text = workspace.files[at].source.text.clone();
    let mut made = Vec::new();
    let mut moved: HashSet<&str> = HashSet::new();
    for (source, part) in parts(&text) {
        let Some(source) = source else { continue };
        let Some((shown, path)) = template(source) else { continue };
        let Ok(template) = origin(&path, &shown) else { continue };
        moved.insert(source);
        made.push(file(shown, template.path.clone(), part, |file| {
            let lines = lines::align(&file.source.text, &template);
            Rendered::new(u32::MAX, &file.source.text, lines, true, String::new())
        }));
    }
    if made.is_empty() {
        return;
    }
    let rest = without(&text, &moved);
    if rest.trim().is_empty() {
        workspace.files.remove(at);
    } else {
        let source = Source::from_text("<stdin>".to_owned(), rest);
        workspace.files[at] = File::read(&Arc::new(source));
    }
    workspace.replace_by_rendered(made, &HashSet::new(), &[]);
}

/// A stream whose documents of some templates are gone; all that stays is on the line where it was.
fn without(text: &str, moved: &HashSet<&str>) -> String {
    let mut rest = String::with_capacity(text.len());
    for (source, document) in sources(text) {
        if source.is_some_and(|source| moved.contains(source)) {
            rest.extend(document.chars().filter(|sign| *sign == '\n'));
        } else {
            rest.push_str(document);
        }
    }
    rest
}

/// The file of a template in the chart that a comment names, if it is below the working directory.
fn template(source: &str) -> Option<(String, std::path::PathBuf)> {
    let (chart, below) = source.split_once('/')?;
    let is_plain = |name: &str| !name.is_empty() && !name.contains("..") && !name.starts_with(['/', '.']);
    if !is_plain(chart) || !is_plain(below) {
        return None;
    }
    let folders = [".".to_owned(), chart.to_owned(), format!("charts/{chart}"), "chart".to_owned()];
    folders.iter().find_map(|folder| {
        let path = Path::new(folder);
        let root = fs::canonicalize(path).ok()?;
        let template = fs::canonicalize(path.join(below)).ok()?;
        let fits = name(&path.join("Chart.yaml")).as_deref() == Some(chart) && template.starts_with(root);
        fits.then(|| (inside(folder, below), template))
    })
}

/// The name in a `Chart.yaml`.
fn name(manifest: &Path) -> Option<String> {
    let bytes = files::read_regular(manifest, limits::BESIDE).ok()?;
    let source = Source::decode("Chart.yaml", bytes).ok()?;
    yaml::read(&Arc::new(source)).into_iter().find_map(|part| match part {
        Part::Document(document) => Some(document.get_str(document.root(), "name")?.to_owned()),
        Part::Refused(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{parts, without};

    #[test]
    fn documents_are_told_apart_by_their_sources() {
        let text = "---\n# Source: web/templates/a.yaml\na: 1\n---\n# Source: web/templates/b.yaml\nb: 1\n---\n\
                    # Source: web/templates/a.yaml\na: 2\n";
        let parts = parts(text);
        let names: Vec<_> = parts.iter().map(|(name, _)| name.unwrap_or("")).collect();
        assert_eq!(names, ["web/templates/a.yaml", "web/templates/b.yaml"]);
        assert_eq!(parts[0].1.matches("# Source").count(), 2);
        assert_eq!(parts[1].1, "---\n# Source: web/templates/b.yaml\nb: 1\n");
    }

    #[test]
    fn what_stays_is_on_its_line() {
        let text = "---\n# Source: web/a.yaml\na: 1\n---\n# Source: db/b.yaml\nb: 1\n---\n# Source: web/a.yaml\na: 2\n";
        let rest = without(text, &["web/a.yaml"].into());
        assert_eq!(rest, "\n\n\n---\n# Source: db/b.yaml\nb: 1\n\n\n\n");
    }

    #[test]
    fn a_stream_without_sources_is_one_part() {
        assert_eq!(parts("a: 1\n---\nb: 2\n"), [(None, "---\na: 1\n---\nb: 2\n".to_owned())]);
        assert!(parts("").is_empty());
    }
}
