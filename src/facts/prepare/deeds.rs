//! What single programs do for those that start later.

use super::super::command::Invocation;

type Run<'a, 'run> = &'a Invocation<'run>;

fn texts<'a>(run: Run<'a, '_>) -> impl Iterator<Item = &'a str> {
    run.words.iter().map(|word| word.text.as_ref())
}

/// Whether one of its words is one of these.
fn says(run: Run<'_, '_>, words: &[&str]) -> bool {
    texts(run).any(|text| words.contains(&text))
}

/// Whether two of its words follow each other: `kubectl rollout status`.
fn says_both(run: Run<'_, '_>, first: &str, second: &str) -> bool {
    let all: Vec<&str> = texts(run).collect();
    all.windows(2).any(|pair| pair == [first, second])
}

/// Whether a program prints what it is given, and no more.
pub(super) fn prints(name: &str) -> bool {
    matches!(name, "echo" | "printf" | ":" | "true" | "[" | "[[" | "test" | "which" | "command" | "set" | "trap")
}

/// Whether it changes where packets go.
pub(super) fn routes(run: Run<'_, '_>) -> bool {
    const CHANGES: [&str; 6] = ["add", "replace", "del", "delete", "change", "set"];
    match run.name.as_str() {
        "ip" | "tc" => says(run, &CHANGES),
        // names of programs, as `ln` and `apk add` have them, are words and not what runs
        name => name.contains("iptables") || matches!(name, "ipset" | "ipvsadm" | "nft"),
    }
}

/// Whether it changes a database's schema, by its name or a word: `manage.py migrate`, `prisma migrate deploy`,
/// `flask db upgrade`.
pub(super) fn migrates(run: Run<'_, '_>) -> bool {
    const TOOLS: [&str; 8] = ["alembic", "createdb", "dbmate", "flyway", "goose", "liquibase", "sqitch", "sql-migrate"];
    const QUESTIONS: [&str; 5] = ["--check", "--plan", "showmigrations", "check-migrations", "migrate:status"];
    // what is copied or asked for may be called so, too
    let is_file_tool = brings(run) || asks(run) || makes_folders(run) || tunes(run) || cleans(run);
    let is_task = |text: &str| {
        let last = text.rsplit('/').next().unwrap_or(text);
        let mut parts = last.split([':', '-', '_', '.', ' ', '=']);
        parts.any(|part| matches!(part, "migrate" | "migration" | "migrations" | "migrator" | "Migrate" | "Migrator"))
    };
    let asks_only = || texts(run).any(|text| text.split(' ').any(|part| QUESTIONS.contains(&part)));
    if is_file_tool || waits(run) || asks_only() {
        return false;
    }
    TOOLS.contains(&run.name.as_str())
        || is_task(&run.name)
        || texts(run).any(|text| {
            is_task(text) || ["db:schema", "db:setup", "db:create"].iter().any(|task| text.starts_with(task))
        })
        || says_both(run, "upgrade", "head")
        || says_both(run, "db", "upgrade")
        || says_both(run, "db", "init")
}

/// Whether it brings files, changes them or makes them.
pub(super) fn brings(run: Run<'_, '_>) -> bool {
    const ALWAYS: [&str; 28] = [
        "7z",
        "bsdtar",
        "confd",
        "consul-template",
        "cp",
        "cp-tool",
        "cpio",
        "crudini",
        "dd",
        "envsubst",
        "git-sync",
        "gomplate",
        "gsutil",
        "gunzip",
        "htpasswd",
        "install",
        "keytool",
        "ln",
        "mv",
        "openssl",
        "pg_basebackup",
        "rsync",
        "scp",
        "ssh-keygen",
        "tar",
        "tee",
        "unzip",
        "xbstream",
    ];
    match run.name.as_str() {
        name if ALWAYS.contains(&name) => true,
        "wget" => !says(run, &["--spider", "/dev/null", "-O/dev/null", "-", "-O-", "-qO-"]),
        "sed" | "perl" | "yq" => texts(run).any(|text| text == "--inplace" || text.starts_with("-i") || text == "-pi"),
        "git" => says(run, &["clone", "pull", "fetch", "checkout"]),
        "aws" => says(run, &["s3"]) || says_both(run, "s3api", "get-object"),
        "gcloud" => says_both(run, "storage", "cp") || says_both(run, "storage", "rsync"),
        "az" => says(run, &["download", "download-batch"]),
        "mc" | "rclone" | "s3cmd" | "s5cmd" | "azcopy" => says(run, &["cp", "copy", "get", "mirror", "sync"]),
        "kubectl" => says(run, &["cp"]),
        "ollama" => says(run, &["pull"]),
        "npm" | "yarn" | "pnpm" | "bun" => says(run, &["ci", "add", "install"]),
        // the container's own root goes with it
        "apk" | "apt" | "apt-get" | "dnf" | "microdnf" | "yum" | "tdnf" => false,
        _ => says(run, &["install", "download", "restore"]),
    }
}

