//! What is said beside the report.

use std::collections::BTreeSet;

use crate::cli::ImportArgs;
use crate::import::Import;
use crate::kube::Workspace;

pub(super) fn notes(workspace: &Workspace) -> Vec<String> {
    let mut notes = Vec::new();
    let (of_ytt, of_others) = (workspace.ytt_templates_skipped, workspace.other_templates_skipped);
    let of_helm = workspace.templates_skipped - of_ytt - of_others;
    for (number, what, how) in [
        (of_helm, "Helm template", "`helm template CHART | patterns import -` reads what Helm makes"),
        (of_ytt, "ytt template", "`ytt -f FILES | patterns import -` reads what ytt makes"),
        (of_others, "other template", "render it first, and import the output"),
    ] {
        match number {
            0 => {}
            1 => notes.push(format!("1 {what} skipped; {how}")),
            _ => notes.push(format!("{number} {} skipped; {how}", what.replacen("template", "templates", 1))),
        }
    }
    if workspace.objects().any(|object| !object.changes.is_empty() || object.is_patch) {
        notes.push(
            "kustomize changes some of these objects; `kubectl kustomize DIR | patterns import -` reads its output"
                .to_owned(),
        );
    }
    notes
}

/// That some documents are not to be generated together, and where they are.
pub(super) fn variants(import: &Import, args: &ImportArgs) -> Option<String> {
    let of: Vec<&str> = import.documents.iter().filter_map(|document| document.variant.as_deref()).collect();
    let names: BTreeSet<&str> = of.iter().copied().collect();
    let first = names.first()?;
    let listed = names.iter().copied().collect::<Vec<_>>().join(", ");
    let what = if names.len() == 1 { "a variant has" } else { "variants have" };
    let how = if args.output.is_some() {
        format!("each is in a folder of DIR, such as DIR/{first}; generate one of them at a time")
    } else {
        let documents =
            if of.len() == 1 { "its document is".to_owned() } else { format!("{} documents are", of.len()) };
        format!("{documents} not printed; -o DIR writes each into a folder, such as DIR/{first}")
    };
    Some(format!("{what} the same objects as other documents ({listed}): {how}"))
}

/// Where the descriptions have what looks like a secret from: its value is shown nowhere but in them.
pub(super) fn open_secrets(import: &Import) -> Vec<String> {
    let inputs = import
        .documents
        .iter()
        .flat_map(|document| document.objects.iter().map(|object| &object.input).chain(&document.extra));
    let mut places: Vec<String> = inputs.flat_map(|input| input.open().collect::<Vec<_>>()).collect();
    places.sort_unstable();
    places.dedup();
    let note = |place: &String| {
        format!("{place}: this looks like a plaintext secret, and the description contains it too; move it to a Secret")
    };
    places.iter().map(note).collect()
}
