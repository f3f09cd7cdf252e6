//! Which files of a ConfigMap a mount gives to a container, and where.

use std::ops::Range;

use super::REPEATED;
use crate::kube::types::KeyToPath;
use crate::kube::{FastMap, FastSet, Object};
use crate::yaml::NodeId;

/// Where a container mounts a volume, or what of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mount<'a> {
    pub(super) path: &'a str,
    pub(super) sub_path: Option<&'a str>,
}

impl Mount<'_> {
    /// Where a file of the volume is in the container; nothing where the mount leaves it out.
    pub(super) fn path_of(self, file: &str) -> Option<String> {
        let path = self.path.trim_end_matches('/');
        match self.sub_path {
            None => Some(format!("{path}/{file}")),
            Some(sub_path) if sub_path == file => Some(path.to_owned()),
            Some(sub_path) => file.strip_prefix(sub_path)?.strip_prefix('/').map(|rest| format!("{path}/{rest}")),
        }
    }
}

/// A file that a ConfigMap gives to a volume.
#[derive(Clone, Copy)]
pub(super) struct Given<'run> {
    /// Its path in the volume.
    pub(super) file: &'run str,
    /// Its key.
    pub(super) name: &'run str,
    pub(super) node: NodeId,
}

/// The files that a ConfigMap gives to a volume, in the order of its keys.
pub(super) fn given<'run>(
    object: &'run Object,
    items: Option<&'run [KeyToPath]>,
) -> impl Iterator<Item = Given<'run>> + use<'run> {
    let document = &object.document;
    let data = document.get(object.node, "data").map_or(&[][..], |data| document.entries(data));
    // the first of a key
    let paths: Option<FastMap<&str, &str>> =
        items.map(|items| items.iter().rev().map(|item| (item.key.as_str(), item.path.as_str())).collect());
    data.iter().filter_map(move |entry| {
        let (name, node) = (document.str(entry.key)?, entry.value());
        if !document.is_late(node) {
            document.str(node)?;
        }
        let file = match &paths {
            Some(paths) => paths.get(name)?,
            None => name,
        };
        Some(Given { file, name, node })
    })
}

/// A ConfigMap and a choice of its keys.
type Choice = (*const Object, Option<*const KeyToPath>);

/// What was mounted so far, for a container that mounts much.
#[derive(Default)]
pub(super) struct Many<'run> {
    volumes: FastMap<Choice, Volume<'run>>,
    maps: FastMap<*const Object, Texts<'run>>,
    /// What was mounted where: to mount it there once more adds nothing.
    mounted: FastSet<(Choice, Mount<'run>)>,
}

/// The texts of a ConfigMap.
struct Texts<'run> {
    all: Vec<Given<'run>>,
    /// The place of each key among them.
    keys: FastMap<&'run str, usize>,
    /// How many of them are mounted so far, each as often as it is.
    mounted: usize,
}

impl<'run> Texts<'run> {
    fn of(object: &'run Object) -> Self {
        let all: Vec<Given<'run>> = given(object, None).collect();
        let keys = all.iter().enumerate().map(|(at, file)| (file.name, at)).collect();
        Self { all, keys, mounted: 0 }
    }

    /// The files of a choice of keys, in the order of the keys.
    fn chosen(&self, items: &'run [KeyToPath]) -> Vec<Given<'run>> {
        let place = |item: &'run KeyToPath| Some((*self.keys.get(item.key.as_str())?, item));
        let mut chosen: Vec<(usize, &KeyToPath)> = items.iter().filter_map(place).collect();
        // the first of a key
        chosen.sort_by_key(|(at, _)| *at);
        chosen.dedup_by_key(|(at, _)| *at);
        chosen.into_iter().map(|(at, item)| Given { file: &item.path, ..self.all[at] }).collect()
    }
}

impl<'run> Many<'run> {
    /// The files that a mount adds; nothing where they are too many to be seen.
    pub(super) fn files(
        &mut self,
        object: &'run Object,
        items: Option<&'run [KeyToPath]>,
        at: Mount<'run>,
    ) -> Option<Vec<Given<'run>>> {
        let choice = (std::ptr::from_ref(object), items.map(<[KeyToPath]>::as_ptr));
        if !self.mounted.insert((choice, at)) {
            return Some(Vec::new());
        }
        let texts = self.maps.entry(std::ptr::from_ref(object)).or_insert_with(|| Texts::of(object));
        let volume = self
            .volumes
            .entry(choice)
            .or_insert_with(|| Volume::of(items.map_or_else(|| texts.all.clone(), |items| texts.chosen(items))));
        let places = volume.places(at.sub_path);
        let count = texts.mounted + places.iter().map(ExactSizeIterator::len).sum::<usize>();
        if count > texts.all.len() + REPEATED {
            return None;
        }
        texts.mounted = count;
        Some(volume.at(places))
    }
}

/// The files of one volume.
struct Volume<'run> {
    files: Vec<Given<'run>>,
    /// Their places, by path.
    sorted: Vec<usize>,
}

impl<'run> Volume<'run> {
    fn of(files: Vec<Given<'run>>) -> Self {
        let mut sorted: Vec<usize> = (0..files.len()).collect();
        sorted.sort_by_key(|at| files[*at].file);
        Self { files, sorted }
    }

    /// Where among the sorted files those are that a mount takes: the file of its path, and those below it.
    fn places(&self, sub_path: Option<&str>) -> [Range<usize>; 2] {
        let Some(path) = sub_path else { return [0..self.sorted.len(), 0..0] };
        let from = |start: &str| self.sorted.partition_point(|at| self.files[*at].file < start);
        let equal = self.sorted.partition_point(|at| self.files[*at].file <= path);
        // `0` follows `/`
        [from(path)..equal, from(&format!("{path}/"))..from(&format!("{path}0"))]
    }

    /// The files of these places, in the order of the keys.
    fn at(&self, places: [Range<usize>; 2]) -> Vec<Given<'run>> {
        let mut places: Vec<usize> = places.into_iter().flat_map(|range| &self.sorted[range]).copied().collect();
        places.sort_unstable();
        places.into_iter().map(|at| self.files[at]).collect()
    }
}
