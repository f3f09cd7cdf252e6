//! What is below a folder, but for what its ignore files leave out. Each folder is asked once for what is in it: that
//! says which ignore files there are, too.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::files;

/// What git ignores where it is.
pub(super) const GITIGNORE: &str = ".gitignore";

/// The same for programs that search: what it says of a path, `.gitignore` does not change.
pub(super) const IGNORE: &str = ".ignore";

const NAMES: [&str; 2] = [GITIGNORE, IGNORE];

/// Something in a folder.
pub(super) struct Entry {
    pub name: OsString,
    pub kind: FileType,
}

/// What is in a folder, by name.
pub(super) struct Content {
    /// The folder as it is reached.
    path: PathBuf,
    /// The same without links and dots.
    real: PathBuf,
    entries: Vec<Entry>,
    /// What could not be read of it.
    pub failures: Vec<io::Error>,
}

impl Content {
    /// Lists a folder, whose real path is `real`.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn read(path: PathBuf, real: PathBuf) -> io::Result<Self> {
        let (mut entries, mut failures) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&path)? {
            match entry.and_then(|entry| Ok(Entry { kind: entry.file_type()?, name: entry.file_name() })) {
                Ok(entry) => entries.push(entry),
                Err(error) => failures.push(error),
            }
        }
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { path, real, entries, failures })
    }

    /// Whether something in it has this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.binary_search_by(|entry| entry.name.as_os_str().cmp(name.as_ref())).is_ok()
    }

    /// The folder without links and dots.
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// The names of what is in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| entry.name.to_str())
    }

    /// The folder as it is reached.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where something in it is.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// What is found.
pub(super) enum Found {
    /// A folder, which is searched only if it is [listed](Search::list) and [entered](Search::enter).
    Folder { path: PathBuf, real: PathBuf },
    /// A file, a link or whatever else is no folder. Its real path is where it is itself, not where a link leads.
    Other { path: PathBuf, real: PathBuf, kind: FileType },
}

/// What the ignore files of one folder say; none where they say nothing.
#[derive(Default)]
struct Ignored([Option<Gitignore>; NAMES.len()]);

impl Ignored {
    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// A folder that is being searched.
struct Open {
    path: PathBuf,
    real: PathBuf,
    rest: IntoIter<Entry>,
    ignored: Ignored,
}

/// A search through a folder: each folder before what is in it, all by name.
pub(super) struct Search {
    folder: PathBuf,
    real: PathBuf,
    /// The ignore files that count.
    counted: &'static [&'static str],
    /// What the folders above say of absolute paths, the nearest first.
    above: Vec<Ignored>,
    open: Vec<Open>,
}

impl Search {
    /// Begins a search of a folder, whose real path is `real`. Which of the patterns in the ignore files above it have no
    /// meaning is returned, too.
    ///
    /// # Errors
    /// An ignore file of a folder above that is not regular or too large.
    pub fn of(
        folder: &Path,
        real: PathBuf,
        counted: &'static [&'static str],
    ) -> io::Result<(Self, Vec<ignore::Error>)> {
        let (mut above, mut errors) = (Vec::new(), Vec::new());
        for parent in real.ancestors().skip(1) {
            let (ignored, unclear) = ignored(parent, counted, |_| true)?;
            above.extend(Some(ignored).filter(|ignored| !ignored.is_empty()));
            errors.extend(unclear);
        }
        let search = Self { folder: folder.to_owned(), real, counted, above, open: Vec::new() };
        Ok((search, errors))
    }

    /// What is in the folder of the search.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn root(&self) -> io::Result<Content> {
        Content::read(self.folder.clone(), self.real.clone())
    }

    /// Searches a folder next.
    ///
    /// # Errors
    /// An ignore file of the folder that is not regular or too large.
    pub fn enter(&mut self, content: Content) -> io::Result<()> {
        // patterns without a meaning leave out nothing
        let (ignored, _) = ignored(&content.path, self.counted, |name| content.has(name))?;
        let Content { path, real, entries, .. } = content;
        self.open.push(Open { path, real, rest: entries.into_iter(), ignored });
        Ok(())
    }

    /// Whether an ignore file leaves a path out. The nearest one that speaks of it counts.
    fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        let whole = || self.real.join(path.strip_prefix(&self.folder).unwrap_or(path));
        let whole = if self.above.is_empty() { None } else { Some(whole()) };
        let says = |of: usize| {
            let below = self.open.iter().rev().filter_map(|open| Some((open.ignored.0[of].as_ref()?, path)));
            let above = whole.iter().flat_map(|path| {
                self.above.iter().filter_map(|ignored| Some((ignored.0[of].as_ref()?, path.as_path())))
            });
            below.chain(above).map(|(globs, path)| globs.matched(path, is_folder)).find(|said| !said.is_none())
        };
        (0..NAMES.len()).rev().find_map(says).is_some_and(|said| said.is_ignore())
    }
}

impl Iterator for Search {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let open = self.open.last_mut()?;
            let Some(Entry { name, kind }) = open.rest.next() else {
                self.open.pop();
                continue;
            };
            if name == ".git" {
                continue;
            }
            let (path, real) = (open.path.join(&name), open.real.join(&name));
            if self.is_ignored(&path, kind.is_dir()) {
                continue;
            }
            return Some(if kind.is_dir() { Found::Folder { path, real } } else { Found::Other { path, real, kind } });
        }
    }
}

