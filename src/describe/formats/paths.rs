//! Paths in containers, on nodes and in requests, and what is read from the files there.

use super::Mistake;

pub(super) fn path(text: &str) -> Option<Mistake> {
    if !text.starts_with('/') {
        return Some(Mistake::new("a path in a container begins with `/`"));
    }
    if text.trim_matches('/').is_empty() {
        return Some(Mistake::new("a volume at `/` would hide the whole image").help("name a folder below it"));
    }
    if text.split('/').any(|part| part == "..") {
        return Some(Mistake::new("a path in a container has no `..`"));
    }
    if text.contains(|character: char| character.is_control()) || text.contains(':') {
        return Some(
            Mistake::new("a path in a container has no control characters and no `:`")
                .because("the API server refuses a mountPath with `:`"),
        );
    }
    (text.len() > 1024).then(|| Mistake::new("this path is longer than 1024 bytes"))
}

/// A folder of a container, `/` included: nothing is mounted there.
pub(super) fn folder(text: &str) -> Option<Mistake> {
    if text == "/" { None } else { path(text) }
}

/// A file that fluent-bit follows: it expands `${NAME}` and reads `*` and `,` as patterns and lists.
pub(super) fn log_path(text: &str) -> Option<Mistake> {
    let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
    if text.contains("${") || text.contains(',') {
        return Some(
            Mistake::new("a log file's path cannot contain `${` or `,`").because("fluent-bit would misread it"),
        );
    }
    if folder.contains('*') {
        return Some(
            Mistake::new("a `*` is allowed only in the file name")
                .because("the folder is shared as a volume, which needs a fixed path"),
        );
    }
    (folder.is_empty() || text.ends_with('/')).then(|| {
        Mistake::new("a log file needs its own folder")
            .because("the folder is shared as a volume")
            .help("write /var/log/app/app.log")
    })
}

/// An expression that takes a log line apart: fluent-bit expands `${NAME}`, and ends without a named group.
pub(super) fn log_regex(text: &str) -> Option<Mistake> {
    let named = text.match_indices("(?<").any(|(at, _)| !text[at + 3..].starts_with(['=', '!']));
    log_start(text).or_else(|| {
        (!named).then(|| {
            Mistake::new("this expression has no named groups, so it extracts no fields")
                .help("write (?<name>…) around a field")
        })
    })
}

pub(super) fn log_start(text: &str) -> Option<Mistake> {
    let bad = text.is_empty() || text.contains("${") || text.contains(char::is_control);
    bad.then(|| Mistake::new("an expression for log lines must not be empty or contain `${` or control characters"))
}

pub(super) fn http_path(text: &str) -> Option<Mistake> {
    let ok = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    (!ok).then(|| {
        Mistake::new("an HTTP path begins with `/` and has no space")
            .help(format!("write /{}", text.trim_start_matches('/').split_whitespace().next().unwrap_or("healthz")))
    })
}

pub(super) fn host_path(text: &str) -> Option<Mistake> {
    let fits = text.starts_with('/') && !text.split('/').any(|part| part == "..") && !text.contains(char::is_control);
    (!fits).then(|| Mistake::new("a path of the node begins with `/` and has no `..`"))
}

/// `validateLocalDescendingPath`.
pub(super) fn sub_path(text: &str) -> Option<Mistake> {
    let fits = !text.is_empty()
        && !text.starts_with('/')
        && !text.split('/').any(|part| part == "..")
        && !text.contains(char::is_control);
    (!fits).then(|| Mistake::new("a folder of a volume has no `/` at its start and no `..`").help("write pgdata"))
}

/// An expression in jq, short enough that reading it is cheap.
pub(super) fn jq_expression(text: &str) -> Option<Mistake> {
    if text.len() > 1000 {
        return Some(Mistake::new(format!("an expression has at most 1000 bytes; this has {}", text.len())));
    }
    super::super::jq::check(text).err().map(|message| {
        Mistake::new(message)
            .because("conditions and keys are jq expressions over one message")
            .help(r#"write .kind == "car" or .owner"#)
    })
}
