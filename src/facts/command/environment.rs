//! The variables of a container, as the kubelet makes them: `envFrom`, then `env`, each expanded by those before it.

use std::borrow::Cow;
use std::cell::Cell;

use super::super::config::config_map;
use super::super::proof::Location;
use super::Word;
use crate::kube::{ContainerView, FastMap, Index, Object};
use crate::yaml::NodeId;

/// How many bytes of variables are put into the texts of a container. Variables that repeat each other double at each
/// step, and no process starts with what comes of that: Linux takes 128 KiB for one argument (`MAX_ARG_STRLEN`).
pub(in crate::facts) const INSERTED: usize = 16 << 10;

/// How many variables of `envFrom` are read. Each source may name the same map with another prefix.
pub(in crate::facts) const FROM_MAPS: usize = 1000;

/// The variables of a container.
#[derive(Clone, Debug)]
pub struct Environment<'run> {
    by_name: FastMap<Cow<'run, str>, Word<'run>>,
    /// Names in the order in which they are written.
    names: Vec<Cow<'run, str>>,
    has_unseen: bool,
    /// How many bytes may still be put into texts.
    room: Cell<usize>,
}

impl<'run> Environment<'run> {
    /// Reads the variables of a container.
    #[must_use]
    pub fn of(view: &ContainerView<'run>, index: &Index<'run>) -> Self {
        let room = Cell::new(INSERTED);
        let mut all = Self { by_name: FastMap::default(), names: Vec::new(), has_unseen: false, room };
        all.add_maps(view, index);
        let object = view.pod.object;
        let document = &object.document;
        let nodes = view.at(&["env"]).map_or(&[][..], |list| document.items(list));
        all.by_name.reserve(nodes.len());
        all.names.reserve(nodes.len());
        let mut values = Values { is_large: nodes.len() > 16, by_key: FastMap::default() };
        for (variable, node) in view.container.env.iter().flatten().zip(nodes) {
            let word = match (&variable.value, &variable.value_from) {
                (Some(text), _) => {
                    all.expand(text, Location::node(object, document.get(*node, "value").unwrap_or(*node)))
                }
                (None, Some(from)) => {
                    let key = from.config_map_key_ref.as_ref();
                    let found = key.and_then(|key| Some((config_map(index, object, &key.name)?, &key.key)));
                    found
                        .and_then(|(map, key)| values.of(map, key))
                        .unwrap_or_else(|| unseen(object, *node, &variable.name))
                }
                (None, None) => Word { text: Cow::Borrowed(""), place: Location::node(object, *node), is_known: true },
            };
            all.set(Cow::Borrowed(&variable.name), word);
        }
        all
    }

    fn add_maps(&mut self, view: &ContainerView<'run>, index: &Index<'run>) {
        for source in view.container.env_from.iter().flatten() {
            let map = source.config_map_ref.as_ref().and_then(|map| config_map(index, view.pod.object, &map.name));
            let Some(map) = map else {
                self.has_unseen = true;
                continue;
            };
            let document = &map.document;
            let Some(data) = document.get(map.node, "data") else { continue };
            let prefix = source.prefix.as_deref().unwrap_or_default();
            for entry in document.entries(data) {
                if self.names.len() >= FROM_MAPS {
                    self.has_unseen = true;
                    return;
                }
                if let (Some(name), Some(text)) = (document.str(entry.key), document.str(entry.value())) {
                    let word =
                        Word { text: Cow::Borrowed(text), place: Location::node(map, entry.value()), is_known: true };
                    let name = if prefix.is_empty() { Cow::Borrowed(name) } else { format!("{prefix}{name}").into() };
                    self.set(name, word);
                }
            }
        }
    }

    /// Sets a variable, or sets it anew.
    pub fn set(&mut self, name: Cow<'run, str>, word: Word<'run>) {
        if self.by_name.insert(name.clone(), word).is_none() {
            self.names.push(name);
        }
    }

    /// A variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Word<'run>> {
        self.by_name.get(name)
    }

    /// A variable's value, to be put into a text; none where too much was put into texts already.
    #[must_use]
    pub fn insert(&self, name: &str) -> Option<&Word<'run>> {
        let word = self.get(name)?;
        self.room.set(self.room.get().checked_sub(word.text.len())?);
        Some(word)
    }

    /// A variable's value, if [`Self::insert`] would put it into a text.
    #[must_use]
    pub fn fitting(&self, name: &str) -> Option<&Word<'run>> {
        self.get(name).filter(|word| word.text.len() <= self.room.get())
    }

    /// All variables, in the order in which they are written.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Word<'run>)> {
        self.names.iter().filter_map(|name| Some((name.as_ref(), self.by_name.get(name)?)))
    }

    /// Whether every variable that the manifest gives is seen.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.has_unseen
    }

    /// Expands `$(NAME)` as the kubelet does (`k8s.io/kubernetes/third_party/forked/golang/expansion`): `$$` is a
    /// dollar, and what is not set stays as it is.
    #[must_use]
    pub fn expand(&self, text: &'run str, place: Location<'run>) -> Word<'run> {
        if !text.contains('$') {
            return Word { text: Cow::Borrowed(text), place, is_known: true };
        }
        let mut expanded = String::with_capacity(text.len());
        let mut is_known = true;
        let mut rest = text;
        // where none is left, none is sought again
        let mut is_closed = true;
        while let Some(dollar) = rest.find('$') {
            expanded.push_str(&rest[..dollar]);
            rest = &rest[dollar..];
            if let Some(after) = rest.strip_prefix("$$") {
                expanded.push('$');
                rest = after;
                continue;
            }
            let inner = rest.strip_prefix("$(").filter(|_| is_closed);
            let end = inner.and_then(|inner| inner.find(')'));
            is_closed &= inner.is_none() || end.is_some();
            let Some(name) = inner.zip(end).map(|(inner, end)| &inner[..end]) else {
                expanded.push('$');
                rest = &rest[1..];
                continue;
            };
            match self.insert(name) {
                Some(value) => {
                    expanded.push_str(&value.text);
                    is_known &= value.is_known;
                }
                None => {
                    expanded.push_str(&rest[..name.len() + 3]);
                    is_known = false;
                }
            }
            rest = &rest[name.len() + 3..];
        }
        expanded.push_str(rest);
        Word { text: Cow::Owned(expanded), place, is_known }
    }
}

/// Values of ConfigMaps, by key where a container takes many.
struct Values<'run> {
    is_large: bool,
    by_key: FastMap<*const Object, FastMap<Cow<'run, str>, NodeId>>,
}

impl<'run> Values<'run> {
    fn of(&mut self, map: &'run Object, key: &str) -> Option<Word<'run>> {
        let document = &map.document;
        let data = document.get(map.node, "data")?;
        let node = if self.is_large {
            let keys = || document.entries(data).iter().map(|entry| (document.key(entry), entry.value())).collect();
            *self.by_key.entry(std::ptr::from_ref(map)).or_insert_with(keys).get(key)?
        } else {
            document.get(data, key)?
        };
        Some(Word { text: Cow::Borrowed(document.str(node)?), place: Location::node(map, node), is_known: true })
    }
}

/// A variable whose value the manifest does not show.
fn unseen<'run>(object: &'run Object, node: NodeId, name: &str) -> Word<'run> {
    Word { text: Cow::Owned(format!("$({name})")), place: Location::node(object, node), is_known: false }
}
