//! Secrets on command lines, by how programs take them: `--password=x`, `MYSQL_PWD=x`, `mysql -px`, `curl -u a:b`. What
//! reports hide of containers' commands and what `introspect` masks in logs is the same.

use crate::secrets::{names_a_key, names_a_secret};
use crate::words::{is_placeholder, is_secret_name};

/// How a program takes a secret after or in a flag that does not say so.
struct Program {
    /// The next word is the secret.
    before: &'static [&'static str],
    /// The rest of the word is the secret.
    with: &'static [&'static str],
}

/// The programs that do.
#[expect(clippy::match_same_arms, reason = "programs that are like each other are beside each other")]
fn program(name: &str) -> Option<&'static Program> {
    Some(match name {
        // A space after `-p` makes the next word a database, and the password asked for.
        "mysql" | "mysqladmin" | "mysqldump" | "mysqlimport" | "mysqlcheck" | "mysqlshow" | "mysqlsh" | "mariadb"
        | "mariadb-admin" | "mariadb-dump" => &Program { before: &[], with: &["-p"] },
        "sshpass" => &Program { before: &["-p"], with: &["-p"] },
        "mongo" | "mongosh" | "mongodump" | "mongorestore" | "mongoexport" | "mongoimport" => {
            &Program { before: &["-p"], with: &[] }
        }
        "redis-cli" | "valkey-cli" | "redis-server" | "valkey-server" => &Program { before: &["-a"], with: &[] },
        "curl" => &Program { before: &["-u", "--user", "-U", "--proxy-user"], with: &["-u"] },
        "docker" | "podman" | "helm" | "buildah" | "skopeo" | "oras" => &Program { before: &["-p"], with: &[] },
        "ldapsearch" | "ldapadd" | "ldapmodify" | "ldapwhoami" | "ldappasswd" => {
            &Program { before: &["-w"], with: &[] }
        }
        "zip" | "unzip" => &Program { before: &["-P"], with: &[] },
        "aws" => &Program { before: &["aws_secret_access_key", "aws_session_token"], with: &[] },
        "smbclient" => &Program { before: &["-U"], with: &[] },
        "7z" | "7za" | "7zz" => &Program { before: &[], with: &["-p"] },
        "keytool" | "jarsigner" => &Program {
            before: &["-storepass", "-keypass", "-srcstorepass", "-deststorepass", "-srckeypass", "-destkeypass"],
            with: &[],
        },
        "sqlcmd" | "bcp" => &Program { before: &["-P"], with: &["-P"] },
        _ => return None,
    })
}

/// Flags that a secret follows, whichever program takes them: often a container's image names the program.
const BEFORE: [&str; 6] =
    ["--requirepass", "--masterauth", "--basic-auth", "--basicauth", "--from-literal", "--auth-user-pass"];

/// What a word of a command says of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Plain,
    /// The next word is one.
    BeforeSecret,
    /// From this byte on, the word is one.
    SecretFrom(usize),
}

/// The words of a command, one after the other.
#[derive(Default)]
pub struct Words {
    program: Option<&'static Program>,
    is_secret_next: bool,
    /// The last flag was `--secret`, behind which many programs take the name of a Secret.
    is_name_next: bool,
    /// The last flag, if it ends so: `--agent-tls-secret`.
    of_secret: Option<String>,
    /// What kubectl makes.
    making: Making,
    /// What `htpasswd` has got.
    htpasswd: Option<Htpasswd>,
}

/// What kubectl makes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Making {
    /// Nothing, or another kind.
    #[default]
    Other,
    /// Something of the kind that the next word names: the last word was `create`.
    KindNext,
    /// A `ConfigMap`: its `--from-literal` gives no secret.
    Config,
}

/// The words of `htpasswd -b FILE USER PASSWORD`, of which `-n` leaves out the file.
#[derive(Default)]
struct Htpasswd {
    takes_password: bool,
    has_no_file: bool,
    is_number_next: bool,
    seen: usize,
}

impl Htpasswd {
    /// Whether the next word is the password.
    fn takes(&mut self, word: &str) -> bool {
        if std::mem::take(&mut self.is_number_next) {
            return false;
        }
        if let Some(flags) = word.strip_prefix('-') {
            self.takes_password |= flags.contains('b');
            self.has_no_file |= flags.contains('n');
            self.is_number_next = flags.ends_with(['C', 'r']);
            return false;
        }
        self.seen += 1;
        self.takes_password && self.seen == if self.has_no_file { 2 } else { 3 }
    }
}

