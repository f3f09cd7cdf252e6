//! One document of a description into Kubernetes objects.

use super::agents;
use super::checks;
use super::composition::Composition;
use super::context::DocumentContext;
use super::disk;
use super::replicas;
use crate::describe::Description;
use crate::diagnostic::Finding;
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::keys::adopt;
use crate::pattern::keys::annotations;
use crate::pattern::keys::budget;
use crate::pattern::keys::configmaps;
use crate::pattern::keys::dns;
use crate::pattern::keys::isolate;
use crate::pattern::keys::mesh;
use crate::pattern::keys::outbound;
use crate::pattern::keys::patches;
use crate::pattern::keys::peers::Neighbours;
use crate::pattern::keys::place;
use crate::pattern::keys::reach;
use crate::pattern::keys::rights;
use crate::pattern::keys::rollout;
use crate::pattern::keys::service;
use crate::pattern::keys::services;
use crate::pattern::objects::made::{Made, Objects};
use crate::pattern::objects::{job_names, order};
use crate::pattern::plan::document::Document;
use crate::pattern::plan::expose;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::provides;
use crate::pattern::plan::references::Directory;
use crate::pattern::plan::resolver::Resolver;
use crate::pattern::plan::stage::Known;
use crate::pattern::plan::view::DocumentView;
use crate::pattern::template::fault::Fault;

/// Expands the documents of a file.
///
/// # Errors
/// Everything that is wrong with them.
pub fn expand(catalogue: &Catalogue, descriptions: &[Description]) -> Result<Vec<Made>, Vec<Finding>> {
    let mut findings = Vec::new();
    let prepared = descriptions.iter().map(|description| prepare(catalogue, description));
    let prepared: Vec<_> = prepared.map(|one| one.map_err(|mistakes| findings.extend(mistakes)).ok()).collect();
    let directory = Directory::new(descriptions, &prepared);
    let mut composed = Vec::new();
    for prepared in prepared.iter().flatten() {
        match compose(catalogue, prepared, &directory) {
            Ok(objects) => composed.push((prepared, objects)),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    // who may talk to whom goes by the Pods of all documents
    let pods = composed.iter().map(|(prepared, objects)| (prepared.description.name.as_str(), isolate::pods(objects)));
    let neighbours = Neighbours { pods: pods.collect(), directory: &directory };
    let mut made = Vec::new();
    for (prepared, objects) in composed {
        match finish(prepared, objects, &neighbours) {
            Ok(own) => made.extend(own),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    if findings.is_empty() { Ok(made) } else { Err(findings) }
}

/// Prepares all documents of a file; one that is wrong is none.
pub(crate) fn prepare_all<'a>(catalogue: &Catalogue, descriptions: &'a [Description]) -> Vec<Option<Prepared<'a>>> {
    descriptions.iter().map(|description| prepare(catalogue, description).ok()).collect()
}

fn prepare<'a>(catalogue: &Catalogue, description: &'a Description) -> Result<Prepared<'a>, Vec<Finding>> {
    let document = Document::fill(catalogue, description)?;
    let mut findings = checks::check(catalogue, &document);
    match document.prepare() {
        Ok(prepared) if findings.is_empty() => Ok(prepared),
        Ok(_) => Err(findings),
        Err(clashes) => {
            findings.extend(clashes);
            Err(findings)
        }
    }
}

