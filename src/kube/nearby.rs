//! Objects by where they are, so that what lies near one of them is found without a look at all others: in a repository
//! of many folders and namespaces most names and labels are there hundreds of times.

use super::hash::FastMap;
use super::object::Object;
use super::unit::{Neighbours, folder};

/// Where objects are, as seen from one that refers to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place<'run> {
    /// A file.
    File(&'run str),
    /// What a kustomization brings together.
    Kustomization(u32),
    /// A folder's files that hold no variants.
    Folder(&'run str),
    /// Its files that do.
    Variants(&'run str),
    /// The run.
    Run,
}

/// Namespaces that are asked for: all, or one, or that of objects without a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Within<'run> {
    Any,
    In(Option<&'run str>),
}

impl<'run> Within<'run> {
    /// Those that an object is found in.
    pub(super) fn all_of(object: &'run Object) -> [Self; 2] {
        [Self::Any, Self::In(object.id.namespace.as_deref())]
    }

    /// Those of objects that may be in the namespace of this one.
    pub(super) fn of(from: &'run Object) -> impl Iterator<Item = Self> + Clone {
        let own = from.id.namespace.as_deref();
        [Some(own.map_or(Self::Any, |own| Self::In(Some(own)))), own.map(|_| Self::In(None))].into_iter().flatten()
    }
}

/// The places whose objects are applied together with this one.
pub(super) fn of_unit(object: &Object) -> impl Iterator<Item = Place<'_>> + Clone {
    let kustomizations = object.kustomizations.iter().map(|number| Place::Kustomization(*number));
    std::iter::once(Place::File(file(object))).chain(kustomizations)
}

/// The places of a folder that hold no variant of what the object's file holds.
pub(super) fn of_folder<'a>(
    object: &'a Object,
    neighbours: &Neighbours<'_>,
) -> impl Iterator<Item = Place<'a>> + use<'a> {
    let variants = neighbours.variant(object).is_none().then(|| Place::Variants(folder(object)));
    std::iter::once(Place::Folder(folder(object))).chain(variants)
}

/// The places that an object is in.
pub(super) fn places<'run>(object: &'run Object, neighbours: &Neighbours<'_>) -> impl Iterator<Item = Place<'run>> {
    let in_folder = match neighbours.variant(object) {
        Some(_) => Place::Variants(folder(object)),
        None => Place::Folder(folder(object)),
    };
    of_unit(object).chain([in_folder])
}

/// Groups of up to this many are looked through without a table.
pub(super) const FEW: usize = 8;

/// Objects that have something in common, such as a name.
#[derive(Debug, Default)]
pub(super) struct Nearby<'run>(FastMap<(Place<'run>, Within<'run>), Vec<(u32, &'run Object)>>);

impl<'run> Nearby<'run> {
    /// All of them, in their order.
    pub(super) fn of(group: &[&'run Object], neighbours: &Neighbours<'run>) -> Self {
        let mut all = Self::default();
        for (number, object) in (0..).zip(group.iter().copied()) {
            for place in places(object, neighbours).chain([Place::Run]) {
                for within in Within::all_of(object) {
                    all.add((place, within), number, object);
                }
            }
        }
        all
    }

    /// Of one place's objects in one folder the first two: a third tells no more about which of them is meant.
    pub(super) fn first_two(group: &[&'run Object], neighbours: &Neighbours<'run>) -> Self {
        let mut counts: FastMap<(Place<'run>, Within<'run>, &str), u8> = FastMap::default();
        let mut all = Self::default();
        for (number, object) in (0..).zip(group.iter().copied()) {
            let folder = file(object).rsplit_once('/').map_or("", |(folder, _)| folder);
            for place in places(object, neighbours) {
                for within in Within::all_of(object) {
                    let count = counts.entry((place, within, folder)).or_default();
                    if *count < 2 {
                        *count += 1;
                        all.add((place, within), number, object);
                    }
                }
            }
        }
        all
    }

    fn add(&mut self, key: (Place<'run>, Within<'run>), number: u32, object: &'run Object) {
        self.0.entry(key).or_insert_with(|| Vec::with_capacity(1)).push((number, object));
    }

    /// Those of some places that may be in the namespace of an object, list by list: one may be in several.
    pub(super) fn at<'a>(
        &'a self,
        from: &'a Object,
        places: impl Iterator<Item = Place<'a>>,
    ) -> impl Iterator<Item = &'a [(u32, &'run Object)]> {
        places
            .flat_map(move |place| Within::of(from).map(move |within| (place, within)))
            .filter_map(|key| self.0.get(&key).map(Vec::as_slice))
    }
}

/// The numbers of objects by place, in the order of the run.
#[derive(Debug, Default)]
pub(super) struct Numbers<'run>(FastMap<Place<'run>, Vec<u32>>);

impl<'run> Numbers<'run> {
    pub(super) fn of(all: &[&'run Object], neighbours: &Neighbours<'run>) -> Self {
        let mut numbers: FastMap<Place<'run>, Vec<u32>> = FastMap::default();
        for (number, object) in (0..).zip(all.iter().copied()) {
            for place in places(object, neighbours) {
                numbers.entry(place).or_default().push(number);
            }
        }
        Self(numbers)
    }

    pub(super) fn at<'a>(&'a self, place: Place<'a>) -> &'a [u32] {
        self.0.get(&place).map_or(&[], Vec::as_slice)
    }
}

fn file(object: &Object) -> &str {
    object.document.source.name.as_str()
}
