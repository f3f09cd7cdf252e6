//! What a document has, seen as a whole: its parameters, and the containers in it.

use super::fill::{Filled, fill, misspelt};
use crate::describe::{App, Description, Entry};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::folders::Catalogue;

/// A document whose parameters are filled in. Nothing is given out yet.
pub(crate) struct Document<'a> {
    pub description: &'a Description,
    pub shape: Filled,
    pub uses: Vec<Filled>,
}

impl<'a> Document<'a> {
    /// Fills in what a document asks for.
    ///
    /// # Errors
    /// What is wrong with its entries, each by itself.
    pub(crate) fn fill(catalogue: &Catalogue, description: &'a Description) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut keep = |filled: Result<Filled, Vec<Finding>>| filled.map_err(|mistakes| findings.extend(mistakes)).ok();
        let shape = keep(fill(catalogue, &description.name, &description.shape, true));
        let uses = description.uses.iter().filter_map(|entry| keep(fill(catalogue, &description.name, entry, false)));
        let uses = uses.collect();
        match shape {
            Some(shape) if findings.is_empty() => Ok(Self { description, shape, uses }),
            _ => Err(findings),
        }
    }

    /// Its shape and the entries of `use`.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Filled> {
        std::iter::once(&self.shape).chain(&self.uses)
    }
}

/// What is wrong with the patterns that a document asks for, each by itself.
#[must_use]
pub fn check(catalogue: &Catalogue, description: &Description) -> Vec<Finding> {
    Document::fill(catalogue, description).err().unwrap_or_default()
}

/// What is misspelt in a description's environments that are not asked for.
#[must_use]
pub fn check_elsewhere(catalogue: &Catalogue, description: &Description) -> Vec<Finding> {
    let check = |(as_shape, entry): &(bool, Entry)| {
        // one that changes an entry of the description has the pattern of that
        let own = description.uses.iter().find(|own| !*as_shape && own.name == entry.name);
        let pattern = own.map_or(&entry.pattern, |own| &own.pattern).clone();
        misspelt(catalogue, &Entry { pattern, ..entry.clone() }, *as_shape)
    };
    description.elsewhere.iter().flat_map(check).collect()
}

/// The containers of the user's, wherever a document has them.
pub(crate) fn apps<'a>(
    description: &'a Description,
    shape: &'a Filled,
    uses: &'a [Filled],
) -> impl Iterator<Item = &'a App> {
    let own = description.app.iter().chain(description.inits.iter().map(|init| &init.app));
    own.chain(std::iter::once(shape).chain(uses).flat_map(|filled| &filled.containers))
}
