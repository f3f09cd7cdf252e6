//! What is known of the thing under the cursor.

use std::fmt::Write as _;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use serde_json::Value as Json;

use super::catalogue::{Known, pattern_at};
use super::cursor::{self, Cursor, Segment, Slot};
use super::folders::Seen;
use super::positions::Encoding;
use super::shape::Shape;
use super::trail::{self, Trail};
use super::word::{Word, word};
use crate::describe::Options;
use crate::expand;
use crate::facts::{PodFacts, Programs};
use crate::kube::{Definitions, Index, Object, Selector, Typed, documented};
use crate::lint::programs_at;
use crate::pattern;
use crate::project;
use crate::report::roles;
use crate::rules;
use crate::yaml::Value;

/// What is known of what is at a byte of a text, as Markdown.
#[must_use]
pub fn at(seen: Seen<'_>, offset: usize, encoding: Encoding) -> Option<Hover> {
    let text = seen.buffer.text.as_str();
    let word = word(text, offset)?;
    let known = of_rule(text, &word).or_else(|| {
        if seen.file.is_description() {
            of_description(seen, &word)
        } else if seen
            .buffer
            .path
            .as_ref()
            .is_some_and(|path| path.file_name().is_some_and(|n| n == project::FILE_NAME))
        {
            of_settings(text, &word)
        } else {
            of_object(seen, offset)
        }
    })?;
    let source = &seen.file.source;
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: known }),
        range: Some(encoding.range(source, crate::yaml::Span::new(word.range.start, word.range.end))),
    })
}

/// The page of a rule that an ignore names, or a setting.
fn of_rule(text: &str, word: &Word<'_>) -> Option<String> {
    let line_start = text[..word.range.start].rfind('\n').map_or(0, |before| before + 1);
    let before = &text[line_start..word.range.start];
    let is_ignore = before.contains('#') && before.contains("patterns:") && before.contains("ignore");
    let is_setting = before.trim_start().trim_start_matches("- ").trim_start_matches('{').trim_end() == "rule:";
    if !is_ignore && !is_setting {
        return None;
    }
    rules::find(word.text).map(|rule| rule.page().to_owned())
}

fn of_description(seen: Seen<'_>, word: &Word<'_>) -> Option<String> {
    let text = seen.buffer.text.as_str();
    let cursor = cursor::at(text, word.range.end);
    if matches!(cursor.slot, Slot::Comment | Slot::Text) {
        return None;
    }
    if let Some(hole) = word.hole {
        return declaration(&text[cursor.document..], hole);
    }
    let known = Known::of(seen);
    let schema = known.schema();
    let path = without_environment(&cursor.path);
    let is_key = text[word.range.end..].trim_start_matches(['"', '\'', ' ']).starts_with(':');
    if let Some(folder) = pattern_at(path).and_then(|_| known.catalogue.folder(word.text)) {
        let definition = folder.definition().ok()?;
        return Some(fenced(&pattern::page(&known.catalogue, folder, definition)));
    }
    if matches!(path, [Segment::Key(images)] if images == "images")
        && let Some(image) = known.catalogue.images().get(word.text)
    {
        return Some(format!("**{}** runs `{}` as user {}", word.text, image.image, image.user));
    }
    if (is_key && path.is_empty() && matches!(word.text, "name" | "patterns"))
        || ends_with(path, "name") && path.len() == 1
    {
        return overview(seen);
    }
    let mut whole = path.to_vec();
    if is_key {
        whole.push(Segment::Key(word.text.to_owned()));
    }
    of_schema(Shape::new(&schema, Some("document")), &whole)
}

fn ends_with(path: &[Segment], name: &str) -> bool {
    matches!(path.last(), Some(Segment::Key(key)) if key == name)
}

/// The path in the document that an environment is laid over.
#[must_use]
pub fn without_environment(path: &[Segment]) -> &[Segment] {
    match path {
        [Segment::Key(environments), Segment::Key(_), rest @ ..] if environments == "environments" => rest,
        other => other,
    }
}

