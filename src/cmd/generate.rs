//! `patterns gen`: a description into Kubernetes YAML.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Exit;
use super::gen_check;
use super::gen_verify;
use super::read::open;
use crate::cli::{Color, GenArgs, GenFormat};
use crate::describe::{self, Options};
use crate::diagnostic::{self, Finding, Level};
use crate::kube::on_deep_stacks;
use crate::pattern::{self, Catalogue, Made, expand};
use crate::report::terminal;
use crate::yaml::{Source, emit};

/// Prints YAML to stdout, or writes or checks a folder. Nothing is written unless everything is right.
pub fn run(args: &GenArgs, color: Color) -> io::Result<Exit> {
    // `extra` and `patch` may nest as deeply as YAML does.
    on_deep_stacks(|| run_here(args, color))?
}

fn run_here(args: &GenArgs, color: Color) -> io::Result<Exit> {
    let source = Arc::new(open(&args.file)?);
    let objects = match generate(args, &source)? {
        Ok(Generated { objects, notes, warnings }) => {
            show(warnings, color)?;
            for note in notes {
                writeln!(io::stderr(), "{note}")?;
            }
            objects
        }
        Err(findings) => {
            show(findings, color)?;
            return Ok(Exit::Failed);
        }
    };
    if let Some(note) = agent_note(&objects) {
        writeln!(io::stderr(), "{note}")?;
    }
    let files = files(&objects, args.format)?;
    match (&args.check, &args.output) {
        (Some(folder), _) => gen_check::compare(folder, &files),
        (None, Some(folder)) => write(folder, &files),
        (None, None) => print(&objects, args.format),
    }
}

fn show(mut findings: Vec<Finding>, color: Color) -> io::Result<()> {
    diagnostic::sort(&mut findings);
    diagnostic::redact(&mut findings);
    terminal::print(&findings, color)
}

/// What a description makes.
struct Generated {
    objects: Vec<Json>,
    notes: Vec<String>,
    warnings: Vec<Finding>,
}

/// Objects in apply order and the warnings about them, or everything that is wrong with the description.
fn generate(args: &GenArgs, source: &Arc<Source>) -> io::Result<Result<Generated, Vec<Finding>>> {
    let options = match options(args)? {
        Ok(options) => options,
        Err(findings) => return Ok(Err(findings)),
    };
    let folder = args.file.parent().filter(|_| args.file.as_os_str() != "-");
    let (descriptions, mut findings) = describe::read(source, folder, &options);
    if !findings.is_empty() {
        findings.extend(descriptions.iter().flat_map(|description| pattern::check(Catalogue, description)));
        return Ok(Err(findings));
    }
    let mut objects = match expand(Catalogue, &descriptions) {
        Ok(objects) => objects,
        Err(findings) => return Ok(Err(findings)),
    };
    pattern::sort(&mut objects);
    findings.extend(repeated(&objects));
    let ignored: Vec<&describe::Ignore> = descriptions.iter().flat_map(|description| &description.ignores).collect();
    findings.extend(gen_verify::verify(&objects, &ignored)?);
    let objects = objects.into_iter().map(|made| made.object).collect();
    Ok(if findings.iter().all(|finding| finding.level < Level::Error) {
        let notes = pattern::notes(Catalogue, &descriptions);
        Ok(Generated { objects, notes, warnings: findings })
    } else {
        Err(findings)
    })
}

/// Objects of one kind, group, namespace and name: the second would replace the first.
fn repeated(objects: &[Made]) -> Vec<Finding> {
    let mut seen: HashMap<[String; 4], &Made> = HashMap::new();
    let mut findings = Vec::new();
    for made in objects {
        let text = |pointer| made.object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
        let group = text("/apiVersion").rsplit_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default();
        let id = [text("/kind"), group, text("/metadata/namespace"), text("/metadata/name")];
        let name = format!("{}/{}", id[0], id[3]);
        if let Some(first) = seen.insert(id, made) {
            let place = |made: &Made| made.blame.clone().unwrap_or_else(|| made.origin.clone());
            findings.push(
                Finding::error(place(made).label("this makes it again"), format!("{name} would be made twice"))
                    .label(place(first).label("this makes it"))
                    .because("the second would replace the first")
                    .help("give one of them another name, or change the one that a pattern makes with `patch`"),
            );
        }
    }
    findings
}

fn options(args: &GenArgs) -> io::Result<Result<Options, Vec<Finding>>> {
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
    let options = Options { environment: args.environment.clone(), settings, namespace: args.namespace.clone() };
    Ok(if findings.is_empty() { Ok(options) } else { Err(findings) })
}

/// No registry holds our own image: whoever deploys it builds it, or names the copy they keep.
fn agent_note(objects: &[Json]) -> Option<String> {
    const DEFAULT: &str = concat!("localhost/patterns-agent:", env!("CARGO_PKG_VERSION"));
    let uses_default = objects.iter().any(|object| object.to_string().contains(DEFAULT));
    uses_default.then(|| {
        let local = DEFAULT.trim_start_matches("localhost/");
        format!("note: this uses {DEFAULT}; build it with `podman build -t {local} .` or set images.agent")
    })
}

/// The files that `--output` writes: name and text.
fn files(objects: &[Json], format: GenFormat) -> io::Result<Vec<(String, String)>> {
    let extension = match format {
        GenFormat::Yaml => "yaml",
        GenFormat::Json => "json",
    };
    let text = |object: &Json| match format {
        GenFormat::Yaml => emit::to_yaml(object).map_err(io::Error::other),
        GenFormat::Json => pretty(object),
    };
    let names = pattern::file_names(objects, extension);
    names.into_iter().zip(objects).map(|(name, object)| Ok((name, text(object)?))).collect()
}

fn pretty(value: &Json) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn print(objects: &[Json], format: GenFormat) -> io::Result<Exit> {
    let text = match format {
        GenFormat::Yaml => emit::to_stream(objects).map_err(io::Error::other)?,
        GenFormat::Json => pretty(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))?,
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}

/// Writes every file beside its place first, so that a full disk or a folder in the way leaves nothing half done.
fn write(folder: &Path, files: &[(String, String)]) -> io::Result<Exit> {
    let named = |path: &Path, error: &io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
    let mut written = Vec::new();
    for (name, text) in files {
        let (path, new) = (folder.join(name), folder.join(format!(".{name}.new")));
        if path.is_dir() {
            remove(&written);
            return Err(named(&path, &io::Error::new(io::ErrorKind::IsADirectory, "is a directory")));
        }
        if let Err(error) = std::fs::write(&new, text) {
            remove(&written);
            return Err(named(&new, &error));
        }
        written.push((new, path));
    }
    for (new, path) in &written {
        std::fs::rename(new, path).map_err(|error| named(path, &error))?;
    }
    for name in gen_check::stale(folder, files)? {
        std::fs::remove_file(folder.join(name))?;
    }
    Ok(Exit::Clean)
}

fn remove(written: &[(PathBuf, PathBuf)]) {
    for (new, _) in written {
        let _ = std::fs::remove_file(new);
    }
}
