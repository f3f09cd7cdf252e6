//! The users that programs become whose images start as root, as their descriptions say.

use serde_json::Value as Json;

use super::images::is_plain_image;
use super::program::{Folder, Many, Program, User};
use super::programs::{Programs, split};

/// What an image does that starts as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BecomesUser {
    /// The number of the user that its program runs as.
    pub number: u64,
    /// What must belong to that user, so that only root can use a new disk there.
    pub owned: Option<Owned>,
}

/// A folder that a program has to own: it refuses one of another owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Its path, if nothing says another.
    pub folder: String,
    /// The variable that says another.
    pub variable: &'static str,
}

/// The user that the program of an image becomes, where its images are known to start as root. The same scripts run as
/// that user from the start, too (docker-library: each image's page says so under "Arbitrary --user").
#[must_use]
pub fn user(image: &str) -> Option<BecomesUser> {
    let programs = Programs::built_in();
    let program = programs.of_image(image).filter(|_| is_plain_image(image, programs))?;
    let (repository, tag) = split(image);
    let last = repository.rsplit('/').next().unwrap_or_default();
    let is_it = |user: &&User| {
        user.image.as_deref().is_none_or(|image| image == last)
            && user.tag.as_deref().is_none_or(|part| tag.contains(part))
    };
    let number = program.users.iter().find(is_it)?.number?;
    let owns = program.owns.as_ref();
    let owned = owns.and_then(|owns| Some(Owned { folder: Folder::of(&owns.folders, tag)?, variable: &owns.env }));
    Some(BecomesUser { number, owned })
}

/// The program that a container runs and that writes beside the files of its image, where that is the program's own.
#[must_use]
pub fn writes_to_image(container: &Json) -> Option<&'static Program> {
    let image = container["image"].as_str()?;
    let programs = Programs::built_in();
    let program = programs.of_image(image).filter(|_| is_plain_image(image, programs))?;
    let root = program.root.as_ref()?;
    let texts = |key: &str| container[key].as_array().into_iter().flatten().filter_map(Json::as_str);
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_own = texts("command").next().is_none_or(|first| program.binaries.contains(&base(first)));
    let variables = container["env"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
    let said: Vec<&str> = texts("command").chain(texts("args")).chain(variables).collect();
    let has = |names: &Many| names.iter().any(|name| said.contains(&name));
    (is_own && (root.with.is_empty() || has(&root.with)) && !has(&root.unless)).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn users_are_those_of_the_images() {
        for (image, number) in [
            ("postgres:16", Some(999)),
            ("docker.io/library/postgres:16.2-bookworm", Some(999)),
            ("postgres:16-alpine", Some(70)),
            ("postgres:9.6.24-alpine3.15", Some(70)),
            ("timescale/timescaledb:2.14.2-pg16", Some(70)),
            ("pgvector/pgvector:pg16", Some(999)),
            ("mysql:8.4.11", Some(999)),
            ("mariadb:11", Some(999)),
            ("redis:7-alpine", Some(999)),
            ("mongo:7", Some(999)),
            ("rabbitmq:3.13-management", Some(999)),
            ("rabbitmq:3.13-management-alpine", None),
            ("wordpress:6.5", Some(33)),
            ("wordpress:6.5-php8.2-apache", Some(33)),
            ("wordpress:6.5-fpm", None),
            ("wordpress:cli", None),
            ("percona:8", None),
            ("bitnami/postgresql:16", None),
            ("registry.example.com/shop/postgres:main", None),
            ("nginx:1.29", None),
        ] {
            assert_eq!(user(image).map(|user| user.number), number, "{image}");
        }
    }

    #[test]
    fn postgres_owns_its_folder() {
        for (image, folder) in [
            ("postgres:16", "/var/lib/postgresql/data"),
            ("postgres", "/var/lib/postgresql/data"),
            ("postgres:9.6", "/var/lib/postgresql/data"),
            ("postgres:18.1", "/var/lib/postgresql/18/docker"),
            ("pgvector/pgvector:pg18", "/var/lib/postgresql/18/docker"),
            ("postgres:19beta1-alpine", "/var/lib/postgresql/19/docker"),
        ] {
            let owned = user(image).and_then(|user| user.owned).map(|owned| (owned.folder, owned.variable));
            assert_eq!(owned, Some((folder.to_owned(), "PGDATA")), "{image}");
        }
        assert_eq!(user("mysql:8").and_then(|user| user.owned), None);
    }
}
