//! The proof of the whole: documents that are printed together have to generate together.

use std::collections::BTreeSet;

use super::refusal;
use super::{Generate, Imported};

/// Why what is printed generates nothing, though each of its documents alone does.
pub(super) fn refused(documents: &[Imported], generate: Generate<'_>) -> Vec<String> {
    let variants: BTreeSet<Option<&str>> = documents.iter().map(|document| document.variant.as_deref()).collect();
    let mut refused = Vec::new();
    for variant in variants {
        let of = documents.iter().filter(|document| document.variant.as_deref() == variant);
        let together: Vec<&Imported> = of.collect();
        if together.len() < 2 {
            continue;
        }
        let text = together.iter().map(|document| document.text.as_str()).collect::<Vec<_>>().join("---\n");
        let environments = together.iter().flat_map(|document| &document.environments).map(String::as_str);
        let environments: BTreeSet<&str> = environments.collect();
        for environment in std::iter::once(None).chain(environments.into_iter().map(Some)) {
            if let Err(stop) = generate(&text, environment) {
                let of = [variant, environment].into_iter().flatten().collect::<Vec<_>>().join(", ");
                let of = if of.is_empty() { of } else { format!(" ({of})") };
                refused.push(format!("the documents together{of}: {}", refusal::stopped(&stop)));
            }
        }
    }
    refused
}
