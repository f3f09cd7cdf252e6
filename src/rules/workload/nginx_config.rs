use crate::facts::config::ConfigFile;
use crate::facts::nginx::{self, Directive, Reading};
use crate::facts::program::Format;
use crate::facts::{ContainerFacts, PodFacts, formats, programs};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;

/// A configuration with which nginx does not start.
pub static RULE: Rule = rule!("nginx_config.md", Error, Check::Facts(check));

/// Directives with the most arguments that they take, in every module that has them (nginx.org: ngx\_core and
/// the http and stream modules).
const MOST: [(&str, usize); 26] = [
    ("alias", 1),
    ("client_max_body_size", 1),
    ("default_type", 1),
    ("hash", 2),
    ("ip_hash", 0),
    ("keepalive_timeout", 2),
    ("least_conn", 0),
    ("pid", 1),
    ("proxy_buffering", 1),
    ("proxy_connect_timeout", 1),
    ("proxy_http_version", 1),
    ("proxy_pass", 1),
    ("proxy_read_timeout", 1),
    ("proxy_send_timeout", 1),
    ("proxy_set_header", 2),
    ("return", 2),
    ("root", 1),
    ("sendfile", 1),
    ("ssl_certificate", 1),
    ("ssl_certificate_key", 1),
    ("ssl_ciphers", 1),
    ("ssl_prefer_server_ciphers", 1),
    ("tcp_nopush", 1),
    ("worker_connections", 1),
    ("worker_processes", 1),
    ("worker_rlimit_nofile", 1),
];

/// Blocks whose content is directives, not words of the user's own.
const BLOCKS: [&str; 9] = ["events", "http", "stream", "server", "upstream", "location", "if", "limit_except", "mail"];

struct Mistake<'run> {
    piece: &'run str,
    message: String,
    help: &'static str,
}

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.object.is_whole() {
        return;
    }
    for member in &facts.members {
        for file in read_by_nginx(member) {
            let Some(mistake) = mistake(file, member) else { continue };
            let view = member.container;
            let mounts = view.at(&["image"]).unwrap_or_else(|| view.name_node());
            found
                .about(file.object)
                .at_span(file.span_of_part(mistake.piece), mistake.message)
                .here("nginx does not start with this")
                .label(facts.pod.object.label(mounts, format!("`{}` reads it", clip(member.name()))))
                .because(
                    "nginx reads its whole configuration at startup, and exits with `[emerg]` at the first mistake",
                )
                .help(mistake.help);
        }
    }
}

/// The mounted files that nginx reads at its start: its own configuration, and what that includes.
fn read_by_nginx<'a, 'run>(member: &'a ContainerFacts<'run>) -> Vec<&'a ConfigFile<'run>> {
    let (repository, _) = programs::split(member.image());
    let is_nginx = matches!(repository.rsplit('/').next(), Some("nginx" | "nginx-unprivileged"));
    let starts_it = member.line.only().is_some_and(|run| run.name == "nginx");
    if !is_nginx || !starts_it || member.option("-c").is_some() {
        return Vec::new();
    }
    let is_read = |file: &&ConfigFile<'_>| {
        let is_included =
            file.path.strip_prefix("/etc/nginx/conf.d/").is_some_and(|name| !name.contains('/') && is_conf(name));
        (file.path == "/etc/nginx/nginx.conf" || is_included)
            && !["{{", "_by_lua", "<%", "@@"].iter().any(|mark| file.text().contains(mark))
            && !formats::is_to_be_filled_in(Format::Nginx, file.text())
    };
    member.configs.files.iter().filter(is_read).collect()
}

#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "`include` is case-sensitive")]
fn is_conf(name: &str) -> bool {
    name.ends_with(".conf")
}

fn mistake<'run>(file: &ConfigFile<'run>, member: &ContainerFacts<'_>) -> Option<Mistake<'run>> {
    let text = file.text();
    let Reading { directives: all, unended, .. } = nginx::read(text);
    let own = |directive: &&Directive<'run>| directive.inside.iter().all(|head| BLOCKS.contains(&all[*head].name()));
    let lacking = all.iter().filter(own).find_map(|directive| missing_semicolon(text, directive));
    let lacking = lacking.or(unended);
    if let Some(piece) = lacking {
        let message = format!("missing `;` after `{}`", clip(piece));
        return Some(Mistake { piece, message, help: "end the directive with `;`" });
    }
    let is_removed = |directive: &&Directive<'_>| directive.name() == "ssl" && directive.words.len() == 2;
    let removed = all.iter().filter(own).filter(|_| is_since_1_25_1(member)).find(is_removed)?;
    let message = "nginx 1.25.1 removed the directive `ssl`".to_owned();
    Some(Mistake {
        piece: removed.name(),
        message,
        help: "add `ssl` to `listen` and remove this line: `listen 443 ssl;`",
    })
}

/// The last word before the line that a directive takes for arguments, and cannot.
fn missing_semicolon<'run>(text: &'run str, directive: &Directive<'run>) -> Option<&'run str> {
    let words = &directive.words;
    let next = (1..words.len()).find(|at| starts_line(text, words[*at]))?;
    let most = MOST.iter().find(|(name, _)| *name == directive.name()).map(|(_, most)| *most);
    let has_too_many = most.is_some_and(|most| words.len() > most + 1);
    // Their parameters are known words, and no directive's name is one.
    let has_wrong = matches!(directive.name(), "listen" | "server")
        && next > 1
        && (matches!(words[next], "server" | "server_name" | "listen")
            || MOST.iter().any(|(name, _)| *name == words[next]));
    (has_too_many || has_wrong).then(|| words[next - 1])
}

/// Whether a word of a text, which it is a part of, is the first of its line.
fn starts_line(text: &str, word: &str) -> bool {
    let at = (word.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    let before = text.get(..at).unwrap_or_default();
    before.trim_end_matches(|character: char| character.is_whitespace() && character != '\n').ends_with('\n')
}

/// Whether the tag of nginx's own image says so.
fn is_since_1_25_1(member: &ContainerFacts<'_>) -> bool {
    let (repository, tag) = programs::split(member.image());
    let repository = repository.trim_start_matches("docker.io/");
    let mut numbers = tag.split(['-', '_']).next().unwrap_or_default().split('.').map(str::parse::<u32>);
    let version = (numbers.next(), numbers.next(), numbers.next());
    let is_own = matches!(repository, "nginx" | "library/nginx" | "nginxinc/nginx-unprivileged");
    is_own
        && match version {
            (Some(Ok(1)), Some(Ok(25)), Some(Ok(patch))) => patch >= 1,
            (Some(Ok(1)), Some(Ok(minor)), _) => minor > 25,
            _ => false,
        }
}
