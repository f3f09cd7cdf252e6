//! What looks like a secret and is what a Secret, or a key of one, is called.

/// Whether a variable says under which key of a Secret something is, and its value is one: `SECRET_KEY=admin-password`.
pub(crate) fn names_a_key(name: &str, value: &str) -> bool {
    const KEY: &[u8] = b"SECRET_KEY";
    const LAST: [&str; 6] = ["token", "password", "passwd", "passphrase", "credentials", "creds"];
    let is_of_key = name.len().checked_sub(KEY.len()).is_some_and(|at| name.as_bytes()[at..].eq_ignore_ascii_case(KEY));
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let signs = ['-', '.', '_'];
    let last = || value.rsplit_once(signs).is_some_and(|(_, last)| LAST.contains(&last));
    is_of_key && last() && value.split(signs).all(is_word)
}

/// Whether an option takes the name of a Secret, `--agent-tls-secret=agent-tls`, and this is one. What clients log in with
/// is called `--client-secret`.
pub(crate) fn names_a_secret(option: &str, value: &str) -> bool {
    let Some(of) = option.strip_prefix('-').map(|name| name.trim_start_matches('-').trim_end_matches('=')) else {
        return false;
    };
    let of = of.strip_suffix("secret").and_then(|before| before.strip_suffix(['-', '_'])).unwrap_or_default();
    let of = of.rsplit(['-', '_', '.']).next().unwrap_or_default();
    let is_word = |word: &str| {
        let is_number = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        !word.is_empty() && (is_number || word.len() <= 20 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    let is_name = || value.split(['-', '.', '/']).all(is_word) && value.matches('/').count() <= 1;
    let is_of_words = || OF_NAMES.contains(&of) || value.contains(['-', '/']);
    !of.is_empty() && !OF_VALUES.contains(&of) && is_of_words() && is_name()
}

/// What is before `secret` in the names of options that take the secret itself.
const OF_VALUES: [&str; 28] = [
    "client",
    "app",
    "application",
    "consumer",
    "shared",
    "jwt",
    "cookie",
    "session",
    "hmac",
    "api",
    "auth",
    "oauth",
    "oauth2",
    "oidc",
    "webhook",
    "token",
    "signing",
    "encryption",
    "access",
    "user",
    "admin",
    "master",
    "root",
    "private",
    "hash",
    "login",
    "state",
    "csrf",
];

/// What only a Secret as a whole holds.
const OF_NAMES: [&str; 9] = ["tls", "ssl", "cert", "certs", "certificate", "ca", "pull", "credentials", "registry"];