/// What the ignore files of a folder say that may be there, and which of their patterns have no meaning.
fn ignored(
    folder: &Path,
    counted: &[&str],
    may_have: impl Fn(&str) -> bool,
) -> io::Result<(Ignored, Vec<ignore::Error>)> {
    let (mut ignored, mut errors) = (Ignored::default(), Vec::new());
    for (name, says) in NAMES.into_iter().zip(&mut ignored.0).filter(|(name, _)| may_have(name)) {
        let path = folder.join(name);
        if !files::check_ignore_file(&path)? || !counted.contains(&name) {
            continue;
        }
        let mut builder = GitignoreBuilder::new(folder);
        errors.extend(builder.add(&path).filter(|error| !error.is_io()));
        match builder.build() {
            Ok(globs) => *says = Some(globs).filter(|globs| !globs.is_empty()),
            Err(error) => errors.push(error),
        }
    }
    Ok((ignored, errors))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{Content, Found, GITIGNORE, IGNORE, Search};
    use crate::files::identity;

    /// What a search finds in a folder, all of its folders entered.
    fn ours(folder: &Path, counted: &'static [&'static str]) -> Vec<PathBuf> {
        let (mut search, _) = Search::of(folder, identity(folder), counted).unwrap();
        let root = search.root().unwrap();
        search.enter(root).unwrap();
        let mut all = vec![folder.to_owned()];
        while let Some(found) = search.next() {
            let (path, real) = match found {
                Found::Folder { path, real } => {
                    let content = Content::read(path.clone(), real.clone()).unwrap();
                    assert!(content.failures.is_empty());
                    search.enter(content).unwrap();
                    (path, real)
                }
                Found::Other { path, real, .. } => (path, real),
            };
            assert_eq!(real, identity(folder).join(path.strip_prefix(folder).unwrap()));
            all.push(path);
        }
        all
    }

    /// What ripgrep's search finds there.
    fn others(folder: &Path, reads_gitignore: bool) -> Vec<PathBuf> {
        let mut walk = ignore::WalkBuilder::new(folder);
        walk.hidden(false).git_ignore(reads_gitignore).git_global(false).git_exclude(false).require_git(false);
        let walk = walk.filter_entry(|entry| entry.file_name() != ".git").sort_by_file_name(Ord::cmp).build();
        // an error is a pattern above that means nothing
        walk.filter_map(Result::ok).map(ignore::DirEntry::into_path).collect()
    }

    /// In a folder whose ignore files anchor, negate, nest and name nothing, by all ways of writing where it is.
    #[test]
    fn a_search_finds_what_ripgreps_does() {
        let scratch = std::env::temp_dir().join(format!("patterns-search-{}", std::process::id()));
        let files = [
            (".gitignore", "*.log\n/shop/deep/only\nwhole/\n!kept.log\nbuild\n"),
            (".ignore", "!again.log\nskipped\n"),
            ("shop/.gitignore", "/a.yaml\n!c.log\n# none\n\n*.tmp\nx/**/y\n"),
            ("shop/.ignore", "deep/*.json\n!deep/b.json\n"),
            ("shop/deep/.gitignore", "!*.log\n[z-a]\nsub/*\n!sub/d.yaml\n"),
            ("shop/deep/only/a.yaml", ""),
            ("shop/deep/a.json", ""),
            ("shop/deep/b.json", ""),
            ("shop/deep/a.log", ""),
            ("shop/deep/sub/c.yaml", ""),
            ("shop/deep/sub/d.yaml", ""),
            ("shop/deep/a.yaml", ""),
            ("shop/a.yaml", ""),
            ("shop/a.log", ""),
            ("shop/c.log", ""),
            ("shop/kept.log", ""),
            ("shop/again.log", ""),
            ("shop/b.tmp", ""),
            ("shop/x/1/2/y/a.yaml", ""),
            ("shop/x/1/2/z/a.yaml", ""),
            ("shop/build/a.yaml", ""),
            ("shop/.hidden/.a.yaml", ""),
            ("shop/.git/config", ""),
            ("shop/whole", ""),
            ("shop/skipped/a.yaml", ""),
            ("shop.d/.gitignore", "*\n!.gitignore\n"),
            ("shop.d/a.yaml", ""),
            ("whole/a.yaml", ""),
            ("..a/é/a.yaml", ""),
        ];
        for (name, text) in files {
            let path = scratch.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for (link, to) in
            [("shop/up", ".."), ("shop/gone", "nowhere"), ("shop/link.yaml", "deep/a.yaml"), ("same", "shop")]
        {
            symlink(to, scratch.join(link)).unwrap();
        }
        symlink("../rules", scratch.join("..a/.gitignore")).unwrap();
        fs::write(scratch.join("rules"), "é/\n").unwrap();
        let up: PathBuf = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
        let relative = up.join(scratch.strip_prefix("/").unwrap());
        let mut count = 0;
        for start in [scratch.clone(), relative.clone(), Path::new(".").join(&relative), scratch.join("shop/..")] {
            for below in
                ["", "shop", "shop/deep", "shop/deep/sub", "same", "shop.d", "./shop", "shop/", "..a", "shop/../..a"]
            {
                let folder = if below.is_empty() { start.clone() } else { start.join(below) };
                assert_eq!(ours(&folder, &[GITIGNORE, IGNORE]), others(&folder, true), "{}", folder.display());
                assert_eq!(ours(&folder, &[IGNORE]), others(&folder, false), "{}", folder.display());
                count += ours(&folder, &[GITIGNORE, IGNORE]).len();
            }
        }
        assert!(count > 400, "{count}");
        let (_, unclear) =
            Search::of(&scratch.join("shop/deep/sub"), scratch.join("shop/deep/sub"), &[GITIGNORE]).unwrap();
        assert_eq!(unclear.len(), 1, "{unclear:?}");
        fs::remove_dir_all(scratch).unwrap();
    }
}
