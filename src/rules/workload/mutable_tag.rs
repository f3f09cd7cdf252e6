use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule};

/// An image whose tag moves with every release.
pub static RULE: Rule = rule!("mutable_tag.md", Advice, Check::Container(check));

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let Some(node) = view.at(&["image"]).filter(|_| view.pod.keeps(&["spec.containers.image"])) else { return };
    let image = view.container.image.as_deref().unwrap_or_default();
    if is_mutable(image) {
        found
            .at(node, format!("`{}` changes with every release", crate::words::clip(image)))
            .because("a Pod that is recreated, after a crash or on another node, may run an image that was never rolled out, and a rollback changes nothing")
            .help("use a version: name:1.4.2");
    }
}

/// Whether an image is whatever was pushed last: `latest`, or no tag, which means `latest`.
pub fn is_mutable(image: &str) -> bool {
    let (_, tag) = crate::facts::programs::split(image);
    // a blank one has no tag, and unpullable-image says so
    let is_open = image.trim().is_empty() || image.contains('@') || crate::rules::text::is_placeholder(image);
    !is_open && matches!(tag, "" | "latest")
}
