//! Docker's official images, and whether a container starts one as it is.

use crate::facts::ContainerFacts;
use crate::facts::program::Program;
use crate::kube::image::Reference;

/// Where Docker's official images are.
const DOCKER: [&str; 4] = ["docker.io/", "index.docker.io/", "registry-1.docker.io/", "public.ecr.aws/docker/"];

/// The name and tag of one of Docker's official images: `postgres` and `17-alpine` of `docker.io/library/postgres:17-alpine`.
#[must_use]
pub fn name_and_tag(image: &str) -> Option<(&str, Option<&str>)> {
    let (name, tag) = path_and_tag(image);
    (!name.contains('/')).then_some((name, tag))
}

/// The name and tag of an image of Docker's registry: `apache/kafka` and `4.0.0`, without `library/`.
#[must_use]
pub fn path_and_tag(image: &str) -> (&str, Option<&str>) {
    let Reference { repository, tag, .. } = Reference::of(image);
    let name = of_docker(repository);
    (name.strip_prefix("library/").unwrap_or(name), tag)
}

/// A repository without Docker's registry in front.
#[must_use]
pub fn of_docker(repository: &str) -> &str {
    DOCKER.iter().find_map(|host| repository.strip_prefix(host)).unwrap_or(repository)
}

/// The number that a tag begins with: 17 of `17.2-alpine`.
#[must_use]
pub fn version(tag: &str) -> Option<u32> {
    let digits = tag.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tag.len());
    tag[..digits].parse().ok()
}

/// Whether the image's own script starts its server.
#[must_use]
pub fn starts_as_the_image_does(member: &ContainerFacts<'_>, program: &Program) -> bool {
    let container = member.container.container;
    let is_script = |word: &str| word.rsplit('/').next() == Some("docker-entrypoint.sh");
    let command = container.command.as_deref().unwrap_or_default();
    let is_own = command.is_empty() || command.len() == 1 && is_script(&command[0]);
    let first = container.args.as_deref().unwrap_or_default().first();
    is_own && first.is_none_or(|word| word.starts_with('-') || program.binaries.iter().any(|binary| *binary == **word))
}
