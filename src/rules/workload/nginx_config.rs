use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, Index};
use crate::recognise::config::{self, ConfigFile};
use crate::recognise::nginx::{self, Directive};
use crate::rules::{Check, FoundAnywhere, Rule, parts};
use crate::words::clip;

/// A configuration with which nginx does not start.
pub static RULE: Rule = Rule {
    id: RuleId { name: "nginx-config", family: "workload" },
    level: Level::Error,
    page: include_str!("nginx_config.md"),
    check: Check::Workspace(check),
};

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

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for pod in parts::whole_pods(index) {
        let object = pod.object;
        for view in pod.containers() {
            for file in read_by_nginx(&view, index) {
                let Some(mistake) = mistake(&file, &view) else { continue };
                let mounts = view.at(&["image"]).unwrap_or_else(|| view.name_node());
                found
                    .about(file.object)
                    .at_span(file.span_of_part(mistake.piece), mistake.message)
                    .here("nginx does not start with this")
                    .label(object.label(mounts, format!("`{}` reads it", clip(&view.container.name))))
                    .because("nginx reads its whole configuration at the start, and ends with `[emerg]` at the first mistake")
                    .help(mistake.help);
            }
        }
    }
}

/// The files of a container that its nginx reads: the configuration itself and what the image's own includes.
fn read_by_nginx<'run>(view: &ContainerView<'run>, index: &Index<'run>) -> Vec<ConfigFile<'run>> {
    let (repository, _) = repository(view);
    let is_nginx = matches!(repository.rsplit('/').next(), Some("nginx" | "nginx-unprivileged"));
    let starts_it =
        view.container.command.as_ref().and_then(|command| command.first()).is_none_or(|word| word == "nginx");
    let reads_another = parts::words(view).any(|(word, _)| word == "-c");
    if !is_nginx || !starts_it || reads_another {
        return Vec::new();
    }
    let mut files = config::configs(view, index).files;
    files.retain(|file| {
        view.container.volume_mounts.iter().flatten().any(|mount| {
            let volumes = view.pod.spec.volumes.iter().flatten().filter(|volume| volume.name == mount.name);
            let is_source = volumes.filter_map(|volume| volume.config_map.as_ref()).any(|source| {
                let renames = source.items.iter().flatten().any(|item| item.key != item.path);
                source.name == file.object.id.name && !renames
            });
            is_source && is_read(mount.mount_path.trim_end_matches('/'), mount.sub_path.as_deref(), file.name)
        }) && !["{{", "_by_lua", "<%", "@@"].iter().any(|mark| file.text.contains(mark))
    });
    files
}

fn is_read(path: &str, sub_path: Option<&str>, key: &str) -> bool {
    match sub_path {
        Some(sub_path) => {
            let is_included = path.starts_with("/etc/nginx/conf.d/") && is_conf(path);
            sub_path == key && (path == "/etc/nginx/nginx.conf" || is_included)
        }
        None => path == "/etc/nginx" && key == "nginx.conf" || path == "/etc/nginx/conf.d" && is_conf(key),
    }
}

#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "`include` looks at case")]
fn is_conf(name: &str) -> bool {
    name.ends_with(".conf")
}

fn repository<'run>(view: &ContainerView<'run>) -> (&'run str, &'run str) {
    crate::recognise::split_image(view.container.image.as_deref().unwrap_or_default())
}

fn mistake<'run>(file: &ConfigFile<'run>, view: &ContainerView<'_>) -> Option<Mistake<'run>> {
    let all = nginx::directives(file.text);
    let own = |directive: &&Directive<'run>| directive.inside.iter().all(|head| BLOCKS.contains(&all[*head].name()));
    let lacking = all.iter().filter(own).find_map(|directive| missing_semicolon(file.text, directive));
    let lacking = lacking.or_else(|| nginx::unended(file.text));
    if let Some(piece) = lacking {
        let message = format!("`{}` lacks its `;`: nginx reads on", clip(piece));
        return Some(Mistake { piece, message, help: "end the directive with `;`" });
    }
    let is_removed = |directive: &&Directive<'_>| directive.name() == "ssl" && directive.words.len() == 2;
    let removed = all.iter().filter(own).filter(|_| is_since_1_25_1(view)).find(is_removed)?;
    let message = "`ssl` is no directive any more: nginx 1.25.1 has removed it".to_owned();
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
    before.rsplit_once('\n').is_some_and(|(_, line)| line.trim().is_empty())
}

/// Whether the tag of nginx's own image says so.
fn is_since_1_25_1(view: &ContainerView<'_>) -> bool {
    let (repository, tag) = repository(view);
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
