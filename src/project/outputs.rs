//! `outputs` of `.patterns.yaml`: which descriptions are generated, in which environments, and where to.
//!
//! A settings file may come from a stranger's repository, so nothing that it names lies outside of its folder: paths
//! with `..` are refused here, links that lead out when the folder is written (`output::resolve`).

use std::path::{Component, Path};

use crate::describe::{Kind, Place, Spanned};
use crate::diagnostic::Finding;
use crate::words::{list, nearest};

/// One entry of `outputs`.
#[derive(Clone, Debug)]
pub struct Output {
    /// Files, folders and globs, as they are written.
    pub descriptions: Vec<(String, Place)>,
    /// Environments; none for the descriptions as they are.
    pub environments: Vec<(String, Place)>,
    /// The folder to write.
    pub into: Into,
    /// Whether the folder gets a `kustomization.yaml`.
    pub kustomization: bool,
    /// Whether each file begins with a comment about its origin.
    pub comments: bool,
}

/// A folder's path with places for the environment and the description.
#[derive(Clone, Debug)]
pub struct Into {
    /// As it is written.
    pub template: String,
    /// Where it is written.
    pub place: Place,
}

/// What `into` may leave open.
const HOLES: [&str; 2] = ["environment", "description"];

impl Into {
    /// The folder of one environment and one description (its file's name without an ending), with `/`.
    #[must_use]
    pub fn fill(&self, environment: Option<&str>, description: &str) -> String {
        let path = self.template.replace("{environment}", environment.unwrap_or_default());
        path.replace("{description}", description)
    }

    /// The parts of the path, each with the text around its first hole if it has one: folders that another environment
    /// or description may have left.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.template.split('/').filter(|part| !part.is_empty() && *part != ".").map(|part| {
            match (part.find('{'), part.rfind('}')) {
                (Some(start), Some(end)) => Part::Open(&part[..start], &part[end + 1..]),
                _ => Part::Named(part),
            }
        })
    }

    fn has(&self, hole: &str) -> bool {
        self.template.contains(&format!("{{{hole}}}"))
    }
}

/// A part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A folder's name.
    Named(&'a str),
    /// Any name that begins and ends so.
    Open(&'a str, &'a str),
}

impl Part<'_> {
    /// Whether a folder may be meant.
    #[must_use]
    pub fn matches(self, name: &str) -> bool {
        match self {
            Self::Named(own) => own == name,
            Self::Open(start, end) => {
                name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
            }
        }
    }
}

/// Reads `outputs`, whose types the grammar has checked, and says what is wrong with them.
pub(super) fn read(outputs: Option<&Spanned>) -> (Vec<Output>, Vec<Finding>) {
    let (mut read, mut findings) = (Vec::new(), Vec::new());
    for output in outputs.map(Spanned::items).unwrap_or_default().iter().filter_map(read_one) {
        let mistakes = check(&output);
        if mistakes.is_empty() {
            read.push(output);
        }
        findings.extend(mistakes);
    }
    (read, findings)
}

fn read_one(item: &Spanned) -> Option<Output> {
    let texts = |key: &str| -> Vec<(String, Place)> {
        let Some(value) = item.get(key) else { return Vec::new() };
        let all = if let Kind::List(items) = &value.kind { items.as_slice() } else { std::slice::from_ref(value) };
        all.iter().filter_map(|value| Some((value.text()?.to_owned(), value.place.clone()))).collect()
    };
    let is_on = |key: &str| item.get(key).is_some_and(|value| value.to_json() == true);
    let into = item.get("into")?;
    Some(Output {
        descriptions: texts("descriptions"),
        environments: texts("environments"),
        into: Into { template: into.text()?.to_owned(), place: into.place.clone() },
        kustomization: is_on("kustomization"),
        comments: is_on("comments"),
    })
}

/// What is wrong with an output.
fn check(output: &Output) -> Vec<Finding> {
    let descriptions = output.descriptions.iter();
    let descriptions = descriptions.filter_map(|(path, place)| below("`descriptions`", path, place, "apps/*.yaml"));
    let mut findings: Vec<Finding> = descriptions.collect();
    findings.extend(check_environments(&output.environments));
    findings.extend(below("`into`", &output.into.template, &output.into.place, "deploy/{environment}"));
    findings.extend(check_holes(&output.into).or_else(|| check_folders(output)));
    findings
}

