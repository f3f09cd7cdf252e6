//! References of images: their repositories and tags.

/// Whether a repository ends with these whole segments.
pub(super) fn ends_with(repository: &str, image: &str) -> bool {
    if !image.contains('*') {
        return repository.strip_suffix(image).is_some_and(|before| before.is_empty() || before.ends_with('/'));
    }
    let (mut have, mut want) = (repository.rsplit('/'), image.rsplit('/'));
    want.all(|want| have.next().is_some_and(|have| fits(have, want)))
}

fn fits(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end),
        None => text == pattern,
    }
}

pub(super) fn last_segment(name: &str) -> &str {
    memchr::memrchr(b'/', name.as_bytes()).map_or(name, |slash| &name[slash + 1..])
}

/// Whether a tag is of the kind that a description is for: it contains a text, or is of a version before one (`<1.23`).
pub(super) fn has_tag(tag: &str, wanted: &str) -> bool {
    match wanted.strip_prefix('<').and_then(version) {
        Some(limit) => version(tag).is_some_and(|version| version < limit),
        None => tag.contains(wanted),
    }
}

/// Major and minor version at the start of a tag: `v1.18.2`, `1.9-alpine`.
fn version(tag: &str) -> Option<(u64, u64)> {
    let mut numbers = tag.strip_prefix('v').unwrap_or(tag).split(|sign: char| !sign.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Repository and tag of a reference: `registry/repository:tag@digest`.
#[must_use]
pub fn split(reference: &str) -> (&str, &str) {
    let bytes = reference.as_bytes();
    let name = &reference[..memchr::memchr(b'@', bytes).unwrap_or(bytes.len())];
    let folder = memchr::memrchr(b'/', name.as_bytes()).map_or(0, |slash| slash + 1);
    match memchr::memchr(b':', &name.as_bytes()[folder..]) {
        Some(colon) => (&name[..folder + colon], &name[folder + colon + 1..]),
        None => (name, ""),
    }
}
