//! Who a container runs as where the manifest shows it, and which rights of root it uses.

use serde_json::Value as Json;

use crate::apiserver::pod_security::DEFAULT_CAPABILITIES;
use crate::facts::users::{self, Owned};
use crate::import::canonical::path_of;
use crate::import::values::{items, text};

/// Programs that only root runs to any end, or that use a right of root, with the capabilities that they take.
const PROGRAMS: &[(&[&str], &[&str])] = &[
    (&["chown", "chgrp"], &["CHOWN", "DAC_OVERRIDE", "FOWNER"]),
    (&["su", "gosu", "su-exec", "setpriv", "runuser", "chpst", "s6-setuidgid"], &["SETGID", "SETUID"]),
    (
        &["apk", "apt", "apt-get", "dnf", "microdnf", "yum", "useradd", "adduser", "groupadd", "addgroup", "usermod"],
        &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
    ),
    (&["chroot"], &["SYS_CHROOT"]),
    (&["mknod"], &["MKNOD"]),
    (&["setcap"], &["SETFCAP"]),
    (&["sysctl", "iptables", "ip6tables", "modprobe", "mount", "umount", "nsenter"], &[]),
];

/// Programs that others run too, with the capabilities that root takes for the files of others.
const FILES: &[(&[&str], &[&str])] = &[
    (&["chmod"], &["DAC_OVERRIDE", "FOWNER", "FSETID"]),
    (&["cp", "tar", "rsync", "install"], &["CHOWN", "DAC_OVERRIDE", "FOWNER"]),
    (&["mkdir", "rm", "mv", "touch", "ln", "tee", "sed", "find"], &["DAC_OVERRIDE"]),
    (&["kill", "pkill", "killall"], &["KILL"]),
];

/// What an image's own start takes as root: it gives its folders to a user, and becomes that one.
const ENTRYPOINT: &[&str] = &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

/// Folders of the node that every user may write to.
const SHARED: &[&str] = &["/tmp", "/var/tmp", "/dev/shm"];

/// Folders of the node that are read, although nothing says so.
const HARMLESS: &[&str] = &[
    "/proc",
    "/sys",
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/lib/modules",
    "/usr/lib/modules",
    "/usr/src",
    "/etc/os-release",
    "/etc/machine-id",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/passwd",
    "/etc/group",
    "/etc/resolv.conf",
    "/boot",
];

/// Folders of the node of which root alone sees all.
const OF_ROOT: &[&str] = &["/var/log", "/var/lib", "/run", "/var/run", "/etc/kubernetes", "/dev"];

/// The user that the manifest says, or root where what it says is of use to root alone; else the one that the image is
/// known to become.
pub(in crate::import) fn user(container: &Json, spec: &Json) -> Option<u64> {
    let of = |field: &str| {
        let own = container["securityContext"].get(field);
        own.or_else(|| spec["securityContext"].get(field))
    };
    if let Some(user) = of("runAsUser") {
        return user.as_u64();
    }
    let may_be_root = of("runAsNonRoot").is_none_or(|non_root| *non_root != true);
    if may_be_root && is_roots(container, spec) {
        return Some(0);
    }
    let known = users::user(container["image"].as_str()?)?;
    // what has to be given to that user first, only root can give
    let is_given = known.owned.as_ref().is_some_and(|owned| mounts_folder(container, owned));
    Some(if may_be_root && is_given { 0 } else { known.number })
}

/// Whether a volume is mounted right at a folder that its program has to own: the volume's own folder is root's when it
/// is new.
fn mounts_folder(container: &Json, owned: &Owned) -> bool {
    let said = items(&container["env"]).iter().find(|variable| variable["name"] == owned.variable);
    let folder = said.map_or(Some(owned.folder.as_str()), |variable| variable["value"].as_str());
    let folder = folder.unwrap_or_default().trim_end_matches('/');
    items(&container["volumeMounts"]).iter().any(|mount| path_of(mount) == folder)
}

/// Whether only root has use of what a container is given, or does what it runs.
fn is_roots(container: &Json, spec: &Json) -> bool {
    let security = &container["securityContext"];
    // the kernel gives what is added to processes of root alone
    let is_added = items(&security["capabilities"]["add"]).iter().any(|name| *name != "NET_BIND_SERVICE");
    let words = programs(container);
    let runs = PROGRAMS.iter().any(|(names, _)| names.iter().any(|name| words.iter().any(|word| word == name)));
    security["privileged"] == true
        || is_added
        || writes_to_node(container, spec)
        || runs
        || becomes_another(container)
        || is_started_by_root(container)
}

/// Variables that name the user which the start script of an image becomes, after it has changed that user in the files of
/// the image: only root can (linuxserver/docker-baseimage-alpine: root/etc/s6-overlay/s6-rc.d/init-adduser; go-gitea/gitea:
/// docker/root/usr/bin/entrypoint).
const OF_USERS: [&str; 4] = ["PUID", "PGID", "USER_UID", "USER_GID"];

/// Whether a container's start script becomes a user that a variable names.
pub(super) fn becomes_another(container: &Json) -> bool {
    let is_script = items(&container["command"]).is_empty();
    let mut names = items(&container["env"]).iter().filter_map(|variable| variable["name"].as_str());
    is_script && names.any(|name| OF_USERS.contains(&name))
}

/// Whether the script of an image that starts as root writes beside the image's files.
fn is_started_by_root(container: &Json) -> bool {
    users::writes_to_image(container).is_some_and(|program| !program.users.is_empty())
}

