//! The programs that a container surely starts: its image's, or those that its command names.

use serde_json::Value as Json;

use crate::facts::Programs;
use crate::facts::program::{Entrypoint, Program};

/// A program with the words behind its name.
pub(super) struct Started<'a> {
    pub program: &'static Program,
    pub words: Vec<&'a str>,
}

/// Shells that take a script after `-c`.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

/// The programs that a container starts, as far as its image and command are known.
pub(super) fn started(container: &Json) -> Vec<Started<'_>> {
    let texts = |key: &str| container[key].as_array().into_iter().flatten().filter_map(Json::as_str);
    let image = container["image"].as_str().unwrap_or_default();
    let words: Vec<&str> = texts("command").chain(texts("args")).collect();
    if texts("command").next().is_some() {
        return of_words(&words, image);
    }
    let Some(program) = Programs::built_in().of_image(image) else { return Vec::new() };
    let is_own = match (program.entrypoint, words.first()) {
        (Entrypoint::Binary | Entrypoint::Command, _) | (_, None) => true,
        // a file that the script gives to its program
        (Entrypoint::Script, Some(first)) => first.starts_with('-') || first.rsplit('.').next() == Some("conf"),
        (Entrypoint::None, Some(_)) => false,
    };
    if is_own { vec![Started { program, words }] } else { of_words(&words, image) }
}

/// What a command starts.
fn of_words<'a>(words: &[&'a str], image: &str) -> Vec<Started<'a>> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let script = rest.split_first().filter(|(option, _)| SHELLS.contains(&base(first)) && option.ends_with('c'));
    let Some((_, [script, ..])) = script else { return one(first, rest.to_vec(), image).into_iter().collect() };
    let commands = script.split([';', '&', '|', '\n', '(', ')', '`']).filter_map(|command| {
        let mut words = command.split_whitespace().skip_while(|word| *word == "exec");
        one(words.next()?, words.collect(), image)
    });
    commands.collect()
}

fn one<'a>(name: &str, words: Vec<&'a str>, image: &str) -> Option<Started<'a>> {
    let program = Programs::built_in().of_binary_in(base(name), image)?;
    Some(Started { program, words })
}

/// The name of a program without its folder.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn programs_are_those_that_run() {
        for (container, expected) in [
            (json!({"image": "postgres:17"}), vec!["postgres"]),
            (json!({"image": "postgres:17", "args": ["-c", "max_connections=9"]}), vec!["postgres"]),
            (json!({"image": "postgres:17", "command": ["psql", "-h", "db"]}), vec!["psql"]),
            (json!({"image": "postgres:17", "args": ["pg_dump", "-h", "db"]}), vec!["psql"]),
            (json!({"image": "postgres:17", "command": ["sh", "-c", "pg_dump -h db | gzip > /d"]}), vec!["psql"]),
            (json!({"image": "redis:8", "args": ["/etc/redis.conf"]}), vec!["redis"]),
            (json!({"image": "redis:8", "command": ["/bin/sh", "-ec", "exec redis-server /etc/r"]}), vec!["redis"]),
            (json!({"image": "mongo:8", "command": ["mongo", "--eval", "1"]}), vec!["mongosh"]),
            (json!({"image": "bitnami/postgresql:16"}), vec!["bitnami-postgresql"]),
            (json!({"image": "bitnami/kubectl:1.33", "args": ["get", "pods"]}), vec!["kubectl"]),
            (json!({"image": "registry.example.com/a:1", "command": ["/usr/bin/kubectl", "get"]}), vec!["kubectl"]),
            (json!({"image": "postgres:17", "command": ["/own.sh"]}), vec![]),
            (json!({"image": "registry.example.com/a:1"}), vec![]),
        ] {
            let found: Vec<&str> = started(&container).iter().map(|one| one.program.program.as_str()).collect();
            assert_eq!(found, expected, "{container}");
        }
    }
}
