//! Objects of a run by name and by label, as sorted lists: a map of them takes ten times as much memory, most of it for
//! groups of one.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use foldhash::fast::FixedState;

use super::object::{Object, PodView};

/// Objects by kind and name, and by namespace as well. What is alike is in the order of the run.
#[derive(Debug, Default)]
pub(super) struct Names<'run> {
    /// Numbers of kinds and names, in order: to compare them takes less than to compare names.
    hashes: Vec<u64>,
    named: Vec<&'run Object>,
    /// The same with what has one kind and name sorted by namespace.
    placed: Vec<&'run Object>,
}

/// The number of a kind and name, or of a label's key and value. The seed is fixed, so that each run does the same work;
/// where two have one number, they are compared.
fn hash(one: &str, other: &str) -> u64 {
    number(&(one, other))
}

fn number(key: &impl Hash) -> u64 {
    FixedState::with_seed(0).hash_one(key)
}

/// Where one number is among sorted ones.
fn range(hashes: &[u64], hash: u64) -> Range<usize> {
    let start = hashes.partition_point(|one| *one < hash);
    start..start + equal(&hashes[start..], |one| one.cmp(&hash)).len()
}

fn hash_of(object: &Object) -> u64 {
    hash(&object.id.kind, &object.id.name)
}

fn by_name(object: &Object, kind: &str, name: &str) -> Ordering {
    object.id.name.as_str().cmp(name).then_with(|| object.id.kind.as_str().cmp(kind))
}

fn by_id(object: &Object, kind: &str, name: &str, namespace: Option<&str>) -> Ordering {
    by_name(object, kind, name).then_with(|| object.id.namespace.as_deref().cmp(&namespace))
}

impl<'run> Names<'run> {
    pub(super) fn of(all: &[&'run Object]) -> Self {
        let mut all: Vec<(u64, &Object)> = all.iter().map(|object| (hash_of(object), *object)).collect();
        all.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| by_name(a, &b.id.kind, &b.id.name)));
        let (hashes, named): (Vec<u64>, Vec<&Object>) = all.into_iter().unzip();
        let mut placed = named.clone();
        for group in placed.chunk_by_mut(|a, b| by_name(a, &b.id.kind, &b.id.name).is_eq()) {
            group.sort_by(|a, b| a.id.namespace.cmp(&b.id.namespace));
        }
        Self { hashes, named, placed }
    }

    /// In any namespace.
    pub(super) fn called(&self, kind: &str, name: &str) -> &[&'run Object] {
        equal(&self.named[range(&self.hashes, hash(kind, name))], |object| by_name(object, kind, name))
    }

    /// What has one kind and name, group by group. The groups are in the order of their numbers, not of their names: only
    /// tables are built of them.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[&'run Object]> {
        self.named.chunk_by(|a, b| by_name(a, &b.id.kind, &b.id.name).is_eq())
    }

    /// In one namespace, or without one.
    pub(super) fn called_in(&self, kind: &str, name: &str, namespace: Option<&str>) -> &[&'run Object] {
        let [called] = self.called_in_each(kind, name, [namespace]);
        called
    }

    /// The same for several of these.
    pub(super) fn called_in_each<const COUNT: usize>(
        &self,
        kind: &str,
        name: &str,
        namespaces: [Option<&str>; COUNT],
    ) -> [&[&'run Object]; COUNT] {
        let called = &self.placed[range(&self.hashes, hash(kind, name))];
        namespaces.map(|namespace| equal(called, |object| by_id(object, kind, name, namespace)))
    }
}

/// Lists by key that lie in one: most are so short that one for each would take more memory than it holds.
#[derive(Debug)]
pub(super) struct Lists<K, V> {
    /// Numbers of the keys, in order.
    hashes: Vec<u64>,
    /// The keys in that order.
    keys: Vec<K>,
    /// Where the list of each ends, which begins where the one before ends.
    ends: Vec<u32>,
    all: Box<[V]>,
}

impl<K, V> Default for Lists<K, V> {
    fn default() -> Self {
        Self { hashes: Vec::new(), keys: Vec::new(), ends: Vec::new(), all: Box::default() }
    }
}

impl<K: Copy + Hash + Ord, V> Lists<K, V> {
    /// Of values with their keys. Those of one key stay in their order.
    pub(super) fn of(found: Vec<(K, V)>) -> Self {
        let mut found: Vec<(u64, K, V)> = found.into_iter().map(|(key, value)| (number(&key), key, value)).collect();
        found.sort_by_key(|(hash, key, _)| (*hash, *key));
        let groups = || found.chunk_by(|(_, one, _), (_, other, _)| one == other);
        let count = groups().count();
        let (mut hashes, mut keys) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut ends = Vec::with_capacity(count);
        let mut end = 0;
        for group in groups() {
            end += u32::try_from(group.len()).unwrap_or(u32::MAX);
            hashes.push(group[0].0);
            keys.push(group[0].1);
            ends.push(end);
        }
        Self { hashes, keys, ends, all: found.into_iter().map(|(.., value)| value).collect() }
    }

