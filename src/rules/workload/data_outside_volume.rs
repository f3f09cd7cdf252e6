use crate::diagnostic::Level;
use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::image::Reference;
use crate::rules::{Check, Findings, Rule, parts};
use crate::yaml::NodeId;

/// A volume where an image of this version keeps nothing.
pub static RULE: Rule = rule!("data_outside_volume.md", Error, Check::Facts(check));

/// Where the versions of an image keep their data, and where others did.
struct Move {
    /// Docker's official image.
    image: &'static str,
    /// The major versions.
    versions: std::ops::RangeInclusive<u32>,
    /// The folder of the data; a `#` is the version.
    folder: &'static str,
    /// Where a volume does not hold it.
    wrong: &'static str,
    /// Variables that name another folder.
    variables: &'static [&'static str],
    /// What options begin with that do.
    options: &'static [&'static str],
    level: Level,
    what: &'static str,
    why: &'static str,
    /// Where to mount it.
    right: &'static str,
}

static MOVES: [Move; 3] = [
    Move {
        image: "postgres",
        versions: 18..=99,
        folder: "/var/lib/postgresql/#/docker",
        wrong: "/var/lib/postgresql/data",
        variables: &["PGDATA"],
        options: &["-D", "--data"],
        level: Level::Error,
        what: "does not start",
        why: "from 18 on the image keeps its data in /var/lib/postgresql/VERSION/docker, and its script exits where a volume \
              is at the former folder (docker-library/postgres: `docker_error_old_databases` in `docker-entrypoint.sh`); \
              without that check, the data would be gone with the container",
        right: "/var/lib/postgresql",
    },
    Move {
        image: "postgres",
        versions: 9..=17,
        folder: "/var/lib/postgresql/data",
        wrong: "/var/lib/postgresql",
        variables: &["PGDATA"],
        options: &["-D", "--data"],
        level: Level::Warning,
        what: "may lose its data",
        why: "before 18 the image declares a volume at /var/lib/postgresql/data (`VOLUME`), which containerd \
              mounts inside this one: what is written there is gone with the container",
        right: "/var/lib/postgresql/data",
    },
    Move {
        image: "influxdb",
        versions: 2..=2,
        folder: "/var/lib/influxdb2",
        wrong: "/var/lib/influxdb",
        variables: &["INFLUXD_BOLT_PATH", "INFLUXD_ENGINE_PATH", "INFLUXD_CONFIG_PATH"],
        options: &["--bolt-path", "--engine-path"],
        level: Level::Warning,
        what: "loses its data with its container",
        why: "version 2 keeps its data in /var/lib/influxdb2, and reads the folder of version 1 only to upgrade it \
              (influxdata/influxdata-docker: `influxdb/2.7/Dockerfile`)",
        right: "/var/lib/influxdb2",
    },
];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.keeps(&["spec.containers.image", "spec.containers.volumeMounts", "spec.containers.env"]) {
        return;
    }
    for member in &facts.members {
        let Some((moved, version)) = of_image(member.image()) else { continue };
        let Some(mount) = lonely_mount(member, moved, version) else { continue };
        if !starts_as_the_image_does(member)
            || is_told(member, moved)
            || moved.variables.iter().any(|name| member.environment.get(name).is_some())
        {
            continue;
        }
        // a variable may come from what is not in the run
        let level = if member.environment.is_whole() { moved.level } else { Level::Warning };
        let saying = found
            .at(
                mount,
                format!(
                    "`{}` {}: {} {version} keeps nothing in {}",
                    member.name(),
                    moved.what,
                    moved.image,
                    moved.wrong
                ),
            )
            .level(level)
            .here("holds no data")
            .because(moved.why)
            .help(format!("mount it at {}", moved.right));
        if let Some(image) = member.container.at(&["image"]) {
            saying.and(image, format!("keeps its data in {}", moved.folder.replace('#', &version.to_string())));
        }
    }
}

/// What is known of the version of an official image, where its tag says which it is.
fn of_image(image: &str) -> Option<(&'static Move, u32)> {
    const DOCKER: [&str; 4] = ["docker.io/", "index.docker.io/", "registry-1.docker.io/", "public.ecr.aws/docker/"];
    let Reference { repository, tag, .. } = Reference::of(image);
    let of_docker = DOCKER.iter().find_map(|host| repository.strip_prefix(host)).unwrap_or(repository);
    let official = of_docker.strip_prefix("library/").unwrap_or(of_docker);
    let tag = tag?;
    let digits = tag.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tag.len());
    let version = tag[..digits].parse().ok()?;
    let moved = MOVES.iter().find(|moved| moved.image == official && moved.versions.contains(&version))?;
    Some((moved, version))
}

/// The volume at the wrong folder, if none holds the right one.
fn lonely_mount(member: &ContainerFacts<'_>, moved: &Move, version: u32) -> Option<NodeId> {
    let document = &member.container.pod.object.document;
    let path = |path: &str| path.trim_end_matches('/').to_owned();
    let folder = moved.folder.replace('#', &version.to_string());
    let mounts = || parts::mounts(&member.container).map(|(mount, node)| (path(&mount.mount_path), mount, node));
    let holds = |at: &str| at != moved.wrong && parts::is_under(&folder, at) || parts::is_under(at, &folder);
    if mounts().any(|(at, ..)| holds(&at)) {
        return None;
    }
    let (_, _, node) = mounts().find(|(at, mount, _)| at == moved.wrong && mount.read_only != Some(true))?;
    document.get(node, "mountPath")
}

/// Whether an option names another folder, alone or as a setting (`-c data_directory=…`).
fn is_told(member: &ContainerFacts<'_>, moved: &Move) -> bool {
    let mut args = member.container.container.args.as_deref().unwrap_or_default().iter();
    let names = |word: &str| moved.options.iter().any(|option| word.starts_with(option));
    args.any(|word| names(word) || word.contains("data_directory"))
}

/// Whether the image's own script starts its server.
fn starts_as_the_image_does(member: &ContainerFacts<'_>) -> bool {
    let container = member.container.container;
    let is_script = |word: &str| word.rsplit('/').next() == Some("docker-entrypoint.sh");
    let command = container.command.as_deref().unwrap_or_default();
    let is_own = command.is_empty() || command.len() == 1 && is_script(&command[0]);
    let first = container.args.as_deref().unwrap_or_default().first();
    is_own && first.is_none_or(|word| word.starts_with('-') || ["postgres", "influxd"].contains(&&**word))
}