/// A path that does not stay in the project.
fn below(key: &str, path: &str, place: &Place, example: &str) -> Option<Finding> {
    let parts = || Path::new(path).components();
    if path.contains(['\\']) || path.contains(char::is_control) {
        return Some(
            Finding::error(place.label(""), format!("{key} is a path with `/`, without control characters"))
                .help(example),
        );
    }
    if parts().any(|part| part.as_os_str() == ".git") {
        return Some(Finding::error(place.label(""), format!("{key} leads into .git")).help(example));
    }
    (!parts().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))).then(|| {
        Finding::error(place.label("leads out of it"), format!("{key} must stay in the folder of .patterns.yaml"))
            .because("settings come with a repository, and must not read or write anything outside it")
            .help(format!("a relative path without `..`: {example}; `patterns gen FILE -o DIR` writes anywhere"))
    })
}

/// An environment's name becomes part of a path.
fn check_environments(environments: &[(String, Place)]) -> impl Iterator<Item = Finding> {
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let unfit = environments.iter().filter(move |(name, _)| !name.chars().all(is_fine) || name.starts_with('.'));
    unfit.map(|(_, place)| {
        Finding::error(place.label(""), "an environment's name becomes the name of a folder")
            .help("letters, digits, `-`, `_` and `.`")
    })
}

/// The first of the holes of `into` that cannot be filled in.
fn check_holes(into: &Into) -> Option<Finding> {
    let mut rest = into.template.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        let hole = rest[at..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let Some((name, after)) = hole else {
            let finding = Finding::error(into.place.label(""), "`into` has an unmatched brace");
            return Some(finding.help("into: \"deploy/{environment}\""));
        };
        if !HOLES.contains(&name) {
            let label = nearest(name, HOLES).map_or_else(String::new, |name| format!("did you mean `{{{name}}}`?"));
            let finding = Finding::error(into.place.label(label), format!("`into` cannot fill in `{{{name}}}`"));
            return Some(finding.help(format!("it knows {}", list(&["{environment}", "{description}"]))));
        }
        rest = after;
    }
    None
}

/// Each environment has its own folder.
fn check_folders(output: &Output) -> Option<Finding> {
    let Into { template, place } = &output.into;
    let environments: Vec<&str> = output.environments.iter().map(|(name, _)| name.as_str()).collect();
    let has_folders = output.into.has("environment");
    if environments.is_empty() && has_folders {
        return Some(
            Finding::error(place.label(""), "`into` uses `{environment}`, but this output has none")
                .help("add `environments: [dev, prod]`, or leave `{environment}` out"),
        );
    }
    // one that is there twice has a finding already
    let is_one = environments.windows(2).all(|pair| pair[0] == pair[1]);
    let ([(_, first), .., (_, last)], false) = (output.environments.as_slice(), is_one || has_folders) else {
        return None;
    };
    let all = place.label("the same for all of them");
    Some(
        Finding::error(all, format!("{} would be written to the same folder", list(&environments)))
            .label(crate::diagnostic::Label::span(&first.source, first.span.to(last.span), ""))
            .because("their objects have the same names: one environment would overwrite the other")
            .help(format!("into: \"{}/{{environment}}\"", template.trim_end_matches('/'))),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::yaml::{Source, Span};

    fn into(template: &str) -> Into {
        let source = Arc::new(Source::from_text("", ""));
        Into { template: template.to_owned(), place: Place { source, span: Span::empty(0) } }
    }

    #[test]
    fn holes_are_filled_and_found_again() {
        let into = into("./deploy//{environment}-eu/{description}/");
        assert_eq!(into.fill(Some("prod"), "shop"), "./deploy//prod-eu/shop/");
        let parts: Vec<Part<'_>> = into.parts().collect();
        assert_eq!(parts, [Part::Named("deploy"), Part::Open("", "-eu"), Part::Open("", "")]);
        assert!(parts[1].matches("dev-eu") && !parts[1].matches("dev-us") && !parts[1].matches("eu"));
    }
}
