//! The fields that patches and replacements lead to.

use super::{DEEPEST, MOST, Segment};
use crate::kube::path::pointer_keys;
use crate::yaml::{Document, NodeId, Value};

/// The fields of `spec.template.spec.containers.[name=app].env.*.value`; a dot in a key is written `\.`.
pub(super) fn steps_of_replacement(path: &str) -> Vec<Segment> {
    let mut keys = vec![String::new()];
    let (mut letters, mut depth) = (path.chars(), 0_usize);
    while let Some(letter) = letters.next() {
        match letter {
            '.' if depth == 0 => keys.push(String::new()),
            '\\' => keys.last_mut().into_iter().for_each(|key| key.extend(letters.next())),
            _ => {
                depth = match letter {
                    '[' => depth + 1,
                    ']' => depth.saturating_sub(1),
                    _ => depth,
                };
                keys.last_mut().into_iter().for_each(|key| key.push(letter));
            }
        }
    }
    let is_item = |key: &str| key == "*" || key == "-" || key.bytes().all(|byte| byte.is_ascii_digit());
    keys.iter().filter(|key| !is_item(key) && !key.starts_with('[')).map(|key| Segment::key(key)).collect()
}

/// The fields of JSON 6902 operations.
pub(super) fn operations_on(document: &Document, operations: &[NodeId]) -> Vec<Vec<Segment>> {
    if operations.len() > MOST {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for operation in operations.iter().filter(|operation| document.get_str(**operation, "op") != Some("test")) {
        let paths = ["path", "from"].map(|field| document.get(*operation, field));
        if paths[0].is_none() {
            found.push(Vec::new());
        }
        found.extend(paths.into_iter().flatten().map(|path| {
            let path = document.str(path).unwrap_or_default();
            let keys = pointer_keys(path).filter(|key| key != "-" && !key.bytes().all(|byte| byte.is_ascii_digit()));
            keys.map(|key| Segment::Key(key.into())).collect()
        }));
    }
    found
}

/// The fields of a strategic merge patch.
pub(super) fn merged(document: &Document) -> Vec<Vec<Segment>> {
    let mut walk = Walk { document, found: Vec::new(), way: Vec::new(), visits: 0 };
    walk.map(document.root());
    let Walk { found, visits, .. } = walk;
    if visits > MOST * 8 || found.len() > MOST { vec![Vec::new()] } else { found }
}

struct Walk<'a> {
    document: &'a Document,
    found: Vec<Vec<Segment>>,
    way: Vec<Segment>,
    visits: usize,
}

impl Walk<'_> {
    fn end(&mut self) {
        self.found.push(self.way.clone());
    }

    fn map(&mut self, map: NodeId) {
        for entry in self.document.entries(map) {
            self.visits += 1;
            if self.visits > MOST * 8 {
                return;
            }
            let key = self.document.key(entry);
            if key.starts_with('$') {
                // `$patch: replace` and the like
                self.end();
                continue;
            }
            let says_which = match self.way.as_slice() {
                [] => matches!(&*key, "apiVersion" | "kind"),
                [Segment::Key(above)] => **above == *"metadata" && matches!(&*key, "name" | "namespace"),
                _ => false,
            };
            if says_which {
                continue;
            }
            self.way.push(Segment::key(&key));
            match self.document.value(entry.value()) {
                Value::Map(entries) if !entries.is_empty() && self.way.len() < DEEPEST => self.map(entry.value()),
                Value::List(items) if matches!(&*key, "containers" | "initContainers") => self.containers(items),
                _ => self.end(),
            }
            self.way.pop();
        }
    }

    /// The server knows containers by their names (`patchMergeKey` in k8s.io/api).
    fn containers(&mut self, items: &[NodeId]) {
        for item in items {
            let name = self.document.get_str(*item, "name");
            let Some(name) = name.filter(|_| self.document.get(*item, "$patch").is_none()) else {
                self.end();
                continue;
            };
            self.way.push(Segment::Container(name.into()));
            let before = self.found.len();
            for entry in self.document.entries(*item).iter().filter(|entry| self.document.key(entry) != "name") {
                self.visits += 1;
                self.way.push(Segment::key(&self.document.key(entry)));
                self.end();
                self.way.pop();
            }
            if self.found.len() == before {
                self.end();
            }
            self.way.pop();
        }
        if items.is_empty() {
            self.end();
        }
    }
}
