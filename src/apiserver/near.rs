//! Names that were meant.

/// The known name that a wrong one is a slip of: two letters at most are others.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |field: &&str| strsim::damerau_levenshtein(&field.to_lowercase(), &name.to_lowercase());
    known
        .iter()
        .map(|field| (distance(field), *field))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, field)| field)
}