impl Words {
    /// Where in the next word of a command a secret begins. What is filled in elsewhere, `$(PASSWORD)`, is none.
    pub fn secret_from(&mut self, word: &str) -> Option<usize> {
        let is_after_flag = std::mem::take(&mut self.is_secret_next);
        if std::mem::take(&mut self.is_name_next) && is_name_of_secret(word) {
            return None;
        }
        if self.of_secret.take().is_some_and(|option| names_a_secret(&option, word)) {
            return None;
        }
        self.is_name_next = matches!(word, "--secret" | "-secret");
        self.of_secret = (word.starts_with('-') && word.ends_with("-secret")).then(|| word.to_owned());
        self.making = match (self.making, word) {
            (Making::KindNext, "configmap" | "configmaps" | "cm") | (Making::Config, _) => Making::Config,
            (_, "create") => Making::KindNext,
            _ => Making::Other,
        };
        if self.htpasswd.as_mut().is_some_and(|words| words.takes(word)) {
            return (!is_placeholder(word)).then_some(0);
        }
        if word.rsplit('/').next() == Some("htpasswd") {
            self.htpasswd = Some(Htpasswd::default());
        }
        let from = match self.look(word) {
            _ if is_after_flag && !word.starts_with('-') => 0,
            Look::SecretFrom(from) => {
                let is_name = ["--secret=", "-secret="].iter().any(|flag| word.get(..from) == Some(*flag));
                if is_name && word.get(from..).is_some_and(is_name_of_secret) {
                    return None;
                }
                if word.split_at_checked(from).is_some_and(|(name, value)| {
                    names_a_secret(name, value) || names_a_key(name.trim_end_matches('='), value)
                }) {
                    return None;
                }
                from
            }
            Look::BeforeSecret => {
                self.is_secret_next = true;
                return None;
            }
            Look::Plain => return None,
        };
        word.get(from..).filter(|secret| !secret.is_empty() && !is_placeholder(secret)).map(|_| from)
    }

    /// Another command begins.
    pub fn end_command(&mut self) {
        *self = Self::default();
    }

    /// What a word says, whatever was before it but for the program.
    pub fn look(&mut self, word: &str) -> Look {
        let name = word.rsplit('/').next().unwrap_or_default();
        if let Some(program) = program(name) {
            self.program = Some(program);
            return Look::Plain;
        }
        // other words tell something only to a program
        if self.program.is_none() && !word.starts_with('-') && !word.contains('=') {
            return Look::Plain;
        }
        // of a script as a whole, its words say more
        let is_script = !word.starts_with('-') && word.contains(char::is_whitespace);
        if let Some((name, value)) = word.split_once('=').filter(|_| !is_script) {
            // `--from-literal=key=hunter2`
            let key = value.find('=').filter(|_| name == "--from-literal").map_or(0, |end| end + 1);
            if self.making == Making::Config && key > 0 && !is_secret_name(&value[..key - 1]) {
                return Look::Plain;
            }
            if BEFORE.contains(&name) || is_secret_name(name.trim_start_matches('-')) {
                return Look::SecretFrom(name.len() + 1 + key);
            }
        }
        if self.making == Making::Config && word == "--from-literal" {
            return Look::Plain;
        }
        if BEFORE.contains(&word) {
            return Look::BeforeSecret;
        }
        let Some(program) = self.program.filter(|program| !program.before.contains(&word)) else {
            let is_before = self.program.is_some() || word.strip_prefix("--").is_some_and(is_secret_name);
            return if is_before { Look::BeforeSecret } else { Look::Plain };
        };
        if word.strip_prefix("--").is_some_and(is_secret_name) {
            return Look::BeforeSecret;
        }
        let with = program.with.iter().find(|flag| word.len() > flag.len() && word.starts_with(**flag));
        with.map_or(Look::Plain, |flag| Look::SecretFrom(flag.len()))
    }
}

/// Whether a word is what a Secret is called, `app-secret` or `shop/secrets.db`, and not what is in one.
fn is_name_of_secret(word: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-./".contains(letter);
    let mut parts = word.split(['-', '.', '/']);
    word.chars().all(is_name)
        && word.contains(['-', '.', '/'])
        && parts.any(|part| matches!(part, "secret" | "secrets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(command: &str) -> Vec<&str> {
        let mut words = Words::default();
        command.split(' ').filter_map(|word| words.secret_from(word).map(|from| &word[from..])).collect()
    }

    #[test]
    fn secrets_are_found_as_programs_take_them() {
        for command in [
            "app --password=hunter2 --port=80",
            "app --db-password hunter2",
            "app --secret hunter2",
            "app --secret=hunter2",
            "app --password hunter2 --secret app-secret",
            "MYSQL_PWD=hunter2 mysql -u root",
            "mysql -u root -phunter2 shop",
            "/usr/bin/mariadb-dump -phunter2",
            "sshpass -p hunter2 ssh a@b",
            "redis-cli -h db -a hunter2 ping",
            "redis-server --requirepass hunter2",
            "mongosh -u a -p hunter2",
            "helm registry login -u a -p hunter2",
            "ldapsearch -x -w hunter2",
            "app API_KEY=hunter2",
        ] {
            assert_eq!(hidden(command), ["hunter2"], "{command}");
        }
        assert_eq!(hidden("curl -s -u alice:hunter2 https://a"), ["alice:hunter2"]);
        for command in [
            "ssh -p 22 a@b",
            "docker run a",
            "app --password=$(PASSWORD)",
            "mysql -u root -p shop",
            "mysql -p$PASSWORD",
            "app --password-file /run/a",
            "redis-cli -a $REDIS_PASSWORD",
            "app --token --verbose",
            "app --secret app-secret --port 80",
            "app --secret=shop/app-secrets",
            "mkdir -p /var/lib/a",
        ] {
            assert_eq!(hidden(command), [""; 0], "{command}");
        }
    }

    #[test]
    fn a_script_is_no_word() {
        for script in ["until PGPASSWORD=\"$X\" psql; do :; done", "A_TOKEN=hunter2 run", "PASSWORD=a\nrun"] {
            assert_eq!(Words::default().secret_from(script), None, "{script}");
        }
        assert_eq!(Words::default().secret_from("--password=my word"), Some(11));
    }
}
