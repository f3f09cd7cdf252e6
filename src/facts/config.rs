//! The files that a container mounts, as far as the run holds their ConfigMaps.

mod mounts;

use std::ops::Range;
use std::sync::Arc;

use super::formats::{self, Reading};
use super::program::Format;
use super::proof::Location;
use crate::kube::types::{self, KeyToPath};
use crate::kube::{ContainerView, FastMap, Index, Memo, Object, PodView};
use crate::yaml::{NodeId, Span, work};
use mounts::{Given, Many, Mount, given};

/// A file of a mounted ConfigMap.
#[derive(Clone, Debug)]
pub struct ConfigFile<'run> {
    /// The ConfigMap.
    pub object: &'run Object,
    /// The node of the text.
    pub node: NodeId,
    /// The key.
    pub name: &'run str,
    /// Where the container finds it.
    pub path: String,
    /// What it says, where that was asked for.
    said: Option<&'run str>,
}

impl<'run> ConfigFile<'run> {
    /// A text at a node of an object.
    #[must_use]
    pub fn of_text(object: &'run Object, node: NodeId, name: &'run str, text: &'run str) -> Self {
        Self { object, node, name, path: String::new(), said: Some(text) }
    }

    /// The text that an object holds under a key, made when it is asked for.
    #[must_use]
    pub fn of_key(object: &'run Object, node: NodeId, name: &'run str, path: String) -> Self {
        Self { object, node, name, path, said: None }
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &'run str {
        self.said.unwrap_or_else(|| self.object.document.str(self.node).unwrap_or_default())
    }

    /// Its lines as they are written: what a line of the text holds is in them, too. Most texts lack the words that are
    /// looked for in them, and large ones need not be made to see that.
    #[must_use]
    pub fn lines(&self) -> &'run str {
        let is_made_late = self.said.is_none() && self.object.document.is_late(self.node);
        let literal = || self.object.document.raw(self.node).strip_prefix('|')?.split_once('\n');
        is_made_late.then(literal).flatten().map_or_else(|| self.text(), |(_, lines)| lines)
    }

    /// A piece of the text.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Location<'run> {
        Location::node(self.object, self.node).piece(range.start, range.len())
    }

    /// Whether the text, and the namespace in which it is read, reach the API server as they are written.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.object.keeps(&["metadata.namespace"]) && self.object.keeps_node(self.node)
    }

    /// The bytes of the manifest where a part of the text itself is written; of the whole text where it is written in
    /// another way.
    #[must_use]
    pub fn span_of_part(&self, part: &str) -> Span {
        let text = self.text();
        let at = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        if text.get(at..).is_some_and(|rest| rest.starts_with(part)) {
            self.place(at..at + part.len()).span()
        } else {
            self.object.document.span(self.node)
        }
    }
}

/// Something that a container mounts of which the run does not hold the content.
#[derive(Clone, Debug)]
pub struct Unseen {
    /// Where it is mounted.
    pub path: String,
    /// Whether it is empty when the Pod starts: what is in it is written by the Pod itself.
    pub starts_empty: bool,
    /// Whether another container may write what is in it then: a script that prepares it.
    pub is_shared: bool,
}

/// Up to this many volumes and mounts, looking at each is faster than a map.
const FEW: usize = 16;

/// The volumes of a Pod, for all its containers.
pub(super) struct Volumes<'run> {
    all: &'run [types::Volume],
    /// By name, if they are more than a few.
    by_name: FastMap<&'run str, &'run types::Volume>,
    /// Whether one of them has more than a few sources.
    has_many_sources: bool,
    /// How many mounts of containers may write to each volume that starts empty.
    writers: FastMap<&'run str, usize>,
}

impl<'run> Volumes<'run> {
    pub(super) fn of(pod: PodView<'run>) -> Self {
        let all = pod.spec.volumes.as_deref().unwrap_or_default();
        let has_many_sources = |volume: &types::Volume| {
            let sources = volume.projected.as_ref().and_then(|projected| projected.sources.as_ref());
            sources.is_some_and(|sources| sources.len() > FEW)
        };
        // the first of a name
        let named = all.iter().rev().filter(|_| all.len() > FEW).map(|volume| (volume.name.as_str(), volume));
        let mut writers: FastMap<&str, usize> = FastMap::default();
        if all.iter().any(|volume| volume.empty_dir.is_some()) {
            let mounts = pod.containers().flat_map(|view| view.container.volume_mounts.iter().flatten());
            for mount in mounts.filter(|mount| mount.read_only != Some(true)) {
                *writers.entry(mount.name.as_str()).or_default() += 1;
            }
        }
        Self { all, by_name: named.collect(), has_many_sources: all.iter().any(has_many_sources), writers }
    }

