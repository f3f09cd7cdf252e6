//! Variables that a command line names as a shell would, where no shell reads it.

use super::command::{Kind, base_name};
use super::container::ContainerFacts;
use super::proof::Location;
use crate::text::Text;

/// A variable of a container that a word of its command line names without parentheses.
#[derive(Clone, Debug)]
pub struct Literal<'run> {
    /// The word.
    pub place: Location<'run>,
    /// How it is written: `$PORT`, `${PORT}`.
    pub written: String,
    /// The variable's name.
    pub name: String,
}

/// Described programs that put variables into their own arguments, or hand them to something that does.
const EXPAND: [&str; 20] = [
    "alloy",
    "autossh",
    "bento",
    "caddy",
    "confd",
    "consul-template",
    "dockerize",
    "fluent-bit",
    "fluent-bit-debug",
    "logstash",
    "npx",
    "otelcol",
    "otelcol-contrib",
    "otelcol-k8s",
    "ssh",
    "telegraf",
    "traefik",
    "vector",
    "vector-distroless",
    "watch",
];

/// Programs that are not described and take their arguments as they are.
const PLAIN: [&str; 12] =
    ["dotnet", "echo", "etcd", "java", "mkdir", "node", "pg_isready", "printf", "python", "python3", "ruby", "sleep"];

/// Programs that start another and hand on its words as they are.
const STARTERS: [&str; 6] = ["dumb-init", "env", "python", "python3", "tini", "catatonit"];

/// The variables that a container's only program gets as text. Nothing where a script or an unknown entry point may
/// still expand them.
#[must_use]
pub fn literals<'run>(one: &ContainerFacts<'run>) -> Vec<Literal<'run>> {
    let Some(only) = one.line.only().filter(|_| one.line.kind == Kind::Program && one.line.script.is_none()) else {
        return Vec::new();
    };
    let has_command = one.container.container.command.as_ref().is_some_and(|command| !command.is_empty());
    // what is before the program may be a runner that gives its words to a shell
    let first = first(one);
    let first = base_name(first);
    let is_first = first == only.name || STARTERS.contains(&first);
    let takes_text = match one.program {
        Some(program) => !EXPAND.contains(&program.program.as_str()),
        None => PLAIN.contains(&only.name.as_str()),
    };
    if !has_command || !is_first || !takes_text {
        return Vec::new();
    }
    let mut found = Vec::new();
    for word in &only.words {
        let written = word.place.object.document.str(word.place.node).unwrap_or_default();
        // a program's text may mean the program's variables: `awk '{print $1}'`
        if written.contains(char::is_whitespace) {
            continue;
        }
        let known = named(written).into_iter().filter(|(name, _)| one.environment.get(name).is_some());
        found.extend(known.map(|(name, written)| Literal {
            place: word.place,
            written: written.to_owned(),
            name: name.to_owned(),
        }));
    }
    found
}

/// The first word of the command.
fn first<'a>(one: &ContainerFacts<'a>) -> &'a str {
    one.container.container.command.iter().flatten().next().map_or("", Text::as_str)
}

/// The variables of a text as a shell reads them, each as a name and as it is written. `$$` is a dollar.
fn named(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|next| at + next) {
        let rest = &text[dollar + 1..];
        let (open, close) = if rest.starts_with('{') { (1, 1) } else { (0, 0) };
        let name = rest[open..].split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').next();
        let name = name.unwrap_or_default();
        let end = dollar + 1 + open + name.len();
        let is_escaped = text[..dollar].ends_with('\\');
        let is_closed = close == 0 || text[end..].starts_with('}');
        if !name.is_empty() && !is_escaped && is_closed {
            found.push((name, &text[dollar..end + close]));
        }
        at = if rest.starts_with('$') { dollar + 2 } else { end };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_as_a_shell_reads_them() {
        let all = |text| named(text).into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(all("http://$HOST:${PORT}/$"), ["HOST", "PORT"]);
        assert_eq!(named("--port=${PORT}x"), [("PORT", "${PORT}")]);
        for text in ["$(PORT)", "$$PORT", "\\$PORT", "${PORT:-80}", "${", "$", "$$", "", "é$", "${PORT"] {
            assert!(all(text).is_empty(), "{text}");
        }
    }
}
