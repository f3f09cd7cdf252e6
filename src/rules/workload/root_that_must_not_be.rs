use super::official;
use crate::diagnostic::Level;
use crate::kube::image::Reference;
use crate::kube::types::{PodSecurityContext, SecurityContext};
use crate::kube::{ContainerView, Index, PodView};
use crate::rules::{Check, Findings, FindingsAnywhere, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A container that is told to run as root and not to.
pub static RULE: Rule = rule!("root_that_must_not_be.md", Error, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for object in index.all() {
        let is_judged = |pod: &PodView<'_>| !parts::is_windows(*pod) && !pod.is_changed(&parts::SECURITY);
        for view in object.pods().filter(is_judged).flat_map(PodView::containers) {
            judge(view, index, &mut found.about(object));
        }
    }
}

fn judge(view: ContainerView<'_>, index: &Index<'_>, found: &mut Findings<'_>) {
    let own = view.container.security_context.as_deref();
    let of_pod = view.pod.spec.security_context.as_ref();
    let user = in_effect(own.and_then(user), of_pod.and_then(|pod| pod.run_as_user));
    let non_root = in_effect(own.and_then(non_root), of_pod.and_then(|pod: &PodSecurityContext| pod.run_as_non_root));
    let Some((true, is_own_rule)) = non_root else { return };
    if user.is_none() {
        image_of_root(&view, is_own_rule, index, found);
    }
    let Some((0, is_own_user)) = user else { return };
    let (Some(user), Some(rule)) = (node(&view, "runAsUser", is_own_user), node(&view, "runAsNonRoot", is_own_rule))
    else {
        return;
    };
    found
        .at(user, format!("`{}` is set to run as root, but must not", clip(&view.container.name)))
        .here("0 is root")
        .and(rule, "root is forbidden here")
        .because(
            "the kubelet does not start the container: CreateContainerConfigError, \"container's runAsUser breaks \
             non-root policy\" (`verifyRunAsNonRoot` in `pkg/kubelet/kuberuntime`)",
        )
        .help("set `runAsUser` to the image's unprivileged user, or `runAsNonRoot: false` for this container");
}

/// An image that is known to run as root, or as a user of whom the kubelet knows no number, where nothing says another.
fn image_of_root(view: &ContainerView<'_>, is_own_rule: bool, index: &Index<'_>, found: &mut Findings<'_>) {
    // OpenShift's admission writes a number of the namespace's own into every Pod
    let is_openshift = ["Route", "DeploymentConfig", "ImageStream", "SecurityContextConstraints"];
    if !view.pod.keeps(&["spec.containers.image", "spec.containers.securityContext", "spec.securityContext"])
        || is_openshift.iter().any(|kind| !index.kind(kind).is_empty())
    {
        return;
    }
    let image = view.container.image.as_deref().unwrap_or_default();
    let Some(user) = user_of(image) else { return };
    let (Some(at), Some(rule)) = (view.at(&["image"]), node(view, "runAsNonRoot", is_own_rule)) else { return };
    let (message, here, why) = match user {
        User::Root => (
            format!("`{}` must not run as root, but its image does", clip(&view.container.name)),
            "runs as root by default",
            "the kubelet does not start the container: CreateContainerConfigError, \"container has runAsNonRoot and image \
             will run as root\" (`verifyRunAsNonRoot` in `pkg/kubelet/kuberuntime`)",
        ),
        User::Name(name) => (
            format!(
                "the kubelet cannot tell whether `{name}`, the user of `{}`'s image, is root",
                clip(&view.container.name)
            ),
            "its user is a name, not a number",
            "the kubelet does not start the container: CreateContainerConfigError, \"image has non-numeric user, cannot \
             verify user is non-root\" (`verifyRunAsNonRoot` in `pkg/kubelet/kuberuntime`)",
        ),
    };
    found
        .at(at, message)
        .here(here)
        .and(rule, "root is forbidden here")
        .because(why)
        .help("set `runAsUser` to the number of an unprivileged user of the image")
        .level(Level::Warning);
}

/// The user that an image names.
#[derive(Clone, Copy)]
enum User {
    /// None, or root.
    Root,
    /// One without its number.
    Name(&'static str),
}

/// Who an image runs as, where its Dockerfile says so and always has: Docker's official images without `USER`
/// (github.com/docker-library), and Prometheus' with `USER nobody` (github.com/prometheus).
fn user_of(image: &str) -> Option<User> {
    const ROOT: [&str; 20] = [
        "alpine",
        "busybox",
        "centos",
        "debian",
        "golang",
        "httpd",
        "mariadb",
        "mongo",
        "mysql",
        "nginx",
        "node",
        "perl",
        "php",
        "postgres",
        "python",
        "redis",
        "ruby",
        "tomcat",
        "ubuntu",
        "wordpress",
    ];
    const USER_NOBODY: [&str; 3] = ["alertmanager", "node-exporter", "prometheus"];
    let Reference { repository, tag, .. } = Reference::of(image);
    let tag = tag.unwrap_or_default();
    // what was built for others says so
    if ["nonroot", "rootless", "unprivileged", "distroless"].iter().any(|word| tag.contains(word)) {
        return None;
    }
    if official::name_and_tag(image).is_some_and(|(name, _)| ROOT.contains(&name)) {
        return Some(User::Root);
    }
    let of_docker = official::of_docker(repository);
    let of_prometheus = of_docker.strip_prefix("prom/").or_else(|| repository.strip_prefix("quay.io/prometheus/"))?;
    USER_NOBODY.contains(&of_prometheus).then_some(User::Name("nobody"))
}

fn user(own: &SecurityContext) -> Option<i64> {
    own.run_as_user
}

fn non_root(own: &SecurityContext) -> Option<bool> {
    own.run_as_non_root
}

/// What a container says itself counts before what the Pod says, and whether it does.
fn in_effect<T>(own: Option<T>, of_pod: Option<T>) -> Option<(T, bool)> {
    own.map(|value| (value, true)).or_else(|| of_pod.map(|value| (value, false)))
}

fn node(view: &ContainerView<'_>, field: &str, is_own: bool) -> Option<NodeId> {
    let path = ["securityContext", field];
    if is_own { view.at(&path) } else { view.pod.object.document.at(view.pod.node, &path) }
}
