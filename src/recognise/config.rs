//! What the configuration that a container mounts says, where the run holds its ConfigMap.

use k8s_openapi::api::core::v1::KeyToPath;

use crate::kube::{ContainerView, Index, Object};
use crate::yaml::{NodeId, Span};

/// A file of a mounted ConfigMap.
#[derive(Clone, Copy, Debug)]
pub struct ConfigFile<'run> {
    /// The ConfigMap.
    pub object: &'run Object,
    /// The node of the text.
    pub node: NodeId,
    /// The key.
    pub name: &'run str,
    /// What it says.
    pub text: &'run str,
}

impl ConfigFile<'_> {
    /// The bytes of the manifest where a piece of the text stands; the whole text where it is written in
    /// another way.
    #[must_use]
    pub fn span(&self, piece: &str) -> Span {
        self.nth_span(piece, 0)
    }

    /// The same for a piece that is a part of the text itself: this one of several that are equal.
    #[must_use]
    pub fn span_of_part(&self, part: &str) -> Span {
        let at = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let before = self.text.get(..at).unwrap_or_default();
        self.nth_span(part, before.matches(part).count())
    }

    /// The same for the piece's occurrence with this number, from 0.
    #[must_use]
    pub fn nth_span(&self, piece: &str, number: usize) -> Span {
        let whole = self.object.document.span(self.node);
        let raw = self.object.document.raw(self.node);
        raw.match_indices(piece).nth(number).filter(|_| !piece.is_empty()).map_or(whole, |(at, _)| {
            let start = whole.range().start + at;
            Span::new(start, start + piece.len())
        })
    }
}

/// The files that a container mounts.
#[derive(Clone, Debug, Default)]
pub struct Configs<'run> {
    /// Those of ConfigMaps in the run.
    pub files: Vec<ConfigFile<'run>>,
    /// Whether it mounts anything else that may hold configuration.
    pub has_unseen: bool,
}

/// The configuration that a container mounts.
#[must_use]
pub fn configs<'run>(view: &ContainerView<'run>, index: &Index<'run>) -> Configs<'run> {
    let mut found = Configs::default();
    for mount in view.container.volume_mounts.iter().flatten() {
        let Some(volume) = view.pod.spec.volumes.iter().flatten().find(|volume| volume.name == mount.name) else {
            found.has_unseen = true;
            continue;
        };
        if let Some(source) = &volume.config_map {
            add(view.pod.object, index, &source.name, source.items.as_deref(), &mut found);
        }
        for source in volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten()) {
            if let Some(source) = &source.config_map {
                add(view.pod.object, index, &source.name, source.items.as_deref(), &mut found);
            }
            found.has_unseen |= source.secret.is_some();
        }
        found.has_unseen |= volume.secret.is_some() || volume.host_path.is_some() || volume.csi.is_some();
    }
    for source in view.container.env_from.iter().flatten() {
        match &source.config_map_ref {
            Some(map) => add(view.pod.object, index, &map.name, None, &mut found),
            None => found.has_unseen = true,
        }
    }
    for variable in view.container.env.iter().flatten() {
        let key = variable.value_from.as_ref().and_then(|from| from.config_map_key_ref.as_ref());
        if let Some(key) = key {
            let item = KeyToPath { key: key.key.clone(), ..KeyToPath::default() };
            add(view.pod.object, index, &key.name, Some(&[item]), &mut found);
        }
    }
    found
}

fn add<'run>(from: &Object, index: &Index<'run>, name: &str, items: Option<&[KeyToPath]>, found: &mut Configs<'run>) {
    let Some(object) = index.find(from, "ConfigMap", name) else {
        found.has_unseen = true;
        return;
    };
    let document = &object.document;
    let Some(data) = document.get(object.node, "data") else { return };
    for entry in document.entries(data) {
        let (Some(name), Some(text)) = (document.str(entry.key), document.str(entry.value)) else { continue };
        if items.is_none_or(|items| items.is_empty() || items.iter().any(|item| item.key == name)) {
            found.files.push(ConfigFile { object, node: entry.value, name, text });
        }
    }
}