/// Whether it writes to a folder of its node, or reads one, that is root's.
fn writes_to_node(container: &Json, spec: &Json) -> bool {
    items(&container["volumeMounts"]).iter().any(|mount| {
        let volume = items(&spec["volumes"]).iter().find(|volume| volume["name"] == mount["name"]);
        let path = volume.and_then(|volume| volume.pointer("/hostPath/path")?.as_str());
        path.map(|path| path.trim_end_matches('/')).is_some_and(|path| {
            let is_below =
                |one: &&str| path == *one || path.strip_prefix(*one).is_some_and(|rest| rest.starts_with('/'));
            let is_harmless = path.is_empty() || SHARED.contains(&path) || HARMLESS.iter().any(&is_below);
            !is_harmless && (mount["readOnly"] != true || OF_ROOT.iter().any(is_below))
        })
    })
}

/// The capabilities that a container of root uses and would lose: of those that its runtime gives it, in alphabetical
/// order.
pub(in crate::import) fn used(container: &Json, spec: &Json) -> Vec<&'static str> {
    let capabilities = &container["securityContext"]["capabilities"];
    let dropped: Vec<String> =
        items(&capabilities["drop"]).iter().map(|name| text(name).trim_start_matches("CAP_").to_owned()).collect();
    let is_dropped = |name: &str| dropped.iter().any(|one| one.eq_ignore_ascii_case(name));
    let is_roots = user(container, spec) == Some(0) && container["securityContext"]["privileged"] != true;
    if !is_roots || is_dropped("ALL") {
        return Vec::new();
    }
    let words = programs(container);
    let runs = |(names, _): &&(&[&str], &[&str])| names.iter().any(|name| words.iter().any(|word| word == name));
    let said = PROGRAMS.iter().chain(FILES).filter(runs).flat_map(|(_, capabilities)| *capabilities);
    let hidden: &[&str] = if is_hidden(container) { ENTRYPOINT } else { &[] };
    let mut used: Vec<&str> = said.chain(hidden).copied().filter(|name| !is_dropped(name)).collect();
    used.retain(|name| DEFAULT_CAPABILITIES.contains(name));
    used.sort_unstable();
    used.dedup();
    used
}

/// Whether the image decides what runs: nothing says a command, or what it says is a script of the image.
fn is_hidden(container: &Json) -> bool {
    let command: Vec<&str> = items(&container["command"]).iter().filter_map(Json::as_str).collect();
    let Some(first) = command.first() else { return true };
    let program = first.rsplit('/').next().unwrap_or_default();
    let is_shell = ["sh", "bash", "ash", "dash"].contains(&program);
    let is_script =
        programs(container).iter().any(|word| word.strip_suffix(".sh").is_some() || word.contains("entrypoint"));
    is_script || is_shell && scripts(container).is_empty()
}

/// The scripts that shells are given: the word after `-c`.
fn scripts(container: &Json) -> Vec<&str> {
    let hook = items(&container["lifecycle"]["postStart"]["exec"]["command"]);
    let own = items(&container["command"]).iter().chain(items(&container["args"]));
    let mut scripts = Vec::new();
    for list in [own.collect::<Vec<_>>(), hook.iter().collect()] {
        let words: Vec<&str> = list.into_iter().filter_map(Json::as_str).collect();
        let is_option = |word: &str| word.len() <= 4 && word.starts_with('-') && word.ends_with('c');
        scripts.extend(words.windows(2).filter(|pair| is_option(pair[0])).map(|pair| pair[1]));
    }
    scripts
}

/// The programs that a container and its hook start, without their folders.
fn programs(container: &Json) -> Vec<String> {
    const BEFORE: &[&str] = &[
        "exec", "then", "do", "else", "if", "elif", "while", "until", "!", "{", "sudo", "time", "env", "nice", "xargs",
        "-exec", "-execdir", "nohup", "command",
    ];
    let lists = [&container["command"], &container["lifecycle"]["postStart"]["exec"]["command"]];
    let mut programs: Vec<&str> = lists.into_iter().filter_map(|list| items(list).first()?.as_str()).collect();
    let is_end = |letter: char| matches!(letter, ';' | '&' | '|' | '(' | ')' | '`' | '\n');
    for part in scripts(container).into_iter().flat_map(|script| script.split(is_end)) {
        let mut is_next = true;
        for word in part.split_whitespace().map(|word| word.trim_matches(['"', '\''])) {
            let is_assigned = word.split_once('=').is_some_and(|(name, _)| !name.contains('/'));
            let is_option = word.starts_with('-');
            if is_next && !is_assigned && !is_option && !BEFORE.contains(&word) {
                programs.push(word);
                is_next = false;
            }
            is_next |= BEFORE.contains(&word);
        }
    }
    programs.into_iter().map(|word| word.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

/// Why root keeps some of its rights.
pub(in crate::import) const KEPT: &str = "root uses these rights";

/// Why it stays root.
const OF_ROOT_ALONE: &str = "what it is given or does is of use to root alone";

/// Why something about users and rights is completed.
pub(in crate::import) fn reason(path: &[String], made: &Json) -> Option<&'static str> {
    let last = path.last().map(String::as_str)?;
    if !path.iter().any(|step| step == "securityContext") {
        return None;
    }
    match last {
        "add" => Some(KEPT),
        "runAsUser" | "runAsGroup" | "fsGroup" if *made == 0 => Some(OF_ROOT_ALONE),
        "runAsNonRoot" if *made == false => Some(OF_ROOT_ALONE),
        _ => None,
    }
}