    /// Whether a container other than the one with these mounts may write to a volume.
    fn is_written_by_others(&self, name: &str, mounts: &[types::VolumeMount]) -> bool {
        let own = || mounts.iter().filter(|mount| mount.name == name && mount.read_only != Some(true)).count();
        self.writers.get(name).is_some_and(|all| *all > own())
    }

    fn called(&self, name: &str) -> Option<&'run types::Volume> {
        if self.all.len() > FEW {
            self.by_name.get(name).copied()
        } else {
            self.all.iter().inspect(|_| work::count(1)).find(|volume| volume.name == name)
        }
    }
}

/// How many files of ConfigMaps that a container mounts once more are known; what more there are is not seen.
pub(super) const REPEATED: usize = 1024;

/// The files that a container mounts.
#[derive(Clone, Debug, Default)]
pub struct Configs<'run> {
    /// Those of ConfigMaps in the run.
    pub files: Vec<ConfigFile<'run>>,
    /// What else it mounts.
    pub unseen: Vec<Unseen>,
    /// Where anything at all is mounted: what the image has there is out of reach.
    mounted: Vec<String>,
    /// What was read of them for other containers.
    memo: Arc<Memo>,
}

impl<'run> Configs<'run> {
    /// The files that a container mounts.
    pub(super) fn of(view: &ContainerView<'run>, volumes: &Volumes<'run>, index: &Index<'run>) -> Self {
        let mut found = Self { memo: Arc::clone(index.memo()), ..Self::default() };
        let mounts = view.container.volume_mounts.as_deref().unwrap_or_default();
        let mut many = (mounts.len() > FEW || volumes.has_many_sources).then(Many::default);
        for mount in mounts {
            let at =
                Mount { path: &mount.mount_path, sub_path: mount.sub_path.as_deref().filter(|path| !path.is_empty()) };
            found.mounted.push(mount.mount_path.trim_end_matches('/').to_owned());
            let Some(volume) = volumes.called(&mount.name) else {
                found.unseen(at, false);
                continue;
            };
            if let Some(source) = &volume.config_map {
                let map = config_map(index, view.pod.object, &source.name);
                found.add(map, source.items.as_deref(), at, many.as_mut());
            } else if let Some(projected) = &volume.projected {
                for source in projected.sources.iter().flatten() {
                    match &source.config_map {
                        Some(map) => {
                            let object = config_map(index, view.pod.object, &map.name);
                            found.add(object, map.items.as_deref(), at, many.as_mut());
                        }
                        None if source.secret.is_some() => found.unseen(at, false),
                        None => {}
                    }
                }
            } else if volume.downward_api.is_none() {
                let is_shared = volume.empty_dir.is_some() && volumes.is_written_by_others(&mount.name, mounts);
                found.unseen(at, volume.empty_dir.is_some());
                if let Some(last) = found.unseen.last_mut() {
                    last.is_shared = is_shared;
                }
            }
        }
        found
    }

    fn unseen(&mut self, at: Mount<'_>, starts_empty: bool) {
        self.unseen.push(Unseen { path: at.path.trim_end_matches('/').to_owned(), starts_empty, is_shared: false });
    }

