//! What a project says about linting: `lint` of its `.patterns.yaml`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde_json::Value as Json;

use super::exceptions::{Exception, Exceptions};
use super::{Selection, described};
use crate::describe::{self, Member, Place, Spanned, Subject};
use crate::diagnostic::{Finding, Level};
use crate::facts::Programs;
use crate::files;
use crate::kube::{File, Globs};
use crate::limits;
use crate::project;
use crate::rules::{self, Findings, UNUSED_IGNORE};
use crate::words::{clip, nearest};

/// The settings of one project.
#[derive(Debug, Default)]
pub struct Settings {
    /// The lowest level that is shown.
    pub lowest: Option<Level>,
    /// Other levels by rule or family; none to leave its findings out.
    pub levels: Vec<(String, Option<Level>)>,
    /// The lowest level that fails a run.
    pub fail_on: Option<Level>,
    /// How findings are reported, as `--format` writes it.
    pub format: Option<String>,
    /// Whether charts and kustomizations are rendered, as `--render` does.
    pub render: bool,
    /// The baseline.
    pub baseline: Option<BaselineFile>,
    /// Files and folders of policies that hold for the project.
    pub policies: Vec<PathBuf>,
    /// Programs that the project describes, as the files of our own do.
    pub programs: Vec<Json>,
    /// Files that are left out.
    pub exclude: Globs,
    exceptions: Exceptions,
}

/// A baseline as settings name it.
#[derive(Debug)]
pub struct BaselineFile {
    /// Where it is.
    pub path: PathBuf,
    /// Where the settings say so.
    pub place: Place,
}

impl PartialEq for BaselineFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Settings {
    /// Reads `lint` of the settings in `folder`.
    ///
    /// # Errors
    /// What is wrong with it: unknown settings, rules that do not exist, paths that are no patterns.
    pub fn read(lint: &Member, folder: &Path) -> Result<Self, Vec<Finding>> {
        let subject = Subject { name: "`lint`", member: "setting", help: None, place: &lint.key_place };
        let mut findings = describe::check(schema(), &lint.value, subject);
        let lint = &lint.value;
        let mut settings = Self {
            lowest: lint.get("profile").and_then(Spanned::text).map(|name| match name {
                "strict" => Level::Advice,
                _ => Level::Warning,
            }),
            fail_on: lint.get("fail-on").and_then(Spanned::text).and_then(level),
            render: lint.get("render").is_some_and(|render| matches!(render.kind, describe::Kind::Bool(true))),
            format: lint.get("format").and_then(Spanned::text).map(str::to_owned),
            baseline: lint
                .get("baseline")
                .and_then(|file| Some(BaselineFile { path: beside(folder, file.text()?), place: file.place.clone() })),
            ..Self::default()
        };
        for member in lint.get("rules").map(Spanned::members).unwrap_or_default() {
            findings.extend(check_name(&member.key, &member.key_place, findings.len()));
            settings
                .levels
                .push((rules::current(&member.key).to_owned(), level(member.value.text().unwrap_or_default())));
        }
        let images = lint.get("images").map(Spanned::items).unwrap_or_default().iter();
        let programs = lint.get("programs").map(Spanned::items).unwrap_or_default().iter();
        let described = images.map(|item| (item, program_of_image(&item.to_json())));
        for (item, program) in described.chain(programs.map(|item| (item, item.to_json()))) {
            match Programs::own(std::slice::from_ref(&program)) {
                Ok(_) => settings.programs.push(program),
                Err(error) => findings.push(described::refused(item, &error)),
            }
        }
        let policies = lint.get("policies").map(Spanned::items).unwrap_or_default();
        for (item, path) in policies.iter().filter_map(|item| Some((item, beside(folder, item.text()?)))) {
            let real = path.canonicalize();
            let root = files::root(&std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()));
            let is_plain = path.metadata().is_ok_and(|there| there.is_file() || there.is_dir());
            if real.as_ref().is_ok_and(|real| real.starts_with(&root)) && is_plain {
                settings.policies.push(path);
            } else if real.is_ok() {
                findings.push(
                    Finding::error(item.place.label(""), "this is not a file or folder in the repository")
                        .because("settings may come from untrusted people, so they cannot name anything outside their repository")
                        .help("copy the policies into it, or name them on the command line: --policy"),
                );
            } else {
                findings.push(
                    Finding::error(item.place.label(""), "there is no such file or folder")
                        .help("policies are named relative to this file: policy/"),
                );
            }
        }
        // files are known by their paths without links
        let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let (globs, mistakes) = exclude(lint, &real);
        settings.exclude = globs;
        findings.extend(mistakes);
        for item in lint.get("exceptions").map(Spanned::items).unwrap_or_default() {
            let Some(rule) = item.get("rule") else { continue };
            let name = rule.text().unwrap_or_default().to_owned();
            findings.extend(check_name(&name, &rule.place, findings.len()));
            let paths = item.get("path").map_or(Ok(None), |path| paths(path, folder)).unwrap_or_else(|finding| {
                findings.push(*finding);
                None
            });
            let object = item.get("object").and_then(Spanned::text).map(str::to_owned);
            let exception = Exception::new(rules::current(&name).to_owned(), rule.place.clone(), paths, object);
            settings.exceptions.add(exception, item.get("path").and_then(Spanned::text));
        }
        if findings.is_empty() { Ok(settings) } else { Err(findings) }
    }

    /// Takes out the findings of a file that the project excepts.
    pub(super) fn except(&self, file: &File, findings: &mut Vec<Finding>) {
        self.exceptions.apply(file, findings);
    }

    /// Forgets which exceptions were of use to an earlier run.
    pub(super) fn forget_uses(&self) {
        self.exceptions.forget_uses();
    }

    /// Whether a finding that comes from the file at `path`, which something else was rendered from, is excepted there.
    pub(super) fn excepts(&self, finding: &Finding, path: &Path) -> bool {
        self.exceptions.has(finding, path)
    }

    /// Notes that the run looked at a file that something else was rendered from.
    pub(super) fn looked_at(&self, path: &Path) {
        self.exceptions.looked_at(path);
    }

    /// The exceptions that excepted nothing: those that covered something in this run, and where the run looked at
    /// all that there is also those that cover nothing.
    pub(super) fn unused(&self, selection: &Selection, is_whole: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !selection.runs(UNUSED_IGNORE.id) {
            return findings;
        }
        for exception in self.exceptions.iter() {
            let ran = rules::all()
                .filter(|rule| rule.id.name == exception.rule || rule.id.family.name() == exception.rule)
                .all(|rule| selection.runs(rule.id));
            let is_used = exception.is_used();
            let is_reached = exception.is_reached();
            if !ran || is_used || !(is_reached || is_whole) {
                continue;
            }
            let message = if is_reached {
                format!("`{}` reports nothing that this exception covers", clip(&exception.rule))
            } else {
                "no file or object matches this exception".to_owned()
            };
            Findings::in_file(&UNUSED_IGNORE, &exception.place.source, &mut findings)
                .at_span(exception.place.span, message)
                .here("excepts nothing")
                .help("remove the exception, or correct its `path` or `object`");
        }
        findings
    }
}

