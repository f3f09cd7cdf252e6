use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule};

/// An image that is named by a tag alone.
pub static RULE: Rule = rule!("image_without_digest.md", Advice, Check::Container(check));

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let Some(node) = view.at(&["image"]) else { return };
    let image = view.container.image.as_deref().unwrap_or_default();
    // without a version the digest is not what is missing first
    let is_said = super::mutable_tag::is_mutable(image) && view.pod.keeps(&["spec.containers.image"]);
    if is_said || image.trim().is_empty() || image.contains('@') || crate::rules::text::is_placeholder(image) {
        return;
    }
    found
        .at(node, format!("`{}` is whatever its tag points at when a node pulls it", crate::words::clip(image)))
        .because("a tag can be pushed again; two nodes may then run different programs under one name")
        .help("add the digest: name:tag@sha256:…");
}
