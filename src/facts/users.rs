//! The users that programs become whose images start as root: the numbers of their Dockerfiles.

use super::images::is_plain_image;
use super::programs::{Programs, split};

/// What an image does that starts as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BecomesUser {
    /// The number of the user that its program runs as.
    pub number: u64,
    /// A folder that must belong to that user, so that only root can use a new disk there.
    pub owned: Option<String>,
}

/// The variable that names postgres' folder of data.
pub const PGDATA: &str = "PGDATA";

/// Programs, with their users in images on Debian and on Alpine (docker-library: each `Dockerfile`; the same script
/// runs as that user from the start, too, as each image's page says under "Arbitrary --user").
const USERS: [(&str, Option<u64>, Option<u64>); 10] = [
    ("postgres", Some(999), Some(70)),
    ("mysql", Some(999), None),
    ("mariadb", Some(999), None),
    ("redis", Some(999), Some(999)),
    ("mongo", Some(999), None),
    ("rabbitmq", Some(999), None),
    ("old-rabbitmq", Some(999), None),
    ("cassandra", Some(999), None),
    ("zookeeper", Some(1000), None),
    ("php-apache", Some(33), None),
];

/// The user that the program of an image becomes, where its images are known to start as root.
#[must_use]
pub fn user(image: &str) -> Option<BecomesUser> {
    let programs = Programs::built_in();
    let program = programs.of_image(image).filter(|_| is_plain_image(image, programs))?;
    let (repository, tag) = split(image);
    let last = repository.rsplit('/').next().unwrap_or_default();
    // images of others by these names have their own users
    let is_official = !["percona", "percona-server", "percona-server-mongodb", "mysql-server"].contains(&last)
        && !last.starts_with("mongodb-");
    let is_alpine = tag.contains("alpine") || last == "timescaledb";
    let (name, debian, alpine) = USERS.iter().find(|(name, ..)| *name == program.program && is_official)?;
    let number = if is_alpine { *alpine } else { *debian }?;
    // initdb and the server refuse a folder of another owner (postgres: src/bin/initdb/initdb.c, src/backend/utils/init)
    let owned = (*name == "postgres").then(|| folder_of_postgres(tag));
    Some(BecomesUser { number, owned })
}

/// Postgres' folder of data if nothing says another: from version 18 on it is below the volume's.
fn folder_of_postgres(tag: &str) -> String {
    let digits: String =
        tag.chars().skip_while(|sign| !sign.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    match digits.parse::<u32>() {
        Ok(version @ 18..) => format!("/var/lib/postgresql/{version}/docker"),
        _ => "/var/lib/postgresql/data".to_owned(),
    }
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
            assert_eq!(user(image).and_then(|user| user.owned).as_deref(), Some(folder), "{image}");
        }
        assert_eq!(user("mysql:8").and_then(|user| user.owned), None);
    }
}
