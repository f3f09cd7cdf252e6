//! Which files git tracks, by its index (git: `Documentation/gitformat-index.adoc`, versions 2 to 4): `.gitignore` says
//! nothing of those.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::files;
use crate::limits;

/// What an index begins with.
const SIGNATURE: &[u8] = b"DIRC";

/// What an entry holds before the hash of its content: times, numbers, and its mode.
const STAT: usize = 40;
const MODE: usize = 24;

/// How long hashes are: of SHA-1, and of SHA-256.
const HASHES: [usize; 2] = [20, 32];

/// The longest path that systems take (Linux: `PATH_MAX`).
const LONGEST: usize = 4096;

/// How many times as long as the index the names in it may be. In version 4 a name leaves out what it shares with the one
/// before; the paths of real repositories are not twice as long as their entries, which have 62 bytes besides.
const MOST_REPEATED: usize = 4;

/// The wanted ones of the files that git tracks in a folder, without links; none where there is no repository, or its
/// index cannot be read.
#[must_use]
pub fn files_in(folder: &Path, is_wanted: fn(&Path) -> bool) -> Vec<PathBuf> {
    let Ok(folder) = std::fs::canonicalize(folder) else { return Vec::new() };
    let root = files::root(&folder);
    let Some(git) = git_folder(&root) else { return Vec::new() };
    let Ok(bytes) = files::read_regular(&git.join("index"), limits::INDEX) else { return Vec::new() };
    let is_plain = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    let is_kept = |name: &str| {
        let path = Path::new(name);
        is_wanted(path) && is_plain(path) && root.join(path).starts_with(&folder)
    };
    let Some(index) = Index::read(&bytes, &is_kept) else { return Vec::new() };
    let shared = index.shared.as_ref().and_then(|name| files::read_regular(&git.join(name), limits::INDEX).ok());
    let shared = shared.and_then(|bytes| Index::read(&bytes, &is_kept)).unwrap_or_default();
    index.names.iter().chain(&shared.names).map(|name| root.join(name)).collect()
}

/// Where git keeps what it knows of a repository: a folder, or the one that a file names (worktrees, submodules).
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = String::from_utf8(files::read_regular(&git, limits::BESIDE).ok()?).ok()?;
    Some(root.join(text.strip_prefix("gitdir:")?.trim()))
}

/// What an index says.
#[derive(Debug, Default)]
struct Index {
    names: Vec<String>,
    /// The file with the entries that several indexes share, if there is one.
    shared: Option<String>,
}

