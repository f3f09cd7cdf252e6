//! The fields that hold a variable of kustomize (`api/filters/refvar` in `sigs.k8s.io/kustomize`): `$(NAME)` becomes the
//! text or number that it refers to, and all else in the object is left alone.

use super::{DEEPEST, MOST};
use crate::kube::Object;
use crate::kube::changes::{Field, field};
use crate::yaml::{Document, NodeId, Value};

/// The fields of an object with a text that holds one of these variables.
pub(super) fn fields(object: &Object, names: &[String]) -> Vec<Field> {
    // most objects hold none
    if !object.document.raw(object.node).contains("$(") {
        return Vec::new();
    }
    let mut search = Search { document: &object.document, names, way: Vec::new(), found: Vec::new() };
    search.node(object.node);
    let found = search.found;
    if found.len() > MOST { vec![field([])] } else { found }
}

struct Search<'a> {
    document: &'a Document,
    names: &'a [String],
    way: Vec<String>,
    found: Vec<Field>,
}

impl Search<'_> {
    fn node(&mut self, node: NodeId) {
        match self.document.value(node) {
            Value::Str(text) if self.holds(text) => self.add(),
            // what lies deeper is in one field with all around it
            Value::Map(_) | Value::List(_) if self.way.len() >= DEEPEST && self.holds(self.document.raw(node)) => {
                self.add();
            }
            Value::Map(_) | Value::List(_) if self.way.len() >= DEEPEST => {}
            Value::Map(entries) => {
                for entry in entries {
                    if self.found.len() > MOST {
                        return;
                    }
                    self.way.push(self.document.key(entry).into_owned());
                    self.node(entry.value());
                    self.way.pop();
                }
            }
            Value::List(items) => {
                for item in items {
                    self.node(*item);
                    if self.found.len() > MOST {
                        return;
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self) {
        let field = field(self.way.iter().map(String::as_str));
        // the items of a list are one field
        if self.found.last() != Some(&field) {
            self.found.push(field);
        }
    }

    /// Whether a text holds a variable. A name ends at the first bracket; where others begin in it, the last of them may
    /// be meant too.
    fn holds(&self, text: &str) -> bool {
        let is_known = |name: &str| self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
        let mut rest = text;
        while let Some((name, after)) = rest.split_once("$(").and_then(|(_, from)| from.split_once(')')) {
            if is_known(name) || name.rsplit_once("$(").is_some_and(|(_, last)| is_known(last)) {
                return true;
            }
            rest = after;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::fields;
    use crate::kube::{File, Object};
    use crate::yaml::Source;

    fn file(text: String) -> File {
        File::read(&Arc::new(Source::from_text("a.yaml", text)))
    }

    fn data(text: &str) -> File {
        file(format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: '{text}'}}\n"))
    }

    fn count(file: &File) -> usize {
        let names = ["A".to_owned(), "B_C".to_owned()];
        file.objects.iter().map(|object: &Object| fields(object, &names).len()).sum()
    }

    #[test]
    fn names_in_brackets() {
        for text in ["$(A)", "x$(B_C)y", "$(D) $(A)", "$( $(A)", "$($(D$(A)", "$$(A)"] {
            assert_eq!(count(&data(text)), 1, "{text}");
        }
        for text in ["$(D)$(A", "$(a) (A) $A", "$(A )"] {
            assert_eq!(count(&data(text)), 0, "{text}");
        }
    }

    #[test]
    fn the_items_of_a_list_are_one_field() {
        let list = "{a: $(A), b: $(A)}, $(A)";
        let text =
            format!("apiVersion: example.com/v1\nkind: Shop\nmetadata: {{name: a}}\nspec: [{list}, $(A), $(A)]\n");
        assert_eq!(count(&file(text)), 3);
    }

    #[test]
    fn long_texts_take_linear_time() {
        for (piece, end) in [("$(", ""), ("$(", ")"), ("$(A", ""), ("$(D)", ""), ("$($(", ")")] {
            let begin = std::time::Instant::now();
            assert_eq!(count(&data(&format!("{}{end}", piece.repeat(1_000_000)))), 0, "{piece}{end}");
            assert!(begin.elapsed().as_secs() < 5, "{piece}{end}");
        }
    }
}
