use crate::diagnostic::Edit;
use crate::kube::image::{Refusal, refusal};
use crate::kube::{Object, PodView};
use crate::rules::{Check, Findings, Rule, parts, text};
use crate::words::clip;
use crate::yaml::NodeId;

/// An image reference that no kubelet can read.
pub static RULE: Rule = rule!("unpullable_image.md", Error, Check::Pod(check), fixes);

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if !pod.keeps(&["spec.containers.image", "spec.volumes.image"]) {
        return;
    }
    for view in pod.containers() {
        if let (Some(image), Some(node)) = (view.container.image.as_deref(), view.at(&["image"])) {
            judge(pod.object, image, node, found);
        }
    }
    for (volume, node) in parts::volumes(&pod) {
        let reference = volume.image.as_ref().and_then(|image| image.reference.as_deref());
        let node = pod.object.document.at(node, &["image", "reference"]);
        if let (Some(image), Some(node)) = (reference, node) {
            judge(pod.object, image, node, found);
        }
    }
}

fn judge(object: &Object, image: &str, node: NodeId, found: &mut Findings<'_>) {
    let is_another =
        || is_built(image) || is_target(image) || is_set_by_openshift(object, image) || is_to_be_filled_in(image);
    let Some(why) = refusal(image).filter(|_| !image.is_empty() && !is_another()) else { return };
    let without_scheme = image.split_once("://").map_or(image, |(_, rest)| rest);
    let (message, here, help) = match why {
        Refusal::Scheme => (
            format!("an image reference has no scheme: `{}` cannot be pulled", clip(image)),
            "the kubelet chooses the protocol itself",
            format!("write `{}`", clip(without_scheme)),
        ),
        Refusal::Space if image.trim().is_empty() => {
            ("the image is blank".to_owned(), "only spaces", "write the image's reference".to_owned())
        }
        Refusal::Space => (
            format!("there is a space in the image `{}`", clip(image)),
            "an image reference has no spaces",
            "remove it".to_owned(),
        ),
        Refusal::EmptyTag => (
            format!("the tag of image `{}` is empty", clip(image)),
            "nothing after the colon",
            "add a version after the colon".to_owned(),
        ),
        Refusal::SecondTag => (
            format!("the image `{}` has two tags", clip(image)),
            "only one tag is allowed",
            "write repository:tag".to_owned(),
        ),
        Refusal::UpperCase => (
            format!("the repository of image `{}` has upper-case letters", clip(image)),
            "repositories are lower case",
            format!("push and reference it in lower case: `{}`", clip(&lower(image))),
        ),
        Refusal::Tag => (
            format!("`{}` is not a valid tag", clip(image.rsplit_once(':').map_or(image, |(_, tag)| tag))),
            "letters, digits, `_`, `.` and `-`, at most 128",
            "write repository:tag, with the port only after the registry's host".to_owned(),
        ),
        Refusal::Digest => (
            format!("the digest of image `{}` is not valid", clip(image)),
            "a digest is sha256: and 64 hexadecimal digits",
            "write repository@sha256:DIGEST, or repository:tag".to_owned(),
        ),
        Refusal::Identifier => (
            "64 hexadecimal digits are not an image's name".to_owned(),
            "this looks like an image ID",
            "write repository@sha256:DIGEST".to_owned(),
        ),
        Refusal::Form => (
            format!("`{}` is not an image reference", clip(image)),
            if image.contains("//") { "one slash too many" } else { "the kubelet cannot read it" },
            "write [registry[:port]/]repository[:tag]".to_owned(),
        ),
    };
    let edit = (why == Refusal::Scheme && refusal(without_scheme).is_none())
        .then(|| {
            let span = object.document.span(node).range();
            let raw = object.document.raw(node);
            let at = raw.find(image)?;
            let start = span.start + at;
            Some(vec![Edit::replace(crate::yaml::Span::new(start, start + image.len()), without_scheme)])
        })
        .flatten();
    found
        .at(node, message)
        .here(here)
        .because(
            "the kubelet parses the reference before it pulls and reports InvalidImageName; the API \
             server accepts any text (`ParseNormalizedNamed` in github.com/distribution/reference)",
        )
        .help(help)
        .fix_if("remove the scheme", edit);
}