/// The file that `curl` writes what it gets into; an empty text for one that is called as the URL ends.
pub(super) fn saved<'a>(run: Run<'a, '_>) -> Option<&'a str> {
    if run.name != "curl" {
        return None;
    }
    let all: Vec<&str> = texts(run).collect();
    all.iter().enumerate().find_map(|(at, text)| {
        let is_short = text.starts_with('-') && !text.starts_with("--");
        let to = match text.strip_prefix("--output") {
            Some("") => all.get(at + 1).copied(),
            Some(rest) => rest.strip_prefix('='),
            None if is_short && text.ends_with('o') => all.get(at + 1).copied(),
            None if *text == "--remote-name" || is_short && text.contains('O') => Some(""),
            None => text.strip_prefix("-o").filter(|to| to.starts_with('/')),
        };
        to.filter(|to| !matches!(*to, "/dev/null" | "-"))
    })
}

/// Whether it waits for something until it is there.
pub(super) fn waits(run: Run<'_, '_>) -> bool {
    let is_waiter = |text: &str| {
        let last = text.rsplit('/').next().unwrap_or(text);
        let last = last.trim_start_matches('-');
        ["wait-for", "wait_for", "wait4", "waitfor", "wait-until", "wait_until"]
            .iter()
            .any(|sign| last.starts_with(sign))
    };
    match run.name.as_str() {
        "dockerize" => texts(run).any(|text| text.starts_with("-wait")),
        "kubectl" | "oc" => says(run, &["wait"]) || says_both(run, "rollout", "status"),
        "airflow" => says_both(run, "db", "check") || says_both(run, "db", "check-migrations"),
        "retry" => true,
        name => is_waiter(name) || texts(run).any(is_waiter),
    }
}

/// Whether it asks whether something answers.
pub(super) fn asks(run: Run<'_, '_>) -> bool {
    const CLIENTS: [&str; 20] = [
        "curl",
        "dig",
        "etcdctl",
        "getent",
        "grpc_health_probe",
        "host",
        "mariadb",
        "mongo",
        "mongosh",
        "mysql",
        "mysqladmin",
        "nc",
        "ncat",
        "netcat",
        "nslookup",
        "pg_isready",
        "ping",
        "psql",
        "redis-cli",
        "wget",
    ];
    match run.name.as_str() {
        "kubectl" | "oc" => says(run, &["get", "wait"]),
        name => CLIENTS.contains(&name),
    }
}

pub(super) fn asks_or_sleeps(run: Run<'_, '_>) -> bool {
    run.name == "sleep" || asks(run)
}

/// Whether it can do nothing but ask or sleep; what talks to a database may do anything there.
pub(super) fn questions(run: Run<'_, '_>) -> bool {
    match run.name.as_str() {
        "sleep" | "grep" => true,
        "wget" | "curl" | "mysql" | "mariadb" | "psql" | "redis-cli" | "mongosh" | "mongo" | "etcdctl" => false,
        _ => asks(run),
    }
}

/// Whether it changes owners, modes or the kernel.
pub(super) fn tunes(run: Run<'_, '_>) -> bool {
    const TOOLS: [&str; 12] = [
        "blockdev", "chgrp", "chmod", "chown", "modprobe", "mount", "nsenter", "setcap", "setfacl", "swapoff",
        "sysctl", "ulimit",
    ];
    TOOLS.contains(&run.name.as_str())
}

pub(super) fn makes_folders(run: Run<'_, '_>) -> bool {
    matches!(run.name.as_str(), "mkdir" | "touch")
}

/// Whether it takes away what an earlier run has left.
pub(super) fn cleans(run: Run<'_, '_>) -> bool {
    matches!(run.name.as_str(), "rm" | "rmdir" | "truncate") || run.name == "find" && says(run, &["-delete"])
}