    /// The list under a key, if there is one.
    pub(super) fn get(&self, key: &K) -> Option<&[V]> {
        let within = range(&self.hashes, number(key));
        let place = within.start + self.keys[within].binary_search(key).ok()?;
        Some(self.list(place))
    }

    /// All lists, with their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &[V])> {
        self.keys.iter().enumerate().map(|(place, key)| (*key, self.list(place)))
    }

    fn list(&self, place: usize) -> &[V] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.all.get(start as usize..self.ends[place] as usize).unwrap_or_default()
    }
}

/// What has Pods, by their labels.
#[derive(Debug, Default)]
pub(super) struct Labels<'run> {
    /// Numbers of labels, in order.
    hashes: Vec<u64>,
    /// The labels in that order.
    sorted: Vec<Label<'run>>,
    /// Places among them, those of one label by namespace.
    placed: Vec<u32>,
}

/// A label that some object's Pods have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'run> {
    key: &'run str,
    value: &'run str,
    /// The object's place among all.
    pub(super) object: u32,
}

impl Label<'_> {
    fn is(&self, key: &str, value: &str) -> Ordering {
        self.value.cmp(value).then_with(|| self.key.cmp(key))
    }
}

impl<'run> Labels<'run> {
    pub(super) fn of(all: &[&'run Object]) -> Self {
        let mut found: Vec<(u64, Label<'run>)> = Vec::new();
        for (object, place) in all.iter().zip(0..) {
            for (key, value) in object.pods().filter_map(PodView::labels).flatten() {
                found.push((hash(key, value), Label { key, value, object: place }));
            }
        }
        found.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.is(b.key, b.value)));
        // the templates of one object often share their labels
        found.dedup_by(|(_, a), (_, b)| a.object == b.object && a.is(b.key, b.value).is_eq());
        let (hashes, labels): (Vec<u64>, Vec<Label<'run>>) = found.into_iter().unzip();
        let mut placed: Vec<u32> = labels.iter().zip(0..).map(|(_, at)| at).collect();
        let mut groups = placed.as_mut_slice();
        while let Some(&first) = groups.first() {
            let first = &labels[first as usize];
            let alike = groups.partition_point(|&at| labels[at as usize].is(first.key, first.value).is_eq());
            let (group, rest) = groups.split_at_mut(alike);
            group.sort_by_key(|&at| namespace(all, &labels[at as usize]));
            groups = rest;
        }
        Self { hashes, sorted: labels, placed }
    }

    /// In any namespace.
    pub(super) fn labelled(&self, key: &str, value: &str) -> &[Label<'run>] {
        equal(&self.sorted[range(&self.hashes, hash(key, value))], |label| label.is(key, value))
    }

    /// The places of those in one namespace, or without one.
    pub(super) fn labelled_in(&self, all: &[&Object], key: &str, value: &str, within: Option<&str>) -> &[u32] {
        let compare = |&at: &u32| {
            let label = &self.sorted[at as usize];
            label.is(key, value).then_with(|| namespace(all, label).cmp(&within))
        };
        equal(&self.placed[range(&self.hashes, hash(key, value))], compare)
    }

    /// The object at one of these places.
    pub(super) fn object(&self, place: u32) -> u32 {
        self.sorted[place as usize].object
    }
}

fn namespace<'run>(all: &[&'run Object], label: &Label<'_>) -> Option<&'run str> {
    all[label.object as usize].id.namespace.as_deref()
}

/// The part of a sorted list that compares as equal.
fn equal<T>(sorted: &[T], compare: impl Fn(&T) -> Ordering) -> &[T] {
    let rest = &sorted[sorted.partition_point(|one| compare(one).is_lt())..];
    // most groups are of one
    let few = rest.iter().take(4).take_while(|one| compare(one).is_eq()).count();
    let count = if few < 4 { few } else { rest.partition_point(|one| compare(one).is_eq()) };
    &rest[..count]
}

#[cfg(test)]
mod tests {
    use super::Lists;

    #[test]
    fn each_key_has_its_own_list_in_order() {
        let key = |number: u32| (None::<&str>, number % 300);
        let lists = Lists::of((0..1000).map(|number| (key(number), number)).collect());
        for of in 0..300 {
            let wanted: Vec<u32> = (0..1000).filter(|number| number % 300 == of).collect();
            assert_eq!(lists.get(&key(of)), Some(&*wanted), "{of}");
        }
        assert_eq!((lists.get(&(None, 300)), lists.get(&(Some(""), 0))), (None, None));
        let (mut keys, all): (Vec<_>, Vec<_>) = lists.iter().map(|(key, list)| (key, list.len())).unzip();
        keys.sort_unstable();
        assert_eq!((keys, all.iter().sum()), ((0..300).map(key).collect::<Vec<_>>(), 1000));
        assert_eq!(Lists::<u32, u32>::default().get(&0), None);
    }
}