impl Index {
    /// Reads the names that are wanted.
    fn read(bytes: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Option<Self> {
        HASHES.into_iter().find_map(|hash| Reader { bytes, at: 0, hash }.index(is_wanted))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    hash: usize,
}

impl<'a> Reader<'a> {
    fn index(&mut self, is_wanted: &dyn Fn(&str) -> bool) -> Option<Index> {
        if self.take(SIGNATURE.len())? != SIGNATURE {
            return None;
        }
        let version = self.number()?;
        if !(2..=4).contains(&version) {
            return None;
        }
        let count = self.number()?;
        let mut index = Index::default();
        let (mut name, mut kept) = (Vec::new(), 0);
        for _ in 0..count {
            let is_file = self.entry(version, &mut name)?;
            // others than UTF-8 are left out
            let Some(text) = std::str::from_utf8(&name).ok().filter(|text| is_file && is_wanted(text)) else {
                continue;
            };
            // a few bytes of version 4 repeat a long name
            kept += text.len();
            if kept > self.bytes.len().saturating_mul(MOST_REPEATED) {
                return None;
            }
            index.names.push(text.to_owned());
        }
        // the checksum is last
        while self.bytes.len() > self.at + self.hash {
            let kind = self.take(4)?;
            let size = usize::try_from(self.number()?).ok()?;
            let extension = self.take(size)?;
            if kind == b"link" {
                let mut name = "sharedindex.".to_owned();
                for byte in extension.get(..self.hash)? {
                    write!(name, "{byte:02x}").ok()?;
                }
                index.shared = Some(name);
            }
        }
        (self.bytes.len() == self.at + self.hash).then_some(index)
    }

    /// Reads an entry's name over the one before; whether it is a file and no link.
    fn entry(&mut self, version: u32, name: &mut Vec<u8>) -> Option<bool> {
        let begin = self.at;
        let stat = self.take(STAT)?;
        let mode = u32::from_be_bytes(stat.get(MODE..MODE + 4)?.try_into().ok()?);
        self.take(self.hash)?;
        let flags = self.take(2)?;
        if flags[0] & 0x40 != 0 {
            // more flags
            self.take(2)?;
        }
        if version == 4 {
            // how much of the name before is left out at its end
            let kept = name.len().checked_sub(self.variable()?)?;
            name.truncate(kept);
        } else {
            name.clear();
        }
        let length = memchr::memchr(0, self.bytes.get(self.at..)?)?;
        if name.len() + length > LONGEST {
            return None;
        }
        name.extend_from_slice(self.take(length)?);
        if version == 4 {
            self.take(1)?;
        } else {
            let written = self.at - begin;
            self.take(8 - written % 8)?;
        }
        let told = usize::from(u16::from_be_bytes([flags[0] & 0x0f, flags[1]]));
        (told == name.len().min(0x0fff)).then_some(mode >> 12 == 0o10)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A number in as many bytes as it needs, as packs have them (`decode_varint` in git's `varint.c`).
    fn variable(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Index;

    /// An index of files with hashes of that length, and what else is in it.
    fn index(version: u8, hash: usize, names: &[&str], rest: &[u8]) -> Vec<u8> {
        let count = u8::try_from(names.len()).unwrap();
        let mut bytes = [&b"DIRC\0\0\0"[..], &[version, 0, 0, 0, count]].concat();
        let mut before = "";
        for name in names {
            let start = bytes.len();
            bytes.extend([&[0; 24][..], &0o100_644_u32.to_be_bytes(), &[0; 12], &vec![7; hash]].concat());
            let more = if version == 3 { 0x40 } else { 0 };
            let [high, low] = u16::try_from(name.len().min(0x0fff)).unwrap().to_be_bytes();
            bytes.extend([more | high, low]);
            bytes.extend(vec![0; if version == 3 { 2 } else { 0 }]);
            if version == 4 {
                let same = before.bytes().zip(name.bytes()).take_while(|(one, other)| one == other).count();
                bytes.push(u8::try_from(before.len() - same).unwrap());
                bytes.extend(name[same..].bytes().chain([0]));
            } else {
                bytes.extend(name.bytes());
                let written = bytes.len() - start;
                bytes.extend(vec![0; 8 - written % 8]);
            }
            before = name;
        }
        [bytes, rest.to_vec(), vec![9; hash]].concat()
    }

    #[test]
    fn names_of_every_version_are_read() {
        let names =
            ["a.yaml", "config/manager/kustomization.yaml", "config/manager/manager.yaml", "config/ns.yaml", "z"];
        for version in 2..=4 {
            for hash in [20, 32] {
                let tree = [&b"TREE\0\0\0\x03"[..], b"abc"].concat();
                for rest in [&b""[..], &tree] {
                    let read = Index::read(&index(version, hash, &names, rest), &|_| true).unwrap();
                    assert_eq!(
                        (read.names.as_slice(), read.shared),
                        (&names.map(str::to_owned)[..], None),
                        "{version}"
                    );
                }
            }
        }
        let link = [&b"link\0\0\0\x14"[..], &[0xab; 20]].concat();
        let shared = Index::read(&index(2, 20, &[], &link), &|_| true).unwrap().shared;
        assert_eq!(shared, Some(format!("sharedindex.{}", "ab".repeat(20))));
    }

    #[test]
    fn whatever_is_cut_off_is_refused() {
        for version in 2..=4 {
            let whole = index(version, 20, &["a.yaml", "b/c.yaml"], b"");
            for end in 0..whole.len() {
                let read = Index::read(&whole[..end], &|_| true);
                assert!(read.is_none_or(|read| read.names.len() < 2), "{version} {end}");
            }
        }
    }

    #[test]
    fn a_small_index_holds_no_large_names() {
        let named = |length: usize| {
            let names: Vec<String> = (10..99).map(|number| format!("{}{number}.yaml", "a".repeat(length))).collect();
            index(4, 20, &names.iter().map(String::as_str).collect::<Vec<_>>(), b"")
        };
        assert!(Index::read(&named(150), &|_| true).is_some_and(|index| index.names.len() == 89));
        assert!(Index::read(&named(2000), &|_| true).is_none());
        assert!(Index::read(&named(2000), &|_| false).is_some_and(|index| index.names.is_empty()));
        assert!(Index::read(&named(5000), &|_| false).is_none());
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for bytes in [&b""[..], b"DIRC", b"DIRC\0\0\0\x02\0\0\0\x01", b"DIRC\0\0\0\x09\0\0\0\0", &[0xff; 200]] {
            assert!(Index::read(bytes, &|_| true).is_none(), "{bytes:?}");
        }
        let empty = [&b"DIRC\0\0\0\x02\0\0\0\0"[..], &[7; 20]].concat();
        assert!(Index::read(&empty, &|_| true).is_some_and(|index| index.names.is_empty()));
    }
}
