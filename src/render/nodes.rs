//! Which line of a kustomization's files each rendered line comes from.
//!
//! Kustomize writes everything anew: keys in another order, other quotes, no comments. So fields are followed, not
//! lines: a rendered field comes from the same field of the object's own file or of a patch of it, if there it has the
//! same value, else from the one that comes closest.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::edits::{self, Candidate, Content, Image};
use super::lines;
use super::overlay::Kustomization;
use crate::kube::{File, Object, Origin, OriginFile};
use crate::yaml::{Document, Entry, NodeId, Span, Value};

/// Files of objects and patches in which a field is looked for.
const MOST: usize = 32;
/// Names that are compared with one that none of them is.
const NAMES: usize = 1000;

/// The objects of one kind by their names.
type ByName<'run> = BTreeMap<&'run str, Vec<Candidate<'run>>>;

/// The origin of each line of a rendered file.
pub fn align(file: &File, parts: &[Arc<OriginFile>], kustomizations: &[Kustomization]) -> Vec<Origin> {
    let Some(own) = kustomizations.first() else { return Vec::new() };
    let read: Vec<(&Arc<OriginFile>, File)> = parts.iter().map(|part| (part, File::read(&part.source))).collect();
    let mut by_kind: HashMap<&str, ByName<'_>> = HashMap::new();
    for (part, file) in &read {
        for object in file.objects.iter().filter(|object| !object.id.name.is_empty()) {
            let of_kind = by_kind.entry(object.id.kind.as_str()).or_default();
            let of_name = of_kind.entry(object.id.name.as_str()).or_default();
            if of_name.len() < MOST {
                of_name.push(Candidate { file: part, document: &object.document, node: object.node, within: None });
            }
        }
    }
    let patches = edits::patches(kustomizations, parts);
    for patch in &patches {
        let Content::Objects(objects) = &patch.content else { continue };
        for object in &objects.objects {
            let name = patch.target.name().unwrap_or(&object.id.name);
            let of_name = by_kind.entry(object.id.kind.as_str()).or_default().entry(name).or_default();
            if of_name.len() < MOST {
                let within = patch.within;
                of_name.push(Candidate { file: &patch.file, document: &object.document, node: object.node, within });
            }
        }
    }
    let edits = edits::edits(&patches, kustomizations);
    let images = edits::images(kustomizations);
    let mut found = Rendering { file, images: &images, places: vec![None; file.source.text.split('\n').count()] };
    let mut firsts = Vec::new();
    for object in &file.objects {
        let known = by_kind.get(object.id.kind.as_str());
        let candidates = known.map(|known| candidates(&object.id.name, known)).unwrap_or_default();
        let first = match candidates.first() {
            Some(first) => at(first.file, first.span()),
            None => generator(object, kustomizations).unwrap_or_else(|| lines::first(&own.file)),
        };
        firsts.push((found.line(object.document.span(object.node).start), first.clone()));
        let edits = edits.iter().filter_map(|edit| edit.of(&object.id.kind, &object.id.name)).take(MOST).collect();
        found.follow(&object.document, object.node, Known { candidates, edits }, &first);
    }
    found.filled(lines::first(&own.file), firsts)
}

/// The objects that a rendered one may come from: those of its name, or those whose name is in its own, as prefixes and
/// suffixes make it.
fn candidates<'run>(name: &str, known: &ByName<'run>) -> Vec<Candidate<'run>> {
    if let Some(same) = known.get(name) {
        return same.clone();
    }
    // in order, so that the same is found on any machine where two are equally long
    let parts = known.iter().take(NAMES).filter(|(other, _)| name.contains(**other));
    parts.max_by_key(|(other, _)| other.len()).map(|(_, same)| same.clone()).unwrap_or_default()
}

/// The entry of `configMapGenerator` or `secretGenerator` that an object comes from.
fn generator(object: &Object, kustomizations: &[Kustomization]) -> Option<Origin> {
    let field = match object.id.kind.as_str() {
        "ConfigMap" => "configMapGenerator",
        "Secret" => "secretGenerator",
        _ => return None,
    };
    let entries = kustomizations.iter().flat_map(|one| {
        let list = one.document.get(one.document.root(), field).map_or(&[][..], |list| one.document.items(list));
        list.iter().filter_map(move |item| Some((one, one.document.get(*item, "name")?)))
    });
    let named = entries.filter_map(|(one, node)| Some((one, node, one.document.str(node)?)));
    let fitting = named.take(NAMES).filter(|(.., name)| !name.is_empty() && object.id.name.contains(name));
    let (one, node, _) = fitting.max_by_key(|(.., name)| name.len())?;
    Some(at(&one.file, one.document.span(node)))
}

/// The line of some bytes.
fn at(file: &Arc<OriginFile>, span: Span) -> Origin {
    let (text, start) = (&file.source.text, span.range().start);
    let begin = text[..start].rfind('\n').map_or(0, |before| before + 1);
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    lines::whole(file, begin, end)
}

struct Rendering<'run> {
    file: &'run File,
    images: &'run [Image<'run>],
    places: Vec<Option<Origin>>,
}

/// What a part may come from.
struct Known<'run> {
    /// The same part of other files.
    candidates: Vec<Candidate<'run>>,
    /// Values that take the place of parts of it, with the rest of the way there.
    edits: Vec<(&'run [String], Candidate<'run>)>,
}

