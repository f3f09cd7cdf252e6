//! Reading a file as kubectl reads it, keeping what kubectl would refuse as something to show.

use std::sync::Arc;

#[cfg(feature = "parallel")]
use rayon::prelude::*;

use super::build::{Builder, Draft};
use super::conflict::or_conflict;
use super::json;
use super::parse;
use super::refusal::{Part, Refusal, too_many_documents};
use super::source::{Source, Span};
use super::split::{Chunk, chunks};
use super::tree::{Document, Value};
use crate::limits;

/// Reads all documents of a file. After a refusal reading goes on at the next separator, so that one
/// bad document does not hide the others; kubectl itself stops there.
#[must_use]
pub fn read(source: &Arc<Source>) -> Vec<Part> {
    read_parts(source, false)
}

/// The same without the shorter way of reading what is written as most manifests are: slower, and by definition the
/// same. Tests compare the two.
#[must_use]
pub fn read_exactly(source: &Arc<Source>) -> Vec<Part> {
    read_parts(source, true)
}

fn read_parts(source: &Arc<Source>, is_exact: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = 0;
    if looks_like_json(&source.text) {
        match json::read_stream(source, &mut parts) {
            json::Stream::Finished => return parts,
            json::Stream::YamlFrom(at) => start = at,
        }
    }
    let mut budget = limits::ALIASES.most.max(source.text.len() as u64 * limits::ALIAS_FACTOR);
    let mut builder = Builder::new(source);
    let chunks = chunks(&source.text, start);
    let mut ahead = if is_exact { Vec::new() } else { read_ahead(source, &chunks) };
    parts.reserve_exact(chunks.len().min(limits::DOCUMENTS.count()));
    let mut drafts = Vec::new();
    for (number, chunk) in chunks.into_iter().enumerate() {
        if let Some(document) = ahead.get_mut(number).and_then(Option::take) {
            settle(&mut drafts, &mut builder, &mut parts);
            parts.push(Part::Document(document));
            continue;
        }
        // what was not plain a moment ago is not plain now
        let is_exact = is_exact || number < ahead.len();
        let refusal = match chunk {
            Chunk::Text(span) | Chunk::BadSeparator { line: span, .. }
                if parts.len() + drafts.len() >= limits::DOCUMENTS.count() =>
            {
                settle(&mut drafts, &mut builder, &mut parts);
                parts.push(Part::Refused(too_many_documents(span.start as usize)));
                break;
            }
            Chunk::Text(span) => match parse::document(source, span, &mut budget, &mut builder, is_exact) {
                Ok(draft) => {
                    drafts.push(draft);
                    if builder.is_full() {
                        settle(&mut drafts, &mut builder, &mut parts);
                    }
                    continue;
                }
                Err(refusal) => or_conflict(source, span, refusal),
            },
            Chunk::BadSeparator { line, rest, loses_previous } => {
                let mut refusal = bad_separator(source, line, rest);
                refusal.loses_previous = loses_previous;
                refusal
            }
        };
        settle(&mut drafts, &mut builder, &mut parts);
        parts.push(Part::Refused(refusal));
    }
    settle(&mut drafts, &mut builder, &mut parts);
    parts
}

/// Makes documents of drafts: all that are in a file are in one tree, up to its size.
fn settle(drafts: &mut Vec<Draft>, builder: &mut Builder<'_>, parts: &mut Vec<Part>) {
    if !drafts.is_empty() {
        let tree = builder.seal();
        parts.extend(drafts.drain(..).map(|draft| Part::Document(draft.within(&tree))));
    }
}

/// So many documents are worth the threads, and one thread takes as many at a time.
const MANY: usize = 64;

/// The documents of a long file that are written as most manifests are, read on all threads where the crate has the
/// feature. What shares the file's budget of aliases is left for the one that counts.
fn read_ahead(source: &Arc<Source>, chunks: &[Chunk]) -> Vec<Option<Document>> {
    let counted = &chunks[..chunks.len().min(limits::DOCUMENTS.count())];
    if counted.len() < MANY {
        return Vec::new();
    }
    let read = |some: &[Chunk]| {
        let mut builder = Builder::new(source);
        let mut documents = Vec::with_capacity(some.len());
        let mut drafts: Vec<Option<Draft>> = Vec::with_capacity(some.len());
        for (number, chunk) in some.iter().enumerate() {
            drafts.push(match chunk {
                Chunk::Text(span) => parse::plain_document(source, *span, &mut builder),
                Chunk::BadSeparator { .. } => None,
            });
            if builder.is_full() || number + 1 == some.len() {
                let tree = builder.seal();
                documents.extend(drafts.drain(..).map(|draft| Some(draft?.within(&tree))));
            }
        }
        documents
    };
    #[cfg(feature = "parallel")]
    let all = counted.par_chunks(MANY).flat_map_iter(read).collect();
    #[cfg(not(feature = "parallel"))]
    let all = counted.chunks(MANY).flat_map(read).collect();
    all
}

/// The documents that kubectl would hand on, and its reason for stopping if it stops.
#[must_use]
pub fn as_kubectl(parts: Vec<Part>) -> (Vec<Document>, Option<Refusal>) {
    let mut documents = Vec::new();
    for part in parts {
        match part {
            Part::Document(document) => documents.push(document),
            Part::Refused(refusal) => {
                if refusal.loses_previous {
                    documents.pop();
                }
                documents.retain(is_something);
                return (documents, Some(refusal));
            }
        }
    }
    documents.retain(is_something);
    (documents, None)
}

fn is_something(document: &Document) -> bool {
    document.value(document.root()) != Value::Null
}

/// `IsJSONBuffer`: the first character that is not space, within the first 4096 bytes, is `{`.
fn looks_like_json(text: &str) -> bool {
    let trimmed = text.trim_start();
    trimmed.starts_with('{') && text.len() - trimmed.len() < 4096
}

fn bad_separator(source: &Source, line: Span, rest: Span) -> Refusal {
    let text = source.slice(rest);
    let refusal = Refusal::new(rest, "only a comment may follow `---` on its line")
        .because("kubectl splits a file at every line that starts with `---`, before it parses any YAML, and refuses the file if text follows on that line");
    if text.starts_with('-') || source.slice(line).contains("-----") {
        return refusal.help("indent this line if it belongs to a block scalar; a separator is `---` alone");
    }
    refusal.help("put the content on the next line")
}
