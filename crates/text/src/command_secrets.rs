//! Secrets on command lines, by how programs take them: `--password=x`, `MYSQL_PWD=x`, `mysql -px`, `curl -u a:b`. What
//! reports hide of containers' commands and what `introspect` masks in logs is the same.

use std::ops::Range;

use crate::words::{is_placeholder, is_secret_name};

/// Programs that take a secret after or in a flag that does not say so.
struct Program {
    names: &'static [&'static str],
    /// The next word is the secret.
    before: &'static [&'static str],
    /// The rest of the word is the secret.
    with: &'static [&'static str],
}

const PROGRAMS: [Program; 9] = [
    // A space after `-p` makes the next word a database, and the password asked for.
    Program {
        names: &[
            "mysql",
            "mysqladmin",
            "mysqldump",
            "mysqlimport",
            "mysqlcheck",
            "mariadb",
            "mariadb-admin",
            "mariadb-dump",
        ],
        before: &[],
        with: &["-p"],
    },
    Program { names: &["sshpass"], before: &["-p"], with: &["-p"] },
    Program {
        names: &["mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"],
        before: &["-p"],
        with: &[],
    },
    Program {
        names: &["redis-cli", "valkey-cli", "redis-server", "valkey-server"],
        before: &["-a", "--requirepass", "--masterauth"],
        with: &[],
    },
    Program { names: &["curl"], before: &["-u", "--user", "-U", "--proxy-user"], with: &["-u"] },
    Program { names: &["docker", "podman", "helm", "buildah", "skopeo", "oras"], before: &["-p"], with: &[] },
    Program { names: &["ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami", "ldappasswd"], before: &["-w"], with: &[] },
    Program { names: &["zip", "unzip"], before: &["-P"], with: &[] },
    Program { names: &["7z", "7za", "7zz"], before: &[], with: &["-p"] },
];

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
}

impl Words {
    /// Where in the next word of a command a secret begins. What is filled in elsewhere, `$(PASSWORD)`, is none.
    pub fn secret_from(&mut self, word: &str) -> Option<usize> {
        let is_after_flag = std::mem::take(&mut self.is_secret_next);
        if std::mem::take(&mut self.is_name_next) && is_name_of_secret(word) {
            return None;
        }
        self.is_name_next = matches!(word, "--secret" | "-secret");
        let from = match self.look(word) {
            _ if is_after_flag && !word.starts_with('-') => 0,
            Look::SecretFrom(from) => {
                let is_name = ["--secret=", "-secret="].iter().any(|flag| word.get(..from) == Some(*flag));
                if is_name && word.get(from..).is_some_and(is_name_of_secret) {
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

    /// What a word says, whatever was before it but for the program.
    pub fn look(&mut self, word: &str) -> Look {
        let name = word.rsplit('/').next().unwrap_or_default();
        if let Some(program) = PROGRAMS.iter().find(|program| program.names.contains(&name)) {
            self.program = Some(program);
            return Look::Plain;
        }
        if let Some((name, _)) = word.split_once('=').filter(|(name, _)| is_secret_name(name.trim_start_matches('-'))) {
            return Look::SecretFrom(name.len() + 1);
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

/// The secrets in any text that show themselves by their form: `scheme://user:password@host`, `Authorization: Bearer …`.
pub fn in_text(text: &str) -> impl Iterator<Item = Range<usize>> {
    // whole files are looked through
    let places = |mark: &'static str| memchr::memmem::find_iter(text.as_bytes(), mark).map(move |at| at + mark.len());
    let of_addresses = places("://").filter_map(|start| {
        let authority =
            text[start..].split(|letter: char| letter.is_whitespace() || "/\"'`<>\\".contains(letter)).next()?;
        let user = &authority[..authority.rfind('@')?];
        let colon = user.find(':')? + 1;
        Some(start + colon..start + user.len())
    });
    let of_headers = places("uthorization").filter_map(|start| {
        let behind = &text[start..];
        let value = behind.trim_start_matches([' ', ':', '=', '"', '\'', '\\']);
        let scheme =
            ["Bearer ", "Basic ", "Token ", "bearer ", "basic ", "token "].iter().find(|s| value.starts_with(**s))?;
        let secret = value[scheme.len()..].trim_start_matches(' ');
        let start = start + behind.len() - secret.len();
        let end =
            secret.find(|letter: char| letter.is_whitespace() || "\"'`;)".contains(letter)).unwrap_or(secret.len());
        Some(start..start + end)
    });
    of_addresses.chain(of_headers).filter(|range| {
        let secret = &text[range.clone()];
        !secret.is_empty() && !is_placeholder(secret)
    })
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
    fn secrets_show_themselves_by_their_form() {
        let text = "url: postgres://u:hunter2@db/x and http://a:80/b@c, -H 'Authorization: Bearer abc' amqp://u:$(P)@h \
                    mongodb://u:p@ss@h1,h2 authorization: {a: b} \"authorization\": \"Basic eDp5\" git://u@h:1";
        let shown: Vec<&str> = in_text(text).map(|range| &text[range]).collect();
        assert_eq!(shown, ["hunter2", "p@ss", "abc", "eDp5"]);
    }
}