/// The JSON Schema of `lint` in `.patterns.yaml`.
pub fn schema() -> &'static Json {
    static SCHEMA: OnceLock<Json> = OnceLock::new();
    SCHEMA.get_or_init(|| describe::embedded("settings.yaml", include_str!("settings.yaml")))
}

/// An entry of `images`, the short form, as a program's description.
fn program_of_image(image: &Json) -> Json {
    let name = image["image"].as_str().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or(name);
    let ports = image["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let listens: Vec<Json> = ports.iter().map(|port| serde_json::json!({"absent": format!(":{port}")})).collect();
    let mut program = serde_json::json!({
        "program": last,
        "binaries": image.get("programs").cloned().unwrap_or_else(|| serde_json::json!([last])),
        "images": [name],
        "role": image["role"],
        "runs": {"serves": "always"},
        "listens": listens,
    });
    if image["bare"] == Json::Bool(true) {
        program["shell"] = Json::from("none");
    }
    program
}

/// What a setting names relative to its file, as messages call it.
fn beside(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let whole = std::path::absolute(&path).map(|path| files::without_dots(&path));
    whole.and_then(|path| project::from_here(&path)).unwrap_or(path)
}

fn level(name: &str) -> Option<Level> {
    match name {
        "advice" => Some(Level::Advice),
        "warning" => Some(Level::Warning),
        "error" => Some(Level::Error),
        _ => None,
    }
}

/// A name that no rule or family has; `before` is the number of mistakes in front of this one.
fn check_name(name: &str, place: &Place, before: usize) -> Option<Finding> {
    if rules::names().any(|known| known == rules::current(name)) {
        return None;
    }
    // no suggestion for mistakes beyond those that are printed
    let meant = if before < limits::MISTAKES.count() { nearest(name, rules::names()) } else { None };
    let label = meant.map_or_else(String::new, |nearest| format!("did you mean `{nearest}`?"));
    Some(Finding::error(place.label(label), format!("no rule or family is called `{}`", clip(name))))
}

/// The files that are left out, and what is wrong with their patterns.
fn exclude(lint: &Spanned, folder: &Path) -> (Globs, Vec<Finding>) {
    let (mut globs, mut findings) = (Vec::new(), Vec::new());
    for item in lint.get("exclude").map(Spanned::items).unwrap_or_default() {
        let Some(text) = item.text().map(str::to_owned) else { continue };
        match Globs::new(folder, std::slice::from_ref(&text)) {
            Ok(_) => globs.push(text),
            Err(error) => findings.push(
                Finding::error(item.place.label(""), error.to_string())
                    .help("write it as .gitignore would: legacy/ or **/vendor/*.yaml"),
            ),
        }
    }
    (Globs::new(folder, &globs).unwrap_or_default(), findings)
}

/// The paths of an exception; none for what the schema has refused.
fn paths(path: &Spanned, folder: &Path) -> Result<Option<Gitignore>, Box<Finding>> {
    let Some(text) = path.text() else { return Ok(None) };
    let mut builder = GitignoreBuilder::new(folder);
    let built = builder.add_line(None, text).and_then(|builder| builder.build());
    built.map(Some).map_err(|error| {
        let finding = Finding::error(path.place.label(""), format!("invalid glob: {error}"));
        Box::new(finding.help("write it as .gitignore would: legacy/ or **/vendor/*.yaml"))
    })
}
