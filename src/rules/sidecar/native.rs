//! The change that makes a native sidecar of an entry of `containers`.

use crate::kube::ContainerView;
use crate::yaml::edit::{self, Edit};
use crate::yaml::{Document, NodeId, Span, Style};

/// Moves a container to the end of `initContainers`, with `restartPolicy: Always` and its comments. Only where both lists
/// are written in their own lines. Several may be moved at once: what makes the list is then the same edit for all of
/// them.
pub(super) fn moved(view: &ContainerView<'_>) -> Option<Vec<Edit>> {
    let document = &view.pod.object.document;
    let containers = document.entry(view.pod.node, "containers")?;
    let others = document.items(containers.value()).len() > 1;
    let lines = edit::item_lines(document, view.node).filter(|_| others)?;
    let item = sidecar(document, view, lines)?;
    let mut edits = Vec::new();
    match document.get(view.pod.node, "initContainers") {
        Some(list) => edits.push(edit::insert_lines(document, end_of_list(document, list, view.node)?, &item)),
        None => {
            let indentation = edit::indentation(document, containers.key);
            let at = edit::above(document, containers.key)?;
            let line_break = edit::line_break(document, at);
            edits.push(Edit::insert(at, format!("{indentation}initContainers:{line_break}")));
            edits.push(Edit::insert(at, item));
        }
    }
    edits.push(Edit::replace(lines, ""));
    Some(edits)
}

/// The item's lines, with the restart policy.
fn sidecar(document: &Document, view: &ContainerView<'_>, lines: Span) -> Option<String> {
    let text = edit::moved(document, lines);
    if view.container.restart_policy.is_some() {
        return Some(text);
    }
    let mut policy = edit::add(document, view.node, "image", "restartPolicy", "Always")?;
    let from_item = |at: u32| at.checked_sub(lines.start);
    policy.span = Span { start: from_item(policy.span.start)?, end: from_item(policy.span.end)? };
    Some(edit::apply(&text, &[policy]))
}

/// Where a list of items that begin in the same column ends.
fn end_of_list(document: &Document, list: NodeId, like: NodeId) -> Option<usize> {
    let column = |item: NodeId| document.source.position(document.span(item).start).column;
    let at_end = *document.items(list).last()?;
    let fits = document.style(list) == Style::Block && column(at_end) == column(like);
    edit::item_lines(document, at_end).filter(|_| fits).map(|lines| lines.range().end)
}