    fn add(
        &mut self,
        map: Option<&'run Object>,
        items: Option<&'run [KeyToPath]>,
        at: Mount<'run>,
        many: Option<&mut Many<'run>>,
    ) {
        let Some(object) = map else {
            self.unseen(at, false);
            return;
        };
        let items = items.filter(|items| !items.is_empty());
        let mut push = |file: &Given<'run>| {
            if let Some(path) = at.path_of(file.file) {
                self.files.push(ConfigFile::of_key(object, file.node, file.name, path));
            }
        };
        let Some(many) = many else {
            given(object, items).for_each(|file| push(&file));
            return;
        };
        match many.files(object, items, at) {
            Some(files) => files.iter().for_each(push),
            None => self.unseen(at, false),
        }
    }

    /// The settings of one of the files.
    pub fn reading(&self, format: Format, file: &ConfigFile<'run>) -> Arc<Reading> {
        let text = file.text();
        self.memo.of(text, format as u8, || formats::reading(format, text))
    }

    /// The files at a path, or below it.
    pub fn at<'a>(&'a self, path: &str) -> Vec<&'a ConfigFile<'run>> {
        self.files.iter().filter(|file| is_under(&file.path, path)).collect()
    }

    /// The files at a path or below it, or whose paths fit a pattern with `*` and `?`.
    pub fn matching<'a>(&'a self, pattern: &str) -> Vec<&'a ConfigFile<'run>> {
        if !pattern.contains(['*', '?']) {
            return self.at(pattern);
        }
        self.files.iter().filter(|file| is_like(&file.path, pattern)).collect()
    }

    /// Whether something unseen is mounted at a path or above it, or below it.
    #[must_use]
    pub fn hides(&self, path: &str) -> bool {
        self.unseen.iter().any(|unseen| is_under(path, &unseen.path) || is_under(&unseen.path, path))
    }

    /// Whether something is mounted for a folder of configuration, or in it, whose content is not seen. A volume of data
    /// around the folder does not count; around a file it does.
    pub fn may_hold(&self, path: &str) -> bool {
        if path.ends_with('/') {
            let may_hold = |unseen: &Unseen| !unseen.starts_empty || unseen.is_shared;
            self.unseen.iter().any(|unseen| may_hold(unseen) && is_under(&unseen.path, path))
        } else {
            self.hides(path)
        }
    }

    /// Whether what the image itself has at a path is out of reach: something is mounted there, or around it. A file
    /// that is mounted into a folder (`subPath`) leaves the image's other files in it as they are.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        self.mounted.iter().any(|mounted| is_under(path.trim_end_matches('/'), mounted))
    }

    /// Whether it mounts anything else that may hold configuration.
    #[must_use]
    pub fn has_unseen(&self) -> bool {
        self.unseen.iter().any(|unseen| !unseen.starts_empty)
    }
}

/// The ConfigMap of that name, if what it holds is what a container gets.
#[must_use]
pub fn config_map<'run>(index: &Index<'run>, from: &Object, name: &str) -> Option<&'run Object> {
    index.find(from, "ConfigMap", name).filter(|map| map.keeps(&["data"]))
}

/// Whether a path is another or lies below it.
#[must_use]
pub fn is_under(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path fits a pattern of the shell; `*` and `?` stand for no `/`.
fn is_like(path: &str, pattern: &str) -> bool {
    let (mut have, mut want) = (path.split('/'), pattern.split('/'));
    loop {
        match (have.next(), want.next()) {
            (None, None) => return true,
            (Some(have), Some(want)) if is_like_segment(have, want) => {}
            _ => return false,
        }
    }
}

fn is_like_segment(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut place) = (0, 0);
    // the last `*`, and how far it reaches so far: an earlier one never needs to reach further
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, place));
                at += 1;
            }
            (Some(&sign), _) if sign == b'?' || sign == text[place] => {
                at += 1;
                place += 1;
            }
            (_, Some((begin, reach))) => {
                star = Some((begin, reach + 1));
                (at, place) = (begin + 1, reach + 1);
            }
            _ => return false,
        }
    }
    pattern[at..].iter().all(|sign| *sign == b'*')
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn paths_fit_patterns() {
        assert!(is_like("/etc/nginx/conf.d/a.conf", "/etc/nginx/conf.d/*.conf"));
        assert!(is_like("/a/b-1.conf.x", "/a/b-?.*"));
        assert!(!is_like("/etc/nginx/conf.d/x/a.conf", "/etc/nginx/conf.d/*.conf"));
        assert!(!is_like("/a/b.conf~", "/a/*.conf") && !is_like("/a", "/a/*"));
        assert!(!is_like(&"a".repeat(10_000), &("*a".repeat(100) + "b")));
    }
}
