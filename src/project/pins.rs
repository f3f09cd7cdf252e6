//! Writing `images` into `.patterns.yaml`, byte by byte: comments, order and quotes stay.

use std::fmt::Write as _;
use std::sync::Arc;

use super::FILE_NAME;
use crate::describe::Spanned;
use crate::yaml::edit::{self, Edit};
use crate::yaml::{self, Document, NodeId, Source, Style, Value};

/// The settings with other images for some roles. `None` where the way the file is written leaves no edit that is
/// surely right.
#[must_use]
pub fn pin(text: &str, images: &[(String, String)]) -> Option<String> {
    let before = documents(text)?;
    let before = before.first();
    let edited = match before {
        Some(document) if !matches!(document.value(document.root()), Value::Null) => {
            edit::apply(text, &edits(document, images)?)
        }
        _ => appended(text, images),
    };
    // what is written must be read back as what was meant, and nothing else may have changed
    let after = documents(&edited)?;
    let json = |document: &Document| Spanned::from_node(document, document.root()).to_json();
    let mut wanted = before.map(json).unwrap_or_default();
    if wanted.is_null() {
        wanted = serde_json::json!({});
    }
    if !wanted["images"].is_object() {
        wanted["images"] = serde_json::json!({});
    }
    for (role, reference) in images {
        wanted["images"][role] = serde_json::json!(reference);
    }
    (after.first().map(json) == Some(wanted)).then_some(edited)
}

/// The document of the settings, if they have one; `None` if kubectl would refuse them or there are several.
fn documents(text: &str) -> Option<Vec<Document>> {
    let source = Arc::new(Source::from_text(FILE_NAME, text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    (refusal.is_none() && documents.len() < 2).then_some(documents)
}

fn edits(document: &Document, images: &[(String, String)]) -> Option<Vec<Edit>> {
    let root = document.root();
    let Some(map) = document.get(root, "images") else {
        return match document.style(root) {
            Style::Flow => Some(vec![edit::add(document, root, "", "images", &flow(images))?]),
            Style::Block => {
                let text = &document.source.text;
                let end = text.len();
                Some(vec![Edit::insert(end, appended(text, images).get(end..)?)])
            }
            _ => None,
        };
    };
    let span = document.span(map);
    if document.entries(map).is_empty() {
        return match document.value(map) {
            Value::Map(_) => Some(vec![Edit::replace(span, flow(images))]),
            // `images:` and nothing
            Value::Null => {
                let key = document.entry(root, "images")?.key;
                let at = document.span(key).range().end;
                let colon = at + document.source.text.get(at..)?.find(':')? + 1;
                Some(vec![Edit::replace(
                    yaml::Span::new(colon, span.range().end.max(colon)),
                    format!(" {}", flow(images)),
                )])
            }
            _ => None,
        };
    }
    images.iter().map(|(role, reference)| pin_role(document, map, role, reference)).collect()
}

fn pin_role(document: &Document, map: NodeId, role: &str, reference: &str) -> Option<Edit> {
    let value = quoted(reference);
    match document.get(map, role) {
        Some(node) => edit::scalar(document, node, &value),
        None => {
            let last = document.entries(map).last()?;
            edit::add(document, map, &document.key(last), role, &value)
        }
    }
}

/// The text with a block of images at its end.
fn appended(text: &str, images: &[(String, String)]) -> String {
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(line_break);
    }
    let _ = write!(out, "images:{line_break}");
    for (role, reference) in images {
        let _ = write!(out, "  {role}: {}{line_break}", quoted(reference));
    }
    out
}

fn flow(images: &[(String, String)]) -> String {
    let members: Vec<String> =
        images.iter().map(|(role, reference)| format!("{role}: {}", quoted(reference))).collect();
    format!("{{{}}}", members.join(", "))
}

/// References hold nothing that needs an escape.
fn quoted(reference: &str) -> String {
    format!("\"{reference}\"")
}

#[cfg(test)]
mod tests {
    use super::pin;

    fn pinned(text: &str) -> Option<String> {
        let images = [("https", "ghostunnel:v1@sha256:ab"), ("envoy", "envoy:2")];
        pin(text, &images.map(|(role, reference)| (role.to_owned(), reference.to_owned())))
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for (before, after) in [
            ("", "images:\n  https: \"ghostunnel:v1@sha256:ab\"\n  envoy: \"envoy:2\"\n"),
            ("# ours\n", "# ours\nimages:\n  https: \"ghostunnel:v1@sha256:ab\"\n  envoy: \"envoy:2\"\n"),
            (
                "target: \"1.34\" # why",
                "target: \"1.34\" # why\nimages:\n  https: \"ghostunnel:v1@sha256:ab\"\n  envoy: \"envoy:2\"\n",
            ),
            (
                "images: # pinned\n  # by hand\n  envoy: 'envoy:1' # old\n\n# end\nlint: {}\n",
                "images: # pinned\n  # by hand\n  envoy: \"envoy:2\" # old\n  https: \"ghostunnel:v1@sha256:ab\"\n\n# end\nlint: {}\n",
            ),
            (
                "images: {envoy: x} # a\ntarget: 1.34\n",
                "images: {envoy: \"envoy:2\", https: \"ghostunnel:v1@sha256:ab\"} # a\ntarget: 1.34\n",
            ),
            (
                "lint: {}\r\ntarget: 1.34",
                "lint: {}\r\ntarget: 1.34\r\nimages:\r\n  https: \"ghostunnel:v1@sha256:ab\"\r\n  envoy: \"envoy:2\"\r\n",
            ),
            ("images: {}\nlint: {}\n", "images: {https: \"ghostunnel:v1@sha256:ab\", envoy: \"envoy:2\"}\nlint: {}\n"),
            ("images:\nlint: {}\n", "images: {https: \"ghostunnel:v1@sha256:ab\", envoy: \"envoy:2\"}\nlint: {}\n"),
            ("{target: 1.34}\n", "{target: 1.34, images: {https: \"ghostunnel:v1@sha256:ab\", envoy: \"envoy:2\"}}\n"),
        ] {
            assert_eq!(pinned(before).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn what_has_no_sure_edit_is_left_alone() {
        for text in [
            "images: [\n",
            "a: 1\n---\nb: 1\n",
            "target: 1.34\n...\n",
            "base: &base {https: x}\nimages: *base\n",
            "base: &base {https: x}\nimages:\n  <<: *base\n",
        ] {
            assert_eq!(pinned(text), None, "{text}");
        }
    }
}
