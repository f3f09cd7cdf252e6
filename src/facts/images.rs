//! What the name of an image says of what is in it.

use super::program::{Program, Shell};
use super::programs::{self, Programs};

/// Whether a tag is a version: `7`, `v1.2`, `1.2-alpine`.
fn is_version(tag: &str) -> bool {
    let bare = tag.strip_prefix('v').unwrap_or(tag);
    let rest = bare.trim_start_matches(|sign: char| sign.is_ascii_digit());
    rest.len() < bare.len() && (rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Registries where the makers of programs publish their images.
fn is_public_registry(host: &str) -> bool {
    const PUBLIC: [&str; 18] = [
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "registry.hub.docker.com",
        "quay.io",
        "ghcr.io",
        "gcr.io",
        "k8s.gcr.io",
        "registry.k8s.io",
        "mirror.gcr.io",
        "mcr.microsoft.com",
        "public.ecr.aws",
        "docker.elastic.co",
        "registry.access.redhat.com",
        "registry.redhat.io",
        "registry.developers.crunchydata.com",
        "cr.fluentbit.io",
        "cr.l5d.io",
    ];
    PUBLIC.contains(&host) || host.ends_with(".gcr.io") || host.ends_with(".pkg.dev")
}

/// Whether an image is a program's own one, and not one that is built on it and may bring configuration:
/// nothing but a registry and the usual folders before the name that we know.
pub(super) fn is_plain_image(image: &str, programs: &Programs) -> bool {
    let (repository, tag) = programs::split(image);
    let Some(known) = programs.of_image(image) else { return false };
    // A private registry holds mirrors, whose tags are versions, and builds.
    let host = repository.split('/').next().filter(|host| host.contains(['.', ':']) || *host == "localhost");
    let is_pinned = tag.is_empty() && image.contains('@');
    if host.is_some_and(|host| !is_public_registry(host)) && !is_pinned {
        // Docker's official images are tagged with the program's version alone: neither `v1` nor a date is one.
        let is_official = known.source.contains("docker-library/") || known.source.contains("nginx/docker-nginx");
        let digits = tag.bytes().take_while(u8::is_ascii_digit).count();
        if !is_version(tag) || is_official && !(1..=3).contains(&digits) {
            return false;
        }
    }
    known.images.iter().any(|end| {
        let Some(before) = repository.strip_suffix(end.as_str()) else { return false };
        let mut segments = before.trim_end_matches('/').split('/').filter(|segment| !segment.is_empty());
        let first = segments.next();
        let is_registry = |segment: &str| segment.contains(['.', ':']) || segment == "localhost";
        let rest = match first {
            Some(first) if is_registry(first) => segments.next(),
            other => other,
        };
        // the organization that the program's source is of, too
        let is_own = |owner: &str| {
            matches!(owner, "library" | "k8scsi") || end.contains('/') || known.source.contains(&format!("{owner}/"))
        };
        // whose folders are of the projects themselves
        let is_official = first.is_some_and(|host| matches!(host, "registry.k8s.io" | "k8s.gcr.io"));
        rest.is_none_or(|owner| is_official || is_own(owner)) && segments.next().is_none()
    })
}

/// Whether an image may hold another program of the same name than the one that it is taken for: only the last word of
/// its name tells, which says what it does rather than what it is (`kafka-exporter`), below a folder that is not known
/// to publish or mirror it. What a project describes itself is known.
pub(super) fn may_be_another(image: &str, known: &Program, programs: &Programs) -> bool {
    const KINDS: [&str; 5] = ["exporter", "adapter", "elector", "controller", "metrics-server"];
    // who publishes the programs of others
    const MIRRORS: [&str; 10] = [
        "bitnami",
        "bitnamilegacy",
        "bitnamisecure",
        "chainguard",
        "googlecontainer",
        "googlecontainers",
        "k8s",
        "library",
        "openshift",
        "rancher",
    ];
    let (repository, _) = programs::split(image);
    let (folders, name) = repository.rsplit_once('/').unwrap_or(("", repository));
    let is_of =
        |kind: &&str| name.strip_suffix(*kind).is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_']));
    if !KINDS.iter().any(is_of) {
        return false;
    }
    let is_it = |found: Option<&Program>| found.is_some_and(|found| std::ptr::eq(found, known));
    let is_told_in_full = known.images.iter().any(|end| end.contains('/') && programs::ends_with(repository, end));
    let is_built_in = is_it(programs.of_image(image)) && is_it(Programs::built_in().of_image(image));
    if !is_built_in || is_told_in_full {
        return false;
    }
    let is_registry = |segment: &&str| segment.contains(['.', ':']) || *segment == "localhost";
    let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let source = plain(&known.source);
    let is_known = |folder: &str| {
        let folder = plain(folder);
        let is_owner = |word: &str| word.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        source.split([' ', ',', ';']).any(|word| is_owner(word.strip_prefix("https://github.com/").unwrap_or(word)))
            || MIRRORS.contains(&folder.as_str())
            || known.publishers.iter().any(|publisher| plain(publisher) == folder)
            || folder == plain(name)
            || folder == plain(&known.program)
    };
    let is_official =
        ["registry.k8s.io/", "k8s.gcr.io/", "gke.gcr.io/"].iter().any(|host| repository.starts_with(host));
    let mut below = folders.split('/').filter(|folder| !folder.is_empty() && !is_registry(folder)).peekable();
    !is_official && below.peek().is_some() && !below.any(is_known)
}

/// Whether an image is known to hold its program and no shell or tool beside it. Tags that name another
/// base (`-alpine`, `-debug`) may hold one.
#[must_use]
pub fn is_bare(image: &str) -> bool {
    let (repository, tag) = programs::split(image);
    let has_base =
        ["alpine", "busybox", "debug", "bullseye", "bookworm", "buster", "trixie", "debian", "ubuntu", "ubi"]
            .iter()
            .any(|base| tag.contains(base));
    let is_distroless = repository.starts_with("gcr.io/distroless/") && !repository.contains("busybox");
    let is_named_so = tag.contains("distroless") || repository.ends_with("-distroless");
    let is_pause = repository.ends_with("/pause");
    let programs = Programs::built_in();
    let is_described = || programs.of_image(image).is_some_and(|program| program.shell == Some(Shell::None));
    let known = || is_described() && is_plain_image(image, programs);
    !has_base && (is_distroless || is_named_so || is_pause || known())
}
