//! What a selector may match, by the rarest of what it asks for.

use super::groups::{Label, Labels};
use super::hash::FastMap;
use super::object::{Object, PodView};
use super::selector::Selector;

/// What has Pods, by what selectors ask for.
#[derive(Debug, Default)]
pub(super) struct Selectable<'run> {
    labels: Labels<'run>,
    /// All that has labelled Pods.
    all: Vec<u32>,
    by_namespace: FastMap<Option<&'run str>, Vec<u32>>,
    /// What has a label of this key, with any value.
    by_key: FastMap<&'run str, Vec<u32>>,
}

/// Places among all objects of a run, in its order: several lists, which may hold the same.
#[derive(Debug, Default)]
pub(super) struct Candidates<'a>(Vec<List<'a>>);

#[derive(Debug)]
enum List<'a> {
    Labels(&'a [Label<'a>]),
    /// Places of labels.
    Placed(&'a [u32], &'a Labels<'a>),
    Objects(&'a [u32]),
    Own(std::vec::IntoIter<u32>),
}

impl List<'_> {
    fn len(&self) -> usize {
        match self {
            List::Labels(list) => list.len(),
            List::Placed(list, _) | List::Objects(list) => list.len(),
            List::Own(list) => list.len(),
        }
    }

    fn first(&self) -> Option<u32> {
        match self {
            List::Labels(list) => list.first().map(|label| label.object),
            List::Placed(list, labels) => list.first().map(|place| labels.object(*place)),
            List::Objects(list) => list.first().copied(),
            List::Own(list) => list.as_slice().first().copied(),
        }
    }

    fn drop_first(&mut self) {
        match self {
            List::Labels(list) => *list = list.get(1..).unwrap_or_default(),
            List::Placed(list, _) | List::Objects(list) => *list = list.get(1..).unwrap_or_default(),
            List::Own(list) => {
                list.next();
            }
        }
    }
}

impl<'a> Candidates<'a> {
    /// What lists of places hold.
    pub(super) fn of(lists: impl Iterator<Item = &'a [u32]>) -> Self {
        Self(lists.map(List::Objects).collect())
    }

    /// How many there are, with what is in several lists.
    pub(super) fn looks(&self) -> usize {
        self.0.iter().map(List::len).sum()
    }
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let next = self.0.iter().filter_map(List::first).min()?;
        self.0.iter_mut().filter(|list| list.first() == Some(next)).for_each(List::drop_first);
        Some(next as usize)
    }
}

impl<'run> Selectable<'run> {
    pub(super) fn of(all: &[&'run Object]) -> Self {
        let mut selectable = Self { labels: Labels::of(all), ..Self::default() };
        for (place, object) in (0..).zip(all.iter().copied()) {
            let mut labels = object.pods().filter_map(PodView::labels).peekable();
            if labels.peek().is_none() {
                continue;
            }
            selectable.all.push(place);
            selectable.by_namespace.entry(object.id.namespace.as_deref()).or_default().push(place);
            for key in labels.flat_map(super::types::Map::keys) {
                let having = selectable.by_key.entry(key.as_str()).or_default();
                // the templates of one object often share their labels
                if having.last() != Some(&place) {
                    having.push(place);
                }
            }
        }
        selectable
    }

    /// What has the rarest of what a selector asks for, in the order of the run.
    pub(super) fn candidates<'a>(
        &'a self,
        all: &'a [&'run Object],
        namespace: Option<&'a str>,
        selector: &Selector<'_>,
    ) -> Candidates<'a> {
        let equal = selector.equal().map(|(key, value)| self.labelled(all, namespace, key, value));
        let any = selector.wanted().map(|(key, values)| match values {
            [] => Candidates(self.by_key.get(key).map(|having| List::Objects(having)).into_iter().collect()),
            values => self.with_any(all, namespace, key, values),
        });
        let of = |namespace| self.by_namespace.get(&namespace).map(|list| List::Objects(list));
        let whole = match namespace {
            None => Candidates(vec![List::Objects(&self.all)]),
            Some(_) => Candidates([of(namespace), of(None)].into_iter().flatten().collect()),
        };
        equal.chain(any).chain([whole]).min_by_key(Candidates::looks).unwrap_or_default()
    }

    fn labelled<'a>(
        &'a self,
        all: &'a [&'run Object],
        namespace: Option<&'a str>,
        key: &str,
        value: &str,
    ) -> Candidates<'a> {
        let within = |namespace| List::Placed(self.labels.labelled_in(all, key, value, namespace), &self.labels);
        Candidates(match namespace {
            None => vec![List::Labels(self.labels.labelled(key, value))],
            Some(_) => vec![within(namespace), within(None)],
        })
    }

    /// What has one of several values.
    fn with_any<'a>(
        &'a self,
        all: &'a [&'run Object],
        namespace: Option<&'a str>,
        key: &str,
        values: &[crate::text::Text],
    ) -> Candidates<'a> {
        let mut places: Vec<u32> = Vec::new();
        for value in values {
            for list in self.labelled(all, namespace, key, value).0 {
                match list {
                    List::Labels(list) => places.extend(list.iter().map(|label| label.object)),
                    List::Placed(list, labels) => places.extend(list.iter().map(|place| labels.object(*place))),
                    List::Objects(list) => places.extend_from_slice(list),
                    List::Own(list) => places.extend(list),
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        Candidates(vec![List::Own(places.into_iter())])
    }
}