/// What a document makes.
fn overview(seen: Seen<'_>) -> Option<String> {
    let path = seen.path();
    let expanded = expand::expand_text(&seen.file.source, &path, &[], Options::default()).ok()?;
    Some(fenced(&pattern::overview(&expanded.catalogue, &expanded.descriptions, &expanded.made)))
}

/// The lines that declare a parameter.
fn declaration(document: &str, name: &str) -> Option<String> {
    let mut lines = document.lines().skip_while(|line| !line.starts_with("params:"));
    let first = lines.next()?;
    let is_it = |line: &&str| line.trim_start().trim_start_matches(['{', ' ']).starts_with(&format!("{name}:"));
    if first.contains('{') {
        return first.contains(&format!("{name}:")).then(|| format!("```yaml\n{first}\n```"));
    }
    let own: Vec<&str> = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#'])).collect();
    let at = own.iter().position(is_it)?;
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let more = own[at + 1..].iter().take_while(|line| indentation(line) > indentation(own[at]));
    let lines: Vec<&str> = std::iter::once(&own[at]).chain(more).copied().collect();
    Some(format!("```yaml\n{}\n```", lines.join("\n")))
}

fn of_settings(text: &str, word: &Word<'_>) -> Option<String> {
    let cursor: Cursor = cursor::at(text, word.range.end);
    let schema = pattern::settings_schema(project::grammar(), crate::lint::settings_schema());
    let names = cursor.names();
    if names == ["lint", "rules"]
        && let Some(rule) = rules::find(word.text)
    {
        return Some(rule.page().to_owned());
    }
    let mut path = cursor.path.clone();
    if text[word.range.end..].trim_start().starts_with(':') {
        path.push(Segment::Key(word.text.to_owned()));
    }
    of_schema(Shape::new(&schema, None), &path)
}

