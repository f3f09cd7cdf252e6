//! `patterns gen`: a description into Kubernetes YAML.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Exit;
use super::gen_check;
use super::read::open;
use crate::cli::{Color, GenArgs, GenFormat};
use crate::describe::{self, Options};
use crate::diagnostic::{self, Finding, Label};
use crate::kube::{Object, ProblemKind};
use crate::pattern::{self, Catalogue, expand};
use crate::report::terminal;
use crate::yaml::{self, Source, emit};

/// Prints YAML to stdout, or writes or checks a folder. Nothing is written unless everything is right.
pub fn run(args: &GenArgs, color: Color) -> io::Result<Exit> {
    let source = Arc::new(open(&args.file)?);
    let objects = match generate(args, &source)? {
        Ok(objects) => objects,
        Err(mut findings) => {
            diagnostic::sort(&mut findings);
            diagnostic::redact(&mut findings);
            terminal::print(&findings, color)?;
            return Ok(Exit::Failed);
        }
    };
    let files = files(&objects, args.format)?;
    match (&args.check, &args.output) {
        (Some(folder), _) => gen_check::compare(folder, &files),
        (None, Some(folder)) => write(folder, &files),
        (None, None) => print(&objects, args.format),
    }
}

/// Objects in apply order, or everything that is wrong with the description.
fn generate(args: &GenArgs, source: &Arc<Source>) -> io::Result<Result<Vec<Json>, Vec<Finding>>> {
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
    let mut objects = Vec::new();
    for description in &descriptions {
        match expand(Catalogue, description) {
            Ok(made) => objects.extend(made),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    pattern::sort(&mut objects);
    findings.extend(own_mistakes(&objects)?);
    Ok(if findings.is_empty() { Ok(objects) } else { Err(findings) })
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
    let options = Options { environment: args.environment.clone(), settings, namespace: args.namespace.clone() };
    Ok(if findings.is_empty() { Ok(options) } else { Err(findings) })
}

/// Reads the output as the API server would. Anything it finds is a bug of a pattern, and fails the run.
fn own_mistakes(objects: &[Json]) -> io::Result<Vec<Finding>> {
    let text = emit::to_stream(objects).map_err(io::Error::other)?;
    let source = Arc::new(Source::from_text("<generated>", text));
    let (documents, _) = yaml::as_kubectl(yaml::read(&source));
    let mut findings = Vec::new();
    for document in documents {
        let document = Arc::new(document);
        let object = Object::new(&document, document.root(), false);
        for problem in &object.problems {
            let what = match &problem.kind {
                ProblemKind::UnknownField { type_name, .. } => format!("{type_name} has no such field"),
                ProblemKind::WrongType { expected } => format!("this should be {expected}"),
                ProblemKind::Malformed { expected } => expected.clone(),
            };
            let label = Label::node(&document, problem.node, "");
            findings.push(
                Finding::error(label, what).because("a pattern made this; it is a bug of ours, please report it"),
            );
        }
    }
    Ok(findings)
}

/// The files that `--output` writes: name and text.
fn files(objects: &[Json], format: GenFormat) -> io::Result<Vec<(String, String)>> {
    let file = |object: &Json| {
        let (extension, text) = match format {
            GenFormat::Yaml => ("yaml", emit::to_yaml(object).map_err(io::Error::other)?),
            GenFormat::Json => ("json", pretty(object)?),
        };
        Ok((pattern::file_name(object, extension), text))
    };
    objects.iter().map(file).collect()
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

fn write(folder: &Path, files: &[(String, String)]) -> io::Result<Exit> {
    std::fs::create_dir_all(folder)?;
    for (name, text) in files {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(Exit::Clean)
}
