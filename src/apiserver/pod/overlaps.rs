//! Paths of one volume that cannot be there side by side.

use crate::kube::FastMap;

/// What is there so often is compared with the first of them only, or a thousand would give a million warnings.
pub const REPEATED: usize = 20;

/// The paths of a volume as a tree of their segments.
#[derive(Debug)]
pub struct Overlaps<'a> {
    paths: Vec<&'a str>,
    folders: Vec<Folder>,
    /// By what is above it and its name.
    inside: FastMap<(usize, &'a str), usize>,
}

/// A folder or file: the first paths that are it, and the first that are below it, by their numbers.
#[derive(Debug, Default)]
struct Folder {
    same: Vec<usize>,
    below: Vec<usize>,
}

impl Default for Overlaps<'_> {
    fn default() -> Self {
        Self { paths: Vec::new(), folders: vec![Folder::default()], inside: FastMap::default() }
    }
}

impl<'a> Overlaps<'a> {
    /// Adds a path. Returns the first of those before that are the same, above it, or below it.
    pub fn add(&mut self, path: &'a str) -> Vec<&'a str> {
        let number = self.paths.len();
        self.paths.push(path);
        let mut found: Vec<usize> = Vec::new();
        let mut at = 0;
        for segment in path.split('/') {
            found.extend(&self.folders[at].same);
            let below = &mut self.folders[at].below;
            if below.len() < REPEATED {
                below.push(number);
            }
            let next = self.folders.len();
            at = *self.inside.entry((at, segment)).or_insert(next);
            if at == next {
                self.folders.push(Folder::default());
            }
        }
        let Folder { same, below } = &mut self.folders[at];
        found.extend(same.iter().chain(below.iter()));
        if same.len() < REPEATED {
            same.push(number);
        }
        found.sort_unstable();
        found.truncate(REPEATED);
        found.into_iter().map(|number| self.paths[number]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Overlaps, REPEATED};

    #[test]
    fn paths_that_overlap() {
        let mut paths = Overlaps::default();
        assert!(["a/b", "ab", "c", "/a"].into_iter().all(|path| paths.add(path).is_empty()));
        assert_eq!(paths.add("a"), ["a/b"]);
        assert_eq!(paths.add("a/b/c"), ["a/b", "a"]);
        assert_eq!(paths.add("a"), ["a/b", "a", "a/b/c"]);
        assert_eq!((0..100).map(|_| paths.add("c").len()).max(), Some(REPEATED));
    }
}