/// Keys of a description, and what they change in its objects: each sees what those before it have done.
const EFFECTS: &[fn(&Prepared<'_>, &mut Objects) -> Vec<Finding>] = &[
    configmaps::apply,
    mesh::apply,
    reach::apply,
    dns::apply,
    |prepared, objects| Vec::from_iter(disk::check(prepared, objects)),
    rollout::apply,
    budget::apply,
    annotations::apply,
    service::apply,
];

/// The objects of a document, before anything that goes by what other documents make.
fn compose(catalogue: &Catalogue, prepared: &Prepared<'_>, directory: &Directory<'_>) -> Result<Objects, Vec<Finding>> {
    let view = DocumentView::of(prepared.description, &prepared.shape, &prepared.uses).to_json();
    let mut resolver = Resolver::new(directory, prepared.description);
    // what only follows from another document's mistake is not news
    let mut follows = directory.is_broken() && prepared.description.expose.is_some();
    let mut resolve = |filled: &Filled| {
        let mistakes = resolver.findings.len();
        let references = resolver.references(filled);
        if directory.names_broken(&filled.given) {
            follows = true;
        } else if resolver.findings.len() == mistakes {
            // what is wrong with a reference has been said; the rest would only repeat it
            resolver.findings.extend(filled.check(&Known::references(&filled.params, &view, &references)));
        }
        references
    };
    let shape_references = resolve(&prepared.shape);
    let references = prepared.uses.iter().map(resolve).collect();
    let expose = expose::context(prepared, &mut resolver);
    if !resolver.findings.is_empty() || follows {
        return Err(resolver.findings);
    }
    let composition = Composition { catalogue, prepared, expose, shape_references, references };
    let mut objects = composition.objects()?;
    let findings = replicas::settle(prepared, &mut objects);
    if !findings.is_empty() {
        return Err(findings);
    }
    agents::apply(catalogue, prepared, &mut objects);
    let findings: Vec<Finding> = EFFECTS.iter().flat_map(|apply| apply(prepared, &mut objects)).collect();
    if findings.is_empty() { Ok(objects) } else { Err(findings) }
}

/// Policies, names that are kept, and what the description says about objects directly.
fn finish(
    prepared: &Prepared<'_>,
    mut objects: Objects,
    neighbours: &Neighbours<'_>,
) -> Result<Vec<Made>, Vec<Finding>> {
    let mut findings = isolate::apply(prepared, neighbours, &mut objects);
    findings.extend(adopt::apply(prepared, &mut objects));
    // labels that are written here stay as they are, though the document's own may have been replaced
    findings.extend(place::apply(prepared, &mut objects));
    findings.extend(services::apply(prepared, &mut objects));
    let origin = &prepared.description.name_place;
    let mut made = objects.into_iter().map(|object| Made { object, blame: None, origin: origin.clone() }).collect();
    findings.extend(patches::apply(prepared, &mut made));
    order::settle(&mut made);
    job_names::settle(&mut made);
    if findings.is_empty() { Ok(made) } else { Err(findings) }
}

/// What a document's patterns want to be said beside their output.
///
/// # Errors
/// What is wrong with an expression of a pattern that says when, or what.
pub fn notes(catalogue: &Catalogue, descriptions: &[Description]) -> Result<Vec<String>, Vec<Finding>> {
    let prepared = prepare_all(catalogue, descriptions);
    let (mut notes, mut findings) = (Vec::new(), Vec::new());
    for prepared in prepared.iter().flatten() {
        let app = DocumentContext::of(prepared).app;
        let view = DocumentView::of(prepared.description, &prepared.shape, &prepared.uses).to_json();
        for filled in std::iter::once(&prepared.shape).chain(&prepared.uses) {
            match provides::notes(filled, &app, &view) {
                Ok(of_entry) => notes.extend(of_entry),
                Err(fault) => findings.push(Fault::from(fault).for_user(&filled.folder, &filled.entry.place)),
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    notes.extend(prepared.iter().flatten().filter_map(replicas::note));
    notes.extend(prepared.iter().flatten().flat_map(rights::warnings));
    if descriptions.iter().any(|description| description.isolate.is_some()) {
        notes.push(isolate::NOTE.to_owned());
        notes.extend(prepared.iter().flatten().filter_map(isolate::note));
        notes.extend(outbound::notes(descriptions, &prepared));
    }
    if descriptions.iter().any(|description| description.meshed) {
        notes.push(mesh::NOTE.to_owned());
    }
    Ok(notes)
}
