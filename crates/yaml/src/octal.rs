//! Modes of files in manifests, as octal digits in a comment.
//!
//! Kubernetes takes a mode as a number. kubectl reads `0440` as 288, because it reads YAML 1.1; a reader of YAML 1.2
//! takes it for 440, which is another mode. So the number is written in decimal, which all read alike, and the comment
//! is for people.

use std::sync::Arc;

use super::edit::{Edit, apply};
use super::read::{as_kubectl, read};
use super::source::Source;
use super::tree::{Document, NodeId, Value};

/// Sources of volumes whose files have modes (k8s.io/api/core/v1: `ConfigMapVolumeSource` and its like).
const SOURCES: [&str; 4] = ["configMap", "downwardAPI", "projected", "secret"];

/// The same text with the comments.
pub(super) fn comment(text: String) -> String {
    // most objects have none
    if !text.contains("defaultMode: ") && !text.contains("mode: ") {
        return text;
    }
    let (documents, refusal) = as_kubectl(read(&Arc::new(Source::from_text("", text.as_str()))));
    let ([document], None) = (documents.as_slice(), refusal) else { return text };
    apply(&text, &edits(document, &text))
}

fn edits(document: &Document, text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    // nodes with the key that they are under
    let mut open: Vec<(NodeId, String)> = vec![(document.root(), String::new())];
    while let Some((node, under)) = open.pop() {
        // an element of a list is under the list's key
        open.extend(document.items(node).iter().map(|item| (*item, under.clone())));
        for entry in document.entries(node) {
            let key = document.key(entry).into_owned();
            let is_mode = match key.as_str() {
                "defaultMode" => SOURCES.contains(&under.as_str()),
                "mode" => under == "items" && document.get(node, "path").is_some(),
                _ => false,
            };
            let end = document.span(entry.value()).range().end;
            match document.value(entry.value()) {
                // below eight, octal and decimal are the same
                Value::Int(mode @ 8..=0o7777) if is_mode && text[end..].starts_with('\n') => {
                    edits.push(Edit::insert(end, format!(" # {mode:#05o}").replace("0o", "0")));
                }
                _ => open.push((entry.value(), key)),
            }
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn modes_of_volumes_are_explained_and_nothing_else() {
        let text = "kind: Pod\ndefaultMode: 288\nspec:\n  mode: 420\n  volumes:\n  - secret:\n      defaultMode: 288\n      \
                    items:\n      - key: a\n        path: a\n        mode: 256\n  - configMap:\n      defaultMode: 7\n  \
                    - projected:\n      defaultMode: 420\n      sources:\n      - secret:\n          items:\n          \
                    - path: a\n            mode: 511\ndata:\n  x: |\n    secret:\n      defaultMode: 288\n";
        let after = "kind: Pod\ndefaultMode: 288\nspec:\n  mode: 420\n  volumes:\n  - secret:\n      defaultMode: 288 # \
                     0440\n      items:\n      - key: a\n        path: a\n        mode: 256 # 0400\n  - configMap:\n      \
                     defaultMode: 7\n  - projected:\n      defaultMode: 420 # 0644\n      sources:\n      - secret:\n          \
                     items:\n          - path: a\n            mode: 511 # 0777\ndata:\n  x: |\n    secret:\n      \
                     defaultMode: 288\n";
        assert_eq!(comment(text.to_owned()), after);
        assert_eq!(comment("kind: Service\n".to_owned()), "kind: Service\n");
    }
}