/// Whether a build tool puts a reference in this place: `ko://`, `kurun://` and other schemes than those that are written
/// by mistake (ko.build: features/k8s; banzaicloud/kurun: README).
fn is_built(image: &str) -> bool {
    const MISTAKEN: [&str; 4] = ["http", "https", "docker", "oci"];
    let scheme = image.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| !MISTAKEN.contains(&scheme.as_str()))
}

/// Whether a build tool puts a reference in the place of one of its targets, `//shop/web:image` or `@shop//web:image`
/// (`bazelbuild/rules_k8s`: README; please.build: `k8s_config`). A host in front (`//docker.io/…`) and a version at the end
/// (`//shop:1.4`) are those of a reference.
fn is_target(image: &str) -> bool {
    let is_of_label = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+=~/-".contains(&byte));
    let Some((project, label)) = image.split_once("//") else { return false };
    let is_project = project.is_empty() || project.starts_with('@') && is_of_label(project.trim_start_matches('@'));
    let (package, target) = label.split_once(':').map_or((label, None), |(package, target)| (package, Some(target)));
    let first = package.split('/').next().unwrap_or_default();
    let is_package = !first.contains('.') && first != "localhost" && is_of_label(package);
    let is_version = |text: &str| {
        text == "latest" || text.strip_prefix('v').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit())
    };
    let is_name = |target: &str| !target.is_empty() && is_of_label(target) && !is_version(target);
    is_project && is_package && target.map_or_else(|| !package.is_empty(), is_name)
}

/// Whether `OpenShift` puts the image of an image stream in the place of a blank one
/// (docs.openshift.com: openshift_images/triggering-updates-on-imagestream-changes).
fn is_set_by_openshift(object: &Object, image: &str) -> bool {
    let triggers = ["metadata", "annotations", "image.openshift.io/triggers"];
    image.trim().is_empty()
        && (object.id.kind == "DeploymentConfig" || object.document.at(object.node, &triggers).is_some())
}

/// The reference with its repository in lower case; the tag keeps its letters.
fn lower(image: &str) -> String {
    let slash = image.rfind('/').map_or(0, |at| at + 1);
    let end = image[slash..].find([':', '@']).map_or(image.len(), |at| slash + at);
    format!("{}{}", image[..end].to_ascii_lowercase(), &image[end..])
}

/// Whether a part of the reference waits to be filled in: `IMAGE`, `<tag>`, `gcr.io/PROJECT_ID/app`,
/// `your-registry/yourApp`.
fn is_to_be_filled_in(image: &str) -> bool {
    let is_marked = text::is_placeholder(image)
        || image.starts_with('-')
        || image.contains(['<', '>', '%', '[', '{', '*', '$', '#', '…'])
        || image.contains("__")
        || image.contains("...")
        || (image.starts_with('@') && image.ends_with('@'));
    let says_so = |part: &str| {
        let lower = part.to_ascii_lowercase();
        ["your", "placeholder", "replace", "changeme", "change-me", "insert", "todo"]
            .iter()
            .any(|word| lower.contains(word))
    };
    let is_shouted =
        |part: &str| part.chars().any(char::is_alphabetic) && part.len() > 1 && !part.chars().any(char::is_lowercase);
    is_marked || says_so(image) || image.split(['/', ':', '@']).any(is_shouted)
}

#[cfg(test)]
mod tests {
    use super::is_target;

    #[test]
    fn targets_of_build_tools_are_told_from_references() {
        let targets = [
            "//path:target",
            "//shop:image",
            "//shop/web:web_image",
            "//shop/web",
            "//shop/web:image.tar",
            "//:web",
            "@shop//web:image",
            "@@shop~1.4//web:image",
            "@//web:image",
            "///shop//web:image",
        ];
        assert_eq!(targets.iter().find(|image| !is_target(image)), None);
        let references = [
            "//",
            "//shop:",
            "//shop:1.4",
            "//shop/web:v1.4",
            "//shop:latest",
            "//docker.io/library/nginx:stable",
            "//localhost/shop",
            "//localhost:5000/shop",
            "docker.io//shop:image",
            "https://shop/web",
            "//shop/web@sha256:image",
        ];
        assert_eq!(references.iter().find(|image| is_target(image)), None);
    }
}
