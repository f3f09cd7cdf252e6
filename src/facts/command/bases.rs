//! Base images, whose arguments are a command.

use crate::facts::programs;

/// Docker's official images without `ENTRYPOINT`, or with one that executes its arguments
/// (github.com/docker-library/official-images: the Dockerfiles that each file of `library/` names).
const BASES: [&str; 29] = [
    "almalinux",
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "bash",
    "buildpack-deps",
    "busybox",
    "centos",
    "clojure",
    "debian",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "gcc",
    "golang",
    "gradle",
    "maven",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "php",
    "python",
    "rockylinux",
    "ruby",
    "rust",
    "tomcat",
    "ubuntu",
];

/// Whether an image runs its arguments, if they are no options.
pub(super) fn runs_its_arguments(image: &str) -> bool {
    let (repository, _) = programs::split(image);
    let official = match repository.rsplit_once('/') {
        None => repository,
        Some(("docker.io" | "library" | "docker.io/library" | "public.ecr.aws/docker/library", name)) => name,
        // a mirror of Docker's own
        Some((place, name)) if place.ends_with("/library") => name,
        Some(_) => return false,
    };
    BASES.contains(&official)
}

#[cfg(test)]
mod tests {
    use super::runs_its_arguments;

    #[test]
    fn official_images_only() {
        for image in ["busybox", "alpine:3.20", "docker.io/library/debian:12", "mirror.example.com/library/node:22"] {
            assert!(runs_its_arguments(image), "{image}");
        }
        for image in ["registry.example.com/busybox", "redis", "example/alpine", "alpine/socat", ""] {
            assert!(!runs_its_arguments(image), "{image}");
        }
    }
}