/// A key with its meaning, type, choices and default.
fn of_schema(shape: Shape<'_>, path: &[Segment]) -> Option<String> {
    let Some(Segment::Key(name)) = path.iter().rev().find(|step| matches!(step, Segment::Key(_))) else { return None };
    // The schema of the key itself may say what its alternatives do not.
    let (parent, last) = path.split_at(path.len() - 1);
    let own = shape.at(parent).into_iter().find_map(|shape| match last {
        [Segment::Key(key)] => {
            shape.properties().find(|(name, _)| name == key).and_then(|(_, shape)| shape.description())
        }
        _ => None,
    });
    let alternatives = shape.at(path);
    let description = own.or_else(|| alternatives.iter().find_map(|shape| shape.description()))?;
    let mut out = format!("**{name}**: {description}\n");
    let mut types: Vec<String> = Vec::new();
    for schema in alternatives.iter().map(|shape| shape.schema()) {
        if let Some(choices) = schema["enum"].as_array() {
            let _ = write!(
                out,
                "\nOne of {}.\n",
                choices.iter().map(|choice| format!("`{}`", plain(choice))).collect::<Vec<_>>().join(", ")
            );
        }
        if let Some(default) = schema.get("default") {
            let _ = write!(out, "\nDefault: `{}`.\n", plain(default));
        }
        match &schema["type"] {
            Json::String(name) if !types.contains(name) => types.push(name.clone()),
            Json::Array(names) => types.extend(names.iter().filter_map(Json::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    types.retain(|name| name != "null");
    types.dedup();
    if !types.is_empty() {
        let _ = write!(out, "\nType: {}.\n", types.join(" or "));
    }
    Some(out)
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn of_object(seen: Seen<'_>, offset: usize) -> Option<String> {
    let object = trail::object(seen.file, offset)?;
    let trail = trail::at(&object.document, object.node, offset);
    let objects: Vec<&Object> = seen.workspace.objects().collect();
    let definitions = Definitions::collect(objects.iter().copied());
    let mut out = String::new();
    if let Some(about) = documented::about(object, &definitions, &trail.names()) {
        let _ = write!(out, "**{}** ({})\n\n{}\n", about.name, about.of, about.text);
        if let Some(times) = about.times {
            let _ = write!(out, "\nIn Kubernetes {times}.\n");
        }
    }
    let index = Index::of(&objects);
    // what is wrong with the settings is said where they are written
    let own = programs_at(&seen.path()).ok().flatten();
    let programs = own.as_ref().unwrap_or_else(|| Programs::built_in());
    let facts = of_container(object, &trail, &index, programs);
    let facts = facts.or_else(|| of_service_port(object, &trail, &index, programs));
    if let Some(lines) = facts.filter(|lines| !lines.is_empty()) {
        out.push('\n');
        for line in lines {
            let _ = writeln!(out, "- {line}");
        }
    }
    (!out.is_empty()).then(|| out.trim().to_owned())
}

/// What is known of a container by its name or image; who listens on a port of its Pod.
fn of_container(object: &Object, trail: &Trail, index: &Index<'_>, programs: &Programs) -> Option<Vec<String>> {
    let field = trail.fields.last()?.as_str();
    let is_port = matches!(field, "containerPort" | "port" | "hostPort");
    if !is_port && !matches!(field, "image" | "name") {
        return None;
    }
    for pod in object.pods() {
        let Some(container) = pod.containers().find(|container| trail.around.contains(&container.node)) else {
            continue;
        };
        let facts = PodFacts::of(pod, index, programs);
        if is_port {
            let entry = object.document.get(*trail.around.last()?, field)?;
            let Value::Int(port) = object.document.value(entry) else { return None };
            return u16::try_from(port).ok().map(|port| listeners(&facts, port));
        }
        // Not the name of a port or a variable.
        if trail.around.last() != Some(&container.node) {
            return None;
        }
        return facts.member(container.node).map(|member| roles::container(object, member));
    }
    None
}

fn listeners(facts: &PodFacts<'_>, port: u16) -> Vec<String> {
    let listens = |member: &crate::facts::ContainerFacts<'_>| {
        let listen = member.listen_at(port)?;
        let speaks = listen.speaks.as_deref().map(|speaks| format!(", speaks {speaks}")).unwrap_or_default();
        Some(format!("container `{}` listens on {port} ({}{speaks})", member.name(), listen.proof.shows))
    };
    facts.members.iter().filter_map(listens).collect()
}

/// Who listens where a Service's port leads to.
fn of_service_port(object: &Object, trail: &Trail, index: &Index<'_>, programs: &Programs) -> Option<Vec<String>> {
    let Some(Typed::Service(service)) = &object.typed else { return None };
    if !matches!(trail.fields.last()?.as_str(), "targetPort" | "port") {
        return None;
    }
    let document = &object.document;
    let map = trail.around.iter().rev().find(|node| document.get(**node, "port").is_some())?;
    let target = document.get(*map, "targetPort").or_else(|| document.get(*map, "port"))?;
    let labels = service.spec.as_ref()?.selector.as_ref()?;
    let selector = Selector::map(labels);
    let mut lines = Vec::new();
    for workload in trail::selected(index, object, &selector) {
        for pod in workload.pods() {
            let facts = PodFacts::of(pod, index, programs);
            let port = match document.value(target) {
                Value::Int(port) => u16::try_from(port).ok(),
                Value::Str(name) => named_port(&facts, name),
                _ => None,
            };
            let of = format!("{}/{}", workload.id.kind, workload.id.name);
            lines.extend(port.iter().flat_map(|port| listeners(&facts, *port)).map(|line| format!("{of}: {line}")));
        }
    }
    Some(lines)
}

fn named_port(facts: &PodFacts<'_>, name: &str) -> Option<u16> {
    let ports = facts.members.iter().flat_map(|member| member.container.container.ports.iter().flatten());
    let port = ports.filter(|port| port.name.as_deref() == Some(name)).map(|port| port.container_port).next()?;
    u16::try_from(port).ok()
}

fn fenced(text: &str) -> String {
    format!("```text\n{}\n```", text.trim_end())
}
