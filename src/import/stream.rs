//! The proof of the whole: documents that are printed together have to generate together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value as Json;

use super::attempt::{Place, place_of};
use super::refusal;
use super::{Generate, Imported};
use crate::diagnostic::Stop;

/// So many documents are generated for the proof of all environments together. Past it, those are generated for an
/// environment that it changes, beside what the others make.
const GENERATED: usize = 400;

/// Why what is printed generates nothing, though each of its documents alone does.
pub(super) fn refused(documents: &[Imported], generate: Generate<'_>) -> Vec<String> {
    let mut variants: BTreeMap<Option<&str>, Vec<&Imported>> = BTreeMap::new();
    for document in documents {
        variants.entry(document.variant.as_deref()).or_default().push(document);
    }
    let several = variants.into_iter().filter(|(_, together)| together.len() > 1);
    several.flat_map(|(variant, together)| Together::of(together, generate).refused(variant)).collect()
}

/// Documents that are printed together.
struct Together<'a> {
    documents: Vec<&'a Imported>,
    text: String,
    generate: Generate<'a>,
}

impl<'a> Together<'a> {
    fn of(documents: Vec<&'a Imported>, generate: Generate<'a>) -> Self {
        Self { text: text(&documents), documents, generate }
    }

    fn refused(&self, variant: Option<&str>) -> Vec<String> {
        let environments: BTreeSet<&str> =
            self.documents.iter().flat_map(|document| &document.environments).map(String::as_str).collect();
        let is_small = self.documents.len().saturating_mul(environments.len()) <= GENERATED;
        let plain = (self.generate)(&self.text, None);
        let made: Option<HashSet<Place>> = plain.as_ref().ok().filter(|_| !is_small).map(|made| places(made));
        let mut refused: Vec<String> = plain.err().map(|stop| said(&[variant], &stop)).into_iter().collect();
        for environment in environments {
            if made.as_ref().is_some_and(|made| self.is_as_before(environment, made)) {
                continue;
            }
            if let Err(stop) = (self.generate)(&self.text, Some(environment)) {
                refused.push(said(&[variant, Some(environment)], &stop));
            }
        }
        refused
    }

    /// Whether the documents that an environment changes are generated without the others, and make nothing that these
    /// make.
    fn is_as_before(&self, environment: &str, made: &HashSet<Place>) -> bool {
        let changed = self.documents.iter().filter(|document| document.changed.contains(environment));
        let changed: Vec<&Imported> = changed.copied().collect();
        if changed.is_empty() {
            return true;
        }
        let text = text(&changed);
        let (Ok(before), Ok(after)) = ((self.generate)(&text, None), (self.generate)(&text, Some(environment))) else {
            return false;
        };
        let before = places(&before);
        !after.iter().map(place_of).any(|place| made.contains(&place) && !before.contains(&place))
    }
}

fn text(documents: &[&Imported]) -> String {
    documents.iter().map(|document| document.text.as_str()).collect::<Vec<_>>().join("---\n")
}

fn places(made: &[Json]) -> HashSet<Place> {
    made.iter().map(place_of).collect()
}

fn said(of: &[Option<&str>], stop: &Stop) -> String {
    let of = of.iter().copied().flatten().collect::<Vec<_>>().join(", ");
    let of = if of.is_empty() { of } else { format!(" ({of})") };
    format!("the documents together{of}: {}", refusal::stopped(stop))
}