impl<'run> Known<'run> {
    /// The values that take the place of a part, and the edits of parts of it.
    fn edited(&self, is_step: impl Fn(&str) -> bool) -> (Vec<Candidate<'run>>, Vec<(&'run [String], Candidate<'run>)>) {
        let steps = self.edits.iter().filter_map(|(path, value)| Some((path.split_first()?, *value)));
        let there = steps.filter(|((first, _), _)| is_step(first)).map(|((_, rest), value)| (rest, value));
        let (here, below): (Vec<_>, Vec<_>) = there.partition(|(rest, _)| rest.is_empty());
        (here.into_iter().map(|(_, value)| value).collect(), below)
    }
}

impl<'run> Rendering<'run> {
    fn line(&self, start: u32) -> usize {
        self.file.source.position(start).line - 1
    }

    fn set(&mut self, document: &Document, node: NodeId, origin: &Origin) {
        let line = self.line(document.span(node).start);
        if let Some(place) = self.places.get_mut(line) {
            *place = Some(origin.clone());
        }
    }

    /// Follows a rendered object's fields through what they may come from. What has no place in the source has its
    /// parent's.
    fn follow(&mut self, document: &Document, node: NodeId, known: Known<'run>, parent: &Origin) {
        let mut work = vec![(node, known, parent.clone())];
        while let Some((node, known, parent)) = work.pop() {
            let maps: Vec<_> = known.candidates.iter().map(|one| (*one, by_key(one))).collect();
            for entry in document.entries(node) {
                let key = document.key(entry);
                let (mut values, edits) = known.edited(|step| step == key);
                if key == "image" {
                    let text = document.str(entry.value()).unwrap_or_default();
                    values.extend(self.images.iter().find_map(|image| image.of(text)));
                }
                let mut below: Vec<(Candidate<'_>, Span)> = values.into_iter().map(|one| (one, one.span())).collect();
                below.extend(maps.iter().filter_map(|(one, keys)| {
                    let there = keys.get(&key)?;
                    let value = Candidate { node: there.value(), ..*one };
                    Some((value, one.place(one.document.span(there.key).to(one.document.span(there.value())))))
                }));
                let same = below.iter().find(|(one, _)| is_same(document, entry.value(), one.document, one.node));
                let origin = match same.or(below.first()) {
                    Some((one, span)) => Origin { is_same: same.is_some(), ..within(one.file, *span) },
                    None => Origin { is_same: false, ..parent.clone() },
                };
                self.set(document, entry.key, &origin);
                let candidates = below.into_iter().map(|(one, _)| one).collect();
                work.push((entry.value(), Known { candidates, edits }, origin));
            }
            let items = document.items(node);
            if items.is_empty() {
                continue;
            }
            let lists: Vec<_> = known.candidates.iter().map(|one| (*one, by_name(one))).collect();
            // the line of an item is the line of its first key, which is set after it
            for (number, item) in items.iter().enumerate() {
                let name = name(document, *item);
                let is_this = |step: &str| match step {
                    "-" => number + 1 == items.len(),
                    step => step.parse() == Ok(number),
                };
                let (mut candidates, edits) = known.edited(is_this);
                candidates.extend(lists.iter().filter_map(|(one, names)| {
                    let there = one.document.items(one.node);
                    let node = match &name {
                        Some(name) => names.get(name),
                        None => there.get(number).filter(|_| there.len() == items.len()),
                    };
                    Some(Candidate { node: *node?, ..*one })
                }));
                let same = candidates.iter().find(|one| is_same(document, *item, one.document, one.node));
                let origin = match same.or(candidates.first()) {
                    Some(one) => Origin { is_same: same.is_some(), ..at(one.file, one.span()) },
                    None => Origin { is_same: false, ..parent.clone() },
                };
                self.set(document, *item, &origin);
                work.push((*item, Known { candidates, edits }, origin));
            }
        }
    }

    /// The places of all lines: those in between have the one before them.
    fn filled(self, start: Origin, firsts: Vec<(usize, Origin)>) -> Vec<Origin> {
        let firsts: HashMap<usize, Origin> = firsts.into_iter().collect();
        let mut last = start;
        let own = self.places.into_iter().enumerate();
        own.map(|(line, place)| {
            if let Some(place) = place.or_else(|| firsts.get(&line).cloned()) {
                last = place;
            }
            last.clone()
        })
        .collect()
    }
}

/// Some bytes up to the end of their first line.
fn within(file: &Arc<OriginFile>, span: Span) -> Origin {
    let text = file.source.slice(span);
    let text = text.lines().next().unwrap_or_default().trim_end();
    let start = span.range().start;
    Origin { file: Arc::clone(file), span: Span::new(start, start + text.len()), is_same: false }
}

/// Whether two values say the same, as far as their first line goes: what lists and maps hold is looked at on its own.
fn is_same(document: &Document, node: NodeId, other: &Document, there: NodeId) -> bool {
    match (document.value(node), other.value(there)) {
        (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => true,
        (one, other) => one == other,
    }
}

/// The entries of a map by their keys.
fn by_key<'run>(map: &Candidate<'run>) -> HashMap<Cow<'run, str>, Entry> {
    map.document.entries(map.node).iter().map(|entry| (map.document.key(entry), *entry)).collect()
}

/// The items of a list by their names.
fn by_name(list: &Candidate<'_>) -> HashMap<String, NodeId> {
    let items = list.document.items(list.node).iter();
    items.filter_map(|item| Some((name(list.document, *item)?, *item))).collect()
}

/// What tells an item from the others: its name, as kustomize merges most lists, or its text.
fn name(document: &Document, item: NodeId) -> Option<String> {
    let text = |node: NodeId| match document.value(node) {
        Value::Str(text) => Some(text.to_owned()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    };
    let field = |field: &str| document.get(item, field).and_then(text).map(|value| format!("{field}={value}"));
    ["name", "containerPort", "port", "mountPath", "ip", "key"]
        .iter()
        .find_map(|name| field(name))
        .or_else(|| text(item))
}
